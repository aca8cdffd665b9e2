//! Collects the searchable texts of records: their own texts, and names of records that they refer
//! to.

use std::collections::{BTreeSet, HashMap};
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
    /// The record's computed name. A search for all of it ranks it like a name. Its single words
    /// rank like those of other names, so that records with their own names come first.
    ComputedName,
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
    /// The texts with their ranks.
    pub texts: Vec<(Rank, String)>,
}

/// A cache of the names of referenced records, by type and id.
pub(super) type Names = HashMap<Reference, Rc<[String]>>;

/// Number of records that are read with one statement.
pub(super) const BATCH: usize = 256;

/// The type and id of a referenced record.
pub(super) type Reference = (&'static str, String);

/// The searchable texts of a record, without the names of records that it refers to.
#[derive(Debug)]
pub(super) struct OwnTexts {
    /// The main date of the record.
    pub(super) date: Option<String>,
    pub(super) texts: Vec<(Rank, String)>,
    /// The records whose names are searchable too.
    pub(super) referred: Vec<Reference>,
    /// The parts of a computed name.
    pub(super) label: Vec<NamePart>,
}

/// A part of a computed name.
#[derive(Debug)]
pub(super) enum NamePart {
    Text(String),
    NameOf(Reference),
}

/// Returns a computed name. None if there are no parts.
pub(super) fn computed_name(parts: &[NamePart], names: &Names) -> Option<String> {
    let part = |part: &NamePart| match part {
        NamePart::Text(text) => text.clone(),
        NamePart::NameOf(reference) => {
            let name = names.get(reference).and_then(|names| names.first());
            name.cloned().unwrap_or_default()
        }
    };
    Some(parts.iter().map(part).collect()).filter(|name: &String| !name.is_empty())
}

/// Reads the searchable texts of the records with these keys, in no particular order.
pub fn read(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    record_type: &'static RecordType,
    keys: &[i64],
    at: At,
) -> StoreResult<Vec<SearchSource>> {
    let agents: Vec<&'static str> = indexes.agents().collect();
    let mut sources = Vec::with_capacity(keys.len());
    for keys in keys.chunks(BATCH) {
        let versions = versions(connection, record_type, keys, at)?;
        let own: Vec<(i64, OwnTexts)> = versions
            .iter()
            .map(|version| (version.key, OwnTexts::of(record_type, &version.record, &agents)))
            .collect();
        let mut names = Names::new();
        let referred = own.iter().flat_map(|(_, own)| &own.referred);
        read_names(connection, indexes, referred, at, &mut Keys::new(), &mut names)?;
        sources.extend(own.into_iter().map(|(key, own)| {
            let OwnTexts { mut texts, referred, label, .. } = own;
            texts.extend(computed_name(&label, &names).map(|name| (Rank::ComputedName, name)));
            let shown = referred.iter().filter_map(|reference| names.get(reference));
            texts.extend(
                shown.flat_map(|names| names.iter()).map(|name| (Rank::Referred, name.clone())),
            );
            SearchSource { key, texts }
        }));
    }
    Ok(sources)
}

/// Reads missing names of referenced records, including their other names. Keys that are not in
/// `keys` are added.
pub(super) fn read_names<'r>(
    connection: &mut AnyConnection,
    indexes: &Indexes,
    referred: impl Iterator<Item = &'r Reference>,
    at: At,
    keys: &mut Keys,
    names: &mut Names,
) -> StoreResult<()> {
    let missing: BTreeSet<&Reference> =
        referred.filter(|reference| !names.contains_key(*reference)).collect();
    let missing: Vec<Reference> = missing.into_iter().cloned().collect();
    find_keys(connection, &missing, keys)?;
    for of_type in missing.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((target, index)) =
            of_type.first().and_then(|(target, _)| Some((*target, indexes.named(target)?)))
        else {
            continue;
        };
        let keys: Vec<i64> = of_type.iter().filter_map(|id| keys.get(id)).copied().collect();
        for version in versions(connection, index.record_type, &keys, at)? {
            let own = OwnTexts::of(index.record_type, &version.record, &[]);
            let own_names = own
                .texts
                .into_iter()
                .filter(|(rank, _)| matches!(rank, Rank::Name | Rank::OtherName))
                .map(|(_, name)| name);
            names.insert((target, version.record.id), own_names.collect());
        }
    }
    Ok(())
}

impl OwnTexts {
    /// Returns the texts of a record. `agents` are the types whose names are searchable in records
    /// that refer to them.
    pub(super) fn of(
        record_type: &'static RecordType,
        record: &Record,
        agents: &[&'static str],
    ) -> Self {
        let mut collector = Collector { agents, texts: Vec::new(), referred: Vec::new() };
        let (lists, own): (Vec<_>, Vec<_>) = record_type
            .written()
            .zip(&record.values)
            .partition(|(field, _)| matches!(field.kind, Kind::List(_)));
        for (field, value) in own {
            collector.add(field.kind, value, rank_of(field));
        }
        let mut label = Vec::new();
        for part in record_type.label.unwrap_or_default() {
            match part {
                LabelPart::With(before, field) => {
                    let text = match record.value(record_type, field) {
                        Value::Integer(number) => Some(number.to_string()),
                        value => value.as_text().map(str::to_owned),
                    };
                    label.extend(text.iter().map(|text| NamePart::Text(format!("{before}{text}"))));
                    collector.texts.extend(text.map(|text| (Rank::OtherName, text)));
                }
                LabelPart::NameOf(field) => match record.value(record_type, field) {
                    Value::Agent(Agent::Record { record_type: target, id }) => {
                        label.push(NamePart::NameOf((target, id.clone())));
                    }
                    Value::Agent(Agent::Label(name)) => label.push(NamePart::Text(name.clone())),
                    value => {
                        let kind = record_type.field(field).map(|field| field.kind);
                        let (Some(Kind::Reference(target)), Some(id)) = (kind, value.as_text())
                        else {
                            continue;
                        };
                        label.push(NamePart::NameOf((target, id.to_owned())));
                        if !agents.contains(&target) {
                            collector.referred.push((target, id.to_owned()));
                        }
                    }
                },
                LabelPart::Text(text) => label.push(NamePart::Text((*text).to_owned())),
            }
        }
        for (field, value) in lists {
            let rank = if field.is_name { Rank::OtherName } else { Rank::Text };
            collector.add(field.kind, value, rank);
        }
        let Collector { mut texts, referred, .. } = collector;
        let date = main_date_of(record_type, record);
        // Dates are searchable, as in "meeting 2014".
        texts.extend(date.clone().map(|date| (Rank::Referred, date)));
        Self { date, texts, referred, label }
    }
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
    referred: Vec<Reference>,
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
