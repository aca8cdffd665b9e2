//! Examples from the bundled records.

use std::sync::LazyLock;

use bytes::BytesMut;
use serde_json::Value as Json;

use crate::model::{Faults, Pointer, Record, RecordType, parse_record};
use crate::reading::{Envelope, HistoryEntry, List, PageInfo, Total};
use crate::records::{BUNDLED, CATALOGUE, Reference};
use crate::store::Operation;
use crate::store::document::{Encoded, Keys, Metadata, Names, encode, fill, parse_holes};
use crate::store::index::{self, label};
use crate::store::links::references;

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
    let read = as_read(record_type, &record);
    read.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

/// Returns the JSON of a bundled record as it is read from a database.
fn as_read(record_type: &'static RecordType, record: &Record) -> Option<BytesMut> {
    const OWN: i64 = 0;
    let (mut keys, mut names) = (Keys::new(), Names::new());
    for ((_, target, id), key) in references(record_type, record).into_iter().zip(OWN + 1..) {
        names.insert(key, name_of(target, &id));
        keys.insert((target, id), key);
    }
    let label = record_type.label.map(|parts| label(record_type, parts, record, &keys, &names));
    names.insert(OWN, index::name_of(record_type, record, label));
    let moment = || MOMENT.to_owned();
    let metadata = Metadata { revision: 1, created_at: moment(), updated_at: moment() };
    let Encoded { document, holes } = encode(record_type, record, &metadata, OWN, &keys).ok()?;
    let mut parsed = Vec::new();
    parse_holes(document.as_bytes(), holes.as_bytes(), &mut parsed)?;
    let names = names.into_iter().map(|(key, name)| (key, Json::from(name).to_string().into()));
    // Without a day, no example is overdue.
    let mut json = BytesMut::new();
    fill(document.as_bytes(), &parsed, &names.collect(), "", &mut json)?;
    Some(json)
}

/// Returns a list with one entry.
pub(crate) fn list<T>(entry: T, total: usize) -> List<T> {
    let next = (total > 1).then(|| "/v1/…?cursor=…".to_owned());
    let page = PageInfo::new(1, Total::exact(total), next);
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

/// Returns the name of a bundled record.
fn name_of(target: &str, id: &str) -> String {
    let records = CATALOGUE.get(target).map_or(&[][..], |record_type| bundled(record_type));
    let found = records.iter().find(|record| record["id"] == id);
    found.and_then(|record| record["name"].as_str()).unwrap_or_default().to_owned()
}
