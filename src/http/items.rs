//! Single records: `GET /v1/{resource}/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::conditional::{Found, answer, answer_short};
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{only, parameters};
use super::problem::{GONE, NOT_FOUND};
use super::{App, Problem};
use crate::model::{Faults, RecordType};
use crate::reading::{Item, find, parse_query};
use crate::store::{Pin, Snapshot};

/// Answers a record.
pub async fn get_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    only(&parameters, &["fields", "include", "revision", "as_of"])?;
    let mut faults = Faults::default();
    let query = parse_query(record_type, &parameters, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    accepted(&request, &["application/json"])?;
    let pin = pin(&app, query.travel.clone()).await?;
    let id = id.into_inner();
    let is_short = pin == Pin::default() && query.include.is_empty();
    let is_whole = is_short && query.fields.is_empty();
    let read = move |app: &App, pin: &Pin| {
        if is_whole && let Some((document, revision, day)) = app.store.read_record(record_type, &id)? {
            return Ok(Found::at(revision, day, document.revision, document.json));
        }
        let read = |snapshot: &mut Snapshot<'_>| match find(snapshot, record_type, &id, &query.fields, &query.include)? {
            Item::Found(body, revision) => Ok(Found::new(snapshot, revision, body)),
            other => Err(absent(record_type, &other)),
        };
        if is_short { app.store.read_short(pin, read) } else { app.store.read(pin, read) }
    };
    if is_short {
        return answer_short(&app, &request, "application/json", pin, read).await;
    }
    answer(&app, &request, "application/json", pin, read).await
}

/// What there is to say of a record that is not there.
pub(crate) fn absent(record_type: &RecordType, item: &Item) -> Problem {
    match item {
        Item::Merged(into) => Problem::merged(into),
        Item::Gone(revision) => Problem::new(&GONE, format!("The {} was deleted by revision {revision}.", record_type.name)),
        _ => Problem::new(&NOT_FOUND, format!("There is no such {}.", record_type.name)),
    }
}
