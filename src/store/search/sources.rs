//! What a record is found by: which of its columns are texts, which refer to somebody whose names count as its own words.
//! Follows from the declarations.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{Agent, Kind, LabelPart, RecordType, TextFormat, text};
use crate::store::connection::AnyConnection;
use crate::store::dialect::any_of;
use crate::store::error::StoreResult;
use crate::store::layout::{Layout, Layouts, Lists, Part, join, main_date, plain, reference};
use crate::store::statement::{Row, Statement};

/// Where in a record a text stands; the first counts most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It is the record's name.
    Name,
    /// It is another name in the record.
    OtherName,
    /// It is a name of a person, an organization or an award that the record refers to, or its date.
    Referred,
    /// It is any other text.
    Text,
}

/// What a column holds for a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Text(Rank),
    Region,
    Country,
    Reference(&'static str),
}

/// The columns of a table that are searched, with what they hold.
type Columns = Vec<(String, Use)>;

/// What a record tells a search.
#[derive(Debug, Default)]
pub struct Told {
    /// The record's id.
    pub id: String,
    /// The record's main date.
    pub date: Option<String>,
    /// Its texts, with where they stand.
    pub texts: Vec<(Rank, String)>,
}

/// The names by which those are known that records refer to.
pub(super) type Names = HashMap<(&'static str, String), Rc<[String]>>;

/// As many records as one statement asks for.
pub(super) const BATCH: usize = 256;

/// What the records with these ids tell, in no particular order; those that are not there are missing.
pub fn read(connection: &mut AnyConnection, layouts: &Layouts, layout: &Layout, ids: &[String]) -> StoreResult<Vec<Told>> {
    read_with(connection, layouts, layout, ids, Lists::ALL, &mut Names::new())
}

/// The same, of those lists alone that may have entries, with the names that are known already.
pub(super) fn read_with(
    connection: &mut AnyConnection,
    layouts: &Layouts,
    layout: &Layout,
    ids: &[String],
    lists: Lists,
    names: &mut Names,
) -> StoreResult<Vec<Told>> {
    let mut told = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let (mut found, referred) = read_columns(connection, layout, ids, lists, |_| true)?;
        let mut missing: HashMap<&'static str, Vec<String>> = HashMap::new();
        for (target, id) in referred.iter().flatten().filter(|reference| !names.contains_key(*reference)) {
            let ids = missing.entry(target).or_default();
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        for (target, ids) in missing {
            let Some(layout) = layouts.named(target) else { continue };
            for ids in ids.chunks(BATCH) {
                let (found, _) =
                    read_columns(connection, layout, ids, Lists::ALL, |column| matches!(column, Use::Text(Rank::Name | Rank::OtherName)))?;
                let named = found.into_iter().map(|one| ((target, one.id), one.texts.into_iter().map(|(_, name)| name).collect()));
                names.extend(named);
            }
        }
        for (one, referred) in found.iter_mut().zip(referred) {
            for reference in referred {
                let known = names.get(&reference).into_iter().flat_map(|names| names.iter());
                one.texts.extend(known.map(|name| (Rank::Referred, name.clone())));
            }
        }
        told.extend(found);
    }
    Ok(told)
}

/// Whom a record refers to, by type and id.
type Referred = Vec<(&'static str, String)>;

/// What the wanted columns of records hold, and beside each record whom it refers to.
fn read_columns(
    connection: &mut AnyConnection,
    layout: &Layout,
    ids: &[String],
    lists: Lists,
    wanted: impl Fn(Use) -> bool,
) -> StoreResult<(Vec<Told>, Vec<Referred>)> {
    let record_type = layout.record_type;
    let of_table = |columns: Columns| columns.into_iter().filter(|(_, column)| wanted(*column)).collect::<Columns>();
    let own = of_table(own_columns(record_type));
    let date = if record_type.main_date.is_empty() { "CAST(NULL AS text)".to_owned() } else { main_date(record_type, "t") };
    let mut select = Statement::new(format!(r#"SELECT t."id", {date}{} FROM "{}" t WHERE t."id" IN "#, listed(&own, "t"), layout.table()));
    select.append(any_of(ids));
    let rows = select.rows(connection)?;
    let mut at: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    let mut told = Vec::with_capacity(rows.len());
    let mut referred = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut one = Told { id: row.text(0).unwrap_or_default().to_owned(), date: row.text(1).map(str::to_owned), texts: Vec::new() };
        let mut refers = Referred::new();
        take(row, 2, &own, &mut one.texts, &mut refers);
        // A record is called by its date, too: the meeting of 2014.
        one.texts.extend(one.date.clone().filter(|_| wanted(Use::Text(Rank::Text))).map(|date| (Rank::Referred, date)));
        at.insert(one.id.clone(), told.len());
        told.push(one);
        referred.push(refers);
    }
    for (_, part) in layout.parts.iter().enumerate().filter(|(place, _)| lists.has(*place)) {
        let columns = of_table(part_columns(part));
        if columns.is_empty() || told.is_empty() {
            continue;
        }
        let owner = format!(r#"p."{}""#, part.owner);
        let mut select = Statement::new(format!(r#"SELECT {owner}{} FROM "{}" p WHERE {owner} IN "#, listed(&columns, "p"), part.table));
        select.append(any_of(ids));
        if let Some(shared) = part.shared {
            select.push_fmt(format_args!(r#" AND p."record_type" = '{shared}'"#));
        }
        select.push_fmt(format_args!(r#" ORDER BY {owner}, p."position""#));
        for row in select.rows(connection)? {
            if let Some(index) = row.text(0).and_then(|id| at.get(id)).copied() {
                take(&row, 1, &columns, &mut told[index].texts, &mut referred[index]);
            }
        }
    }
    Ok((told, referred))
}

fn listed(columns: &Columns, alias: &str) -> String {
    columns.iter().map(|(name, _)| format!(r#", CAST({alias}."{name}" AS text)"#)).collect()
}

/// Takes what a row holds, from a column on.
fn take(row: &Row, first: usize, columns: &Columns, texts: &mut Vec<(Rank, String)>, referred: &mut Referred) {
    for (offset, (_, column)) in columns.iter().enumerate() {
        let Some(value) = row.text(first + offset) else { continue };
        match column {
            Use::Text(rank) => texts.push((*rank, value.to_owned())),
            Use::Reference(target) => referred.push((target, value.to_owned())),
            Use::Region => {
                let name = rust_iso3166::iso3166_2::from_code(value).map(|region| region.name);
                let part = value.split_once('-').map_or(value, |(_, part)| part);
                texts.push((Rank::Text, format!("{part} {}", name.unwrap_or_default())));
            }
            Use::Country => {
                let name = rust_iso3166::from_alpha2(value).map(|country| country.name);
                texts.push((Rank::Text, format!("{value} {}", name.unwrap_or_default())));
            }
        }
    }
}

fn own_columns(record_type: &'static RecordType) -> Columns {
    let mut columns = Vec::new();
    for field in record_type.written().filter(|field| !matches!(field.kind, Kind::List(_))) {
        let rank = match (field.name, field.is_name) {
            ("name", _) => Rank::Name,
            (_, true) => Rank::OtherName,
            _ => Rank::Text,
        };
        add(field.kind, field.name, rank, &mut columns);
    }
    // What a computed name tells besides those that it names.
    for part in record_type.label.unwrap_or_default() {
        match part {
            LabelPart::With(_, field) => columns.push(((*field).to_owned(), Use::Text(Rank::OtherName))),
            LabelPart::NameOf(field) => {
                let kind = record_type.field(field).map(|field| field.kind);
                if let Some(Kind::Reference(target)) =
                    kind.filter(|kind| !kind.targets().iter().all(|target| Agent::TARGETS.contains(target)))
                {
                    columns.push((reference(field, target), Use::Reference(target)));
                }
            }
            LabelPart::Text(_) => {}
        }
    }
    columns
}

fn part_columns(part: &Part) -> Columns {
    let mut columns = Vec::new();
    add(part.element, "", if part.field.is_name { Rank::OtherName } else { Rank::Text }, &mut columns);
    columns
}

fn add(kind: Kind, prefix: &str, rank: Rank, columns: &mut Columns) {
    let is = |format: &'static TextFormat, other: &'static TextFormat| std::ptr::eq(format, other);
    match kind {
        Kind::Text(format) if is(format, &text::REGION) => columns.push((plain(prefix), Use::Region)),
        Kind::Text(format) if is(format, &text::COUNTRY) => columns.push((plain(prefix), Use::Country)),
        Kind::Text(format) if is(format, &text::SHORT) || is(format, &text::LONG) || is(format, &text::SLUG) => {
            columns.push((plain(prefix), Use::Text(rank)));
        }
        Kind::List(_) => columns.push((plain(prefix), Use::Text(rank))),
        Kind::Reference(target) if Agent::TARGETS.contains(&target) => {
            columns.push((reference(prefix, target), Use::Reference(target)));
        }
        Kind::Agent => {
            columns.extend(Agent::TARGETS.map(|target| (join(prefix, &format!("{target}_id")), Use::Reference(target))));
            columns.push((join(prefix, "label"), Use::Text(Rank::OtherName)));
        }
        Kind::Object(object) => {
            for member in object.fields {
                let rank = if member.is_name { Rank::OtherName } else { rank };
                add(member.kind, &join(prefix, member.name), rank, columns);
            }
        }
        _ => {}
    }
}

/// What of which column is searched, in words: where it differs, the index is another one.
pub(super) fn design(layouts: &Layouts) -> String {
    let of_layout = |layout: &Layout| {
        let parts: Vec<Columns> = layout.parts.iter().map(part_columns).collect();
        format!("{} {:?} {:?} {parts:?}", layout.record_type.name, layout.record_type.main_date, own_columns(layout.record_type))
    };
    layouts.iter().map(of_layout).collect::<Vec<_>>().join("\n")
}
