//! Collects the searchable texts of records: their own texts, and names of records that they refer
//! to.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{Agent, Field, Kind, LabelPart, Record, RecordType, TextFormat, Value, text};
use crate::store::connection::AnyConnection;
use crate::store::document::Keys;
use crate::store::error::StoreResult;
use crate::store::index::{Indexes, main_date_of};
use crate::store::records::{At, find_keys, versions};

/// The rank of a text by its place in the record, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The record's name.
    Name,
    /// Another name in the record.
    OtherName,
    /// The name of a record that it refers to, or its main date.
    Referred,
    /// Any other text.
    Text,
}

/// The searchable texts of a record.
#[derive(Debug, Default)]
pub struct SearchSource {
    /// The key of the record.
    pub key: i64,
    /// The id of the record.
    pub id: String,
    /// The main date of the record.
    pub date: Option<String>,
    /// The texts with their ranks.
    pub texts: Vec<(Rank, String)>,
}

/// A cache of the names of referenced records, by type and id.
pub(super) type Names = HashMap<(&'static str, String), Rc<[String]>>;

/// Number of records that are read with one statement.
pub(super) const BATCH: usize = 256;

/// The types and ids of referenced records.
type Referred = Vec<(&'static str, String)>;

/// Reads the searchable texts of the records with these keys, in no particular order.
pub fn read(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
) -> StoreResult<Vec<SearchSource>> {
    read_with(connection, indexes, record_type, keys, at, &mut Names::new())
}

/// Reads like [`read`], with a cache of names.
pub(super) fn read_with(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
    names: &mut Names,
) -> StoreResult<Vec<SearchSource>> {
    let agents: Vec<&'static str> = indexes.agents().collect();
    let mut sources = Vec::with_capacity(keys.len());
    for keys in keys.chunks(BATCH) {
        let versions = versions(connection, record_type, keys, at)?;
        let mut found = Vec::with_capacity(versions.len());
        let mut missing: HashMap<&'static str, Vec<String>> = HashMap::new();
        for version in &versions {
            let (texts, referred) = texts_of(record_type, &version.record, &agents);
            for (target, id) in referred.iter().filter(|reference| !names.contains_key(*reference))
            {
                let ids = missing.entry(target).or_default();
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
            let date = main_date_of(record_type, &version.record);
            found.push((
                SearchSource { key: version.key, id: version.record.id.clone(), date, texts },
                referred,
            ));
        }
        for (target, ids) in missing {
            let Some(index) = indexes.named(target) else { continue };
            read_names(connection, index.record_type, ids, at, names)?;
        }
        for (mut source, referred) in found {
            // Dates are searchable, as in "meeting 2014".
            source.texts.extend(source.date.clone().map(|date| (Rank::Referred, date)));
            for reference in referred {
                let known = names.get(&reference).into_iter().flat_map(|names| names.iter());
                source.texts.extend(known.map(|name| (Rank::Referred, name.clone())));
            }
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Reads the names of records of a type, including their other names.
fn read_names(
    connection: &mut AnyConnection,
    record_type: &'static RecordType,
    ids: Vec<String>,
    at: At,
    names: &mut Names,
) -> StoreResult<()> {
    let wanted: Vec<(&'static str, String)> =
        ids.into_iter().map(|id| (record_type.name, id)).collect();
    let mut keys = Keys::new();
    find_keys(connection, &wanted, &mut keys)?;
    let keys: Vec<i64> = keys.into_values().collect();
    for version in versions(connection, record_type, &keys, at)? {
        let (texts, _) = texts_of(record_type, &version.record, &[]);
        let own =
            texts.into_iter().filter(|(rank, _)| matches!(rank, Rank::Name | Rank::OtherName));
        names.insert((record_type.name, version.record.id), own.map(|(_, name)| name).collect());
    }
    Ok(())
}

/// Returns the texts of a record with their ranks, and the referenced records whose names are
/// searchable too.
fn texts_of(
    record_type: &'static RecordType,
    record: &Record,
    agents: &[&'static str],
) -> (Vec<(Rank, String)>, Referred) {
    let mut collector = Collector { agents, texts: Vec::new(), referred: Referred::new() };
    let (lists, own): (Vec<_>, Vec<_>) = record_type
        .written()
        .zip(&record.values)
        .partition(|(field, _)| matches!(field.kind, Kind::List(_)));
    for (field, value) in own {
        collector.add(field.kind, value, rank_of(field));
    }
    // The parts of a computed name that are not names of other records.
    for part in record_type.label.unwrap_or_default() {
        match part {
            LabelPart::With(_, field) => match record.value(record_type, field) {
                Value::Integer(number) => {
                    collector.texts.push((Rank::OtherName, number.to_string()))
                }
                value => collector
                    .texts
                    .extend(value.as_text().map(|text| (Rank::OtherName, text.to_owned()))),
            },
            LabelPart::NameOf(field) => {
                let kind = record_type.field(field).map(|field| field.kind);
                if let (Some(Kind::Reference(target)), Some(id)) =
                    (kind, record.value(record_type, field).as_text())
                    && !agents.contains(&target)
                {
                    collector.referred.push((target, id.to_owned()));
                }
            }
            LabelPart::Text(_) => {}
        }
    }
    for (field, value) in lists {
        let rank = if field.is_name { Rank::OtherName } else { Rank::Text };
        collector.add(field.kind, value, rank);
    }
    (collector.texts, collector.referred)
}

fn rank_of(field: &Field) -> Rank {
    match (field.name, field.is_name) {
        ("name", _) => Rank::Name,
        (_, true) => Rank::OtherName,
        _ => Rank::Text,
    }
}

struct Collector<'a> {
    /// The types whose names are searchable in records that refer to them.
    agents: &'a [&'static str],
    texts: Vec<(Rank, String)>,
    referred: Referred,
}

impl Collector<'_> {
    fn add(&mut self, kind: Kind, value: &Value, rank: Rank) {
        match (kind, value) {
            (Kind::List(element), Value::List(entries)) => {
                entries.iter().for_each(|entry| self.add(*element, entry, rank))
            }
            (Kind::Object(object), Value::Object(members)) => {
                for (member, value) in object.fields.iter().zip(members) {
                    self.add(
                        member.kind,
                        value,
                        if member.is_name { Rank::OtherName } else { rank },
                    );
                }
            }
            (Kind::Reference(target), Value::Text(id)) if self.agents.contains(&target) => {
                self.referred.push((target, id.clone()));
            }
            (Kind::Agent(_), Value::Agent(agent)) => match agent {
                Agent::Record { record_type, id } => self.referred.push((record_type, id.clone())),
                Agent::Label(name) => self.texts.push((Rank::OtherName, name.clone())),
            },
            (Kind::Text(format), Value::Text(value)) => self
                .texts
                .extend(searchable(format, value).map(|(own, text)| (own.unwrap_or(rank), text))),
            _ => {}
        }
    }
}

/// Returns the searchable form of a text, if its format is searchable. Codes of countries and
/// regions are followed by their names.
fn searchable(format: &'static TextFormat, value: &str) -> Option<(Option<Rank>, String)> {
    let is = |other: &'static TextFormat| std::ptr::eq(format, other);
    if is(&text::REGION) {
        let name = rust_iso3166::iso3166_2::from_code(value).map(|region| region.name);
        let part = value.split_once('-').map_or(value, |(_, part)| part);
        Some((Some(Rank::Text), format!("{part} {}", name.unwrap_or_default())))
    } else if is(&text::COUNTRY) {
        let name = rust_iso3166::from_alpha2(value).map(|country| country.name);
        Some((Some(Rank::Text), format!("{value} {}", name.unwrap_or_default())))
    } else if is(&text::SHORT) || is(&text::LONG) || is(&text::SLUG) {
        Some((None, value.to_owned()))
    } else {
        None
    }
}
