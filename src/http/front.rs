//! The front: answers that are kept are given here, before the framework finds out where a request leads and the app's layers
//! see it. All else goes on to the app.

use actix_http::Request;
use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Response, Service, ServiceResponse};
use futures_util::TryFutureExt as _;
use futures_util::future::{Either, ready};

use super::App;
use super::cache::recall;
use super::observe::Observed;

/// Answers a request, or has the app do it.
pub fn front<S, B>(
    app: &App,
    request: Request,
    routed: &S,
) -> impl Future<Output = Result<Response<EitherBody<BoxBody, B>>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    match known(app, &request) {
        Some(answer) => Either::Left(ready(Ok(answer.map_body(|_, body| EitherBody::left(body))))),
        None => Either::Right(routed.call(request).map_ok(|answer| Response::from(answer).map_body(|_, body| EitherBody::right(body)))),
    }
}

/// The answer to a request, if it is one that is kept and its client may have it.
fn known(app: &App, request: &Request) -> Option<Response<BoxBody>> {
    let observed = Observed::begin(request.head());
    let kept = recall(app, request.head())?;
    let admitted = app.limits.admit(request.head(), request.conn_data()).ok()?;
    let answer = kept.again(app, request.head(), admitted);
    let tally = kept.tally(app, observed.method, answer.status());
    observed.end(&tally, &kept.route, Some(request.path()), Some(answer.headers()), answer.status(), None);
    Some(answer)
}
