//! The page that leads to all forms.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::guard::signed_in;
use super::shell::{a, links, respond};
use crate::records::CATALOGUE;
use crate::web::app::App;
use crate::web::problem::Problem;

/// Shows what a record keeper can do.
pub async fn show(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let session = match signed_in(&app, &request) {
        Ok(session) => session,
        Err(redirect) => return Ok(redirect),
    };
    let links = links(&app);
    let content = html! {
        h1 { "Record keeping" }
        p.lead { "To change a record, open its page and choose “Edit”." }
        p {
            a href=(links.unpinned("/edit/import")) { "Import a spreadsheet" }
        }
        h2 { "Add a record" }
        ul {
            @for record_type in CATALOGUE.iter() {
                li {
                    a href=(links.unpinned(&format!("/edit/{}", record_type.path))) {
                        "Add " (a(record_type))
                    }
                    " – " (record_type.doc)
                }
            }
        }
    };
    Ok(respond(&app, &request, Some(&session), StatusCode::OK, "Record keeping", &content))
}
