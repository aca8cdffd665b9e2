//! Every operation of the API, in one list for its routes and for the OpenAPI document.

use actix_web::{Scope, web};
use utoipa::OpenApi;
use utoipa::openapi::HttpMethod;

use super::record_operation::RecordOperation;
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::web::routing::{get, read_only, resource, resource_in, with_fallback};

/// The operations on the records of a type.
pub(crate) const RECORD_OPERATIONS: &[RecordOperation] = &[
    super::list_records::OPERATION,
    super::create::OPERATION,
    super::get_record::OPERATION,
    super::replace::OPERATION,
    super::patch::OPERATION,
    super::delete::OPERATION,
    super::history::OPERATION,
    super::restore::OPERATION,
    super::redact::OPERATION,
    super::roles::OPERATION,
    super::merge::OPERATION,
];

/// Declares the operations at fixed paths. `page` marks one that `pages` routes, since it also
/// answers with HTML.
macro_rules! operations {
    ($($method:ident $path:literal => $module:ident::$handler:ident;)*) => {
        /// The descriptions of the operations at fixed paths.
        #[derive(OpenApi)]
        #[openapi(paths($(super::$module::$handler),*))]
        pub(crate) struct FixedOperations;

        fn add_fixed(config: &mut web::ServiceConfig) {
            $(route!($method config $path super::$module::$handler);)*
        }
    };
}

macro_rules! route {
    (page $config:ident $path:literal $handler:path) => {};
    (get $config:ident $path:literal $handler:path) => {
        $config.service(read_only($path).route(get().to($handler)))
    };
    (post $config:ident $path:literal $handler:path) => {
        $config.service(with_fallback(
            resource($path).route(web::post().to($handler)),
            "POST, OPTIONS",
        ))
    };
}

operations! {
    page "/" => index::index;
    post "/v1/import" => import::import_bundle;
    get "/v1/search" => search::get_search;
    get "/v1/changes" => changes::get_changes;
    get "/v1/changes.atom" => changes_atom::get_changes_atom;
    get "/v1/statistics" => statistics::get_statistics;
    get "/v1/gaps" => gaps::get_gaps;
    get "/v1/export" => export::get_export;
    get "/.well-known/api-catalog" => api_catalog::api_catalog;
    get "/.well-known/security.txt" => security_txt::security_txt;
    get "/openapi.json" => openapi_json::openapi_json;
    get "/openapi.yaml" => openapi_yaml::openapi_yaml;
    get "/docs" => docs::show;
    get "/health/live" => health_live::get_health_live;
    get "/health/ready" => health_ready::get_health_ready;
    get "/problems/{code}" => problem_kind::get_problem;
}

/// Adds every route of the API.
pub(crate) fn add(config: &mut web::ServiceConfig) {
    for record_type in CATALOGUE.iter() {
        config.service(of_type(record_type));
    }
    add_fixed(config);
    super::docs::assets(config);
}

/// Returns the routes of a record type, in a scope, which makes matching faster.
fn of_type(record_type: &'static RecordType) -> Scope {
    let path = format!("/v1/{}", record_type.path);
    let operations: Vec<&RecordOperation> =
        RECORD_OPERATIONS.iter().filter(|operation| (operation.applies)(record_type)).collect();
    let mut scope = web::scope(&path);
    for of_path in operations.chunk_by(|one, other| one.path == other.path) {
        let mut resource = resource_in(&path, of_path[0].path);
        for operation in of_path {
            resource = resource.route((operation.route)(record_type));
        }
        scope = scope.service(with_fallback(resource, allowed(of_path)));
    }
    scope
}

/// Returns the value of `Allow` for a path with these operations.
fn allowed(operations: &[&RecordOperation]) -> &'static str {
    let has = |method: HttpMethod| operations.iter().any(|operation| operation.method == method);
    match (has(HttpMethod::Get), has(HttpMethod::Post), has(HttpMethod::Put)) {
        (true, true, _) => "GET, HEAD, POST, OPTIONS",
        (true, _, true) => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        (true, ..) => "GET, HEAD, OPTIONS",
        _ => "POST, OPTIONS",
    }
}
