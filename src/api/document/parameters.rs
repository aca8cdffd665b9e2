//! The parameters that operations share.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use crate::model::{GREATEST, Moment};
use crate::reading::{LONGEST, MOST, USUAL};

/// A parameter of the query string.
pub(crate) fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Query, description, schema)
}

/// A parameter of the query string with values that are separated by commas.
pub(crate) fn values(name: &str, description: &str) -> Parameter {
    query(name, description, Ref::from_schema_name(Values::name()))
}

/// The schema of values that are separated by commas.
pub(crate) struct Values;

impl PartialSchema for Values {
    fn schema() -> RefOr<Schema> {
        let values = string().min_length(Some(1)).max_length(Some(8_192));
        values.description(Some("Values, separated by commas; `\\,` is a comma in a value.")).into()
    }
}

impl ToSchema for Values {}

/// The schema of filters that are not one field's: an object whose members are parameters.
pub(crate) struct Filters;

impl PartialSchema for Filters {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property_names(Some(
                string().pattern(Some(FILTER_NAMES)).max_length(Some(200)).build(),
            ))
            .additional_properties(Some(Ref::from_schema_name(Values::name())))
            .into()
    }
}

impl ToSchema for Filters {}

fn header(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    parameter(name, ParameterIn::Header, description, schema)
}

fn parameter(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn flag() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into()))
}

fn integer(least: i64, most: i64) -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
        .minimum(Some(least))
        .maximum(Some(most))
}

fn moment() -> ObjectBuilder {
    string()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .max_length(Some(Moment::LONGEST))
}

/// Every shared parameter. An operation names those that it takes.
pub(crate) fn all() -> Vec<Parameter> {
    let mut all = of_reads();
    all.extend(of_writes());
    all
}

fn of_reads() -> Vec<Parameter> {
    let limit = integer(1, MOST as i64).default(Some(USUAL.into()));
    let search = format!(
        "The words to search for, in at most {LONGEST} characters: words that must all occur, `\"phrases\"`, `-not`, and `word*` for words that begin so. Case, accents and the style of apostrophes and dashes do not matter. The best matches come first, unless `sort` is given: the whole name, words of the name, other names, then texts; among equals the newest, then by id. Cannot be combined with `revision` or `as_of`. Above 10,000 hits, `total` is a lower bound."
    );
    let mut filter = query("filter", FILTERS, Ref::from_schema_name(Filters::name()));
    filter.style = Some(utoipa::openapi::path::ParameterStyle::Form);
    filter.explode = Some(true);
    vec![
        query(
            "limit",
            "The maximum number of entries on a page. CSV and NDJSON have no limit unless it is \
            given.",
            limit,
        ),
        query(
            "cursor",
            "The position after a page: take it from `page.next`. All pages show the same \
            revision.",
            string().max_length(Some(16_384)),
        ),
        query("q", &search, string().max_length(Some(LONGEST))),
        values("sort", SORT),
        values("fields", "Only these fields of the record."),
        query("revision", "Read the dataset as of this revision.", integer(0, GREATEST)),
        query(
            "as_of",
            "Read the dataset as of this time (RFC 3339), such as `2026-11-24T09:00:00Z`.",
            moment(),
        ),
        query("after", "Only revisions after this one.", integer(0, GREATEST)),
        query("before", "Only revisions before this one.", integer(0, GREATEST)),
        query(
            "format",
            "The format; takes precedence over `Accept`.",
            string().enum_values(Some(["json", "csv", "ndjson"])),
        ),
        query(
            "bom",
            "Begin with a byte order mark, from which Excel recognizes UTF-8. Only with CSV.",
            flag(),
        ),
        filter,
        header(
            "If-None-Match",
            "For reads, the `ETag` of the representation that the client has; for PUT, `*` to \
            create only.",
            string(),
        ),
    ]
}

fn of_writes() -> Vec<Parameter> {
    let reason = "The reason for the change, which the revision shows. UTF-8, or an RFC 8187 \
        extended value such as `UTF-8''R%C3%A9sum%C3%A9`, since browsers cannot send UTF-8 in \
        headers.";
    let key = "Makes a retry safe: within 24 hours, the same request again gets the first \
        response, and another body is refused. For example `8e03978e-40d5-43e8-bc93-6894a57f9324`.";
    let kinds = string().enum_values(Some(["entry", "update", "correction", "redaction"]));
    vec![
        query("dry_run", "Check the request and answer as usual, but store nothing.", flag()),
        header(
            "If-Match",
            "The version to change: the `ETag` of the record, or its revision alone, such as \
            `\"12\"`.",
            string(),
        ),
        header("Idempotency-Key", key, string().min_length(Some(1)).max_length(Some(255))),
        header("Change-Reason", reason, string().max_length(Some(500))),
        header("Change-Kind", "The kind of change.", kinds),
    ]
}

const SORT: &str = "The fields to sort by, each with `-` before it to descend: those with a text, \
    a date, a number or a choice, also in objects (`location.city`). Unknown values come last; \
    then by id.";

/// The names of filters with an operator, or for the member of an object.
const FILTER_NAMES: &str =
    r"^[a-z_]+(\.[a-z_]+)*(\[(ne|contains|starts_with|gt|gte|lt|lte|exists)\])?$";

const FILTERS: &str = "Filters with an operator, `FIELD[OPERATOR]=VALUE`, or for a member of an \
    object, `OBJECT.MEMBER=VALUE`: each is a parameter of its own, such as \
    `name[contains]=labor`. The introduction lists the operators.";
