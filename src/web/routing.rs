//! What a path answers whatever it leads to: the methods that apply to it, and OPTIONS.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, Resource, guard, web};

use super::problem::Problem;

/// The pattern of a resource's path, as logs and metrics have it.
#[derive(Clone, Debug)]
pub struct Route(pub Arc<str>);

impl Default for Route {
    /// That of paths that lead nowhere.
    fn default() -> Self {
        Self(Arc::from("unknown"))
    }
}

/// GET, and HEAD, which is GET without the body.
pub(crate) fn get() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// What a path leads to; logs and metrics know it by its pattern.
pub(crate) fn resource(path: &str) -> Resource {
    resource_in("", path)
}

/// The same of a path below another one.
pub(crate) fn resource_in(scope: &str, path: &str) -> Resource {
    web::resource(path).app_data(Route(format!("{scope}{path}").into()))
}

/// A path that is only read.
pub(crate) fn plain(path: &str) -> Resource {
    with_fallback(resource(path), "GET, HEAD, OPTIONS")
}

/// Answers OPTIONS, and other methods with those that apply.
pub(crate) fn with_fallback(resource: Resource, allow: &'static str) -> Resource {
    resource
        .route(web::method(Method::OPTIONS).to(move || async move {
            HttpResponse::NoContent().insert_header(("Allow", allow)).finish()
        }))
        .default_service(web::to(move || async move {
            Err::<HttpResponse, _>(Problem::method_not_allowed(allow))
        }))
}
