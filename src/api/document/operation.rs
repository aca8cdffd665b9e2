//! Builders for the operations of record types.

use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Components, Ref};
use utoipa::openapi::{Content, HttpMethod, Required, Response, ResponseBuilder};

use super::{examples, filters, headers};
use crate::model::RecordType;

/// Starts an operation on records of a type. In the id, `{name}` is the name of the type; in the
/// summary, `{record}` is that name with an article.
pub(crate) fn operation(
    record_type: &RecordType,
    id: &str,
    summary: &str,
    description: &str,
) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(id.replace("{name}", record_type.name)))
        .tag(record_type.path)
        .summary(Some(summary.replace("{record}", &with_article(record_type))))
        .description(Some(description))
}

/// Returns the operations of a path.
pub(crate) fn operations_of(
    item: &mut PathItem,
) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let operations = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Returns a response with a JSON body of the schema with this name.
pub(crate) fn json(description: &str, schema: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content(schema))
        .build()
}

/// Returns a request body of the schema with this name.
pub(crate) fn body(media_type: &str, schema: &str) -> RequestBody {
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(media_type, content(schema))
        .build()
}

/// Returns content with the schema of this name.
pub(crate) fn content(schema: &str) -> Content {
    Content::new(Some(Ref::from_schema_name(schema)))
}

/// Returns a parameter that several operations share.
pub(crate) fn shared(name: &str) -> Ref {
    Ref::new(format!("#/components/parameters/{name}"))
}

/// Returns the response to a write that leaves a record.
pub(crate) fn record_written(record_type: &RecordType) -> Ref {
    Ref::from_response_name(format!("{}Written", record_type.schema))
}

/// Returns the response to a write that creates a record.
pub(crate) fn record_created(record_type: &RecordType) -> Ref {
    Ref::from_response_name(format!("{}Created", record_type.schema))
}

/// Returns the response to a write that leaves no record.
pub(crate) fn record_deleted() -> Ref {
    Ref::from_response_name(DELETED)
}

/// The name of the response to a write that leaves no record.
pub(crate) const DELETED: &str = "Deleted";

/// Adds the components that the operations on a type share.
pub(crate) fn add_shared(record_type: &'static RecordType, components: &mut Components) {
    let responses = &mut components.responses;
    let mut response = |name: Ref, description: &str, headers: &[&str]| {
        let mut response = json(description, record_type.schema);
        headers::add(&mut response, &headers::OF_ALL);
        headers::add(&mut response, headers);
        responses.insert(
            name.ref_location.rsplit('/').next().unwrap_or_default().to_owned(),
            response.into(),
        );
    };
    response(record_written(record_type), "The current record.", &["ETag", "Dry-Run"]);
    response(
        record_created(record_type),
        "The new record; `Location` has its URL.",
        &["ETag", "Location", "Dry-Run"],
    );
    components.parameters.insert(id_name(record_type), id_parameter(record_type).into());
    components.parameters.insert(include_name(record_type), filters::include(record_type).into());
}

pub(crate) fn id(record_type: &RecordType) -> Ref {
    shared(&id_name(record_type))
}

/// Returns the `include` parameter of a type.
pub(crate) fn include(record_type: &RecordType) -> Ref {
    shared(&include_name(record_type))
}

fn include_name(record_type: &RecordType) -> String {
    format!("{}_include", record_type.name)
}

fn id_name(record_type: &RecordType) -> String {
    format!("{}_id", record_type.name)
}

fn id_parameter(record_type: &'static RecordType) -> Parameter {
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The id of the record."))
        .schema(Some(Ref::from_schema_name("Id")))
        .example(Some(examples::input(record_type)["id"].clone()))
        .build()
}

/// Returns the name of a type with its article, for sentences.
fn with_article(record_type: &RecordType) -> String {
    let name = record_type.name.replace('_', " ");
    format!("{} {name}", if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}
