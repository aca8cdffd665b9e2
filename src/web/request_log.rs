//! The log line and the metrics of each request. Keys and query strings are never logged.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;

use super::app::App;
use super::default_headers::request_id;
use super::metrics::Metrics;
use super::problem::Problem;
use super::routing::Route;

const LOG_TARGET: &str = "taskforce::requests";

/// Wraps every request that `fast_path` did not answer.
pub async fn log_requests<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let timer = RequestTimer::start(request.head());
    let id = request_id(request.headers()).to_owned();
    let result = next.call(request).await;
    let (status, problem, route) = match &result {
        Ok(response) => {
            let problem = response.response().extensions().get::<Problem>().map(Problem::code);
            // Cached responses were not routed.
            let cached = response.response().extensions().get::<Route>().cloned();
            (
                response.status(),
                problem,
                cached.or_else(|| response.request().app_data::<Route>().cloned()),
            )
        }
        Err(error) => (
            error.as_response_error().status_code(),
            error.as_error::<Problem>().map(Problem::code),
            None,
        ),
    };
    let route = route.unwrap_or_default();
    let response = result.as_ref().ok();
    let path = response.map(|response| response.request().path());
    if let Some(app) = &app {
        if let Some(code) = problem {
            app.metrics.count_problem(code);
        }
        timer.finish(&app.metrics, &route, path, &id, status, problem);
    }
    result
}

/// A request that is being answered.
pub(crate) struct RequestTimer {
    started: Instant,
    method: &'static str,
    trace: Option<String>,
}

impl RequestTimer {
    pub(crate) fn start(request: &RequestHead) -> Self {
        let trace = tracing::enabled!(target: LOG_TARGET, tracing::Level::INFO)
            .then(|| trace_id(request))
            .flatten();
        Self { started: Instant::now(), method: method_name(&request.method), trace }
    }

    /// Logs and counts the response.
    pub(crate) fn finish(
        self,
        metrics: &Metrics,
        route: &Route,
        path: Option<&str>,
        request_id: &str,
        status: StatusCode,
        problem: Option<&'static str>,
    ) {
        let elapsed = self.started.elapsed();
        metrics.count(self.method, route, status, elapsed);
        tracing::info!(
            target: LOG_TARGET,
            request_id,
            method = self.method,
            route = &*route.0,
            // Keeps keys in paths, which are a mistake, out of the log.
            path = path.filter(|path| !path.contains("tfk_")),
            status = status.as_u16(),
            problem,
            duration_ms = elapsed.as_micros() as f64 / 1_000.0,
            trace_id = self.trace,
            "answered"
        );
    }
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Returns the name of the method. Unknown methods share one, so that clients cannot add labels.
fn method_name(method: &Method) -> &'static str {
    METHODS.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// Returns the trace id of a valid `traceparent` header (W3C Trace Context).
fn trace_id(request: &RequestHead) -> Option<String> {
    let header = request.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = header.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_hex(parent, 16)
        && is_hex(flags, 2);
    let is_nonzero = |text: &str| text.bytes().any(|byte| byte != b'0');
    (is_valid && is_nonzero(trace) && is_nonzero(parent)).then(|| trace.to_owned())
}
