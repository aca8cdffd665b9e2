//! Prometheus metrics of requests, and their registry.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::routing::Route;

/// The upper bounds of the duration histogram, in seconds.
const DURATION_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The prefix of metric names.
pub(crate) const PREFIX: &str = "taskforce";

/// Labels with few values, none of them chosen by clients.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProblemLabels {
    code: &'static str,
}

/// The counters and their registry.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    problems: Family<ProblemLabels, Counter>,
    pub(crate) registry: Registry,
}

impl Metrics {
    /// Creates the counters in a registry to which `collect` adds collectors.
    pub fn new(collect: impl FnOnce(&mut Registry)) -> Self {
        let mut root = Registry::default();
        let registry = root.sub_registry_with_prefix(PREFIX);
        let requests = Family::default();
        let durations = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(DURATION_BUCKETS)
        });
        let problems = Family::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until the response began",
            durations.clone(),
        );
        registry.register("http_problems", "Error responses by code", problems.clone());
        collect(&mut root);
        Self { requests, durations, problems, registry: root }
    }

    /// Counts a request, and the time until its response began.
    pub(crate) fn count(
        &self,
        method: &'static str,
        route: &Route,
        status: StatusCode,
        took: Duration,
    ) {
        let route = || Arc::clone(&route.0);
        let labels = RequestLabels { method, route: route(), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { method, route: route() };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn count_problem(&self, code: &'static str) {
        self.problems.get_or_create(&ProblemLabels { code }).inc();
    }
}
