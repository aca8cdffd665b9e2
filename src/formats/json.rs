//! Records as JSON, optionally with selected fields, included records or additional members.

use std::collections::HashMap;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::store::{Document, StoreError, StoreResult};

/// The members of a record in a response, if they differ from the stored ones.
#[derive(Debug, Default)]
pub struct Shape {
    /// The selected fields. Empty means all.
    pub fields: Vec<&'static str>,
    /// The fields whose references are expanded to full records.
    pub expanded: Vec<&'static str>,
    /// The full records as JSON, by type and id.
    pub records: HashMap<(String, String), Json>,
    /// The included backlinks: the name of the member, and its JSON by the key of the record.
    pub backlinks: Vec<(&'static str, HashMap<i64, Vec<u8>>)>,
    /// The highlights of a search as HTML, by the key of the record.
    pub highlights: Option<HashMap<i64, String>>,
}

impl Shape {
    /// Returns whether records are written as they are stored.
    pub fn is_plain(&self) -> bool {
        self.fields.is_empty()
            && self.expanded.is_empty()
            && self.backlinks.is_empty()
            && self.highlights.is_none()
    }

    /// Returns the highlight of a record in a search.
    pub fn highlight(&self, key: i64) -> Option<&str> {
        self.highlights.as_ref().map(|highlights| highlights.get(&key).map_or("", String::as_str))
    }
}

/// Writes a record as a JSON object.
pub fn write_record(out: &mut Vec<u8>, document: &Document, shape: &Shape) -> StoreResult<()> {
    if shape.is_plain() {
        out.extend_from_slice(&document.json);
        return Ok(());
    }
    out.push(b'{');
    for (name, value) in members(document.text()?)? {
        if !shape.fields.is_empty() && !shape.fields.contains(&name) {
            continue;
        }
        key(out, name);
        if shape.expanded.contains(&name) {
            let mut value: Json = serde_json::from_str(value.get()).map_err(unreadable)?;
            expand(&mut value, &shape.records);
            serde_json::to_writer(&mut *out, &value).map_err(unreadable)?;
        } else {
            out.extend_from_slice(value.get().as_bytes());
        }
    }
    for (name, by_record) in &shape.backlinks {
        key(out, name);
        out.extend_from_slice(by_record.get(&document.key).map_or(b"[]", Vec::as_slice));
    }
    if let Some(highlight) = shape.highlight(document.key) {
        key(out, "highlight");
        serde_json::to_writer(&mut *out, highlight).map_err(unreadable)?;
    }
    out.push(b'}');
    Ok(())
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(if out.last() == Some(&b'{') { b"\"" } else { b",\"" });
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Returns the members of an object as raw JSON. Null has none.
pub fn members(object: &str) -> StoreResult<Vec<(&str, &RawValue)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(&'de str, &'de RawValue)>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(32);
            while let Some(member) = object.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }
    serde_json::Deserializer::from_str(object).deserialize_any(Members).map_err(unreadable)
}

/// Returns the member with this name, or null.
pub fn member<'j>(members: &[(&str, &'j RawValue)], name: &str) -> &'j RawValue {
    members.iter().find(|member| member.0 == name).map_or(RawValue::NULL, |member| member.1)
}

/// Parses the JSON of a record.
pub fn to_value(json: &[u8]) -> StoreResult<Json> {
    serde_json::from_slice(json).map_err(unreadable)
}

/// Returns the error for a document that cannot be parsed.
pub fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Unavailable(format!("a document is damaged: {error}"))
}

/// Replaces references with full records.
fn expand(value: &mut Json, records: &HashMap<(String, String), Json>) {
    match value {
        Json::Array(entries) => entries.iter_mut().for_each(|entry| expand(entry, records)),
        Json::Object(members) => {
            if let Some(full) = reference_in(members).and_then(|reference| records.get(&reference))
            {
                *value = full.clone();
            } else {
                members.values_mut().for_each(|member| expand(member, records));
            }
        }
        _ => {}
    }
}

/// Returns the type and the id in a reference.
fn reference_in(members: &serde_json::Map<String, Json>) -> Option<(String, String)> {
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    Some((text("type")?, text("id")?))
}

/// Collects the references in a value.
pub fn collect_references(value: &Json, found: &mut Vec<(String, String)>) {
    match value {
        Json::Array(entries) => entries.iter().for_each(|entry| collect_references(entry, found)),
        Json::Object(members) => match reference_in(members) {
            Some(reference) if !found.contains(&reference) => found.push(reference),
            Some(_) => {}
            None => members.values().for_each(|member| collect_references(member, found)),
        },
        _ => {}
    }
}
