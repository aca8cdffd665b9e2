//! Resources that answer OPTIONS, and unsupported methods with 405 and `Allow`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, Resource, guard, web};

use super::problem::Problem;

/// The header with the media types that PATCH takes (RFC 5789), and its value.
pub(crate) static ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
pub(crate) static PATCHES: HeaderValue = HeaderValue::from_static("application/merge-patch+json");

/// The path pattern of a resource, for logs and metrics.
#[derive(Clone, Debug)]
pub struct Route(pub Arc<str>);

impl Default for Route {
    /// Returns the route of unknown paths.
    fn default() -> Self {
        Self(Arc::from("unknown"))
    }
}

/// Matches GET and HEAD.
pub(crate) fn get() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Creates a resource with its `Route`.
pub(crate) fn resource(path: &str) -> Resource {
    resource_in("", path)
}

/// Creates a resource below another path.
pub(crate) fn resource_in(scope: &str, path: &str) -> Resource {
    web::resource(path).app_data(Route(format!("{scope}{path}").into()))
}

/// Creates a resource that takes only GET and HEAD.
pub(crate) fn read_only(path: &str) -> Resource {
    with_fallback(resource(path), "GET, HEAD, OPTIONS")
}

/// Adds OPTIONS, and 405 for other methods.
pub(crate) fn with_fallback(resource: Resource, allow: &'static str) -> Resource {
    resource
        .route(web::method(Method::OPTIONS).to(move || async move {
            let mut response = HttpResponse::NoContent();
            if allow.contains("PATCH") {
                response.insert_header((ACCEPT_PATCH.clone(), PATCHES.clone()));
            }
            response.insert_header(("Allow", allow)).finish()
        }))
        .default_service(web::to(move || async move {
            Err::<HttpResponse, _>(Problem::method_not_allowed(allow))
        }))
}
