//! The parts of the OpenAPI document that operations share or that follow from the declarations.

pub(super) mod common;
pub(super) mod examples;
pub(super) mod filters;
pub(super) mod headers;
pub(super) mod limits;
pub(super) mod operation;
pub(super) mod parameters;
pub(super) mod problems;
pub(super) mod schema;
pub(super) mod statistics;
