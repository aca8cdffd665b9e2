//! The app: every route in one list, and what wraps them.

use actix_web::{HttpRequest, HttpResponse, Resource, Scope, web};

use crate::http::{self, App, Problem, get, plain, resource, resource_in, with_fallback};
use crate::model::RecordType;
use crate::pages;
use crate::records::CATALOGUE;

/// Adds every route of the server.
pub fn routes(config: &mut web::ServiceConfig) {
    for record_type in CATALOGUE.iter() {
        config.service(of_type(record_type));
    }
    config
        .service(with_fallback(resource("/v1/import").route(web::post().to(http::import_bundle)), "POST, OPTIONS"))
        .service(plain("/v1/search").route(get().to(http::get_search)))
        .service(plain("/v1/changes").route(get().to(http::get_changes)))
        .service(plain("/v1/changes.atom").route(get().to(http::get_changes_atom)))
        .service(plain("/v1/statistics").route(get().to(http::get_statistics)))
        .service(plain("/v1/gaps").route(get().to(http::get_gaps)))
        .service(plain("/v1/export").route(get().to(http::get_export)))
        .service(plain("/.well-known/api-catalog").route(get().to(http::api_catalog)))
        .service(plain("/.well-known/security.txt").route(get().to(http::security_txt)))
        .service(plain("/openapi.json").route(get().to(http::openapi_json)))
        .service(plain("/openapi.yaml").route(get().to(http::openapi_yaml)))
        .service(plain("/docs/init.js").route(get().to(http::docs)))
        .service(plain("/docs/scalar.js").route(get().to(http::docs)))
        .service(plain("/health/live").route(get().to(http::health)))
        .service(plain("/health/ready").route(get().to(http::health)))
        .service(plain("/problems/{code}").route(get().to(http::problem_page)))
        .configure(pages::routes)
        .default_service(web::to(|| async {
            Err::<HttpResponse, _>(Problem::new(&http::NOT_FOUND, "There is no such path; GET / lists what there is."))
        }));
}

/// Wraps every route, the outermost layer last. The front is outside of them all.
#[macro_export]
macro_rules! wrapped {
    ($app:expr) => {
        $app.wrap(actix_web::middleware::from_fn($crate::http::entity_tags))
            .wrap(actix_web::middleware::Compress::default())
            .wrap(actix_web::middleware::from_fn($crate::http::limits))
            .wrap(actix_web::middleware::from_fn($crate::http::error_answers))
            .wrap(actix_web::middleware::from_fn($crate::pages::problems))
            .wrap(actix_web::middleware::from_fn($crate::http::preflight))
            .wrap(actix_web::middleware::from_fn($crate::http::cached))
            .wrap(actix_web::middleware::from_fn($crate::http::observe))
    };
}

/// What there is of a record type. A path is compared with that of the type before it is with any of these.
fn of_type(record_type: &'static RecordType) -> Scope {
    let path = format!("/v1/{}", record_type.path);
    let list = resource_in(&path, "")
        .route(get().to(move |request, app| http::get_list(record_type, request, app)))
        .route(web::post().to(move |request, payload, app| http::post_item(record_type, request, payload, app)));
    let item = resource_in(&path, "/{id}")
        .route(get().to(move |request, id, app| http::get_item(record_type, request, id, app)))
        .route(web::put().to(move |request, id, payload, app| http::put_item(record_type, request, id, payload, app)))
        .route(web::patch().to(move |request, id, payload, app| http::patch_item(record_type, request, id, payload, app)))
        .route(web::delete().to(move |request, id, app| http::delete_item(record_type, request, id, app)));
    let history =
        resource_in(&path, "/{id}/history").route(get().to(move |request, id, app| http::get_history(record_type, request, id, app)));
    let scope = web::scope(&path)
        .service(with_fallback(list, "GET, HEAD, POST, OPTIONS"))
        .service(with_fallback(item, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"))
        .service(with_fallback(history, "GET, HEAD, OPTIONS"))
        .service(action(record_type, &path, "/{id}/restore", http::restore_item))
        .service(action(record_type, &path, "/{id}/redactions", http::redact_item));
    if !matches!(record_type.name, "person" | "organization") {
        return scope;
    }
    let roles = resource_in(&path, "/{id}/roles").route(get().to(move |request, id, app| http::get_roles(record_type, request, id, app)));
    scope.service(with_fallback(roles, "GET, HEAD, OPTIONS")).service(action(record_type, &path, "/{id}/merge", http::merge_item))
}

/// What is done to a record besides writing it.
fn action<F, R>(record_type: &'static RecordType, scope: &str, path: &str, handler: F) -> Resource
where
    F: Fn(&'static RecordType, HttpRequest, web::Path<String>, web::Payload, web::Data<App>) -> R + Clone + 'static,
    R: Future<Output = Result<HttpResponse, Problem>> + 'static,
{
    let route = web::post().to(move |request, id, payload, app| handler(record_type, request, id, payload, app));
    with_fallback(resource_in(scope, path).route(route), "POST, OPTIONS")
}
