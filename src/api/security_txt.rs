//! `GET /.well-known/security.txt`: the contact for reporting vulnerabilities.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::tag::SERVER;
use crate::model::Moment;
use crate::web::app::App;
use crate::web::problem::{NOT_FOUND, Problem};

const VALIDITY_DAYS: i64 = 180;

/// Get the security contact
///
/// Returns the contact for reporting vulnerabilities (RFC 9116).
#[utoipa::path(
    get,
    path = "/.well-known/security.txt",
    operation_id = "get_security_txt",
    tag = SERVER,
    responses((status = 200, description = "The contact.", body = String,
        content_type = "text/plain"), (status = 404)),
)]
pub(crate) async fn security_txt(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let settings = &app.settings;
    let contact = settings.security_contact.as_ref().or(settings.contact.as_ref());
    let contact = contact.ok_or_else(|| {
        Problem::new(&NOT_FOUND, "This server has no `--security-contact` and no `--contact`.")
    })?;
    let contact =
        if contact.contains(':') { contact.to_owned() } else { format!("mailto:{contact}") };
    let expires = Moment::now().day() + chrono::TimeDelta::days(VALIDITY_DAYS);
    let canonical = settings
        .public_url
        .as_ref()
        .map(|_| format!("Canonical: {}\n", app.address("/.well-known/security.txt")));
    let text = format!(
        "Contact: {contact}\nExpires: {expires}T00:00:00Z\n{}Preferred-Languages: en\n",
        canonical.unwrap_or_default()
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(text))
}
