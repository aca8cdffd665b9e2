//! Schemas of the declared fields, for responses, requests and patches.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayBuilder, Components, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Ref, Schema,
    SchemaFormat, SchemaType, Type,
};

use crate::model::text::MAX_LABEL_LENGTH;
use crate::model::{
    Choice, Field, Kind, LABEL, MAX_SAFE_INTEGER, ObjectType, RecordType, Referrers, TextFormat,
};
use crate::records::AGENT;
use crate::records::CATALOGUE;

/// The side of the API that a schema is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Responses: every field is present.
    Read,
    /// Whole records in requests: unknown fields can be left out.
    Write,
    /// Merge patches: every field can be left out, and null removes.
    Patch,
}

/// A schema that can still be changed.
type Draft = RefOr<Schema>;

/// Adds the schemas of a record type: its records on each side, and the objects in them.
pub(crate) fn add(record_type: &'static RecordType, components: &mut Components) {
    for (suffix, side) in [("", Side::Read), ("Input", Side::Write), ("Patch", Side::Patch)] {
        components
            .schemas
            .insert(format!("{}{suffix}", record_type.schema), record(record_type, side).into());
    }
    record_type.all().iter().for_each(|field| add_kind(field.kind, components));
}

/// Adds the schemas that a value of this kind refers to.
fn add_kind(kind: Kind, components: &mut Components) {
    match kind.element() {
        Kind::Reference(target) => add_reference(target, components),
        Kind::Object(object) => {
            components
                .schemas
                .insert(object.name.to_owned(), object_schema(object, Side::Read).into());
            components
                .schemas
                .insert(format!("{}Input", object.name), object_schema(object, Side::Write).into());
            object.fields.iter().for_each(|member| add_kind(member.kind, components));
        }
        _ => {}
    }
}

fn record(record_type: &'static RecordType, side: Side) -> Object {
    let mut schema = object_of(record_type.all(), side, record_type.doc);
    // POST makes the id from the name.
    if side == Side::Write {
        schema.required.retain(|name| name != "id");
        if let Some(id) = schema.properties.get_mut("id") {
            *id = or_null(id.clone());
        }
    }
    if let Some(RefOr::T(Schema::Object(own))) = schema.properties.get_mut("type") {
        own.enum_values = Some(vec![record_type.name.into()]);
    }
    if side == Side::Read {
        let highlight = string().read_only(true).description(Some(
            "With `q`, the matching text as HTML: the matching words are in `<mark>`, the only \
                tag.",
        ));
        schema.properties.insert("highlight".to_owned(), highlight.into());
        for backlink in record_type.backlinks {
            // Included records of several types are roles or references.
            let entry = match backlink.from {
                Referrers::Roles => "Role",
                Referrers::Citations => "Reference",
                Referrers::Field(name, _) => {
                    CATALOGUE.get(name).map_or("Reference", |other| other.schema)
                }
            };
            let doc = format!("With `include={}`: {}.", backlink.name, backlink.doc);
            let list = ArrayBuilder::new()
                .items(Ref::from_schema_name(entry))
                .max_items(Some(10_000))
                .description(Some(doc));
            schema.properties.insert(backlink.name.to_owned(), list.into());
        }
    }
    schema
}

fn object_schema(object: &'static ObjectType, side: Side) -> Object {
    object_of(&object.fields.iter().collect::<Vec<_>>(), side, object.doc)
}

fn object_of(fields: &[&Field], side: Side, doc: &str) -> Object {
    let is_required = |field: &Field| match side {
        Side::Read => true,
        Side::Write => field.required,
        Side::Patch => false,
    };
    let mut object = ObjectBuilder::new().description(Some(doc));
    // Later versions may add members to responses. Requests refuse unknown members.
    if side != Side::Read {
        object =
            object.additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<
                Schema,
            >::FreeForm(false)));
    }
    for field in fields {
        object = object.property(field.name, property(field, side));
        if is_required(field) {
            object = object.required(field.name);
        }
    }
    object.build()
}

fn property(field: &Field, side: Side) -> Draft {
    let is_nullable = match side {
        Side::Read => field.nullable(),
        _ => !field.read_only && (!field.required || side == Side::Patch),
    };
    let doc = match field.kind {
        Kind::Enumeration(choices) if side == Side::Read => {
            format!("{}\n\n{}", field.doc, meanings(choices))
        }
        _ => field.doc.to_owned(),
    };
    let default = field.default.filter(|default| !default.is_empty() && side == Side::Write);
    let mut schema = kind_schema(field.kind, side);
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.default = default.map(Into::into);
        object.read_only = field.read_only.then_some(true);
    }
    let mut schema = if is_nullable { or_null(schema) } else { schema };
    // The response schema already describes members of patches and read-only members.
    if side == Side::Read || side == Side::Write && !field.read_only {
        describe(&mut schema, doc);
    }
    schema
}

fn describe(schema: &mut Draft, doc: String) {
    match schema {
        RefOr::Ref(reference) => reference.description = doc,
        RefOr::T(Schema::Object(object)) => object.description = Some(doc),
        RefOr::T(Schema::Array(array)) => array.description = Some(doc),
        RefOr::T(Schema::OneOf(choice)) => choice.description = Some(doc),
        RefOr::T(_) => {}
    }
}

fn meanings(choices: &[Choice]) -> String {
    choices
        .iter()
        .map(|choice| format!("- `{}`: {}", choice.value, choice.doc))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the schema of a value of this kind.
fn kind_schema(kind: Kind, side: Side) -> Draft {
    let of_side = |name: &str| -> Draft {
        Ref::from_schema_name(format!("{name}{}", if side == Side::Read { "" } else { "Input" }))
            .into()
    };
    match kind {
        Kind::Type => string().into(),
        Kind::Text(format) => text(format).into(),
        Kind::Label(_) => string().max_length(Some(MAX_LABEL_LENGTH)).into(),
        Kind::Date => Ref::from_schema_name("PartialDate").into(),
        Kind::Moment => string()
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .max_length(Some(27))
            .into(),
        Kind::Integer(least, most) => {
            let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
            let integer = ObjectBuilder::new().schema_type(Type::Integer).format(Some(format));
            integer.minimum(Some(least)).maximum(Some(most.min(MAX_SAFE_INTEGER))).into()
        }
        Kind::Number => {
            let format = SchemaFormat::KnownFormat(KnownFormat::Double);
            let number = ObjectBuilder::new().schema_type(Type::Number).format(Some(format));
            number
                .exclusive_minimum(Some(-MAX_SAFE_INTEGER - 1))
                .exclusive_maximum(Some(MAX_SAFE_INTEGER + 1))
                .into()
        }
        Kind::Enumeration(choices) => {
            string().enum_values(Some(choices.iter().map(|choice| choice.value))).into()
        }
        Kind::Reference(target) => of_side(&reference_name(target)),
        Kind::Agent(_) => of_side("Agent"),
        Kind::Object(object) => of_side(object.name),
        Kind::List(element) => {
            let is_set = !matches!(element, Kind::Object(_)) && side != Side::Read;
            ArrayBuilder::new()
                .items(kind_schema(*element, side))
                .max_items(Some(500))
                .unique_items(is_set)
                .into()
        }
        Kind::PastDue { .. } => ObjectBuilder::new().schema_type(Type::Boolean).into(),
    }
}

/// Returns the schema, or null.
pub(crate) fn or_null(schema: Draft) -> Draft {
    let nullable = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => Some(SchemaType::from_iter([kind.clone(), Type::Null])),
        _ => None,
    };
    match schema {
        RefOr::T(Schema::Object(mut object)) if object.enum_values.is_none() => {
            object.schema_type = nullable(&object.schema_type).unwrap_or(object.schema_type);
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = nullable(&array.schema_type).unwrap_or(array.schema_type);
            array.into()
        }
        other => OneOfBuilder::new()
            .item(other)
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .into(),
    }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn text(format: &TextFormat) -> ObjectBuilder {
    let named = |name: &str| SchemaFormat::Custom(name.to_owned());
    let text =
        string().min_length(Some(1)).max_length(Some(format.max_length)).pattern(format.pattern);
    text.format(format.format.map(named))
}

fn reference_name(target: &str) -> String {
    format!("{}Reference", CATALOGUE.get(target).map_or("", |record_type| record_type.schema))
}

/// Adds the schemas of references to this type.
fn add_reference(target: &str, components: &mut Components) {
    let name = reference_name(target);
    let what = target.replace('_', " ");
    let kind = || string().enum_values(Some([target])).description(Some("The type of the record."));
    let members = |object: ObjectBuilder| {
        let name = string()
            .max_length(Some(MAX_LABEL_LENGTH))
            .description(Some("The name of the record."));
        object
            .property("type", kind())
            .property("id", Ref::from_schema_name("Id"))
            .property("name", name)
    };
    let doc = format!("A reference to the {what} with this id. With `include`, the full record.");
    let read = members(ObjectBuilder::new().description(Some(doc)))
        .required("type")
        .required("id")
        .required("name");
    let object = members(
        ObjectBuilder::new()
            .description(Some("A reference as in responses; everything but the id is ignored.")),
    )
    .required("id");
    let doc = format!("The id of the {what}, or an object with it.");
    let input =
        OneOfBuilder::new().item(Ref::from_schema_name("Id")).item(object).description(Some(doc));
    components.schemas.insert(name.clone(), read.into());
    components.schemas.insert(format!("{name}Input"), input.into());
}

/// Adds the schemas of agents.
pub(crate) fn add_agents(components: &mut Components) {
    let doc = "A person or an organization by id, or a `label`: the name of a party that the \
        source does not identify.";
    let name = || string().max_length(Some(MAX_LABEL_LENGTH)).description(Some("The name."));
    let kind = |kinds: Vec<&'static str>| {
        string().enum_values(Some(kinds)).description(Some("The kind of agent."))
    };
    let record_types = AGENT.targets();
    let agent = OneOfBuilder::new()
        .item(Ref::from_schema_name("Party"))
        .item(Ref::from_schema_name("Label"))
        .description(Some(doc));
    let party = ObjectBuilder::new()
        .description(Some(
            "A person or an organization with a record. With `include`, the full record.",
        ))
        .property("type", kind(record_types.to_vec()))
        .property("id", Ref::from_schema_name("Id"))
        .property("name", name());
    let label = ObjectBuilder::new()
        .description(Some("The name of a party that the source does not identify."))
        .property("type", kind(vec![LABEL]))
        .property("name", name());
    let input = ObjectBuilder::new()
        .description(Some(format!("{doc} Requires `type` and `id`, or `type` and `name`.")))
        .property("type", kind([record_types, &[LABEL]].concat()))
        .property("id", Ref::from_schema_name("Id"))
        .property("name", name());
    let required = |object: ObjectBuilder, names: &[&str]| {
        names.iter().fold(object, |object, name| object.required(*name))
    };
    components.schemas.insert("Agent".to_owned(), agent.into());
    components.schemas.insert("Party".to_owned(), required(party, &["type", "id", "name"]).into());
    components.schemas.insert("Label".to_owned(), required(label, &["type", "name"]).into());
    components.schemas.insert("AgentInput".to_owned(), required(input, &["type"]).into());
}
