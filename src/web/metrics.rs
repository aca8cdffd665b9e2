//! What Prometheus reads: counted as requests are answered, or asked of the store when the listener
//! of metrics is.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::routing::Route;

/// The upper bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The prefix of the names of what the program counts.
pub(crate) const PREFIX: &str = "taskforce";

/// What a request is counted under: few values each, none of them a client's own.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRoute {
    method: &'static str,
    route: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfCode {
    code: &'static str,
}

/// The counters, and the registry that writes them out.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
    durations: Family<OfRoute, Histogram>,
    problems: Family<OfCode, Counter>,
    pub(crate) registry: Registry,
}

impl Metrics {
    /// Counters at zero, in a registry that `collect` adds collectors to: those of the process, and
    /// those of the program.
    pub fn new(collect: impl FnOnce(&mut Registry)) -> Self {
        let mut root = Registry::default();
        let registry = root.sub_registry_with_prefix(PREFIX);
        let requests = Family::default();
        let durations =
            Family::<OfRoute, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        let problems = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until an answer began",
            durations.clone(),
        );
        registry.register("http_problems", "Problems answered, by their code", problems.clone());
        collect(&mut root);
        Self { requests, durations, problems, registry: root }
    }

    /// Where answers with this status to requests of this kind are counted.
    pub(crate) fn tally(&self, method: &'static str, route: &Route, status: StatusCode) -> Tally {
        let route = &route.0;
        Tally {
            requests: self.requests.get_or_create_owned(&Answered {
                method,
                route: Arc::clone(route),
                status: status.as_u16(),
            }),
            durations: self
                .durations
                .get_or_create_owned(&OfRoute { method, route: Arc::clone(route) }),
        }
    }

    /// Counts a problem.
    pub(crate) fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&OfCode { code }).inc();
    }
}

/// Where answers of one kind are counted, found once.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    requests: Counter,
    durations: Histogram,
}

impl Tally {
    /// Counts an answer.
    pub(crate) fn count(&self, took: Duration) {
        self.requests.inc();
        self.durations.observe(took.as_secs_f64());
    }
}
