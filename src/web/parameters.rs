//! Query parameters.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::model::{Faults, nearest, synonym};

/// Returns the parameters of a request in their order.
pub(crate) fn parameters(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    parse(request.query_string())
}

/// Parses a query string.
pub(crate) fn parse(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let parameters: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut faults = Faults::default();
    for part in query.split('&').filter(|part| !is_utf8(part)) {
        for (name, _) in url::form_urlencoded::parse(part.as_bytes()) {
            faults.parameter(&name, "invalid-text", "is not UTF-8", None);
        }
    }
    Problem::check_parameters(faults).map(|()| parameters)
}

/// Returns whether a percent-decoded query string is UTF-8.
fn is_utf8(query: &str) -> bool {
    percent_decode_str(query).decode_utf8().is_ok()
}

/// Sorts the parameters and encodes them uniformly, so that equivalent query strings become equal.
pub(crate) fn normalized(query: &str) -> Cow<'_, str> {
    // The decoder would map all invalid UTF-8 to the same text.
    if !query.contains(['&', '%', '+']) || !is_utf8(query) {
        return Cow::Borrowed(query);
    }
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        url::form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort();
    Cow::Owned(
        url::form_urlencoded::Serializer::new(String::with_capacity(query.len()))
            .extend_pairs(pairs)
            .finish(),
    )
}

/// Reports unknown, repeated and empty parameters.
pub(crate) fn check_known(parameters: &[(String, String)], known: &[&str], faults: &mut Faults) {
    for (index, (name, value)) in parameters.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let synonym = synonym(name, known);
            let hint = synonym
                .map(|(ours, _)| ours)
                .or_else(|| nearest(name, known.iter().copied()))
                .map(str::to_owned);
            let explanation =
                synonym.map_or(String::new(), |(_, explanation)| format!("; {explanation}"));
            faults.parameter(
                name,
                "unknown-parameter",
                format!("is not a parameter of this operation{explanation}"),
                hint,
            );
        } else if parameters[..index].iter().any(|(other, _)| other == name) {
            faults.parameter(name, "repeated", "is repeated", None);
        } else if value.is_empty() {
            faults.parameter(name, "empty", "has no value", Some("leave it out".to_owned()));
        }
    }
}

pub(crate) fn value<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// Parses a parameter as an integer within bounds.
pub(crate) fn number(
    parameters: &[(String, String)],
    name: &str,
    default: i64,
    bounds: RangeInclusive<i64>,
    faults: &mut Faults,
) -> i64 {
    match value(parameters, name).map(str::parse::<i64>) {
        None => default,
        Some(Ok(number)) if bounds.contains(&number) => number,
        Some(given) => {
            let (min, max) = (bounds.start(), bounds.end());
            let nearest = given.ok().map(|number| number.clamp(*min, *max).to_string());
            let message = format!("is not a whole number from {min} to {max}");
            faults.parameter(name, "out-of-range", message, nearest);
            default
        }
    }
}

/// Parses a comma-separated list of known values.
pub(crate) fn list(
    parameters: &[(String, String)],
    name: &str,
    known: &[&str],
    faults: &mut Faults,
) -> Vec<String> {
    let words: Vec<&str> =
        value(parameters, name).map(|value| value.split(',').collect()).unwrap_or_default();
    for (index, word) in words.iter().enumerate() {
        if words[..index].contains(word) && known.contains(word) {
            faults.parameter(name, "repeated", format!("contains {word} more than once"), None);
        }
    }
    for word in words.iter().filter(|word| !known.contains(word)) {
        let hint = nearest(word, known.iter().copied()).map(str::to_owned);
        faults.parameter(
            name,
            "wrong-value",
            format!("contains {word:?}, but must be any of {}", known.join(", ")),
            hint,
        );
    }
    words.into_iter().map(str::to_owned).collect()
}

/// Returns the value of `dry_run`. `own` are the other parameters of the operation.
pub(crate) fn dry_run(request: &HttpRequest, own: &[&str]) -> Result<bool, Problem> {
    let parameters = parameters(request)?;
    let mut faults = Faults::default();
    check_known(&parameters, &[own, &["dry_run"]].concat(), &mut faults);
    let dry_run = match value(&parameters, "dry_run") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            faults.parameter(
                "dry_run",
                "wrong-type",
                format!("is {other:?}, but must be true or false"),
                None,
            );
            false
        }
    };
    Problem::check_parameters(faults).map(|()| dry_run)
}
