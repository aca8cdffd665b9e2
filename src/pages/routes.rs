//! The paths of pages.

use actix_web::web;

use super::lists::LISTINGS;
use super::{about, assets, changes, history, lists, record_page, search, seo, start};
use crate::records::CATALOGUE;
use crate::web::routing::get;
use crate::web::routing::read_only;

/// Adds every page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(super::edit::routes)
        .service(read_only("/").route(get().to(start::show)))
        .service(read_only("/about").route(get().to(about::show)))
        .service(read_only("/search").route(get().to(search::show)))
        .service(read_only("/changes").route(get().to(changes::show)))
        .service(read_only("/sitemap.xml").route(get().to(seo::sitemap)))
        .service(read_only("/robots.txt").route(get().to(seo::robots)))
        .service(read_only("/style.css").route(get().to(assets::style)))
        .service(read_only("/icon.svg").route(get().to(assets::icon)));
    for listing in &LISTINGS {
        config.service(
            read_only(listing.path)
                .route(get().to(move |request, app| lists::show(listing, request, app))),
        );
    }
    for record_type in CATALOGUE.iter() {
        let path = format!("/{}/{{id}}", record_type.path);
        let history_path = format!("{path}/history");
        config
            .service(read_only(&history_path).route(
                get().to(move |request, id, app| history::show(record_type, request, id, app)),
            ))
            .service(read_only(&path).route(
                get().to(move |request, id, app| record_page::show(record_type, request, id, app)),
            ));
    }
}
