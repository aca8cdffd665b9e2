//! The record as a whole: its statistics, and the record keepers' worklist.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::conditional::{Found, answer};
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{number, only, parameters, value, words};
use super::{App, CATALOGUE, Problem};
use crate::model::Faults;
use crate::reading::{GAPS, GapQuery, gaps, statistics, travel};
use crate::store::Pin;

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
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let told = statistics(snapshot)?;
            Ok(Found::new(snapshot, snapshot.revision, told.to_string()))
        })
    };
    answer(&app, &request, "application/json", pin, read).await
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
    let asked: Vec<(&'static str, String)> =
        ["kind", "type"].into_iter().filter_map(|name| Some((name, value(&parameters, name)?.to_owned()))).collect();
    let path = app.address("/v1/gaps");
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
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
            let body = json!({ "data": found.entries, "page": page, "facets": found.facets, "revision": revision });
            Ok(Found::new(snapshot, revision, body.to_string()))
        })
    };
    answer(&app, &request, "application/json", pin, read).await
}
