//! Strict JSON parsing: no repeated members, limited depth.

use std::fmt;

use serde_json::Value as Json;

use super::problem::MALFORMED_BODY;
use super::problem::Problem;
use crate::model::{check_json, literal_faults};

/// Parses a JSON value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, Problem> {
    serde_json::from_str(check(bytes)?).map_err(malformed)
}

/// Checks that a body is strict JSON, and returns its text without a byte order mark.
pub(crate) fn check(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(malformed)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let faults = literal_faults(text);
    if !faults.is_empty() {
        return Err(Problem::body(faults.into_list()));
    }
    check_json(text).map_err(malformed)?;
    Ok(text)
}

/// Returns the problem of a body that is not JSON.
pub(crate) fn malformed(why: impl fmt::Display) -> Problem {
    Problem::new(&MALFORMED_BODY, format!("The body is not valid JSON: {why}."))
}
