//! The paths of pages.

use actix_web::web;

use super::lists::LISTINGS;
use super::{about, assets, changes, history, lists, record_page, search, seo, start};
use crate::records::CATALOGUE;
use crate::web::routing::get;
use crate::web::routing::plain;

/// Adds every page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(plain("/").route(get().to(start::show)))
        .service(plain("/about").route(get().to(about::show)))
        .service(plain("/search").route(get().to(search::show)))
        .service(plain("/changes").route(get().to(changes::show)))
        .service(plain("/sitemap.xml").route(get().to(seo::sitemap)))
        .service(plain("/robots.txt").route(get().to(seo::robots)))
        .service(plain("/style.css").route(get().to(assets::style)))
        .service(plain("/icon.svg").route(get().to(assets::icon)));
    for listing in &LISTINGS {
        config.service(
            plain(listing.path)
                .route(get().to(move |request, app| lists::show(listing, request, app))),
        );
    }
    for record_type in CATALOGUE.iter() {
        let path = format!("/{}/{{id}}", record_type.path);
        let history_path = format!("{path}/history");
        config
            .service(plain(&history_path).route(
                get().to(move |request, id, app| history::show(record_type, request, id, app)),
            ))
            .service(plain(&path).route(
                get().to(move |request, id, app| record_page::show(record_type, request, id, app)),
            ));
    }
}
