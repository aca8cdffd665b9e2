//! Metrics that are measured on request: of the store, the cache and the process.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::metrics::{Metrics, PREFIX};
use super::response_cache::ResponseCache;
use crate::store::Store;

/// Returns the metrics of a server.
pub(crate) fn metrics(store: &Arc<Store>, cache: &Arc<ResponseCache>) -> Metrics {
    let (store, cache, started) = (Arc::clone(store), Arc::clone(cache), SystemTime::now());
    Metrics::new(|root| {
        root.register_collector(Box::new(Measured(Box::new(move |out| process(out, started)))));
        let registry = root.sub_registry_with_prefix(PREFIX);
        registry.register_collector(Box::new(Measured(Box::new(move |out| of_store(out, &store)))));
        registry.register_collector(Box::new(Measured(Box::new(move |out| of_cache(out, &cache)))));
    })
}

/// Measures metrics on request.
struct Measured(Box<dyn Fn(DescriptorEncoder<'_>) -> fmt::Result + Send + Sync>);

impl fmt::Debug for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Measured")
    }
}

impl Collector for Measured {
    fn encode(&self, out: DescriptorEncoder<'_>) -> fmt::Result {
        (self.0)(out)
    }
}

fn of_store(mut out: DescriptorEncoder<'_>, store: &Store) -> fmt::Result {
    let metrics = store.metrics();
    let (is_usable, (standby, primary)) = metrics.standby.unwrap_or_default();
    for (name, help, value) in [
        ("revision", "Latest revision", metrics.revision),
        ("store_up", "Whether the database is available", i64::from(!metrics.unreachable)),
        ("writes_waiting", "Writes in the queue", whole(metrics.queued_writes)),
        ("standby_up", "Whether the standby answers reads", i64::from(is_usable)),
    ] {
        gauge(&mut out, name, help, value)?;
    }
    let fallbacks = "Reads that the primary answered although a standby is configured";
    for (name, help, value) in [
        ("store_statements", "SQL statements executed", metrics.statements),
        ("standby_reads", "Reads that the standby answered", standby),
        ("standby_fallbacks", fallbacks, primary),
    ] {
        counter(&mut out, name, help, value)?;
    }
    let open = metrics.pools.map(|(pool, (open, _))| (pool, open));
    let idle = metrics.pools.map(|(pool, (_, idle))| (pool, idle));
    for (name, help, values) in [
        ("pool_connections", "Open read connections", open),
        ("pool_connections_idle", "Idle read connections", idle),
    ] {
        let mut family = out.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (pool, value) in values {
            ConstGauge::new(value).encode(family.encode_family(&[("pool", pool)])?)?;
        }
    }
    Ok(())
}

fn of_cache(mut out: DescriptorEncoder<'_>, cache: &ResponseCache) -> fmt::Result {
    let statistics = cache.statistics();
    for (name, help, value) in [
        ("cache_hits", "Requests answered from the cache", statistics.hits),
        ("cache_misses", "Cacheable requests not answered from the cache", statistics.misses),
    ] {
        counter(&mut out, name, help, value)?;
    }
    for (name, help, value) in [
        ("cache_answers", "Cached responses", statistics.responses),
        ("cache_bytes", "Size of the cached responses", statistics.bytes),
    ] {
        gauge(&mut out, name, help, whole(value))?;
    }
    Ok(())
}

fn process(mut out: DescriptorEncoder<'_>, started: SystemTime) -> fmt::Result {
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let files = std::fs::read_dir("/proc/self/fd").ok().map(|files| whole(files.count()));
    for (name, help, value) in [
        ("process_start_time_seconds", "Start time of the process", Some(whole(started))),
        ("process_resident_memory_bytes", "Resident memory", resident_memory()),
        ("process_open_fds", "Open files and sockets", files),
    ] {
        if let Some(value) = value {
            gauge(&mut out, name, help, value)?;
        }
    }
    Ok(())
}

fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse::<i64>()
        .ok()?;
    Some(kilobytes * 1_024)
}

/// Returns the value of a gauge.
fn whole(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

fn gauge(out: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> fmt::Result {
    ConstGauge::new(value).encode(out.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counter(out: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    ConstCounter::new(value).encode(out.encode_descriptor(name, help, None, MetricType::Counter)?)
}
