//! Signing in with a key, and out.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::shell::{self, CSRF, THERE_IS_A_PROBLEM, csrf, hidden, links, problem, respond};
use crate::keys;
use crate::pages::context::Pair;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::body::read_form;
use crate::web::parameters::{parse, value};
use crate::web::problem::Problem;
use crate::web::session::{SESSION, SIGN_IN, begin, check_form, end, session, sign_in_form};

/// Shows the form that takes a key.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let query = parse(request.query_string())?;
    let to = value(&query, "to").unwrap_or_default();
    if session(&request).is_some() {
        return Ok(shell::redirect(&app, local(to)));
    }
    form(&app, &request, to, &[], None)
}

/// Redirects to the sign-in page, which leads back afterwards.
pub fn redirect(request: &HttpRequest) -> HttpResponse {
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    let to: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let path = format!("/sign-in?to={to}");
    let app = request.app_data::<web::Data<App>>();
    let address = app.map_or_else(|| path.clone(), |app| app.address(&path));
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

/// Shows the sign-in page with the inputs of a form that was sent without a session, so that they
/// can be sent again.
pub fn carry(app: &App, request: &HttpRequest, pairs: &[Pair]) -> Result<HttpResponse, Problem> {
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    let carried: Vec<Pair> =
        pairs.iter().map(|(name, text)| (format!("{CARRIED}{name}"), text.clone())).collect();
    form(app, request, here, &carried, Some(ENDED))
}

/// The prefix of the inputs of another form.
const CARRIED: &str = "carried:";

const ENDED: &str = "Your session has ended. Sign in again: nothing that you typed is lost.";

/// Signs in.
pub async fn send(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let pairs = read_form(&request, payload.into_inner()).await?.pairs;
    let get = |name: &str| value(&pairs, name).unwrap_or_default();
    let to = get("to");
    let carried: Vec<Pair> =
        pairs.iter().filter(|(name, _)| name.starts_with(CARRIED)).cloned().collect();
    let again = |why| form(&app, &request, to, &carried, Some(why));
    if !check_form(&app, &request, SIGN_IN, get(CSRF))? {
        return again("This form was open for too long. Try again.");
    }
    let secret = get("key").trim().to_owned();
    if secret.is_empty() {
        return again("Enter your key.");
    }
    let key = run_blocking(&app, move |app| Ok(keys::find(&app.store, &secret)?)).await?;
    let Some(key) = key else {
        let why = "This key is unknown, expired or revoked. Check that you pasted all of it.";
        return again(why);
    };
    let mut answer = if carried.is_empty() {
        shell::redirect(&app, local(to))
    } else {
        resume(&app, &request, local(to), &carried)
    };
    set_cookie(&mut answer, &begin(&app, &request, &key))?;
    Ok(answer)
}

/// Offers to send a form that was sent without a session. It still has the token of that session,
/// so it is shown again before anything is saved.
fn resume(app: &App, request: &HttpRequest, to: &str, carried: &[Pair]) -> HttpResponse {
    let pairs = carried.iter().filter_map(|(name, text)| Some((name.strip_prefix(CARRIED)?, text)));
    let content = html! {
        h1 { "You are signed in" }
        p.lead { "Go back to your form. Everything that you typed is there." }
        form action=(links(app).unpinned(to)) method="post" {
            @for (name, text) in pairs { (hidden(name, text)) }
            button { "Continue" }
        }
    };
    respond(app, request, None, StatusCode::OK, "You are signed in", &content)
}

/// Shows the button that signs out.
pub async fn show_out(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let session = session(&request);
    let content = html! {
        h1 { "Sign out" }
        @if let Some(session) = &session {
            form action=(links(&app).unpinned("/sign-out")) method="post" {
                (csrf(session.csrf()))
                button { "Sign out" }
            }
        } @else {
            p { "You are not signed in." }
        }
    };
    Ok(respond(&app, &request, None, StatusCode::OK, "Sign out", &content))
}

/// Signs out.
pub async fn send_out(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let pairs = read_form(&request, payload.into_inner()).await?.pairs;
    let token = value(&pairs, CSRF).unwrap_or_default();
    let is_own = check_form(&app, &request, SESSION, token)?;
    let mut answer = shell::redirect(&app, if is_own { "/" } else { "/sign-out" });
    if is_own && let Some(session) = session(&request) {
        set_cookie(&mut answer, &end(&app, &request, &session).await?)?;
    }
    Ok(answer)
}

fn form(
    app: &App,
    request: &HttpRequest,
    to: &str,
    carried: &[Pair],
    wrong: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let (token, cookie) = sign_in_form(app, request);
    let content = html! {
        @if let Some(wrong) = wrong {
            (problem(THERE_IS_A_PROBLEM, &html! { ul { li { a href="#key" { (wrong) } } } }))
        }
        h1 { "Sign in" }
        p.lead { "For record keepers. Visitors read everything without signing in." }
        form action=(links(app).unpinned("/sign-in")) method="post" {
            (csrf(&token))
            input type="hidden" name="to" value=(local(to));
            @for (name, text) in carried { (hidden(name, text)) }
            div.field.wrong[wrong.is_some()] {
                label for="key" { "Key" }
                p.hint #key-hint {
                    "It begins with tfk_. The operator of this server creates keys with "
                    code { "taskforce keys create" } "."
                }
                @if let Some(wrong) = wrong {
                    p.error #key-error { span.hidden { "Error: " } (wrong) }
                }
                // Password managers file a key under a name.
                input type="text" autocomplete="username" value="Record keeper" hidden;
                input #key.long type="password" name="key" autocomplete="current-password" required
                    aria-describedby={ "key-hint" @if wrong.is_some() { " key-error" } }
                    aria-invalid=[wrong.map(|_| "true")];
            }
            button { "Sign in" }
        }
    };
    let status = if wrong.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let title = if wrong.is_some() { "Error: Sign in" } else { "Sign in" };
    let mut answer = respond(app, request, None, status, title, &content);
    set_cookie(&mut answer, &cookie)?;
    Ok(answer)
}

fn set_cookie(answer: &mut HttpResponse, cookie: &str) -> Result<(), Problem> {
    let value = HeaderValue::from_str(cookie).map_err(Problem::internal)?;
    answer.headers_mut().append(SET_COOKIE, value);
    Ok(())
}

/// Returns a path of this server; never an address elsewhere.
fn local(to: &str) -> &str {
    // Browsers remove tabs and line breaks, and take backslashes for slashes.
    let is_plain = !to.contains(|letter: char| letter == '\\' || letter.is_control());
    let is_local = to.starts_with('/') && !to.starts_with("//") && is_plain;
    if is_local { to } else { "/edit" }
}
