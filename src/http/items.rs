//! Single records: `GET /v1/{resource}/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::conditional::{Found, answer_at_hand};
use super::lists::pin;
use super::negotiation::accepted;
use super::parameters::{only, parameters};
use super::problem::{GONE, NOT_FOUND};
use super::{App, Problem};
use crate::model::{Faults, Moment, RecordType};
use crate::reading::{Item, find, parse_query};
use crate::store::{Haste, Pin};

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
    let short = query.include.is_empty();
    let plain = short && query.fields.is_empty();
    let read = move |app: &App, haste: Haste, pin: &Pin| {
        if haste == Haste::AtHand {
            let (revision, day) = (app.store.revision(), Moment::now().day().to_string());
            let layout = app.store.layouts().of(record_type);
            // While the database is away, nobody knows what another server has written to it.
            let is_known = plain && !app.store.is_away();
            if let Some(known) = is_known.then(|| app.memory.recall(layout, &id, revision, &day)).flatten() {
                return Ok(Some(Found::known(revision, day, known.revision, known.json.to_vec())));
            }
            if !app.store.is_at_hand() {
                return Ok(None);
            }
        }
        app.store.read_with(haste, pin, |snapshot| match find(snapshot, record_type, &id, &query.fields, &query.include, &app.memory)? {
            Item::Found(body, revision) => Ok(Some(Found::new(snapshot, revision, body))),
            other => Err(absent(record_type, &other)),
        })
    };
    answer_at_hand(&app, &request, "application/json", pin, short, read).await
}

/// What there is to say of a record that is not there.
pub(crate) fn absent(record_type: &RecordType, item: &Item) -> Problem {
    match item {
        Item::Merged(into) => Problem::merged(into),
        Item::Gone(revision) => Problem::new(&GONE, format!("The {} was deleted by revision {revision}.", record_type.name)),
        _ => Problem::new(&NOT_FOUND, format!("There is no such {}.", record_type.name)),
    }
}
