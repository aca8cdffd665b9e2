//! What Prometheus reads: counted as requests are answered, or asked of the store when the listener of metrics is.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{App, Cache, Problem, Route};
use crate::store::Store;

/// The upper bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

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
    registry: Registry,
}

impl Metrics {
    /// Counters at zero, and what the store and the cache tell of themselves.
    pub fn new(store: &Arc<Store>, cache: &Arc<Cache>) -> Self {
        let mut root = Registry::default();
        root.register_collector(Box::new(ProcessFigures { began: SystemTime::now() }));
        let registry = root.sub_registry_with_prefix("taskforce");
        let requests = Family::default();
        let durations = Family::<OfRoute, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        let problems = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "Time until an answer began", durations.clone());
        registry.register("http_problems", "Problems answered, by their code", problems.clone());
        registry.register_collector(Box::new(StoreFigures(Arc::clone(store))));
        registry.register_collector(Box::new(CacheFigures(Arc::clone(cache))));
        Self { requests, durations, problems, registry: root }
    }

    /// Where answers with this status to requests of this kind are counted.
    pub(super) fn tally(&self, method: &'static str, route: &Route, status: StatusCode) -> Tally {
        let route = &route.0;
        Tally {
            requests: self.requests.get_or_create_owned(&Answered { method, route: Arc::clone(route), status: status.as_u16() }),
            durations: self.durations.get_or_create_owned(&OfRoute { method, route: Arc::clone(route) }),
        }
    }

    /// Counts a problem.
    pub(super) fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&OfCode { code }).inc();
    }
}

/// Where answers of one kind are counted, found once.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    requests: Counter,
    durations: Histogram,
}

impl Tally {
    /// Counts an answer.
    pub(super) fn count(&self, took: Duration) {
        self.requests.inc();
        self.durations.observe(took.as_secs_f64());
    }
}

/// Answers `GET /metrics`, on a listener of its own.
pub async fn metrics(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let mut written = String::new();
    text::encode(&mut written, &app.metrics.registry).map_err(Problem::internal)?;
    let accept = request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    // What is written is both: the older format is a subset that passes over the last line.
    let media_type = if accept.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    Ok(HttpResponse::Ok().content_type(media_type).body(written))
}

/// What the store tells when it is asked.
struct StoreFigures(Arc<Store>);

impl std::fmt::Debug for StoreFigures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("StoreFigures")
    }
}

impl Collector for StoreFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let figures = self.0.figures();
        gauge(&mut encoder, "revision", "The newest revision", figures.revision)?;
        gauge(&mut encoder, "store_up", "Whether the database answers", i64::from(!figures.away))?;
        gauge(
            &mut encoder,
            "writes_waiting",
            "Writes that wait for their turn",
            i64::try_from(figures.writes_waiting).unwrap_or(i64::MAX),
        )?;
        counter(&mut encoder, "store_statements", "Statements run", figures.statements)?;
        let open = figures.pools.map(|(pool, (open, _))| (pool, open));
        let idle = figures.pools.map(|(pool, (_, idle))| (pool, idle));
        for (name, help, values) in
            [("pool_connections", "Connections open for reading", open), ("pool_connections_idle", "Those of them that lie idle", idle)]
        {
            let mut family = encoder.encode_descriptor(name, help, None, prometheus_client::metrics::MetricType::Gauge)?;
            for (pool, value) in values {
                ConstGauge::new(i64::from(value)).encode(family.encode_family(&[("pool", pool)])?)?;
            }
        }
        Ok(())
    }
}

/// What the cache tells when it is asked.
struct CacheFigures(Arc<Cache>);

impl std::fmt::Debug for CacheFigures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CacheFigures")
    }
}

impl Collector for CacheFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let counts = self.0.counts();
        counter(&mut encoder, "cache_hits", "Requests answered from the cache", counts.hits)?;
        counter(&mut encoder, "cache_misses", "Requests that it could have answered, and did not", counts.misses)?;
        gauge(&mut encoder, "cache_answers", "Answers that it holds", i64::try_from(counts.answers).unwrap_or(i64::MAX))?;
        gauge(&mut encoder, "cache_bytes", "Their bytes", i64::try_from(counts.bytes).unwrap_or(i64::MAX))
    }
}

/// What the system tells of this process.
#[derive(Debug)]
struct ProcessFigures {
    began: SystemTime,
}

impl Collector for ProcessFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let began = self.began.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        gauge(&mut encoder, "process_start_time_seconds", "When the process began", i64::try_from(began).unwrap_or(i64::MAX))?;
        if let Some(memory) = resident_memory() {
            gauge(&mut encoder, "process_resident_memory_bytes", "Memory in use", memory)?;
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauge(&mut encoder, "process_open_fds", "Files and sockets open", i64::try_from(files.count()).unwrap_or(i64::MAX))?;
        }
        Ok(())
    }
}

fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").trim().parse::<i64>().ok()?;
    Some(kilobytes * 1_024)
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: i64) -> Result<(), std::fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

fn counter(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> Result<(), std::fmt::Error> {
    let counter = ConstCounter::new(value);
    counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
}
