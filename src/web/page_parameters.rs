//! Query strings of pages.

use std::borrow::Cow;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};

use super::app::App;
use super::parameters::parse;
use super::problem::Problem;

/// Returns the parameters that a page accepts, or a redirect that drops empty ones, which forms
/// send. Other parameters, such as `utm_source`, are ignored.
pub(crate) fn page_parameters(
    request: &HttpRequest,
    app: &App,
    is_known: impl Fn(&str) -> bool,
) -> Result<Result<Vec<(String, String)>, HttpResponse>, Problem> {
    let pairs: Vec<(&str, Cow<'_, str>, Cow<'_, str>)> = request
        .query_string()
        .split('&')
        .filter_map(|text| {
            url::form_urlencoded::parse(text.as_bytes())
                .next()
                .map(|(name, value)| (text, name, value))
        })
        .collect();
    let joined = |keep: &dyn Fn(&str, &str) -> bool| {
        let remaining =
            pairs.iter().filter(|(_, name, value)| keep(name, value)).map(|(text, _, _)| *text);
        remaining.collect::<Vec<_>>().join("&")
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
