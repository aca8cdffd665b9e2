//! The outermost layer. It answers from the cache before the request is routed, and gives every
//! answer, whichever layer made it, the default headers.

use actix_http::{Request, Version};
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Response, Service, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderValue;
use actix_web::{Error, web};
use futures_util::FutureExt as _;
use futures_util::future::{Either, ready};

use super::app::App;
use super::caching::recall;
use super::default_headers::{self, REQUEST_ID, new_request_id};
use super::observe::Observed;
use super::problem::Problem;
use super::problem_response;

/// Answers a request, or has the app do it.
pub fn front<S, B>(
    app: &web::Data<App>,
    mut request: Request,
    routed: &S,
) -> impl Future<Output = Result<Response<EitherBody<BoxBody, B>>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let request_id = new_request_id(request.head());
    let version = request.head().version;
    if let Some(answer) = cached(app, &request, &request_id) {
        let answer = answer.map_body(|_, body| EitherBody::left(body));
        return Either::Left(ready(Ok(finished(answer, version, &request_id))));
    }
    // The layers within read it there.
    request.headers_mut().insert(REQUEST_ID.clone(), request_id.clone());
    let app = web::Data::clone(app);
    Either::Right(routed.call(request).map(move |answered| {
        let answer = match answered {
            Ok(answer) => Response::from(answer).map_body(|_, body| EitherBody::right(body)),
            Err(error) => {
                let id = request_id.to_str().unwrap_or_default();
                let problem = problem_response::render(&Problem::of_error(&error), id, |path| {
                    app.address(path)
                });
                Response::from(problem).map_body(|_, body| EitherBody::left(body))
            }
        };
        Ok(finished(answer, version, &request_id))
    }))
}

/// The cached answer to a request, if there is one and its client may have it.
fn cached(app: &App, request: &Request, request_id: &HeaderValue) -> Option<Response<BoxBody>> {
    let observed = Observed::begin(request.head());
    let kept = recall(app, request.head())?;
    let admitted = app.limits.admit(request.head(), request.conn_data()).ok()?;
    let answer = kept.again(&app.cache, request.head(), admitted);
    let tally = kept.tally(&app.metrics, observed.method, answer.status());
    let request_id = request_id.to_str().unwrap_or_default();
    observed.end(&tally, &kept.route, Some(request.path()), request_id, answer.status(), None);
    Some(answer)
}

/// The answer as it is sent.
fn finished<B: MessageBody + 'static>(
    mut answer: Response<B>,
    version: Version,
    request_id: &HeaderValue,
) -> Response<B> {
    let is_stream = answer.body().size() == BodySize::Stream;
    let head = answer.head_mut();
    default_headers::add(head, request_id);
    // Clients of HTTP/1.0 know no chunks: their answer ends with the connection.
    if is_stream && version <= Version::HTTP_10 {
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    answer
}
