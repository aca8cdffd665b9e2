//! Lists: `GET /v1/{resource}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::conditional::{Found, Validity, answer, answer_short};
use super::negotiation::Format;
use super::parameters::{parameters, value};
use super::problem::INVALID_CURSOR;
use super::stream;
use super::{App, Problem, reading};
use crate::model::{Faults, RecordType};
use crate::reading::{CursorError, ListQuery, Signing, Travel, Walk, is_within_reach, page, parse_query, resume};
use crate::store::{Pin, Snapshot, Statement};

/// Answers a list.
pub async fn get_list(record_type: &'static RecordType, request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    let mut query = parse_query(record_type, &parameters, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let format = Format::of(&request, &parameters)?;
    for (name, is_given, is_told) in
        [("include", !query.include.is_empty(), format != Format::Csv), ("facets", !query.facets.is_empty(), format == Format::Json)]
    {
        if is_given && !is_told {
            faults.parameter(name, "conflict", format!("has no place in {}", format.media_type()), Some("format=json".to_owned()));
        }
    }
    let byte_order_mark = byte_order_mark(&parameters, format, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let walk = follow(&app, &mut query)?;
    if let Some((_, pin)) = walk.as_ref().filter(|_| query.search.is_some()) {
        reachable(&app, pin).await?;
    }
    let pin = match &walk {
        Some((_, pin)) => pin.clone(),
        None => pin(&app, query.travel.clone()).await?,
    };
    if format != Format::Json {
        let validity = Validity::of(&app, &request, format.media_type(), &pin);
        if let Some(unchanged) = validity.unchanged(&request) {
            return Ok(unchanged);
        }
        let pin = validity.pin(pin);
        let mut answer = validity.answer(&app, format.media_type(), pin.revision.unwrap_or_default());
        return Ok(answer.body(stream::records(app, query, walk.map(|(walk, _)| walk), pin, format, byte_order_mark).await?));
    }
    let is_short = pin == Pin::default() && query.is_short(app.store.indexes().of(record_type));
    let walk = walk.map(|(walk, _)| walk);
    let read = move |app: &App, pin: &Pin| {
        let path = app.address(&format!("/v1/{}", record_type.path));
        let read = |snapshot: &mut Snapshot<'_>| {
            let signing = Signing { key: app.store.signing_key(), database: app.store.identity(), path: &path };
            let page = page(snapshot, &query, walk.as_ref(), signing, &app.totals)?;
            Ok::<_, Problem>(Found::new(snapshot, snapshot.revision, page.body).followed_by(page.next))
        };
        if is_short { app.store.read_short(pin, read) } else { app.store.read(pin, read) }
    };
    if is_short {
        return answer_short(&app, &request, format.media_type(), pin, read).await;
    }
    answer(&app, &request, format.media_type(), pin, read).await
}

/// Whether a table begins with a byte order mark.
fn byte_order_mark(parameters: &[(String, String)], format: Format, faults: &mut Faults) -> bool {
    let Some(given) = value(parameters, "bom") else { return false };
    if !matches!(given, "true" | "false") {
        faults.parameter("bom", "wrong-type", format!("{given:?} is neither true nor false"), None);
    } else if given == "true" && format != Format::Csv {
        faults.parameter("bom", "conflict", format!("is not supported in {}", format.media_type()), Some("format=csv".to_owned()));
    }
    given == "true"
}

/// Takes up a walk where the query has a cursor: what the cursor carries stands in for the parameters.
pub(crate) fn follow(app: &App, query: &mut ListQuery) -> Result<Option<(Walk, Pin)>, Problem> {
    let Some(cursor) = query.cursor.take() else { return Ok(None) };
    let (resumed, walk, pin) = resume(query, &cursor, app.store.signing_key(), app.store.identity()).map_err(not_followed)?;
    *query = resumed;
    Ok(Some((walk, pin)))
}

/// A cursor that leads nowhere.
pub(super) fn not_followed(why: CursorError) -> Problem {
    let mut faults = Faults::default();
    faults.parameter("cursor", "invalid-cursor", why.0, None);
    Problem::new(&INVALID_CURSOR, "").with_errors(faults.into_list())
}

/// Refuses to go on in a search whose state the index knows no longer.
pub(super) async fn reachable(app: &web::Data<App>, pin: &Pin) -> Result<(), Problem> {
    if pin.revision.is_none_or(|revision| revision >= app.store.revision()) {
        return Ok(());
    }
    let pin = pin.clone();
    let known = reading(app, move |app| Ok(app.store.read(&Pin::default(), |snapshot| is_within_reach(snapshot, &pin))?)).await?;
    if known { Ok(()) } else { Err(not_followed(CursorError("is older than the search index, which was made anew; begin anew"))) }
}

/// The state of the record that was asked for; a problem where it lies in the future.
pub(crate) async fn pin(app: &web::Data<App>, travel: Travel) -> Result<Pin, Problem> {
    let future = |name: &str, message: String| {
        let mut faults = Faults::default();
        faults.parameter(name, "out-of-range", message, None);
        Problem::parameters(faults)
    };
    let revision = match travel {
        Travel::Present => return Ok(Pin::default()),
        Travel::Revision(revision) => {
            let newest = app.store.revision();
            if revision > newest {
                return Err(future("revision", format!("{revision} lies in the future; the newest revision is {newest}")));
            }
            revision
        }
        Travel::Moment(moment) => {
            if moment > crate::model::Moment::now() {
                return Err(future("as_of", format!("{moment} lies in the future")));
            }
            let find = move |snapshot: &mut Snapshot<'_>| {
                let mut select = Statement::new("SELECT coalesce(max(revision), 0) FROM revisions WHERE recorded_at <= ");
                select.bind(moment.to_string());
                select.number(snapshot.connection)
            };
            reading(app, move |app| Ok(app.store.read(&Pin::default(), find)?)).await?
        }
    };
    Ok(Pin { revision: Some(revision), day: None })
}
