//! What is measured when metrics are read: of the store, the cache and the process.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::cache::Cache;
use super::metrics::{Metrics, PREFIX};
use crate::store::Store;

/// The metrics of a server.
pub(crate) fn metrics(store: &Arc<Store>, cache: &Arc<Cache>) -> Metrics {
    Metrics::new(|root| {
        root.register_collector(Box::new(ProcessFigures { began: SystemTime::now() }));
        let registry = root.sub_registry_with_prefix(PREFIX);
        registry.register_collector(Box::new(StoreFigures(Arc::clone(store))));
        registry.register_collector(Box::new(CacheFigures(Arc::clone(cache))));
    })
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
        for (name, help, values) in [
            ("pool_connections", "Connections open for reading", open),
            ("pool_connections_idle", "Those of them that lie idle", idle),
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
        counter(
            &mut encoder,
            "cache_misses",
            "Requests that it could have answered, and did not",
            counts.misses,
        )?;
        gauge(
            &mut encoder,
            "cache_answers",
            "Answers that it holds",
            i64::try_from(counts.answers).unwrap_or(i64::MAX),
        )?;
        gauge(
            &mut encoder,
            "cache_bytes",
            "Their bytes",
            i64::try_from(counts.bytes).unwrap_or(i64::MAX),
        )
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
        gauge(
            &mut encoder,
            "process_start_time_seconds",
            "When the process began",
            i64::try_from(began).unwrap_or(i64::MAX),
        )?;
        if let Some(memory) = resident_memory() {
            gauge(&mut encoder, "process_resident_memory_bytes", "Memory in use", memory)?;
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauge(
                &mut encoder,
                "process_open_fds",
                "Files and sockets open",
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
