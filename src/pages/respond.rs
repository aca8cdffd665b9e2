//! Responds to requests for pages.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use chrono_tz::Tz;
use maud::{Markup, html};

use super::context::{HTML, POLICY, PageContext, Pair};
use super::layout::{Page, render};
use super::links::Links;
use crate::locale::end_of_day;
use crate::model::{Faults, MAX_SAFE_INTEGER, Moment, RecordType};
use crate::reading::{Position, is_parameter, parse_as_of, parse_query};
use crate::store::{Pin, Statement};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{self, ReadResponse};
use crate::web::cursors::resume_query;
use crate::web::negotiation::negotiate;
use crate::web::page_parameters::page_parameters;
use crate::web::parameters::{check_known, number};
use crate::web::problem::Problem;
use crate::web::session::session;

/// A request for a page.
#[derive(Debug, Default)]
pub struct PageRequest {
    pub parameters: Vec<Pair>,
    /// The cursor of a later page of a list.
    pub cursor: Option<String>,
    /// The number of the first entry on that page, from its address.
    pub start: usize,
    /// The position of the cursor.
    pub position: Option<Position>,
    /// The revision that is read.
    pub pin: Pin,
}

/// The parameters that a page accepts besides `revision` and `as_of`.
#[derive(Clone, Copy, Debug)]
pub enum AllowedParameters {
    /// The parameters of a list of this type.
    ListOf(&'static RecordType),
    /// Only these parameters.
    Only(&'static [&'static str]),
}

/// The parameter of pages with the number of the first entry that they show.
pub const START: &str = "start";

/// Responds with a page.
pub async fn respond(
    request: HttpRequest,
    app: web::Data<App>,
    allowed: AllowedParameters,
    make: impl FnOnce(&mut PageContext<'_, '_>) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    match parse_request(&request, &app, allowed).await? {
        Ok(page_request) => respond_to(request, app, page_request, make).await,
        Err(redirect) => Ok(redirect),
    }
}

/// Responds with the page that was requested.
pub async fn respond_to(
    request: HttpRequest,
    app: web::Data<App>,
    page_request: PageRequest,
    make: impl FnOnce(&mut PageContext<'_, '_>) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    respond_with(request, app, page_request, |_, _, _| Ok(()), |context, ()| make(context)).await
}

/// Responds with a page that needs several revisions. `prepare` reads the others before the page's
/// own snapshot is opened, so that no page waits for a connection while it holds another.
pub async fn respond_prepared<T: Send + 'static>(
    request: HttpRequest,
    app: web::Data<App>,
    allowed: AllowedParameters,
    prepare: impl FnOnce(&App, &Pin, &[Pair]) -> Result<T, Problem> + Send + 'static,
    make: impl FnOnce(&mut PageContext<'_, '_>, T) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    match parse_request(&request, &app, allowed).await? {
        Ok(page_request) => respond_with(request, app, page_request, prepare, make).await,
        Err(redirect) => Ok(redirect),
    }
}

/// Responds with a page that is rendered from the result of `prepare` and from a snapshot.
async fn respond_with<T: Send + 'static>(
    request: HttpRequest,
    app: web::Data<App>,
    page_request: PageRequest,
    prepare: impl FnOnce(&App, &Pin, &[Pair]) -> Result<T, Problem> + Send + 'static,
    make: impl FnOnce(&mut PageContext<'_, '_>, T) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    negotiate(&request, &["text/html"])?;
    let PageRequest { parameters, cursor, start, position, pin } = page_request;
    let path = request.path().to_owned();
    let session = session(&request);
    let read = move |app: &App, pin: &Pin| {
        let prepared = prepare(app, pin, &parameters)?;
        app.store.read(pin, |snapshot| {
            let links = Links::new(&app.settings, &parameters);
            let latest_revision = app.store.revision().max(snapshot.revision);
            let mut context = PageContext {
                app,
                path,
                parameters,
                cursor,
                start,
                links,
                latest_revision,
                snapshot,
                session,
                position,
            };
            let mut page = make(&mut context, prepared)?;
            if context.snapshot.revision == 0 && latest_revision > 0 {
                page.body = nothing_entered(&mut context)?;
            }
            let page = render(&context, page).into_string();
            Ok(ReadResponse::new(context.snapshot, context.snapshot.revision, page))
        })
    };
    let mut answer = conditional::respond(&app, &request, HTML, pin, read).await?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(answer)
}

/// Returns the request for a page, or a redirect to the address without empty parameters.
async fn parse_request(
    request: &HttpRequest,
    app: &web::Data<App>,
    allowed: AllowedParameters,
) -> Result<Result<PageRequest, HttpResponse>, Problem> {
    let is_known = |name: &str| match allowed {
        AllowedParameters::ListOf(record_type) => name == START || is_parameter(record_type, name),
        AllowedParameters::Only(known) => {
            known.contains(&name) || matches!(name, "revision" | "as_of")
        }
    };
    let mut parameters = match page_parameters(request, app, is_known)? {
        Ok(parameters) => parameters,
        Err(redirect) => return Ok(Err(redirect)),
    };
    for (_, value) in parameters.iter_mut().filter(|(name, _)| name == "as_of") {
        *value = moment_of(value, app.settings.time_zone);
    }
    let mut faults = Faults::default();
    match allowed {
        AllowedParameters::Only(known) => {
            check_known(&parameters, &[known, &["revision", "as_of"]].concat(), &mut faults);
        }
        AllowedParameters::ListOf(record_type) => {
            let start = take_start(&mut parameters, &mut faults);
            Problem::check_parameters(std::mem::take(&mut faults))?;
            if let Some(request) = at_cursor(app, record_type, &parameters, start)? {
                return Ok(Ok(request));
            }
        }
    }
    let as_of = parse_as_of(&parameters, &mut faults);
    Problem::check_parameters(faults)?;
    let pin = pin(app, as_of).await?;
    Ok(Ok(PageRequest { parameters, start: 1, pin, ..PageRequest::default() }))
}

/// Removes the number of the first entry from the parameters, since the API does not have it, and
/// returns it.
pub fn take_start(parameters: &mut Vec<Pair>, faults: &mut Faults) -> usize {
    let start = number(parameters, START, 1, 1..=MAX_SAFE_INTEGER, faults);
    parameters.retain(|(name, _)| name != START);
    usize::try_from(start).unwrap_or(1)
}

/// Returns the request for the page at a cursor, if the parameters have one. The parameters that
/// the cursor carries replace those of the request.
fn at_cursor(
    app: &App,
    record_type: &'static RecordType,
    parameters: &[Pair],
    start: usize,
) -> Result<Option<PageRequest>, Problem> {
    let Some((_, cursor)) = parameters.iter().find(|(name, _)| name == "cursor").cloned() else {
        return Ok(None);
    };
    let mut faults = Faults::default();
    let mut query = parse_query(record_type, parameters, &mut faults);
    Problem::check_parameters(faults)?;
    let Some(position) = resume_query(app, &mut query)? else { return Ok(None) };
    let mut carried: Vec<Pair> =
        url::form_urlencoded::parse(query.canonical.as_bytes()).into_owned().collect();
    carried.extend(query.limit.map(|limit| ("limit".to_owned(), limit.to_string())));
    let cursor = Some(cursor);
    Ok(Some(PageRequest {
        parameters: carried,
        cursor,
        start,
        pin: position.pin.clone(),
        position: Some(position),
    }))
}

/// Returns the body of a page at a time before the first revision.
fn nothing_entered(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let first = Statement::new("SELECT recorded_at FROM revisions WHERE revision = 1")
        .first(context.snapshot.connection())?;
    let first = first.as_ref().and_then(|row| row.text(0)).unwrap_or_default();
    let links = &context.links;
    let day = |moment: &str| match moment.parse::<Moment>() {
        Ok(moment) => links.date_text(&links.day(moment.date_time()).to_string()),
        Err(_) => moment.to_owned(),
    };
    let first_address = links.latest().with(&context.path, &[("revision", "1")]);
    Ok(html! {
        h1 { "Nothing entered yet" }
        p.nothing {
            @match links.pinned() {
                Some((name, moment)) if name == "as_of" => {
                    "No records had been entered by " (day(moment)) ". "
                }
                _ => "No records existed at revision 0. "
            }
            "The dataset begins on "
            a href=(first_address) { (day(first)) }
            "."
        }
    })
}

/// Returns the end of a day, which is how forms send a moment; now if the day has not ended.
fn moment_of(given: &str, zone: Tz) -> String {
    let Ok(day) = given.parse::<NaiveDate>() else { return given.to_owned() };
    let now = Moment::now();
    let today = now.date_time().with_timezone(&zone).date_naive().max(now.day());
    match end_of_day(day, zone).map(Moment::from) {
        Some(end) if day <= today => end.min(now).to_string(),
        // A later day, or one that the time zone skipped.
        _ => format!("{day}T23:59:59.999999Z"),
    }
}
