//! Examples from the bundled records.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use crate::model::{
    Agent, Faults, Field, Kind, LABEL, LabelPart, Pointer, Record, RecordType, Value, number,
    parse_record,
};
use crate::reading::{Envelope, HistoryEntry, List, PageInfo};
use crate::records::{BUNDLED, CATALOGUE, Reference};
use crate::store::Operation;

static BUNDLE: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(&BUNDLED).unwrap_or_default());

pub(crate) const ACTOR: &str = "taskforce";
pub(crate) const REASON: &str = "The bundled records.";
pub(crate) const MOMENT: &str = "2026-11-24T09:00:00.000000Z";
pub(crate) const DIGEST: &str = "9661fd9c9b0c1f3e9b6f6c3c1f0e5d4a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4";

/// Returns the example of a type as a request body: the shortest record with a source.
pub(crate) fn input(record_type: &'static RecordType) -> &'static Json {
    let sourced =
        |record: &&Json| record["sources"].as_array().is_some_and(|sources| !sources.is_empty());
    let all = bundled(record_type);
    let shortest = all.iter().filter(sourced).min_by_key(|record| record.to_string().len());
    shortest.or(all.first()).unwrap_or(&Json::Null)
}

/// Returns the example of a type as a response body.
pub(crate) fn record(record_type: &'static RecordType) -> Json {
    let Some(mut record) =
        parse_record(record_type, input(record_type), &Pointer::Root, &mut Faults::default())
    else {
        return Json::Null;
    };
    if let Some(derive) = record_type.derive {
        derive(&mut record, None);
    }
    let member = |field: &&'static Field| {
        (field.name.to_owned(), field_to_json(record_type, &record, field))
    };
    Json::Object(record_type.all().iter().map(member).collect())
}

/// Returns a list with one entry.
pub(crate) fn list<T>(entry: T, total: usize) -> List<T> {
    let next = (total > 1).then(|| "/v1/…?cursor=…".to_owned());
    let page = PageInfo {
        limit: 1,
        total: i64::try_from(total).unwrap_or(i64::MAX),
        total_is_exact: true,
        next,
    };
    List { data: vec![entry], envelope: Envelope { page, facets: None, revision: 1 } }
}

/// Returns the version of a deletion.
pub(crate) fn deletion() -> HistoryEntry {
    HistoryEntry {
        revision: 2,
        recorded_at: MOMENT.to_owned(),
        actor: "Records office".to_owned(),
        reason: Some("Duplicate entry.".to_owned()),
        operation: Operation::Delete.as_str().to_owned(),
        changed: Vec::new(),
        record: None,
    }
}

/// Returns a reference to the example of a type.
pub(crate) fn reference_to(record_type: &str) -> Reference {
    let record = CATALOGUE.get(record_type).map(record).unwrap_or_default();
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    Reference { record_type: text("type"), id: text("id"), name: text("name") }
}

/// Returns the main date of the example of a type.
pub(crate) fn date_of(record_type: &str) -> Option<String> {
    let record_type = CATALOGUE.get(record_type)?;
    let record = record(record_type);
    record_type.main_date.iter().find_map(|name| record[name].as_str().map(str::to_owned))
}

/// Returns the bundled records of a type.
pub(crate) fn bundled(record_type: &RecordType) -> &'static [Json] {
    BUNDLE[record_type.plural].as_array().map_or(&[], Vec::as_slice)
}

fn field_to_json(record_type: &'static RecordType, record: &Record, field: &'static Field) -> Json {
    match (field.name, field.kind) {
        ("id", _) => Json::from(record.id.as_str()),
        ("revision", _) => Json::from(1),
        (_, Kind::Moment) => Json::from(MOMENT),
        (_, Kind::Type) => Json::from(record_type.name),
        (_, Kind::Label(parts)) => Json::from(
            parts.iter().map(|part| part_of_name(part, record_type, record)).collect::<String>(),
        ),
        // The examples are not overdue.
        (_, Kind::PastDue { .. }) => Json::from(false),
        (name, kind) => to_json(kind, record.value(record_type, name)),
    }
}

fn to_json(kind: Kind, value: &Value) -> Json {
    match (kind, value) {
        (_, Value::Null) => Json::Null,
        (Kind::Reference(target), Value::Text(id)) => reference(target, id),
        (_, Value::Text(text)) => Json::from(text.as_str()),
        (_, Value::Date(date)) => Json::from(date.as_str()),
        (_, Value::Moment(moment)) => Json::from(moment.to_string()),
        (_, Value::Integer(integer)) => Json::from(*integer),
        (_, Value::Number(value)) => Json::Number(number(*value)),
        (_, Value::Agent(Agent::Record { record_type, id })) => reference(record_type, id),
        (_, Value::Agent(Agent::Label(name))) => Json::from_iter([("type", LABEL), ("name", name)]),
        (kind, Value::List(entries)) => {
            entries.iter().map(|entry| to_json(kind.element(), entry)).collect()
        }
        (Kind::Object(object), Value::Object(values)) => {
            let members = object
                .fields
                .iter()
                .zip(values)
                .map(|(field, value)| (field.name.to_owned(), to_json(field.kind, value)));
            Json::Object(members.collect::<Map<String, Json>>())
        }
        (_, Value::Object(_)) => Json::Null,
    }
}

fn reference(target: &str, id: &str) -> Json {
    Json::from_iter([
        ("type", Json::from(target)),
        ("id", Json::from(id)),
        ("name", name_of(target, id)),
    ])
}

fn part_of_name(part: &LabelPart, record_type: &'static RecordType, record: &Record) -> String {
    match part {
        LabelPart::Text(text) => (*text).to_owned(),
        LabelPart::With(before, field) => {
            match to_json(Kind::Type, record.value(record_type, field)) {
                Json::Null => String::new(),
                value => format!(
                    "{before}{}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ),
            }
        }
        LabelPart::NameOf(field) => {
            let kind = record_type.field(field).map_or(Kind::Type, |field| field.kind);
            to_json(kind, record.value(record_type, field))["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    }
}

fn name_of(target: &str, id: &str) -> Json {
    let records = CATALOGUE.get(target).map_or(&[][..], |record_type| bundled(record_type));
    records
        .iter()
        .find(|record| record["id"] == id)
        .map_or(Json::Null, |record| record["name"].clone())
}
