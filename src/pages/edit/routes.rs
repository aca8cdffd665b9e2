//! The paths of record keeping.

use actix_web::web;

use super::form::RELEASE_PATH;
use super::record_action::RecordAction;
use super::{desk, record, record_actions, release, sign_in, upload};
use crate::records::CATALOGUE;
use crate::web::routing::{get, read_only, resource, with_fallback};

/// The methods of pages with a form.
const ALLOWED: &str = "GET, HEAD, POST, OPTIONS";

/// Adds every page of record keeping.
pub fn routes(config: &mut web::ServiceConfig) {
    let form = |path: &str| with_fallback(resource(path), ALLOWED);
    config
        .service(
            form("/sign-in").route(get().to(sign_in::show)).route(web::post().to(sign_in::send)),
        )
        .service(
            form("/sign-out")
                .route(get().to(sign_in::show_out))
                .route(web::post().to(sign_in::send_out)),
        )
        .service(read_only("/edit").route(get().to(desk::show)))
        .service(
            form(RELEASE_PATH).route(get().to(release::show)).route(web::post().to(release::send)),
        )
        .service(
            form("/edit/import").route(get().to(upload::show)).route(web::post().to(upload::send)),
        );
    for record_type in CATALOGUE.iter() {
        for action in RecordAction::ALL.into_iter().filter(|action| action.applies_to(record_type))
        {
            config.service(
                form(&format!("/edit/{}/{{id}}/{}", record_type.path, action.path()))
                    .route(get().to(move |session, request, id, app| {
                        record_actions::show(action, record_type, session, request, id, app)
                    }))
                    .route(web::post().to(move |sent, request, id, app| {
                        record_actions::send(action, record_type, sent, request, id, app)
                    })),
            );
        }
        let path = format!("/edit/{}", record_type.path);
        config
            .service(
                form(&path)
                    .route(get().to(move |session, request, app| {
                        record::add(record_type, session, request, app)
                    }))
                    .route(web::post().to(move |sent, request, app| {
                        record::send_new(record_type, sent, request, app)
                    })),
            )
            .service(
                form(&format!("{path}/{{id}}"))
                    .route(get().to(move |session, request, id, app| {
                        record::edit(record_type, session, request, id, app)
                    }))
                    .route(web::post().to(move |sent, request, id, app| {
                        record::send(record_type, sent, request, id, app)
                    })),
            );
    }
}
