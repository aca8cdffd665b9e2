//! The dashboard and the alert rules of `packaging/` name metrics that the server exports.

use std::collections::BTreeSet;
use std::net::TcpListener;

use crate::support::Api;

const FILES: [&str; 2] = ["grafana-dashboard.json", "prometheus-alerts.yml"];

/// Returns an unused address.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Returns the value of a metric without labels.
pub fn metric(exported: &str, name: &str) -> f64 {
    let line = exported.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("no {name}"))
}

/// Returns the metrics that a text mentions.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| {
            ["taskforce_", "process_"]
                .iter()
                .any(|prefix| word.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
        })
        .collect()
}

#[test]
fn dashboard_and_alerts_name_exported_metrics() {
    let metrics = free_address();
    let api = Api::sqlite(&["--metrics-listen", &metrics]);
    // Some metrics appear with the first request of their kind.
    for path in ["/v1/people?limit=1", "/v1/people?limit=1", "/v1/people/nobody"] {
        api.get(path);
    }
    let exported = api.get(&format!("http://{metrics}/metrics")).text;
    let exported = names(&exported);
    for file in FILES {
        let path = format!("{}/packaging/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let named = names(&text);
        assert!(named.len() >= 5, "{file} names {named:?}");
        let missing: Vec<_> = named.difference(&exported).collect();
        assert!(missing.is_empty(), "{file} names {missing:?}, but exported are {exported:?}");
    }
}
