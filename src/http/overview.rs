//! The record as a whole: its statistics, and the record keepers' worklist.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::conditional::Validity;
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{number, only, parameters, value, words};
use super::{App, CATALOGUE, Problem, reading};
use crate::model::Faults;
use crate::reading::{GAPS, GapQuery, gaps, statistics, travel};

/// Answers the record in numbers.
pub async fn get_statistics(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    only(&parameters, &["revision", "as_of"])?;
    accepted(&request, &["application/json"])?;
    let mut faults = Faults::default();
    let travel = travel(&parameters, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let pin = pin(&app, travel).await?;
    let validity = Validity::of(&app, &request, "application/json", &pin);
    if let Some(unchanged) = validity.unchanged(&request) {
        return Ok(unchanged);
    }
    let told = reading(&app, move |app| Ok(app.store.read(&pin, statistics)?)).await?;
    let revision = told["revision"].as_i64().unwrap_or_default();
    Ok(validity.answer(&app, "application/json", revision).body(told.to_string()))
}

/// Answers what is missing in the record, or stands against itself.
pub async fn get_gaps(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    only(&parameters, &["kind", "type", "limit", "offset", "revision", "as_of"])?;
    accepted(&request, &["application/json"])?;
    let mut faults = Faults::default();
    let travel = travel(&parameters, &mut faults);
    let kinds: Vec<&str> = GAPS.iter().map(|(kind, _)| *kind).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let query = GapQuery {
        kinds: words(&parameters, "kind", &kinds, &mut faults),
        types: words(&parameters, "type", &types, &mut faults),
        limit: number(&parameters, "limit", 25, 1..=200, &mut faults) as usize,
        offset: number(&parameters, "offset", 0, 0..=10_000_000, &mut faults) as usize,
    };
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let pin = pin(&app, travel).await?;
    let validity = Validity::of(&app, &request, "application/json", &pin);
    if let Some(unchanged) = validity.unchanged(&request) {
        return Ok(unchanged);
    }
    let asked: Vec<(&'static str, String)> =
        ["kind", "type"].into_iter().filter_map(|name| Some((name, value(&parameters, name)?.to_owned()))).collect();
    let path = app.address("/v1/gaps");
    let (body, revision) = reading(&app, move |app| {
        app.store.read(&pin, |snapshot| {
            let found = gaps(snapshot, &query)?;
            let revision = snapshot.revision;
            let after = query.offset + query.limit;
            let next = (after < found.total).then(|| {
                let mut next = url::form_urlencoded::Serializer::new(String::new());
                next.extend_pairs(&asked).append_pair("revision", &revision.to_string());
                next.append_pair("limit", &query.limit.to_string()).append_pair("offset", &after.to_string());
                format!("{path}?{}", next.finish())
            });
            let page = json!({ "limit": query.limit, "total": found.total, "total_is_exact": true, "next": next });
            Ok::<_, Problem>((json!({ "data": found.entries, "page": page, "facets": found.facets, "revision": revision }), revision))
        })
    })
    .await?;
    Ok(validity.answer(&app, "application/json", revision).body(body.to_string()))
}
