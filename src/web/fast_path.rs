//! The outermost service. It answers from the cache before the request is routed, and adds the
//! default headers to every response.

use actix_http::{Request, Version};
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Response, Service, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderValue;
use actix_web::{Error, web};
use futures_util::FutureExt as _;
use futures_util::future::{Either, ready};

use super::app::App;
use super::cache_middleware::lookup;
use super::default_headers::{self, REQUEST_ID, new_request_id};
use super::head_deadline::Requests;
use super::problem::Problem;
use super::problem_response;
use super::request_log::RequestTimer;

/// Answers from the cache, or passes the request on.
pub fn fast_path<S, B>(
    app: &web::Data<App>,
    mut request: Request,
    routed: &S,
) -> impl Future<Output = Result<Response<EitherBody<BoxBody, B>>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let in_progress = request.conn_data::<Requests>().map(Requests::begin);
    let request_id = new_request_id(request.head());
    let version = request.head().version;
    if let Some(response) = cached_response(app, &request, &request_id) {
        let response = response.map_body(|_, body| EitherBody::left(body));
        return Either::Left(ready(Ok(finalize(response, version, &request_id))));
    }
    // Inner services read the id from the headers.
    request.headers_mut().insert(REQUEST_ID.clone(), request_id.clone());
    let app = web::Data::clone(app);
    Either::Right(routed.call(request).map(move |result| {
        drop(in_progress);
        let response = match result {
            Ok(response) => Response::from(response).map_body(|_, body| EitherBody::right(body)),
            Err(error) => {
                let id = request_id.to_str().unwrap_or_default();
                let problem = problem_response::render(&Problem::of_error(&error), id, |path| {
                    app.address(path)
                });
                Response::from(problem).map_body(|_, body| EitherBody::left(body))
            }
        };
        Ok(finalize(response, version, &request_id))
    }))
}

/// Returns the cached response, unless the client has reached its rate limit.
fn cached_response(
    app: &App,
    request: &Request,
    request_id: &HeaderValue,
) -> Option<Response<BoxBody>> {
    let timer = RequestTimer::start(request.head());
    let cached = lookup(app, request.head())?;
    let admission = app.limits.admit(request.head(), request.conn_data()).ok()?;
    let response = cached.to_response(&app.cache, request.head(), admission);
    let request_id = request_id.to_str().unwrap_or_default();
    let (path, status) = (Some(request.path()), response.status());
    timer.finish(&app.metrics, &cached.route, path, request_id, status, None);
    Some(response)
}

/// Adds the default headers.
fn finalize<B: MessageBody + 'static>(
    mut response: Response<B>,
    version: Version,
    request_id: &HeaderValue,
) -> Response<B> {
    let is_stream = response.body().size() == BodySize::Stream;
    let head = response.head_mut();
    default_headers::add(head, request_id);
    // HTTP/1.0 has no chunked encoding: the end of the connection ends the body.
    if is_stream && version <= Version::HTTP_10 {
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    response
}
