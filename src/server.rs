//! The app: its routes, and what wraps them.

use actix_web::{HttpResponse, web};

use crate::api;
use crate::pages;
use crate::web::problem::{NOT_FOUND, Problem};

/// Adds every route of the server.
pub fn routes(config: &mut web::ServiceConfig) {
    config.configure(api::routes::add).configure(pages::routes).default_service(web::to(
        || async {
            Err::<HttpResponse, _>(Problem::new(
                &NOT_FOUND,
                "There is no such path; GET / lists what there is.",
            ))
        },
    ));
}

/// Wraps every route, the outermost layer last. The front is outside of them all.
#[macro_export]
macro_rules! wrapped {
    ($app:expr) => {
        $app.wrap(actix_web::middleware::from_fn($crate::web::entity_tags::entity_tags))
            .wrap(actix_web::middleware::Compress::default())
            .wrap(actix_web::middleware::from_fn($crate::web::admission::limits))
            .wrap(actix_web::middleware::from_fn($crate::web::error_answers::error_answers))
            .wrap(actix_web::middleware::from_fn($crate::pages::problems))
            .wrap(actix_web::middleware::from_fn($crate::web::cors::preflight))
            .wrap(actix_web::middleware::from_fn($crate::web::caching::cached))
            .wrap(actix_web::middleware::from_fn($crate::web::observe::observe))
    };
}
