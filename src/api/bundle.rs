//! The schema of bundles, which are imported and exported.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::model::RecordType;
use crate::records::CATALOGUE;

pub(crate) struct Bundle;

impl PartialSchema for Bundle {
    fn schema() -> RefOr<Schema> {
        let list = |record_type: &RecordType| {
            let entry = Ref::from_schema_name(format!("{}Input", record_type.schema));
            ArrayBuilder::new().items(entry).description(Some(record_type.doc))
        };
        let bundle = ObjectBuilder::new()
            .description(Some("Records of any types, in any order. Every record needs an id."))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        CATALOGUE
            .iter()
            .fold(bundle, |bundle, record_type| {
                bundle.property(record_type.plural, list(record_type))
            })
            .into()
    }
}

impl ToSchema for Bundle {}
