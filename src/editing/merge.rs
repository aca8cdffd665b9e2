//! Two records of one person or organization made one: every reference moves, and the old id leads to the other.

use std::collections::BTreeSet;

use super::circles::check_circles;
use super::entries::{follow, retain_distinct};
use super::load::{load, load_many};
use super::write::{existing, expect_if_said};
use super::{EditError, Edited, Expected};
use crate::model::{Agent, Faults, Kind, Pointer, Record, RecordType, Value};
use crate::store::{Operation, Standing, Statement, Transaction};

/// Records that are rewritten together.
const BATCH: usize = 256;

/// Merges a record into another of its type.
pub fn merge(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
    into: &str,
    expected: &Expected,
) -> Result<Edited, EditError> {
    let merged = existing(transaction, record_type, id)?;
    expect_if_said(expected, merged.revision())?;
    let mut faults = Faults::default();
    let root = Pointer::Root;
    if id == into {
        faults.at(&root.member("into"), "circle", "is the record itself", None);
    } else if !matches!(transaction.standing(record_type, into)?, Standing::Live(_)) {
        faults.at(&root.member("into"), "broken-reference", format!("there is no {} {into}", record_type.name), None);
    }
    if !faults.is_empty() {
        return Err(EditError::Invalid(faults.into_list()));
    }
    for (referrer, ids) in referrers(transaction, record_type, id)? {
        for ids in ids.chunks(BATCH) {
            for mut record in load_many(transaction, referrer, ids)? {
                let created_at = record.created_at().map(str::to_owned);
                move_references(referrer, &mut record.record, record_type.name, id, into);
                transaction.write(referrer, &record.record, Operation::Update, created_at.as_deref())?;
                check_circles(transaction, referrer, &record.record, &root, &mut faults)?;
            }
        }
    }
    if !faults.is_empty() {
        let told = faults.into_list().into_iter().map(|fault| format!("{}: {}", fault.place.name(), fault.message));
        return Err(EditError::Conflict(format!("merged, it would refer to itself ({})", told.collect::<Vec<_>>().join("; ")), Vec::new()));
    }
    transaction.merge(record_type, id, into)?;
    Ok(Edited::unchanged(load(transaction, record_type, into)?.ok_or(EditError::NotFound)?))
}

/// The records that refer to this one, by type.
fn referrers(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    id: &str,
) -> Result<Vec<(&'static RecordType, Vec<String>)>, EditError> {
    let mut found: Vec<(&'static RecordType, BTreeSet<String>)> = Vec::new();
    for (layout, part, column) in transaction.layouts.references_to(record_type.name) {
        let (table, owner) = part.map_or((layout.table(), "id"), |part| (part.table.as_str(), part.owner.as_str()));
        let mut select = Statement::new(format!(r#"SELECT "{owner}" FROM "{table}" WHERE "{}" = "#, column.name));
        select.bind(id);
        if let Some(shared) = part.and_then(|part| part.shared) {
            select.push(format!(r#" AND "record_type" = '{shared}'"#));
        }
        let rows = select.rows(transaction.connection)?;
        let ids = rows.iter().filter_map(|row| row.text(0)).map(str::to_owned);
        match found.iter_mut().find(|(other, _)| std::ptr::eq(*other, layout.record_type)) {
            Some((_, known)) => known.extend(ids),
            None => found.push((layout.record_type, ids.collect())),
        }
    }
    let itself = |referrer: &'static RecordType, other: &String| std::ptr::eq(referrer, record_type) && other == id;
    Ok(found.into_iter().map(|(referrer, ids)| (referrer, ids.into_iter().filter(|other| !itself(referrer, other)).collect())).collect())
}

/// Lets a record refer to another one instead; a list that held both holds one.
fn move_references(record_type: &'static RecordType, record: &mut Record, target: &str, from: &str, to: &str) {
    for (index, field) in record_type.written().enumerate() {
        if !replace(field.kind, &mut record.values[index], target, from, to) {
            continue;
        }
        if let Value::List(entries) = &mut record.values[index] {
            let moved = retain_distinct(entries);
            follow(record_type, record, field.name, &moved);
        }
    }
}

/// Replaces the references in a value, and tells whether there were any.
fn replace(kind: Kind, value: &mut Value, target: &str, from: &str, to: &str) -> bool {
    match (kind, value) {
        (Kind::Reference(name), Value::Text(id)) if name == target && id == from => to.clone_into(id),
        (Kind::Agent, Value::Agent(Agent::Person(id))) if target == "person" && id == from => to.clone_into(id),
        (Kind::Agent, Value::Agent(Agent::Organization(id))) if target == "organization" && id == from => to.clone_into(id),
        (Kind::Object(object), Value::Object(members)) => {
            let mut any = false;
            for (field, value) in object.fields.iter().zip(members) {
                any |= replace(field.kind, value, target, from, to);
            }
            return any;
        }
        (Kind::List(element), Value::List(entries)) => {
            let mut any = false;
            for entry in entries {
                any |= replace(*element, entry, target, from, to);
            }
            return any;
        }
        _ => return false,
    }
    true
}
