//! Signing in with a key, and out.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::guard::{CSRF, get};
use super::shell::{csrf, redirect, respond};
use crate::keys;
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::body::read_form;
use crate::web::parameters::{parse, value};
use crate::web::problem::Problem;
use crate::web::session::{begin, begin_anonymous, check_form, end, session};

/// Shows the form that takes a key.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let query = parse(request.query_string())?;
    let to = value(&query, "to").unwrap_or_default();
    if session(&request).is_some() {
        return Ok(redirect(&app, local(to)));
    }
    form(&app, &request, to, None)
}

/// Signs in.
pub async fn send(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let pairs = read_form(&request, payload).await?;
    let to = get(&pairs, "to");
    if !check_form(&app, &request, get(&pairs, CSRF))? {
        return form(&app, &request, to, Some("This form was open for too long. Try again."));
    }
    let secret = get(&pairs, "key").trim().to_owned();
    if secret.is_empty() {
        return form(&app, &request, to, Some("Enter your key."));
    }
    let key = run_blocking(&app, move |app| Ok(keys::find(&app.store, &secret)?)).await?;
    let Some(key) = key else {
        let why = "This key is unknown, expired or revoked. Check that you pasted all of it.";
        return form(&app, &request, to, Some(why));
    };
    let mut answer = redirect(&app, local(to));
    set_cookie(&mut answer, &begin(&app, &request, &key))?;
    Ok(answer)
}

/// Shows the button that signs out.
pub async fn show_out(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let session = session(&request);
    let content = html! {
        h1 { "Sign out" }
        @if let Some(session) = &session {
            form action=(super::shell::links(&app).unpinned("/sign-out")) method="post" {
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
    let pairs = read_form(&request, payload).await?;
    let is_own = check_form(&app, &request, get(&pairs, CSRF))?;
    let mut answer = redirect(&app, if is_own { "/" } else { "/sign-out" });
    if is_own && let Some(session) = session(&request) {
        set_cookie(&mut answer, &end(&app, &request, &session))?;
    }
    Ok(answer)
}

fn form(
    app: &App,
    request: &HttpRequest,
    to: &str,
    wrong: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let (token, cookie) = begin_anonymous(app, request);
    let content = html! {
        @if let Some(wrong) = wrong {
            div.problem role="alert" aria-labelledby="problem" {
                h2 #problem { "There is a problem" }
                ul { li { a href="#key" { (wrong) } } }
            }
        }
        h1 { "Sign in" }
        p.lead { "For record keepers. Visitors read everything without signing in." }
        form action=(super::shell::links(app).unpinned("/sign-in")) method="post" {
            (csrf(&token))
            input type="hidden" name="to" value=(local(to));
            div.field.wrong[wrong.is_some()] {
                label for="key" { "Key" }
                p.hint #key-hint {
                    "It begins with tfk_. Whoever runs this server makes keys with "
                    code { "taskforce keys create" } "."
                }
                @if let Some(wrong) = wrong {
                    p.error #key-error { span.hidden { "Error: " } (wrong) }
                }
                input #key.long type="password" name="key" autocomplete="current-password" required
                    aria-describedby=(if wrong.is_some() { "key-hint key-error" } else { "key-hint" })
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

/// A path of this server; never an address elsewhere.
fn local(to: &str) -> &str {
    let is_local = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if is_local { to } else { "/edit" }
}
