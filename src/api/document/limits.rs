//! Adds limits to schemas that declare none, so that clients know how large values can be.

use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayItems, KnownFormat, Object, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{OpenApi, RefOr};

use super::operation::operations_of;
use crate::model::MAX_SAFE_INTEGER;

const MAX_TEXT_LENGTH: usize = 100_000;
const MAX_LIST_LENGTH: usize = 1_000_000;

/// Adds limits to every schema in the document.
pub(crate) fn add(document: &mut OpenApi) {
    for schema in
        document.components.iter_mut().flat_map(|components| components.schemas.values_mut())
    {
        limit(schema);
    }
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations_of(item) {
            operation.parameters.iter_mut().flatten().for_each(limit_parameter);
        }
    }
    let shared =
        document.components.iter_mut().flat_map(|components| components.parameters.values_mut());
    shared.for_each(limit_parameter);
}

/// Headers have no individual limit: the server limits their total length.
fn limit_parameter(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(parameter) = parameter
        && parameter.parameter_in != ParameterIn::Header
    {
        parameter.schema.iter_mut().for_each(limit);
    }
}

fn limit(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => limit_object(object),
        Schema::Array(array) => {
            array.max_items.get_or_insert(MAX_LIST_LENGTH);
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                limit(items);
            }
        }
        Schema::OneOf(choice) => choice.items.iter_mut().for_each(limit),
        Schema::AllOf(all) => all.items.iter_mut().for_each(limit),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(limit),
        _ => {}
    }
}

fn limit_object(object: &mut Object) {
    let is = |kind: Type| match &object.schema_type {
        SchemaType::Type(own) => *own == kind,
        SchemaType::Array(kinds) => kinds.contains(&kind),
        SchemaType::AnyValue => false,
    };
    if is(Type::String) && object.enum_values.is_none() {
        object.max_length.get_or_insert(MAX_TEXT_LENGTH);
    } else if is(Type::Integer) {
        object.format.get_or_insert(SchemaFormat::KnownFormat(KnownFormat::Int64));
        object.minimum.get_or_insert(0_i64.into());
        object.maximum.get_or_insert(MAX_SAFE_INTEGER.into());
    }
    object.properties.values_mut().for_each(limit);
    if let Some(AdditionalProperties::RefOr(schema)) = object.additional_properties.as_deref_mut() {
        limit(schema);
    }
    if let Some(Schema::Object(names)) = object.property_names.as_deref_mut() {
        limit_object(names);
    }
}
