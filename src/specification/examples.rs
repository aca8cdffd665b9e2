//! Examples: records that the program comes with, as they are sent and as they are read.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::model::{Agent, Faults, Field, Kind, LabelPart, Pointer, Record, RecordType, Value, number, parse_record};
use crate::records::{BUNDLED, CATALOGUE};

static BUNDLE: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(BUNDLED).unwrap_or_default());

/// When the examples say that they were recorded.
pub(super) const MOMENT: &str = "2026-11-24T09:00:00.000000Z";
/// A digest.
pub(super) const DIGEST: &str = "9661fd9c9b0c1f3e9b6f6c3c1f0e5d4a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4";

/// The record of this type that is shown, as it is sent: the shortest that has a source.
pub(super) fn sent(record_type: &'static RecordType) -> &'static Json {
    let sourced = |record: &&Json| record["sources"].as_array().is_some_and(|sources| !sources.is_empty());
    let all = bundled(record_type);
    let shortest = all.iter().filter(sourced).min_by_key(|record| record.to_string().len());
    shortest.or(all.first()).unwrap_or(&Json::Null)
}

/// The same record as it is read.
pub(super) fn read(record_type: &'static RecordType) -> Json {
    let Some(mut record) = parse_record(record_type, sent(record_type), &Pointer::Root, &mut Faults::default()) else { return Json::Null };
    if let Some(derive) = record_type.derive {
        derive(&mut record, None);
    }
    let member = |field: &&'static Field| (field.name.to_owned(), shown(record_type, &record, field));
    Json::Object(record_type.all().iter().map(member).collect())
}

/// A list that holds just this.
pub(super) fn list(entry: Json, total: usize) -> Json {
    let next = (total > 1).then_some("/v1/…?cursor=…");
    json!({
        "data": [entry],
        "page": { "limit": 1, "total": total, "total_is_exact": true, "next": next },
        "facets": null,
        "revision": 1,
    })
}

/// The revision that brought the records in, with these members besides.
pub(super) fn revision(more: Json) -> Json {
    let mut told = json!({ "revision": 1, "recorded_at": MOMENT, "actor": "taskforce", "reason": "The bundled records." });
    if let (Json::Object(told), Json::Object(more)) = (&mut told, more) {
        told.extend(more);
    }
    told
}

/// The records of this type that the program comes with.
pub(super) fn bundled(record_type: &RecordType) -> &'static [Json] {
    BUNDLE[record_type.plural].as_array().map_or(&[], Vec::as_slice)
}

fn shown(record_type: &'static RecordType, record: &Record, field: &'static Field) -> Json {
    match (field.name, field.kind) {
        ("id", _) => json!(record.id),
        ("revision", _) => json!(1),
        (_, Kind::Moment) => json!(MOMENT),
        (_, Kind::Type) => json!(record_type.name),
        (_, Kind::Label(parts)) => json!(parts.iter().map(|part| part_of_name(part, record_type, record)).collect::<String>()),
        // What is shown has no date that can pass.
        (_, Kind::PastDue { .. }) => json!(false),
        (name, kind) => written(kind, record.value(record_type, name)),
    }
}

fn written(kind: Kind, value: &Value) -> Json {
    match (kind, value) {
        (_, Value::Null) => Json::Null,
        (Kind::Reference(target), Value::Text(id)) => reference(target, id),
        (_, Value::Text(text)) => json!(text),
        (_, Value::Date(date)) => json!(date.as_str()),
        (_, Value::Moment(moment)) => json!(moment.to_string()),
        (_, Value::Integer(integer)) => json!(integer),
        (_, Value::Number(value)) => Json::Number(number(*value)),
        (_, Value::Agent(Agent::Person(id))) => reference("person", id),
        (_, Value::Agent(Agent::Organization(id))) => reference("organization", id),
        (_, Value::Agent(Agent::Label(name))) => json!({ "type": "label", "name": name }),
        (kind, Value::List(entries)) => entries.iter().map(|entry| written(kind.element(), entry)).collect(),
        (Kind::Object(object), Value::Object(values)) => {
            let members = object.fields.iter().zip(values).map(|(field, value)| (field.name.to_owned(), written(field.kind, value)));
            Json::Object(members.collect::<Map<String, Json>>())
        }
        (_, Value::Object(_)) => Json::Null,
    }
}

fn reference(target: &str, id: &str) -> Json {
    json!({ "type": target, "id": id, "name": name_of(target, id) })
}

fn part_of_name(part: &LabelPart, record_type: &'static RecordType, record: &Record) -> String {
    match part {
        LabelPart::Text(text) => (*text).to_owned(),
        LabelPart::With(before, field) => match written(Kind::Type, record.value(record_type, field)) {
            Json::Null => String::new(),
            value => format!("{before}{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        },
        LabelPart::NameOf(field) => {
            let kind = record_type.field(field).map_or(Kind::Type, |field| field.kind);
            written(kind, record.value(record_type, field))["name"].as_str().unwrap_or_default().to_owned()
        }
    }
}

/// The name of a bundled record.
fn name_of(target: &str, id: &str) -> Json {
    let records = CATALOGUE.get(target).map_or(&[][..], |record_type| bundled(record_type));
    records.iter().find(|record| record["id"] == id).map_or(Json::Null, |record| record["name"].clone())
}
