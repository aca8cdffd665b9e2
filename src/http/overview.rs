//! The record as a whole: its statistics, and the record keepers' worklist.

use actix_web::{HttpRequest, HttpResponse, web};

use super::conditional::{Found, answer};
use super::lists::{not_followed, pin};
use super::negotiation::accepted;
use super::parameters::{number, only, parameters, value, words};
use super::{App, CATALOGUE, Problem};
use crate::model::Faults;
use crate::reading::{Envelope, GAPS, GapList, GapQuery, PageInfo, Signing, gaps, statistics, travel};
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
            Ok(Found::json(snapshot, snapshot.revision, &told)?)
        })
    };
    answer(&app, &request, "application/json", pin, read).await
}

/// Answers what is missing in the record, or stands against itself.
pub async fn get_gaps(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    accepted(&request, &["application/json"])?;
    let (query, pin) = sought(&app, &parameters).await?;
    let path = app.address("/v1/gaps");
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let found = gaps(snapshot, &query)?;
            let signing = Signing { key: app.store.signing_key(), database: app.store.identity(), path: &path };
            let next = query.next(snapshot, found.total, signing);
            let total = i64::try_from(found.total).unwrap_or(i64::MAX);
            let page = PageInfo { limit: query.limit, total, total_is_exact: true, next };
            let envelope = Envelope { page, facets: Some(found.facets.to_raw()?), revision: snapshot.revision };
            Found::list(snapshot, &GapList { data: found.entries, envelope })
        })
    };
    answer(&app, &request, "application/json", pin, read).await
}

/// Which gaps are asked for, and of which state of the record; where a walk goes on, what its cursor carries.
async fn sought(app: &web::Data<App>, parameters: &[(String, String)]) -> Result<(GapQuery, Pin), Problem> {
    let cursor = value(parameters, "cursor");
    only(parameters, if cursor.is_some() { &["cursor", "limit"] } else { &["kind", "type", "limit", "cursor", "revision", "as_of"] })?;
    let mut faults = Faults::default();
    let limit = number(parameters, "limit", 25, 1..=200, &mut faults) as usize;
    let travel = travel(parameters, &mut faults);
    let kinds: Vec<&str> = GAPS.iter().map(|(kind, _)| *kind).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let (kinds, types) = (words(parameters, "kind", &kinds, &mut faults), words(parameters, "type", &types, &mut faults));
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    match cursor {
        None => Ok((GapQuery { kinds, types, limit, offset: 0 }, pin(app, travel).await?)),
        Some(cursor) => {
            let (mut query, pin) = GapQuery::resume(cursor, app.store.signing_key(), app.store.identity()).map_err(not_followed)?;
            if value(parameters, "limit").is_some() {
                query.limit = limit;
            }
            Ok((query, pin))
        }
    }
}
