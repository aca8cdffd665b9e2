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
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web;

use super::app::App;
use super::cache::{Asked, Head, Kept, OWN, Whole, may_be_kept, reads};
use super::encoding::Encoding;
use super::not_modified::{headers_of, is_known};
use super::problem::Problem;
use super::routing::Route;

/// The cached response to a request, if any.
pub(crate) fn recall(app: &App, request: &RequestHead) -> Option<Arc<Kept>> {
    // Without a cache, and for writes, there is no key to compute.
    if app.cache.size == 0 || !reads(request) {
        return None;
    }
    app.cache.answers.get(&Asked::of(
        app.store.revision(),
        request,
        Encoding::of(request.headers())?,
    )?)
}

type Answer<B> = ServiceResponse<EitherBody<B, BoxBody>>;

/// Wraps every request that the front did not answer: keeps the answers of those for the record,
/// data and pages.
///
/// The encoding is chosen here, once; what is within sees a request that takes that one alone.
pub async fn cached<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<Answer<B>, actix_web::Error> {
    let (Some(app), Some(encoding)) =
        (request.app_data::<web::Data<App>>().cloned(), Encoding::of(request.headers()))
    else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let cache = &app.cache;
    let may_be_kept = cache.size > 0 && may_be_kept(request.head());
    let key = if may_be_kept {
        Asked::of(app.store.revision(), request.head(), encoding).map(|asked| asked.to_key())
    } else {
        None
    };
    let Some(key) = key else {
        encoding.write(request.headers_mut());
        return Ok(conditional(next.call(request).await?.map_into_left_body()));
    };
    // Of requests for the same answer one reads, the others wait for it; where it comes to nothing
    // that is kept, each reads for itself.
    let mut waiting = pin!(cache.answers.get_value_or_guard_async(&key));
    let at_once = poll_fn(|context| match waiting.as_mut().poll(context) {
        Poll::Ready(found) => Poll::Ready(Some(found)),
        Poll::Pending => Poll::Ready(None),
    })
    .await;
    let guard = match at_once {
        Some(Ok(kept)) => return again(&app, request, &kept, next).await,
        Some(Err(guard)) => Some(guard),
        None => match waiting.await {
            Ok(kept) => return again(&app, request, &kept, next).await,
            Err(_) => None,
        },
    };
    encoding.write(request.headers_mut());
    let response = next.call(request).await?;
    let whole = response.response().extensions().get::<Whole>().is_some();
    cache.misses.fetch_add(u64::from(whole), Ordering::Relaxed);
    if !whole || response.status() != StatusCode::OK {
        return Ok(conditional(response.map_into_left_body()));
    }
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(|error| Problem::internal(error.into()))?;
    let mut headers = response.headers().clone();
    for own in OWN {
        headers.remove(own);
    }
    let route = request.app_data::<Route>().cloned().unwrap_or_default();
    let head = |status, mut headers: HeaderMap| {
        // A copy that has room for those of each request need not grow.
        headers.reserve(OWN.len());
        Head { status, headers, tally: app.metrics.tally("GET", &route, status) }
    };
    if let Some(guard) = guard {
        let unchanged = head(StatusCode::NOT_MODIFIED, headers_of(&headers));
        let _ = guard.insert(Arc::new(Kept {
            whole: head(StatusCode::OK, headers),
            unchanged,
            body: body.clone(),
            route,
        }));
    }
    let answer = response.set_body(BoxBody::new(body));
    Ok(conditional(ServiceResponse::new(request, answer).map_into_right_body()))
}

/// An answer that was made meanwhile; where the client asks too often, what the layers within say
/// to that.
async fn again<B: MessageBody + 'static>(
    app: &App,
    request: ServiceRequest,
    kept: &Kept,
    next: Next<B>,
) -> Result<Answer<B>, actix_web::Error> {
    let Ok(admitted) = app.limits.admit(request.head(), request.conn_data()) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut answer = kept.again(&app.cache, request.head(), admitted);
    answer.extensions_mut().insert(kept.route.clone());
    Ok(request.into_response(HttpResponse::from(answer)).map_into_right_body())
}

/// The answer, or word that the client has it.
fn conditional<B: MessageBody>(answer: Answer<B>) -> Answer<B> {
    if answer.status() == StatusCode::OK
        && reads(answer.request().head())
        && is_known(answer.request().headers(), answer.headers())
    {
        let mut short = HttpResponse::NotModified().finish();
        *short.headers_mut() = headers_of(answer.headers());
        return answer.into_response(short).map_into_right_body();
    }
    answer
}
