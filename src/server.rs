//! The app: its routes and middleware.

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
                "This path does not exist. `GET /` lists the resources.",
            ))
        },
    ));
}

/// Adds the middleware, the outermost last. `fast_path` wraps all of it.
#[macro_export]
macro_rules! wrapped {
    ($app:expr) => {
        $app.wrap(actix_web::middleware::from_fn($crate::web::digest_etags::add_digest_etags))
            .wrap(actix_web::middleware::from_fn($crate::web::session::sessions))
            .wrap(actix_web::middleware::Compress::default())
            .wrap(actix_web::middleware::from_fn($crate::web::admission::admit))
            .wrap(actix_web::middleware::from_fn($crate::web::error_responses::error_responses))
            .wrap(actix_web::middleware::from_fn($crate::pages::problems))
            .wrap(actix_web::middleware::from_fn($crate::web::cors::preflight))
            .wrap(actix_web::middleware::from_fn($crate::web::cache_middleware::cache_responses))
            .wrap(actix_web::middleware::from_fn($crate::web::request_log::log_requests))
    };
}
