//! What is known afterwards of every request: a line in the log, and a place in the metrics. Never
//! a key, nor what was asked for.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;

use super::app::App;
use super::default_headers::request_id;
use super::metrics::Tally;
use super::problem::Problem;
use super::routing::Route;

/// What the lines of requests are logged under.
const LINES: &str = "taskforce::requests";

/// Wraps everything else but the front.
pub async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let observed = Observed::begin(request.head());
    let id = request_id(request.headers()).to_owned();
    let answered = next.call(request).await;
    let (status, problem, route) = match &answered {
        Ok(response) => {
            let problem = response.response().extensions().get::<Problem>().map(Problem::code);
            // What came from the cache was not routed.
            let kept = response.response().extensions().get::<Route>().cloned();
            (
                response.status(),
                problem,
                kept.or_else(|| response.request().app_data::<Route>().cloned()),
            )
        }
        Err(error) => (
            error.as_response_error().status_code(),
            error.as_error::<Problem>().map(Problem::code),
            None,
        ),
    };
    let route = route.unwrap_or_default();
    let response = answered.as_ref().ok();
    let path = response.map(|response| response.request().path());
    if let Some(app) = &app {
        if let Some(code) = problem {
            app.metrics.problem(code);
        }
        let tally = app.metrics.tally(observed.method, &route, status);
        observed.end(&tally, &route, path, &id, status, problem);
    }
    answered
}

/// A request that is being answered.
pub(crate) struct Observed {
    began: Instant,
    /// The name of its method.
    pub(crate) method: &'static str,
    trace: Option<String>,
}

impl Observed {
    pub(crate) fn begin(request: &RequestHead) -> Self {
        let trace = tracing::enabled!(target: LINES, tracing::Level::INFO)
            .then(|| trace_id(request))
            .flatten();
        Self { began: Instant::now(), method: method(&request.method), trace }
    }

    /// Notes how it was answered.
    pub(crate) fn end(
        self,
        tally: &Tally,
        route: &Route,
        path: Option<&str>,
        request_id: &str,
        status: StatusCode,
        problem: Option<&'static str>,
    ) {
        let took = self.began.elapsed();
        tally.count(took);
        tracing::info!(
            target: LINES,
            request_id,
            method = self.method,
            route = &*route.0,
            // A key that was put into a path by mistake stays out of the log.
            path = path.filter(|path| !path.contains("tfk_")),
            status = status.as_u16(),
            problem,
            duration_ms = took.as_micros() as f64 / 1_000.0,
            trace_id = self.trace,
            "answered"
        );
    }
}

/// The method's name; those that no path takes share one, so that nobody can fill the metrics with
/// names.
fn method(method: &Method) -> &'static str {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .iter()
    .position(|known| known == method)
    .map_or("other", |index| ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"][index])
}

/// The id of the trace that the request is a part of (W3C Trace Context), if it is told rightly.
fn trace_id(request: &RequestHead) -> Option<String> {
    let told = request.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = told.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_right =
        hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let is_set = |text: &str| text.bytes().any(|byte| byte != b'0');
    (is_right && is_set(trace) && is_set(parent)).then(|| trace.to_owned())
}
