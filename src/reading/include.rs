//! Included records: full records in place of references, and records that refer to a record.

use std::collections::HashMap;

use crate::formats::json::{Shape, collect_references, members, to_value, write_record};
use crate::model::{Backlink, Kind, RecordType, Referrers};
use crate::records::CATALOGUE;
use crate::records::Reference;
use crate::store::document::Keys;
use crate::store::index::key_column;
use crate::store::links::referrers;
use crate::store::records::{Document, find_keys};
use crate::store::{Snapshot, Statement, StoreError, StoreResult};

/// A field or backlink to include, and the ones to include with its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The name of a field with references, or of a backlink.
    pub name: &'static str,
    /// The names to include with the included records.
    pub inner: Vec<&'static str>,
}

/// Returns all names that `include` accepts for records of this type.
pub fn includable(record_type: &'static RecordType) -> Vec<&'static str> {
    let fields = record_type
        .all()
        .iter()
        .filter(|field| !targets(field.kind).is_empty())
        .map(|field| field.name);
    fields.chain(record_type.backlinks.iter().map(|backlink| backlink.name)).collect()
}

/// Returns the types of the records that are included under a name.
pub fn included_types(record_type: &'static RecordType, name: &str) -> Vec<&'static RecordType> {
    let backlink = record_type.backlinks.iter().find(|backlink| backlink.name == name);
    let names = match (record_type.field(name), backlink) {
        (Some(field), _) => targets(field.kind),
        (None, Some(Backlink { from: Referrers::Field(name, _), .. })) => vec![*name],
        _ => Vec::new(),
    };
    names.into_iter().filter_map(|name| CATALOGUE.get(name)).collect()
}

/// Returns the types that a value of this kind may refer to.
fn targets(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Object(object) => {
            let mut found: Vec<&'static str> =
                object.fields.iter().flat_map(|member| targets(member.kind)).collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        Kind::List(element) => targets(*element),
        kind => kind.targets().to_vec(),
    }
}

/// Returns the shape of a response: the requested fields, and the included records of the whole
/// page.
pub(super) fn shape(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    documents: &[Document],
    fields: &[&'static str],
    include: &[Include],
) -> StoreResult<Shape> {
    let mut shape = Shape { fields: fields.to_vec(), ..Shape::default() };
    shape.expanded = include
        .iter()
        .map(|include| include.name)
        .filter(|name| record_type.field(name).is_some())
        .collect();
    if !shape.fields.is_empty() {
        // Included fields are always present.
        let more: Vec<&'static str> =
            shape.expanded.iter().copied().filter(|name| !shape.fields.contains(name)).collect();
        shape.fields.extend(more);
    }
    for include in include {
        if record_type.field(include.name).is_some() {
            expand(snapshot, record_type, documents, include, &mut shape)?;
        } else if let Some(backlink) =
            record_type.backlinks.iter().find(|backlink| backlink.name == include.name)
        {
            let keys: Vec<i64> = documents.iter().map(|document| document.key).collect();
            let found = match backlink.from {
                Referrers::Roles => roles(snapshot, record_type, documents)?,
                Referrers::Citations => cited_by(snapshot, &keys)?,
                Referrers::Field(name, field) => {
                    referring(snapshot, name, field, &keys, &include.inner)?
                }
            };
            shape.backlinks.push((backlink.name, found));
        }
    }
    Ok(shape)
}

/// Reads the records that a field of the given records refers to.
fn expand(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    documents: &[Document],
    include: &Include,
    shape: &mut Shape,
) -> StoreResult<()> {
    let mut found = Vec::new();
    for document in documents {
        let field = members(document.text()?)?.into_iter().find(|(name, _)| *name == include.name);
        if let Some((_, value)) = field {
            let value = serde_json::from_str(value.get())
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            collect_references(&value, &mut found);
        }
    }
    for target in included_types(record_type, include.name) {
        let ids = found
            .iter()
            .filter(|(name, _)| name == target.name)
            .map(|(_, id)| (target.name, id.clone()));
        let mut keys = Keys::new();
        find_keys(snapshot.connection(), &ids.collect::<Vec<_>>(), &mut keys)?;
        let mut keys: Vec<i64> = keys.into_values().collect();
        keys.sort_unstable();
        let documents = snapshot.documents(target, &keys)?;
        let inner = inner_shape(snapshot, target, &documents, &include.inner)?;
        for document in &documents {
            let mut json = Vec::new();
            write_record(&mut json, document, &inner)?;
            let full = to_value(&json)?;
            let id = full["id"].as_str().unwrap_or_default().to_owned();
            shape.records.insert((target.name.to_owned(), id), full);
        }
    }
    Ok(())
}

/// Returns the shape of included records. Names that their type does not have are skipped.
fn inner_shape(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    documents: &[Document],
    inner: &[&'static str],
) -> StoreResult<Shape> {
    let known = includable(record_type);
    let inner: Vec<Include> = inner
        .iter()
        .filter(|name| known.contains(name))
        .map(|name| Include { name, inner: Vec::new() })
        .collect();
    shape(snapshot, record_type, documents, &[], &inner)
}

/// Reads the full records of a type that refer to the given records by a field, in the order of
/// their positions. Returns them by the key of the referenced record.
fn referring(
    snapshot: &mut Snapshot<'_>,
    record_type: &str,
    field: &str,
    to: &[i64],
    inner: &[&'static str],
) -> StoreResult<HashMap<i64, Vec<u8>>> {
    let indexes = snapshot.indexes;
    let unknown = || {
        StoreError::Internal(format!("a backlink names the unknown field {field} of {record_type}"))
    };
    let index = indexes.named(record_type).ok_or_else(unknown)?;
    let kind = index.record_type.field(field).ok_or_else(unknown)?.kind;
    let column = key_column(kind, field);
    let position = if index.columns.iter().any(|column| column.name == "position") {
        r#"t."position" IS NULL, t."position", "#
    } else {
        ""
    };
    let mut owners: HashMap<i64, i64> = HashMap::new();
    let mut keys = Vec::new();
    let mut select = Statement::new(format!(
        r#"SELECT t."record_key", t."{column}" FROM "{}" t WHERE "#,
        index.table()
    ));
    select
        .append(snapshot.at().valid("t"))
        .push(format!(r#" AND t."{column}" IN "#))
        .append(snapshot.database().keys(to))
        .push_fmt(format_args!(r#" ORDER BY {position}t."id""#));
    for row in select.rows(snapshot.connection())? {
        let key = row.required_integer(0)?;
        owners.insert(key, row.required_integer(1)?);
        keys.push(key);
    }
    let documents = snapshot.documents(index.record_type, &keys)?;
    let shape = inner_shape(snapshot, index.record_type, &documents, inner)?;
    let mut lists = Lists::default();
    for document in &documents {
        let mut json = Vec::new();
        write_record(&mut json, document, &shape)?;
        lists.add(owners.get(&document.key).copied().unwrap_or_default(), &json);
    }
    Ok(lists.close())
}

/// JSON arrays by the key of the record that they belong to.
#[derive(Default)]
struct Lists(HashMap<i64, Vec<u8>>);

impl Lists {
    fn add(&mut self, owner: i64, json: &[u8]) {
        let list = self.0.entry(owner).or_default();
        list.push(if list.is_empty() { b'[' } else { b',' });
        list.extend_from_slice(json);
    }

    fn close(mut self) -> HashMap<i64, Vec<u8>> {
        self.0.values_mut().for_each(|list| list.push(b']'));
        self.0
    }
}

fn roles(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    documents: &[Document],
) -> StoreResult<HashMap<i64, Vec<u8>>> {
    let mut lists = Lists::default();
    let keys: Vec<i64> = documents.iter().map(|document| document.key).collect();
    for (key, roles) in super::roles::roles_of(snapshot, record_type, &keys, None)? {
        for role in roles {
            lists.add(key, &serde_json::to_vec(&role)?);
        }
    }
    Ok(lists.close())
}

/// Returns references to the records that refer to documents.
fn cited_by(snapshot: &mut Snapshot<'_>, keys: &[i64]) -> StoreResult<HashMap<i64, Vec<u8>>> {
    let at = snapshot.at();
    let mut found = referrers(snapshot.connection(), keys, at)?;
    // A record that refers to a document by several fields is listed once.
    found.dedup_by(|one, next| (one.to, one.key) == (next.to, next.key));
    let referring: Vec<i64> = found.iter().map(|referrer| referrer.key).collect();
    let names = snapshot.names(&referring)?;
    let mut lists = Lists::default();
    for referrer in found {
        let name = names.get(&referrer.key).cloned().unwrap_or_default();
        let reference = Reference { record_type: referrer.record_type, id: referrer.id, name };
        lists.add(referrer.to, &serde_json::to_vec(&reference)?);
    }
    Ok(lists.close())
}
