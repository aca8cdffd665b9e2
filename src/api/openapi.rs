//! The OpenAPI document (3.1), from the operations and the declarations.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::{AllOfBuilder, Components, ObjectBuilder, Ref, Schema};
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, License, LicenseBuilder, OpenApi, RefOr, ServerBuilder,
};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

use super::document::{common, examples, operation, parameters, schema, statistics};
use super::health::Health;
use super::import::TableType;
use super::restore::Restoration;
use super::routes::{FixedOperations, RECORD_OPERATIONS};
use super::{changes, gaps, import, index, problem_kind, roles, search, tag};
use crate::editing::{Merge, Redaction};
use crate::model::{PartialDate, RecordType};
use crate::reading::{HistoryEntry, Role, RoleList, list_schema};
use crate::records::{AnyRecord, CATALOGUE, EXAMPLES, Id, RecordTypeName, Reference};
use crate::settings::Settings;
use crate::web::problem_response::ProblemBody;

/// The title, which is short, since clients use it as a name.
const TITLE: &str = "Task Force Records API";

/// Teaches filters, paging, revisions, conditional requests, writing and errors. A test compares
/// its responses with those of a server. Messages with a body are marked as JSON: within HTTP, the
/// page would try all languages on the body, which delays it.
const INTRODUCTION: &str = include_str!("introduction.md");

/// Builds the document of a server with these settings.
pub fn document(settings: &Settings) -> OpenApi {
    let mut document = FixedOperations::openapi();
    let mut info = InfoBuilder::new()
        .title(TITLE)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!(
            "{}. {}\n\n{INTRODUCTION}",
            settings.title, settings.description
        )))
        .license(Some(license(settings)))
        .build();
    info.contact = settings.contact.as_deref().map(|address| {
        let contact = ContactBuilder::new();
        let email = address.split('?').next().unwrap_or(address);
        match (address.contains("://"), email.strip_prefix("mailto:").unwrap_or(email)) {
            (true, _) => contact.url(Some(address)),
            (false, email) => contact.email(Some(email)),
        }
        .build()
    });
    document.info = info;
    let url = settings.public_url.as_deref().unwrap_or("/");
    let audience = ExtensionsBuilder::new().add("x-internal", false).build();
    let server =
        ServerBuilder::new().url(url).description(Some("This server.")).extensions(Some(audience));
    document.servers = Some(vec![server.build()]);
    document.tags = Some(tag::all());
    for record_type in CATALOGUE.iter() {
        for operation in
            RECORD_OPERATIONS.iter().filter(|operation| (operation.applies)(record_type))
        {
            let path = format!("/v1/{}{}", record_type.path, operation.path);
            let item = PathItem::new(operation.method.clone(), (operation.describe)(record_type));
            document.paths.paths.entry(path).or_default().merge_operations(item);
        }
    }
    let components = document.components.get_or_insert_default();
    add_schemas(components);
    add_examples(settings, components);
    common::complete(&mut document);
    document
}

fn license(settings: &Settings) -> License {
    LicenseBuilder::new().name(&settings.license.name).url(settings.license.url.as_ref()).build()
}

/// Adds the schema of a type and its dependencies.
fn add<T: ToSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn add_schemas(components: &mut Components) {
    add::<AnyRecord>(components);
    add::<Id>(components);
    add::<Merge>(components);
    add::<PartialDate>(components);
    add::<ProblemBody<'static>>(components);
    add::<RecordTypeName>(components);
    add::<TableType>(components);
    add::<Redaction>(components);
    add::<Reference>(components);
    add::<Restoration>(components);
    add::<Role>(components);
    add::<RoleList>(components);
    add::<parameters::Filters>(components);
    add::<parameters::Values>(components);
    schema::add_agents(components);
    components.schemas.insert("Version".to_owned(), version());
    for record_type in CATALOGUE.iter() {
        schema::add(record_type, components);
        operation::add_shared(record_type, components);
        let name = record_type.schema;
        components.schemas.insert(format!("{name}List"), Schema::from(list_schema(name)).into());
        components.schemas.insert(format!("{name}Version"), version_of(record_type));
        components.schemas.insert(
            format!("{name}VersionList"),
            Schema::from(list_schema(&format!("{name}Version"))).into(),
        );
    }
}

/// Returns the schema of versions, without the record, which has a different type in each list.
fn version() -> RefOr<Schema> {
    let mut version = HistoryEntry::schema();
    if let RefOr::T(Schema::Object(object)) = &mut version {
        object.properties.shift_remove("record");
        object.required.retain(|name| name != "record");
    }
    version
}

/// Returns the schema of the versions of a type.
fn version_of(record_type: &RecordType) -> RefOr<Schema> {
    let record = schema::or_null(Ref::from_schema_name(record_type.schema).into());
    let own = ObjectBuilder::new().property("record", record).required("record");
    let doc = "A version, with the record as of its revision; null if it was deleted or merged.";
    AllOfBuilder::new()
        .item(Ref::from_schema_name("Version"))
        .item(own)
        .description(Some(doc))
        .into()
}

fn add_examples(settings: &Settings, components: &mut Components) {
    let mut add = |schema: &str, value: Json| {
        let example = ExampleBuilder::new().value(Some(value)).build();
        components.examples.insert(schema.to_owned(), RefOr::T(example));
    };
    for record_type in CATALOGUE.iter() {
        let name = record_type.schema;
        let record = examples::record(record_type);
        add(name, record.clone());
        add(
            &format!("{name}List"),
            json(&examples::list(record, examples::bundled(record_type).len())),
        );
        add(&format!("{name}Input"), examples::input(record_type).clone());
        add(&format!("{name}Patch"), Json::from_iter([("note", "Compared with the release.")]));
        add(&format!("{name}VersionList"), json(&examples::list(examples::deletion(), 1)));
    }
    let bundle = CATALOGUE
        .get(EXAMPLES.any)
        .map(|award| (award.plural, Json::from_iter([examples::input(award).clone()])));
    add("Bundle", Json::from_iter(bundle));
    let into = examples::reference_to(EXAMPLES.agent).id;
    add("Merge", json(&Merge { into, keep_names: true }));
    let reason = "Requested by the person.".to_owned();
    add(
        "Redaction",
        json(&Redaction { fields: vec!["/note".to_owned()], reasons: Vec::new(), reason }),
    );
    add("Restoration", json(&Restoration { revision: 1 }));
    add("GapList", json(&gaps::example()));
    add("Health", json(&Health::at(1)));
    add("SearchHitList", json(&search::example()));
    add("ImportReport", json(&import::example()));
    add("Index", json(&index::example(settings)));
    add("ProblemKind", json(&problem_kind::example()));
    add("RevisionList", json(&changes::example()));
    add("RoleList", json(&roles::example()));
    add("Statistics", json(&statistics::example()));
}

fn json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}
