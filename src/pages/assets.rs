//! The stylesheet and the icon, which are embedded in the program.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// The path of the stylesheet with its digest, so that browsers can cache it forever.
static ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("/style.css?v={}", &crate::digest::sha256(STYLE)[..12]));

/// Returns the address of the stylesheet.
pub fn style_address() -> String {
    ADDRESS.clone()
}

/// Responds with the stylesheet.
pub async fn style() -> HttpResponse {
    immutable("text/css; charset=utf-8", STYLE)
}

/// Responds with the icon.
pub async fn icon() -> HttpResponse {
    immutable("image/svg+xml", ICON)
}

fn immutable(media_type: &'static str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(body)
}
