//! The definition of an operation on records.

use actix_web::Route;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::OperationBuilder;

use crate::model::RecordType;

/// An operation of every record type, or of some.
pub(crate) struct RecordOperation {
    /// The method.
    pub(crate) method: HttpMethod,
    /// The path below that of the list.
    pub(crate) path: &'static str,
    /// Whether records of this type have it.
    pub(crate) applies: fn(&RecordType) -> bool,
    /// The route to its handler.
    pub(crate) route: fn(&'static RecordType) -> Route,
    /// Its part of the OpenAPI document; `common` adds the rest.
    pub(crate) describe: fn(&'static RecordType) -> OperationBuilder,
}

pub(crate) fn every_type(_: &RecordType) -> bool {
    true
}

/// Returns whether the records of the type are agents.
pub(crate) fn agents(record_type: &RecordType) -> bool {
    record_type.is_agent
}
