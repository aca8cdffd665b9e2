//! The health of the server, as its operations report it.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::web::app::App;

/// The health of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`; a server that is not ready answers with a problem.
    #[schema(schema_with = ok)]
    status: &'static str,
    /// The latest revision.
    revision: i64,
}

const OK: &str = "ok";

fn ok() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some([OK])).build()
}

impl Health {
    pub(crate) fn at(revision: i64) -> Self {
        Self { status: OK, revision }
    }
}

/// Returns the response of a healthy server.
pub(crate) fn healthy(app: &App) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Health::at(app.store.revision()))
}
