//! Answers requests for pages.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::context::{HTML, POLICY, PageContext, Pair};
use super::labels::date_words;
use super::layout::{Page, render};
use super::links::Links;
use crate::model::{Faults, RecordType};
use crate::reading::{Continuation, is_parameter, parse_as_of, parse_query};
use crate::store::{Pin, Statement};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{self, ReadResponse};
use crate::web::cursors::resume_query;
use crate::web::negotiation::negotiate;
use crate::web::page_parameters::page_parameters;
use crate::web::parameters::reject_unknown;
use crate::web::problem::Problem;
use crate::web::session::session;

/// What a request for a page asks for.
#[derive(Debug, Default)]
pub struct PageRequest {
    /// The parameters.
    pub parameters: Vec<Pair>,
    /// The cursor of the walk that the page is a part of.
    pub cursor: Option<String>,
    /// Where that walk stands, in a list.
    pub walk: Option<Continuation>,
    /// The state of the record.
    pub pin: Pin,
}

/// The parameters that a page allowed, besides those of time.
#[derive(Clone, Copy, Debug)]
pub enum AllowedParameters {
    /// Those of the list of a type.
    ListOf(&'static RecordType),
    /// These alone.
    Only(&'static [&'static str]),
}

/// Answers with a page.
pub async fn answer(
    request: HttpRequest,
    app: web::Data<App>,
    allowed: AllowedParameters,
    make: impl FnOnce(&mut PageContext<'_, '_>) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    match asked(&request, &app, allowed).await? {
        Ok(asked) => answer_asked(request, app, asked, make).await,
        Err(redirect) => Ok(redirect),
    }
}

/// Answers with the page that was asked for.
pub async fn answer_asked(
    request: HttpRequest,
    app: web::Data<App>,
    asked: PageRequest,
    make: impl FnOnce(&mut PageContext<'_, '_>) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    answer_with(request, app, asked, |_, _, _| Ok(()), |context, ()| make(context)).await
}

/// Answers with a page that needs more than one state of the record: what `prepare` reads is read
/// before the page's own state is held, so that no page waits for a connection while it keeps
/// another.
pub async fn answer_prepared<T: Send + 'static>(
    request: HttpRequest,
    app: web::Data<App>,
    allowed: AllowedParameters,
    prepare: impl FnOnce(&App, &Pin, &[Pair]) -> Result<T, Problem> + Send + 'static,
    make: impl FnOnce(&mut PageContext<'_, '_>, T) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    match asked(&request, &app, allowed).await? {
        Ok(asked) => answer_with(request, app, asked, prepare, make).await,
        Err(redirect) => Ok(redirect),
    }
}

/// Answers with a page, from what was read beforehand and from the state that it is of.
async fn answer_with<T: Send + 'static>(
    request: HttpRequest,
    app: web::Data<App>,
    asked: PageRequest,
    prepare: impl FnOnce(&App, &Pin, &[Pair]) -> Result<T, Problem> + Send + 'static,
    make: impl FnOnce(&mut PageContext<'_, '_>, T) -> Result<Page, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    negotiate(&request, &["text/html"])?;
    let PageRequest { parameters, cursor, walk, pin } = asked;
    let path = request.path().to_owned();
    let session = session(&request);
    let read = move |app: &App, pin: &Pin| {
        let prepared = prepare(app, pin, &parameters)?;
        app.store.read(pin, |snapshot| {
            let links = Links::new(app.settings.public_url.as_deref(), &parameters);
            let newest = app.store.revision().max(snapshot.revision);
            let mut context = PageContext {
                app,
                path,
                parameters,
                cursor,
                links,
                newest,
                snapshot,
                session,
                walk,
            };
            let mut page = make(&mut context, prepared)?;
            if context.snapshot.revision == 0 && newest > 0 {
                page.body = nothing_yet(&mut context)?;
            }
            let page = render(&context, page).into_string();
            Ok(ReadResponse::new(context.snapshot, context.snapshot.revision, page))
        })
    };
    let mut answer = conditional::respond(&app, &request, HTML, pin, read).await?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(answer)
}

/// The parameters of a page and the state that they, or a cursor, name; or a redirect to the
/// address without empty parameters.
async fn asked(
    request: &HttpRequest,
    app: &web::Data<App>,
    allowed: AllowedParameters,
) -> Result<Result<PageRequest, HttpResponse>, Problem> {
    let is_known = |name: &str| match allowed {
        AllowedParameters::ListOf(record_type) => is_parameter(record_type, name),
        AllowedParameters::Only(known) => {
            known.contains(&name) || matches!(name, "revision" | "as_of")
        }
    };
    let mut parameters = match page_parameters(request, app, is_known)? {
        Ok(parameters) => parameters,
        Err(redirect) => return Ok(Err(redirect)),
    };
    for (_, value) in parameters.iter_mut().filter(|(name, _)| name == "as_of") {
        *value = end_of(value);
    }
    let mut faults = Faults::default();
    if let AllowedParameters::Only(known) = allowed {
        reject_unknown(&parameters, &[known, &["revision", "as_of"]].concat())?;
    }
    if let AllowedParameters::ListOf(record_type) = allowed
        && let Some((_, cursor)) = parameters.iter().find(|(name, _)| name == "cursor").cloned()
    {
        let mut query = parse_query(record_type, &parameters, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::parameters(faults));
        }
        if let Some((walk, pin)) = resume_query(app, &mut query)? {
            let mut carried: Vec<Pair> =
                url::form_urlencoded::parse(query.canonical.as_bytes()).into_owned().collect();
            carried.extend(query.limit.map(|limit| ("limit".to_owned(), limit.to_string())));
            return Ok(Ok(PageRequest {
                parameters: carried,
                cursor: Some(cursor),
                walk: Some(walk),
                pin,
            }));
        }
    }
    let as_of = parse_as_of(&parameters, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let pin = pin(app, as_of).await?;
    Ok(Ok(PageRequest { parameters, cursor: None, walk: None, pin }))
}

/// What a page of the time before the first revision says.
fn nothing_yet(context: &mut PageContext<'_, '_>) -> Result<Markup, Problem> {
    let first = Statement::new("SELECT recorded_at FROM revisions WHERE revision = 1")
        .first(context.snapshot.connection)?;
    let first = first.as_ref().and_then(|row| row.text(0)).unwrap_or_default();
    let day = |moment: &str| date_words(moment.get(..10).unwrap_or(moment));
    Ok(html! {
        h1 { "Nothing here yet" }
        p.nothing {
            @match context.links.pinned() {
                Some((name, moment)) if name == "as_of" => {
                    "Nothing had been entered by "
                    (day(moment))
                    ". "
                }
                _ => { "Nothing had been entered at revision 0. " }
            }
            "The data set begins on "
            a href=(context.links.latest().with(&context.path, &[("revision", "1")])) { (day(first)) }
            "."
        }
    })
}

/// A day, as forms send it, is the end of that day; today is now.
fn end_of(moment: &str) -> String {
    match moment.parse::<chrono::NaiveDate>() {
        Ok(day) if day == crate::model::Moment::now().day() => {
            crate::model::Moment::now().to_string()
        }
        Ok(day) => format!("{day}T23:59:59.999999Z"),
        Err(_) => moment.to_owned(),
    }
}
