//! The records of a release that is being entered. They are a bundle, which the pages carry along
//! and which can be saved as a file.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use super::draft::fields;
use crate::editing::Bundle;
use crate::model::text::fold;
use crate::model::{Kind, RecordType, check_json};
use crate::records::CATALOGUE;

/// The records of a release. Their texts stay as they are until they are edited.
#[derive(Clone, Debug, Default)]
pub struct Release(BTreeMap<&'static str, Vec<Box<RawValue>>>);

/// A record of a release, by its id and its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    others: Vec<String>,
}

impl NamedEntry {
    fn of(record: &Json) -> Option<Self> {
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        let id = text("id")?;
        let others = record["other_names"].as_array().into_iter().flatten();
        let others = others.filter_map(Json::as_str).map(str::to_owned);
        let others = others.chain(text("short_name")).collect();
        Some(Self { name: text("name").unwrap_or_else(|| id.clone()), id, others })
    }

    /// Returns whether this is its name, another name or its id.
    pub fn is_called(&self, text: &str) -> bool {
        let text = fold(text);
        let mut names = self.others.iter().chain([&self.name, &self.id]);
        names.any(|name| fold(name) == text)
    }

    /// Returns whether its name has all words of a text.
    pub fn contains(&self, text: &str) -> bool {
        let name = fold(&self.name);
        fold(text).split_whitespace().all(|word| name.contains(word))
    }
}

impl Release {
    /// Parses a bundle, or returns the reason why it is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        // Faults of records can be corrected; other faults show that the file is no draft.
        check_json(text).map_err(|error| error.to_string())?;
        let bundle = Bundle::new(text.to_owned())?;
        if let Some(fault) = bundle.faults(CATALOGUE).into_list().first() {
            return Err(format!("{}: {}", fault.place, fault.message)
                .trim_start_matches(": ")
                .into());
        }
        let mut lists: BTreeMap<String, Vec<Box<RawValue>>> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let lists = CATALOGUE.iter().filter_map(|record_type| {
            Some((record_type.plural, lists.remove(record_type.plural)?))
        });
        Ok(Self(lists.collect()))
    }

    /// Returns the bundle.
    pub fn text(&self) -> String {
        self.written("", "")
    }

    /// Returns the bundle as a file, with one record per line.
    pub fn file(&self) -> String {
        self.written("\n  ", "\n")
    }

    fn written(&self, indent: &str, end: &str) -> String {
        let lists = CATALOGUE.iter().map(|record_type| (record_type, self.list(record_type)));
        let lists =
            lists.filter(|(_, records)| !records.is_empty()).map(|(record_type, records)| {
                let records: Vec<&str> = records.iter().map(|record| record.get()).collect();
                let records = records.join(&format!(",{indent}"));
                format!("{end}\"{}\": [{indent}{records}{end}]", record_type.plural)
            });
        format!("{{{}{end}}}{end}", lists.collect::<Vec<_>>().join(","))
    }

    fn list(&self, record_type: &RecordType) -> &[Box<RawValue>] {
        self.0.get(record_type.plural).map_or(&[], Vec::as_slice)
    }

    /// Returns whether it has no records.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }

    /// Returns the number of records of a type.
    pub fn count(&self, record_type: &RecordType) -> usize {
        self.list(record_type).len()
    }

    /// Returns a record. A text that is not a record counts as an empty one.
    pub fn record(&self, record_type: &RecordType, index: usize) -> Option<Json> {
        let record = self.list(record_type).get(index)?;
        Some(serde_json::from_str(record.get()).unwrap_or(Json::Null))
    }

    fn records(&self, record_type: &RecordType) -> impl Iterator<Item = Json> {
        (0..self.count(record_type)).filter_map(move |index| self.record(record_type, index))
    }

    /// Returns the records of a type with their names.
    pub fn named(&self, record_type: &RecordType) -> Vec<NamedEntry> {
        self.records(record_type).filter_map(|record| NamedEntry::of(&record)).collect()
    }

    /// Returns whether a record of a type has this id.
    pub fn has(&self, record_type: &RecordType, id: &str) -> bool {
        self.records(record_type).any(|record| record["id"] == id)
    }

    /// Replaces a record, or adds it. Returns its index.
    pub fn set(
        &mut self,
        record_type: &'static RecordType,
        index: Option<usize>,
        record: &Json,
    ) -> serde_json::Result<usize> {
        let record = to_raw_value(record)?;
        let list = self.0.entry(record_type.plural).or_default();
        match index.filter(|index| *index < list.len()) {
            Some(index) => {
                list[index] = record;
                Ok(index)
            }
            None => {
                list.push(record);
                Ok(list.len() - 1)
            }
        }
    }

    /// Adds a record with nothing but a name and a source.
    pub fn add_named(&mut self, record_type: &'static RecordType, id: &str, name: &str) {
        let named = |id: &str, name: &str| Json::from_iter([("id", id), ("name", name)]);
        let mut record = named(id, name);
        self.preset(record_type, |at, id, name| {
            if at.starts_with("/sources/") {
                let source = Json::from_iter([("document", named(&id, &name))]);
                record["sources"] = Json::from(vec![source]);
            }
        });
        // A record of texts can always be written.
        drop(self.set(record_type, None, &record));
    }

    /// Removes a record.
    pub fn remove(&mut self, record_type: &RecordType, index: usize) {
        if let Some(list) = self.0.get_mut(record_type.plural).filter(|list| index < list.len()) {
            list.remove(index);
        }
    }

    /// Calls `choose` with the pointer, the id and the name of each reference that a new record
    /// begins with: the document of the release as its source, and records that are the only ones
    /// of their type here.
    pub fn preset(
        &self,
        record_type: &'static RecordType,
        mut choose: impl FnMut(&str, String, String),
    ) {
        if !record_type.is_source()
            && let Some((id, name)) = self.source()
        {
            choose("/sources/0/document", id, name);
        }
        for field in fields(record_type) {
            let Kind::Reference(target) = field.kind else { continue };
            let target = CATALOGUE.get(target);
            let is_own = |target: &&RecordType| target.name != record_type.name && !target.is_agent;
            let Some(target) = target.filter(is_own) else { continue };
            if let [only] = &*self.named(target) {
                choose(&format!("/{}", field.name), only.id.clone(), only.name.clone());
            }
        }
    }

    /// Returns the id and the name of the document of the release: the first one, or else the first
    /// one that a record cites.
    fn source(&self) -> Option<(String, String)> {
        let documents = CATALOGUE.iter().filter(|record_type| record_type.is_source());
        let mut own = documents.flat_map(|record_type| self.named(record_type));
        if let Some(first) = own.next() {
            return Some((first.id, first.name));
        }
        let records = CATALOGUE.iter().flat_map(|record_type| self.records(record_type));
        records.into_iter().find_map(|record| {
            let document = &record["sources"][0]["document"];
            let id = document["id"].as_str().or(document.as_str())?;
            Some((id.to_owned(), document["name"].as_str().unwrap_or(id).to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DRAFT: &str = r#"{"documents":[{"id":"d","name":"The release"}],"people":[{"id": "é"}]}"#;

    #[test]
    fn keeps_the_text_of_records() {
        let release = Release::parse(DRAFT).unwrap();
        for text in [release.text(), release.file()] {
            assert_eq!(Release::parse(&text).unwrap().text(), release.text());
        }
        let long = r#"{"commitments":[{"figures":[{"value":0.10000000000000000001}]}]}"#;
        assert!(Release::parse(long).unwrap().text().contains("0.10000000000000000001"));
        assert!(Release::parse("\u{FEFF} ").unwrap().is_empty());
    }

    #[test]
    fn rejects_a_file_that_is_not_a_draft() {
        for text in ["id,name", "[]", r#"{"persons":[]}"#, r#"{"people":1}"#] {
            assert!(Release::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_new_record_cites_the_document() {
        let mut release = Release::parse(DRAFT).unwrap();
        let record_type = CATALOGUE.get("person").unwrap();
        release.add_named(record_type, "new", "New");
        let new = release.record(record_type, 1).unwrap();
        assert_eq!(new["sources"][0]["document"], json!({ "id": "d", "name": "The release" }));
        release.remove(record_type, 0);
        assert_eq!(release.named(record_type)[0].name, "New");
    }
}
