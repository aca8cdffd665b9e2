//! The query string, as pairs of names and values.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;

use super::problem::URI_TOO_LONG;
use super::{App, Problem};
use crate::model::{Faults, custom, nearest};

/// The longest path with its query.
const LONGEST: usize = 8_192;

/// The parameters of a request, in their order.
pub(crate) fn parameters(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    refuse_long(request)?;
    parse(request.query_string())
}

/// The parameters that a page knows; others, which links from elsewhere carry, are ignored. Where some are empty, as forms send
/// them, a redirect to the address without those instead.
pub(crate) fn page_parameters(
    request: &HttpRequest,
    app: &App,
    is_known: impl Fn(&str) -> bool,
) -> Result<Result<Vec<(String, String)>, HttpResponse>, Problem> {
    refuse_long(request)?;
    let pairs: Vec<(&str, Cow<'_, str>, Cow<'_, str>)> = request
        .query_string()
        .split('&')
        .filter_map(|text| url::form_urlencoded::parse(text.as_bytes()).next().map(|(name, value)| (text, name, value)))
        .collect();
    let joined = |kept: &dyn Fn(&str, &str) -> bool| {
        let kept = pairs.iter().filter(|(_, name, value)| kept(name, value)).map(|(text, _, _)| *text);
        kept.collect::<Vec<_>>().join("&")
    };
    let is_empty = |value: &str| value.trim().is_empty();
    if pairs.iter().any(|(_, _, value)| is_empty(value)) {
        let query = joined(&|_, value| !is_empty(value));
        let separator = if query.is_empty() { "" } else { "?" };
        let address = app.address(&format!("{}{separator}{query}", request.uri().path()));
        return Ok(Err(HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()));
    }
    parse(&joined(&|name, _| is_known(name))).map(Ok)
}

fn refuse_long(request: &HttpRequest) -> Result<(), Problem> {
    if request.uri().to_string().len() > LONGEST {
        return Err(Problem::new(&URI_TOO_LONG, format!("The URL is longer than {LONGEST} bytes.")));
    }
    Ok(())
}

fn parse(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut faults = Faults::default();
    for part in query.split('&').filter(|part| !is_utf8(part)) {
        for (name, _) in url::form_urlencoded::parse(part.as_bytes()) {
            faults.parameter(&name, "invalid-text", "is not UTF-8", None);
        }
    }
    if faults.is_empty() { Ok(parameters) } else { Err(Problem::parameters(faults)) }
}

/// Whether a query string is UTF-8 once it is percent-decoded.
fn is_utf8(query: &str) -> bool {
    percent_decode_str(query).decode_utf8().is_ok()
}

/// A query string with its parameters in one order, each in one spelling: what two strings share that ask the same.
pub(super) fn in_one_order(query: &str) -> Cow<'_, str> {
    // The decoder gives all that is not UTF-8 the same spelling.
    if !query.contains(['&', '%', '+']) || !is_utf8(query) {
        return Cow::Borrowed(query);
    }
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = url::form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort();
    Cow::Owned(url::form_urlencoded::Serializer::new(String::with_capacity(query.len())).extend_pairs(pairs).finish())
}

/// Refuses parameters other than these, and any given twice or without a value.
pub(crate) fn only(parameters: &[(String, String)], known: &[&str]) -> Result<(), Problem> {
    let mut faults = Faults::default();
    for (index, (name, value)) in parameters.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let custom = custom(name, known);
            let hint = custom.map(|(ours, _)| ours).or_else(|| nearest(name, known.iter().copied())).map(str::to_owned);
            let explanation = custom.map_or(String::new(), |(_, explanation)| format!("; {explanation}"));
            faults.parameter(name, "unknown-parameter", format!("there is no parameter {name:?} here{explanation}"), hint);
        } else if parameters[..index].iter().any(|(other, _)| other == name) {
            faults.parameter(name, "repeated", "is given more than once", None);
        } else if value.is_empty() {
            faults.parameter(name, "empty", "has no value", Some("leave it out".to_owned()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::parameters(faults)) }
}

/// The value of a parameter.
pub(crate) fn value<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// The whole number that a parameter holds, within bounds.
pub(crate) fn number(parameters: &[(String, String)], name: &str, usual: i64, bounds: RangeInclusive<i64>, faults: &mut Faults) -> i64 {
    match value(parameters, name).map(str::parse::<i64>) {
        None => usual,
        Some(Ok(number)) if bounds.contains(&number) => number,
        Some(_) => {
            let (least, most) = (bounds.start(), bounds.end());
            faults.parameter(name, "out-of-range", format!("is not a whole number from {least} to {most}"), Some(most.to_string()));
            usual
        }
    }
}

/// The words that a parameter holds, separated by commas, each one of those known.
pub(super) fn words(parameters: &[(String, String)], name: &str, known: &[&str], faults: &mut Faults) -> Vec<String> {
    let words: Vec<&str> = value(parameters, name).map(|value| value.split(',').collect()).unwrap_or_default();
    for (index, word) in words.iter().enumerate() {
        if words[..index].contains(word) {
            faults.parameter(name, "repeated", format!("names {word} more than once"), None);
        }
    }
    for word in words.iter().filter(|word| !known.contains(word)) {
        let hint = nearest(word, known.iter().copied()).map(str::to_owned);
        faults.parameter(name, "wrong-value", format!("{word:?} is none of {}", known.join(", ")), hint);
    }
    words.into_iter().map(str::to_owned).collect()
}

/// Whether the request is to be tried only.
pub(super) fn dry_run(request: &HttpRequest) -> Result<bool, Problem> {
    let parameters = parameters(request)?;
    only(&parameters, &["dry_run"])?;
    match value(&parameters, "dry_run") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => {
            let mut faults = Faults::default();
            faults.parameter("dry_run", "wrong-type", format!("{other:?} is neither true nor false"), None);
            Err(Problem::parameters(faults))
        }
    }
}
