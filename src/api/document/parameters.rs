//! The parameters that operations share.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use crate::model::{MAX_SAFE_INTEGER, Moment};
use crate::reading::{DEFAULT_LIMIT, MAX_LIMIT, MAX_SEARCH_CHARACTERS};
use crate::web::admission::MAX_CURSOR_URL_BYTES;

/// Creates a query parameter.
pub(crate) fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Query, description, schema)
}

/// Creates a query parameter with comma-separated values.
pub(crate) fn values(name: &str, description: &str) -> Parameter {
    query(name, description, Ref::from_schema_name(Values::name()))
}

/// The schema of comma-separated values.
pub(crate) struct Values;

impl PartialSchema for Values {
    fn schema() -> RefOr<Schema> {
        let values = string().min_length(Some(1)).max_length(Some(8_192));
        values.description(Some("Comma-separated values. `\\,` is a comma in a value.")).into()
    }
}

impl ToSchema for Values {}

/// The schema of filters with operators: an object whose members are parameters.
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

fn integer(min: i64, max: i64) -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
        .minimum(Some(min))
        .maximum(Some(max))
}

fn moment() -> ObjectBuilder {
    string()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .max_length(Some(Moment::MAX_LENGTH))
}

/// Returns the parameters that operations refer to by name.
pub(crate) fn all() -> Vec<Parameter> {
    let mut all = of_reads();
    all.extend(of_writes());
    all
}

fn of_reads() -> Vec<Parameter> {
    let limit = integer(1, MAX_LIMIT as i64).default(Some(DEFAULT_LIMIT.into()));
    let search = format!(
        "The words to search for, at most {MAX_SEARCH_CHARACTERS} characters. All words must \
        occur. \
        `\"forced labor\"` is a phrase, `-word` excludes a word, and `word*` matches words that \
        begin with it. Case, accents, and the style of apostrophes and dashes are ignored. Unless \
        `sort` is given, the best matches come first: the whole name, then words of the name, \
        other names, and texts; ties are sorted by date (latest first) and id. Cannot be combined \
        with `revision` or `as_of`. Above 10,000 hits, `total` is a lower bound."
    );
    let mut filter = query("filter", FILTERS, Ref::from_schema_name(Filters::name()));
    filter.style = Some(utoipa::openapi::path::ParameterStyle::Form);
    filter.explode = Some(true);
    vec![
        query(
            "limit",
            "Maximum number of entries on a page. CSV and NDJSON have no limit by default.",
            limit,
        ),
        query(
            "cursor",
            "The position in the list, from `page.next`. All pages show the same revision.",
            string().max_length(Some(MAX_CURSOR_URL_BYTES)),
        ),
        query("q", &search, string().max_length(Some(MAX_SEARCH_CHARACTERS))),
        values("sort", SORT),
        values(
            "fields",
            "Return only these fields. Other members are missing, even required ones.",
        ),
        query("revision", "Read the dataset as of this revision.", integer(0, MAX_SAFE_INTEGER)),
        query(
            "as_of",
            "Read the dataset as of this time (RFC 3339), such as `2026-11-24T09:00:00Z`.",
            moment(),
        ),
        query("after", "Only revisions after this one.", integer(0, MAX_SAFE_INTEGER)),
        query("before", "Only revisions before this one.", integer(0, MAX_SAFE_INTEGER)),
        query(
            "format",
            "The format; takes precedence over `Accept`.",
            string().enum_values(Some(["json", "csv", "ndjson"])),
        ),
        query(
            "bom",
            "Start the CSV with a byte order mark, which Excel needs to recognize UTF-8.",
            flag(),
        ),
        filter,
        header(
            "If-None-Match",
            "For reads, the `ETag` of the response that the client has. For PUT, `*` creates the \
                record only if it does not exist.",
            string(),
        ),
    ]
}

fn of_writes() -> Vec<Parameter> {
    let reason = "The reason for the change, which the history shows. UTF-8, or for browsers, \
        which cannot send UTF-8 in headers, an RFC 8187 extended value such as \
        `UTF-8''R%C3%A9sum%C3%A9`.";
    let key = "Makes retries safe: for 24 hours, the same request gets the first response again, \
        and another body is rejected. For example `8e03978e-40d5-43e8-bc93-6894a57f9324`.";
    let kinds = string().enum_values(Some(["entry", "update", "correction", "redaction"]));
    vec![
        query("dry_run", "Validate the request and respond as usual, but store nothing.", flag()),
        header(
            "If-Match",
            "The version to change: the `ETag` of the record, or only its revision, such as \
                `\"12\"`.",
            string(),
        ),
        header("Idempotency-Key", key, string().min_length(Some(1)).max_length(Some(255))),
        header("Change-Reason", reason, string().max_length(Some(500))),
        header("Change-Kind", "The kind of change.", kinds),
    ]
}

const SORT: &str = "The fields to sort by; `-` before a field sorts it in descending order. Texts, \
    dates, numbers and choices can be sorted, also in objects (`location.city`). Unknown values \
    come last, and ties are sorted by id.";

/// The pattern of filter names.
const FILTER_NAMES: &str =
    r"^[a-z_]+(\.[a-z_]+)*(\[(ne|contains|starts_with|gt|gte|lt|lte|exists)\])?$";

const FILTERS: &str = "Filters with an operator (`FIELD[OPERATOR]=VALUE`) or for a member of an \
    object (`OBJECT.MEMBER=VALUE`). Each is a separate parameter, such as `name[contains]=labor`. \
    The introduction lists the operators.";
