//! The page that leads to all forms.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::form::RELEASE_PATH;
use super::guard::SignedIn;
use super::shell::{links, respond};
use crate::pages::labels::with_article;
use crate::records::CATALOGUE;
use crate::web::app::App;

/// Shows the actions of a record keeper.
pub async fn show(
    SignedIn(session): SignedIn,
    request: HttpRequest,
    app: web::Data<App>,
) -> HttpResponse {
    let links = links(&app);
    let content = html! {
        h1 { "Record keeping" }
        p.lead { "To change a record, open its page and choose “Edit”." }
        ul {
            li {
                a href=(links.unpinned(RELEASE_PATH)) { "Enter a release" }
                " – a document and the records that it reports, saved together"
            }
            li {
                a href=(links.unpinned("/edit/import")) { "Import a spreadsheet" }
                " – many small changes at once"
            }
        }
        h2 { "Add a record" }
        ul {
            @for record_type in CATALOGUE.iter() {
                li {
                    a href=(links.unpinned(&format!("/edit/{}", record_type.path))) {
                        "Add " (with_article(record_type))
                    }
                    " – " (record_type.doc)
                }
            }
        }
    };
    respond(&app, &request, Some(&session), StatusCode::OK, "Record keeping", &content)
}
