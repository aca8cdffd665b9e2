//! The canonical form of records, from which digests are computed: canonical JSON (RFC 8785) of the
//! stored values, with references as ids. Members without a value are left out, so that adding a
//! field changes no digest.

use serde_json::{Map, Value as Json};

use super::{Agent, Kind, LABEL, Record, RecordType, Value, number};

/// Returns the members of a record that have a value, as canonical JSON, sorted by name.
pub fn canonical_members(
    record_type: &'static RecordType,
    record: &Record,
) -> Vec<(&'static str, String)> {
    let fields = record_type.written().zip(&record.values);
    let mut members: Vec<(&'static str, String)> = fields
        .filter(|(_, value)| !value.is_empty())
        .map(|(field, value)| (field.name, canonical(field.kind, value).to_string()))
        .collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

fn canonical(kind: Kind, value: &Value) -> Json {
    match (kind, value) {
        (_, Value::Null) => Json::Null,
        (_, Value::Text(text)) => Json::from(text.as_str()),
        (_, Value::Date(date)) => Json::from(date.as_str()),
        (_, Value::Moment(moment)) => Json::from(moment.to_string()),
        (_, Value::Integer(integer)) => Json::from(*integer),
        (_, Value::Number(value)) => Json::Number(number(*value)),
        (_, Value::Agent(Agent::Record { record_type, id })) => {
            object([("id", id), ("type", record_type)])
        }
        (_, Value::Agent(Agent::Label(name))) => object([("name", name), ("type", LABEL)]),
        (kind, Value::List(entries)) => {
            Json::Array(entries.iter().map(|entry| canonical(kind.element(), entry)).collect())
        }
        (Kind::Object(object), Value::Object(values)) => {
            let mut members: Vec<(String, Json)> = object
                .fields
                .iter()
                .zip(values)
                .filter(|(_, value)| !value.is_empty())
                .map(|(field, value)| (field.name.to_owned(), canonical(field.kind, value)))
                .collect();
            members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(members.into_iter().collect::<Map<String, Json>>())
        }
        (_, Value::Object(_)) => Json::Null,
    }
}

fn object(members: [(&str, &str); 2]) -> Json {
    Json::Object(
        members.map(|(name, value)| (name.to_owned(), Json::from(value))).into_iter().collect(),
    )
}
