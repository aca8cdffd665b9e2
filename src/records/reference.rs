//! References to records, and schemas for ids and record types.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Discriminator, ObjectBuilder, OneOfBuilder, Ref, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::catalogue::CATALOGUE;
use crate::model::text::SLUG;

/// A reference to a record of any type, with its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reference {
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    pub record_type: String,
    /// The id of the record.
    #[schema(value_type = Id)]
    pub id: String,
    /// The name of the record.
    pub name: String,
}

/// The schema of ids.
#[derive(Debug)]
pub struct Id;

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(SLUG.pattern)
            .max_length(Some(SLUG.max_length))
            .description(Some("The id of a record."))
            .into()
    }
}

impl ToSchema for Id {}

/// The schema of the names of record types.
#[derive(Debug)]
pub struct RecordTypeName;

impl PartialSchema for RecordTypeName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(CATALOGUE.iter().map(|record_type| record_type.name)))
            .description(Some("The type of a record."))
            .into()
    }
}

impl ToSchema for RecordTypeName {}

/// The schema of a record of any type.
#[derive(Debug)]
pub struct AnyRecord;

impl PartialSchema for AnyRecord {
    fn schema() -> RefOr<Schema> {
        let reference = |schema: &str| Ref::from_schema_name(schema);
        let types = || {
            CATALOGUE
                .iter()
                .map(|record_type| (record_type.name, reference(record_type.schema).ref_location))
        };
        let any = OneOfBuilder::new()
            .description(Some("A record of any type."))
            .discriminator(Some(Discriminator::with_mapping("type", types())));
        CATALOGUE
            .iter()
            .fold(any, |any, record_type| any.item(reference(record_type.schema)))
            .into()
    }
}

impl ToSchema for AnyRecord {}
