//! The values that a redaction of a record can remove: those of every version, and of the records
//! that were merged into it.

use std::collections::HashMap;

use actix_web::web;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::draft::fields;
use super::fields::ElementId;
use crate::editing::is_redactable;
use crate::model::{Field, RecordType};
use crate::pages::labels::heading;
use crate::pages::value::in_brief;
use crate::reading::record_at;
use crate::store::document::Keys;
use crate::store::records::{find_keys, versions_of};
use crate::store::transaction::merged_into;
use crate::store::{LIVE, Pin, Snapshot, StoreResult};
use crate::web::app::App;
use crate::web::blocking::run_blocking;
use crate::web::problem::Problem;

/// The field whose values a merge adds to those of the target.
const OTHER_NAMES: &str = "/other_names";

/// The maximum number of characters of a value that the form shows.
const SHOWN: usize = 200;

/// The values that a redaction can remove.
#[derive(Default)]
pub struct Redactable {
    values: Vec<LatestValue>,
    /// The last version of the record, if it was deleted.
    pub last_version: Json,
    has_merged_records: bool,
}

/// The latest known value of a field.
struct LatestValue {
    field: &'static Field,
    json: Json,
    /// Whether the record still has a value.
    is_current: bool,
}

/// A version of the record, or of one that was merged into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct VersionId {
    id: String,
    revision: i64,
}

/// The version with the latest value of each field.
#[derive(Default)]
struct Latest {
    fields: Vec<(&'static Field, VersionId, bool)>,
    last: Option<VersionId>,
    has_merged_records: bool,
}

/// Reads the values that a redaction of a record can remove.
pub async fn load(
    app: &web::Data<App>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Redactable, Problem> {
    let id = id.to_owned();
    run_blocking(app, move |app| {
        let latest =
            app.store.read_primary(|snapshot| latest_versions(snapshot, record_type, &id))?;
        let mut versions: HashMap<VersionId, Json> = HashMap::new();
        for version in latest.fields.iter().map(|(_, version, _)| version).chain(&latest.last) {
            if !versions.contains_key(version) {
                let pin = Pin::revision(version.revision);
                let read =
                    |snapshot: &mut Snapshot<'_>| record_at(snapshot, record_type, &version.id);
                let json = app.store.read(&pin, read)?.unwrap_or_default();
                versions.insert(version.clone(), json);
            }
        }
        let value =
            |(field, version, is_current): &(&'static Field, VersionId, bool)| LatestValue {
                field,
                json: versions[version][field.name].clone(),
                is_current: *is_current,
            };
        Ok(Redactable {
            values: latest.fields.iter().map(value).collect(),
            last_version: latest.last.map(|last| versions[&last].clone()).unwrap_or_default(),
            has_merged_records: latest.has_merged_records,
        })
    })
    .await
}

/// Finds the version with the latest value of each field. The record itself precedes records that
/// were merged into it.
fn latest_versions(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> StoreResult<Latest> {
    let mut latest = Latest::default();
    let (own, mut keys) = ((record_type.name, id.to_owned()), Keys::default());
    find_keys(snapshot.connection(), std::slice::from_ref(&own), &mut keys)?;
    let Some(key) = keys.remove(&own) else { return Ok(latest) };
    let merged = merged_into(snapshot.connection(), key)?;
    latest.has_merged_records = !merged.is_empty();
    let mut found: HashMap<&'static str, (VersionId, bool)> = HashMap::new();
    for (other, id) in std::iter::once((key, own.1)).chain(merged) {
        let versions = versions_of(snapshot.connection(), record_type, &[other])?;
        for version in versions.iter().rev() {
            let this = VersionId { id: id.clone(), revision: version.metadata.revision };
            let is_current = other == key && version.superseded_at == LIVE;
            for field in fields(record_type) {
                let value = version.record.value(record_type, field.name);
                if !value.is_empty() && value.as_text() != Some("") {
                    found.entry(field.name).or_insert_with(|| (this.clone(), is_current));
                }
            }
            if other == key && latest.last.is_none() {
                latest.last = Some(this);
            }
        }
    }
    for field in fields(record_type) {
        if let Some((version, is_current)) = found.remove(field.name) {
            latest.fields.push((field, version, is_current));
        }
    }
    Ok(latest)
}

impl Redactable {
    /// Renders the fields to select from.
    pub fn fieldset(&self, selected: &[String], is_deleted: bool, is_wrong: bool) -> Markup {
        let (removable, required): (Vec<_>, Vec<_>) =
            self.values.iter().partition(|value| is_redactable(value.field));
        let required: Vec<String> =
            required.iter().map(|value| heading(value.field.name).to_lowercase()).collect();
        html! {
            fieldset.field.wrong[is_wrong] id=(ElementId("/fields")) {
                legend { "Values to remove" }
                p.hint {
                    @if is_deleted { "This record was deleted. " }
                    "The list has every field that any version of the record has a value for"
                    @if self.has_merged_records { ", or of a record that was merged into it" }
                    ". All values of a selected field are removed, not only the one that is shown."
                }
                @for value in removable {
                    (value.checkbox(selected, is_deleted))
                }
                @if !required.is_empty() {
                    p.hint { "Required, and cannot be redacted: " (required.join(", ")) "." }
                }
            }
        }
    }

    /// Renders the fields that a redaction removes from every version.
    pub fn preview(&self, selected: &[String]) -> Markup {
        let names: Vec<String> = self
            .values
            .iter()
            .filter(|value| selected.contains(&value.pointer()))
            .map(|value| heading(value.field.name))
            .collect();
        let is_selected = |pointer: &str| selected.iter().any(|other| other == pointer);
        let keeps_merged_names = self.has_merged_records
            && is_selected("/name")
            && !is_selected(OTHER_NAMES)
            && self.values.iter().any(|value| value.pointer() == OTHER_NAMES);
        html! {
            p { "Removed from every version: " (names.join(", ")) "." }
            @if keeps_merged_names {
                p.notice {
                    "Records were merged into this one. Copies of their names stay among its other \
                    names; to remove them too, select “Other names”."
                }
            }
        }
    }
}

impl LatestValue {
    fn pointer(&self) -> String {
        format!("/{}", self.field.name)
    }

    fn checkbox(&self, selected: &[String], is_deleted: bool) -> Markup {
        let pointer = self.pointer();
        let element = format!("/redact{pointer}");
        let shown: String = in_brief(&self.json).chars().take(SHOWN).collect();
        html! {
            p.check {
                input id=(ElementId(&element)) type="checkbox" name="field" value=(pointer)
                    checked[selected.contains(&pointer)];
                label for=(ElementId(&element)) {
                    (heading(self.field.name)) ": "
                    span.note { (shown) }
                    @if !self.is_current && !is_deleted { " (only in earlier versions)" }
                }
            }
        }
    }
}
