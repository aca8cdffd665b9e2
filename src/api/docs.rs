//! `GET /docs`: the API reference, with its scripts and its own style sheet.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use maud::{DOCTYPE, html};

use super::tag::SERVER;
use crate::digest::sha256;
use crate::web::app::App;
use crate::web::conditional::HTML;
use crate::web::encoding::Encoding;
use crate::web::page_parameters::page_parameters;
use crate::web::problem::Problem;
use crate::web::routing::{get, read_only};

const STYLE_SHEET: &str = include_str!("docs.css");

/// Hides the list of models, since each operation shows its own and the list delays the page.
const INIT_SCRIPT: &str = "Scalar.createApiReference('#app', {url: '/openapi.json', \
    withDefaultFonts: false, telemetry: false, hideClientButton: true, hideModels: true, \
    showDeveloperTools: 'never', agent: {disabled: true}, mcp: {disabled: true}})\n";

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' \
    'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri \
    'none'; form-action 'none'; frame-ancestors 'none'";

/// The script of the page, compressed by the build script.
const COMPRESSED_SCRIPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scalar.js.br"));

/// Returns the URL of the style sheet with its digest, so that browsers can cache it forever.
fn style_path() -> String {
    format!("/docs/style.css?v={}", &sha256(STYLE_SHEET)[..12])
}

/// Get the documentation
///
/// Returns this document as a page on which requests can be sent.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "get_docs",
    tag = SERVER,
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn show(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    if let Err(redirect) = page_parameters(&request, &app, |_| false)? {
        return Ok(redirect);
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "API documentation · " (app.settings.title) }
                meta name="description" content="The API reference: every operation, with \
                    examples.";
                link rel="stylesheet" href=(app.address(&style_path()));
                link rel="icon" href=(app.address("/icon.svg")) type="image/svg+xml";
            }
            body {
                nav.docs-head aria-label="Site" {
                    a.docs-title href=(app.address("/")) { (app.settings.title) }
                    a href=(app.address("/openapi.json")) { "OpenAPI" }
                }
                div #app {}
                script src=(app.address("/docs/scalar.js")) {}
                script src=(app.address("/docs/init.js")) {}
            }
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HTML))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .body(page.into_string()))
}

/// Adds the assets of the page.
pub(super) fn assets(config: &mut web::ServiceConfig) {
    config
        .service(read_only("/docs/style.css").route(get().to(style)))
        .service(read_only("/docs/init.js").route(get().to(init_script)))
        .service(read_only("/docs/scalar.js").route(get().to(script)));
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(STYLE_SHEET)
}

async fn init_script() -> HttpResponse {
    script_response().body(INIT_SCRIPT)
}

async fn script(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if Encoding::of(request.headers()) == Some(Encoding::Brotli) {
        return Ok(script_response()
            .insert_header((CONTENT_ENCODING, Encoding::Brotli.name()))
            .insert_header((VARY, "Accept-Encoding"))
            .body(COMPRESSED_SCRIPT));
    }
    let mut script = Vec::new();
    brotli::BrotliDecompress(&mut &*COMPRESSED_SCRIPT, &mut script).map_err(Problem::internal)?;
    Ok(script_response().body(script))
}

fn script_response() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, CONTENT_POLICY));
    response
}
