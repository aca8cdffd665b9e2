//! Metrics that are measured on request: of the store, the cache and the process.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::metrics::{Metrics, PREFIX};
use super::response_cache::ResponseCache;
use crate::store::Store;

/// Returns the metrics of a server.
pub(crate) fn metrics(store: &Arc<Store>, cache: &Arc<ResponseCache>) -> Metrics {
    Metrics::new(|root| {
        root.register_collector(Box::new(ProcessCollector { started: SystemTime::now() }));
        let registry = root.sub_registry_with_prefix(PREFIX);
        registry.register_collector(Box::new(StoreCollector(Arc::clone(store))));
        registry.register_collector(Box::new(CacheCollector(Arc::clone(cache))));
    })
}

struct StoreCollector(Arc<Store>);

impl std::fmt::Debug for StoreCollector {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("StoreCollector")
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let metrics = self.0.metrics();
        gauge(&mut encoder, "revision", "Latest revision", metrics.revision)?;
        gauge(
            &mut encoder,
            "store_up",
            "Whether the database is available",
            i64::from(!metrics.unreachable),
        )?;
        gauge(
            &mut encoder,
            "writes_waiting",
            "Writes in the queue",
            i64::try_from(metrics.queued_writes).unwrap_or(i64::MAX),
        )?;
        counter(&mut encoder, "store_statements", "SQL statements executed", metrics.statements)?;
        let (is_usable, (standby, primary)) = metrics.standby.unwrap_or_default();
        gauge(
            &mut encoder,
            "standby_up",
            "Whether the standby answers reads",
            i64::from(is_usable),
        )?;
        counter(&mut encoder, "standby_reads", "Reads that the standby answered", standby)?;
        counter(
            &mut encoder,
            "standby_fallbacks",
            "Reads that the primary answered although a standby is configured",
            primary,
        )?;
        let open = metrics.pools.map(|(pool, (open, _))| (pool, open));
        let idle = metrics.pools.map(|(pool, (_, idle))| (pool, idle));
        for (name, help, values) in [
            ("pool_connections", "Open read connections", open),
            ("pool_connections_idle", "Idle read connections", idle),
        ] {
            let mut family = encoder.encode_descriptor(
                name,
                help,
                None,
                prometheus_client::metrics::MetricType::Gauge,
            )?;
            for (pool, value) in values {
                ConstGauge::new(i64::from(value))
                    .encode(family.encode_family(&[("pool", pool)])?)?;
            }
        }
        Ok(())
    }
}

struct CacheCollector(Arc<ResponseCache>);

impl std::fmt::Debug for CacheCollector {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CacheCollector")
    }
}

impl Collector for CacheCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let statistics = self.0.statistics();
        counter(&mut encoder, "cache_hits", "Requests answered from the cache", statistics.hits)?;
        counter(
            &mut encoder,
            "cache_misses",
            "Cacheable requests not answered from the cache",
            statistics.misses,
        )?;
        gauge(
            &mut encoder,
            "cache_answers",
            "Cached responses",
            i64::try_from(statistics.responses).unwrap_or(i64::MAX),
        )?;
        gauge(
            &mut encoder,
            "cache_bytes",
            "Size of the cached responses",
            i64::try_from(statistics.bytes).unwrap_or(i64::MAX),
        )
    }
}

#[derive(Debug)]
struct ProcessCollector {
    started: SystemTime,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        gauge(
            &mut encoder,
            "process_start_time_seconds",
            "Start time of the process",
            i64::try_from(started).unwrap_or(i64::MAX),
        )?;
        if let Some(memory) = resident_memory() {
            gauge(&mut encoder, "process_resident_memory_bytes", "Resident memory", memory)?;
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauge(
                &mut encoder,
                "process_open_fds",
                "Open files and sockets",
                i64::try_from(files.count()).unwrap_or(i64::MAX),
            )?;
        }
        Ok(())
    }
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

fn gauge(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: i64,
) -> Result<(), std::fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

fn counter(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: u64,
) -> Result<(), std::fmt::Error> {
    let counter = ConstCounter::new(value);
    counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
}
