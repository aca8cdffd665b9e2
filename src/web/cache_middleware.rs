//! The middleware of the response cache.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody, MessageBody, to_bytes};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web;

use super::app::App;
use super::encoding::Encoding;
use super::entity_tags::{client_has_current, headers_without_body};
use super::problem::Problem;
use super::response_cache::{
    CacheKey, Cacheable, CachedResponse, PER_REQUEST_HEADERS, is_cacheable, is_read,
};
use super::routing::Route;

/// Returns the cached response to a request, if any.
pub(crate) fn lookup(app: &App, request: &RequestHead) -> Option<Arc<CachedResponse>> {
    // Without a cache, and for writes, there is no key to compute.
    if app.cache.max_bytes == 0 || !is_read(request) {
        return None;
    }
    app.cache.responses.get(&CacheKey::new(
        app.store.revision(),
        request,
        Encoding::of(request.headers())?,
    )?)
}

type Response<B> = ServiceResponse<EitherBody<B, BoxBody>>;

/// Wraps every request that `fast_path` did not answer, and caches the response.
///
/// The encoding is chosen once, here: inner services see a request that accepts only that one.
pub async fn cache_responses<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<Response<B>, actix_web::Error> {
    let (Some(app), Some(encoding)) =
        (request.app_data::<web::Data<App>>().cloned(), Encoding::of(request.headers()))
    else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let cache = &app.cache;
    let key = if cache.max_bytes > 0 && is_cacheable(request.head()) {
        CacheKey::new(app.store.revision(), request.head(), encoding)
    } else {
        None
    };
    let Some(key) = key else {
        encoding.restrict(request.headers_mut());
        return Ok(check_if_none_match(next.call(request).await?.map_into_left_body()));
    };
    // The first of several equal requests reads and the others wait for its response. If that
    // cannot be cached, each reads for itself.
    let mut waiting = pin!(cache.responses.get_value_or_guard_async(&key));
    let immediate = poll_fn(|context| match waiting.as_mut().poll(context) {
        Poll::Ready(found) => Poll::Ready(Some(found)),
        Poll::Pending => Poll::Ready(None),
    })
    .await;
    let guard = match immediate {
        Some(Ok(cached)) => return respond_from_cache(&app, request, &cached, next).await,
        Some(Err(guard)) => Some(guard),
        None => match waiting.await {
            Ok(cached) => return respond_from_cache(&app, request, &cached, next).await,
            Err(_) => None,
        },
    };
    encoding.restrict(request.headers_mut());
    let response = next.call(request).await?;
    let cacheable = response.response().extensions().get::<Cacheable>().is_some();
    cache.misses.fetch_add(u64::from(cacheable), Ordering::Relaxed);
    if !cacheable || response.status() != StatusCode::OK {
        return Ok(check_if_none_match(response.map_into_left_body()));
    }
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(|error| Problem::internal(error.into()))?;
    let mut headers = response.headers().clone();
    for name in PER_REQUEST_HEADERS {
        headers.remove(name);
    }
    let route = request.app_data::<Route>().cloned().unwrap_or_default();
    if let Some(guard) = guard {
        let mut headers_of_304 = headers_without_body(&headers);
        for headers in [&mut headers, &mut headers_of_304] {
            // Reserves space for the headers that differ between requests.
            headers.reserve(PER_REQUEST_HEADERS.len());
        }
        let body = body.clone();
        let _ = guard.insert(Arc::new(CachedResponse { headers, headers_of_304, body, route }));
    }
    let response = response.set_body(BoxBody::new(body));
    Ok(check_if_none_match(ServiceResponse::new(request, response).map_into_right_body()))
}

/// Answers with a response that was cached in the meantime. If the client has reached its rate
/// limit, the inner services refuse the request.
async fn respond_from_cache<B: MessageBody + 'static>(
    app: &App,
    request: ServiceRequest,
    cached: &CachedResponse,
    next: Next<B>,
) -> Result<Response<B>, actix_web::Error> {
    let Ok(admission) = app.limits.admit(request.head(), request.conn_data()) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut response = cached.to_response(&app.cache, request.head(), admission);
    response.extensions_mut().insert(cached.route.clone());
    Ok(request.into_response(HttpResponse::from(response)).map_into_right_body())
}

/// Replaces a response that the client already has with a 304.
fn check_if_none_match<B: MessageBody>(response: Response<B>) -> Response<B> {
    if response.status() == StatusCode::OK
        && is_read(response.request().head())
        && client_has_current(response.request().headers(), response.headers())
    {
        let mut not_modified = HttpResponse::NotModified().finish();
        *not_modified.headers_mut() = headers_without_body(response.headers());
        return response.into_response(not_modified).map_into_right_body();
    }
    response
}
