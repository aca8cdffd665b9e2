//! The import of a table: its rows become a bundle, whose faults become faults of cells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::cells;
use super::header::{Slot, Table, at};
use super::lookup::Lookup;
use crate::editing::compare::compare;
use crate::editing::load::versions;
use crate::editing::new_ids::free_id;
use crate::editing::{Bundle, EditError, ImportSummary, ImportedRecord, import};
use crate::formats::csv::{self, ColumnPart};
use crate::formats::csv_reader;
use crate::model::{Catalogue, Fault, Faults, Kind, Place, RecordType};
use crate::store::{At, StoreError, StoreResult, Transaction};

/// The number of rows that are looked up together.
const BATCH: usize = 256;

/// A cell that an import changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct ChangedCell {
    /// The name of the column.
    pub column: String,
    /// The previous text of the cell; empty for a new record.
    pub before: String,
    /// The new text of the cell.
    pub after: String,
}

/// The change that an import made to the record of a row.
#[derive(Clone, Debug)]
pub struct TableChange {
    /// The change.
    pub done: ImportedRecord,
    /// The cells that differ.
    pub cells: Vec<ChangedCell>,
}

/// Writes the records of a table: a row whose id exists updates that record, and others create one.
/// Values without a column stay unchanged. Faults have the row and the column.
pub fn import_table(
    transaction: &mut Transaction<'_>,
    catalogue: Catalogue,
    table: &Table,
    progress: &mut dyn FnMut(usize),
) -> Result<(ImportSummary, Vec<TableChange>), EditError> {
    let mut faults = Faults::default();
    let records = records(transaction, table, &mut faults)?;
    let bundle = Map::from_iter([(table.record_type.plural.to_owned(), Json::Array(records))]);
    let text = serde_json::to_string(&bundle)
        .map_err(|error| StoreError::Internal(format!("a table cannot be read: {error}")))?;
    let bundle = Bundle::new(text)
        .map_err(|error| StoreError::Internal(format!("a table cannot be read: {error}")))?;
    let (mut changes, mut count) = (Vec::new(), 0);
    let imported = import(transaction, catalogue, &bundle, &mut |done| {
        count += 1;
        progress(count);
        changes.extend(done.operation.is_some().then_some(done));
    });
    match imported {
        Ok(imported) if faults.is_empty() => {
            Ok((imported, with_cells(transaction, table.record_type, &changes)?))
        }
        Ok(_) => Err(EditError::Invalid(faults.into_list())),
        Err(EditError::Invalid(found)) => {
            let mut faults = faults.into_list();
            add_faults(table, found, &mut faults);
            Err(EditError::Invalid(faults))
        }
        Err(other) => Err(other),
    }
}

/// Adds the faults of the bundle as those of cells, except where a cell has a fault already.
fn add_faults(table: &Table, found: Vec<Fault>, faults: &mut Vec<Fault>) {
    let unreadable: HashSet<String> = faults.iter().map(|fault| fault.place.to_string()).collect();
    let found = found.into_iter().map(|fault| to_cell(table, fault));
    faults.extend(found.filter(|fault| !unreadable.contains(&fault.place.to_string())));
    faults.sort_by_key(|fault| match &fault.place {
        Place::Cell(row, _) => *row,
        _ => 0,
    });
    faults.truncate(Faults::MAX);
}

/// Converts a fault of a bundle, such as at `/commitments/3/places/0/city`, to that of a cell.
fn to_cell(table: &Table, fault: Fault) -> Fault {
    let Place::Pointer(pointer) = &fault.place else { return fault };
    let mut steps = pointer.split('/').skip(2);
    let row = steps.next().and_then(|index| table.rows.get(index.parse::<usize>().ok()?));
    let Some(row) = row else { return fault };
    let steps: Vec<&str> = steps.collect();
    let (column, rest) = column_of(table, &steps);
    let message = match rest {
        [] => fault.message,
        [entry, members @ ..] => {
            let number = entry.parse::<usize>().map_or(0, |index| index + 1);
            let members: String = members.iter().map(|member| format!(", {member}")).collect();
            format!("entry {number}{members}: {}", fault.message)
        }
    };
    let place = Place::Cell(row.number, Some(column).filter(|column| !column.is_empty()));
    Fault { place, message, ..fault }
}

/// Returns the column that a pointer's steps lead to, and the remaining steps within its cell.
fn column_of<'s>(table: &Table, steps: &'s [&'s str]) -> (String, &'s [&'s str]) {
    let Some(slot) = table.slots.iter().find(|slot| steps.starts_with(&slot.path)) else {
        return column_of_export(table.record_type, steps);
    };
    let rest = &steps[slot.path.len()..];
    let suffix = match (slot.field.kind, rest.first()) {
        (Kind::Agent(_) | Kind::Reference(_), Some(&"type")) if slot.form.is_some() => "_type",
        (Kind::Agent(_) | Kind::Reference(_), Some(&"name")) => "_name",
        (Kind::Agent(_) | Kind::Reference(_), _) if slot.id.is_some() => "_id",
        (Kind::Agent(_) | Kind::Reference(_), _) => "_name",
        _ => return (slot.column(""), rest),
    };
    (slot.column(suffix), &[])
}

/// Returns the column of an exported table that a pointer's steps lead to, and the remaining steps
/// within its cell. Members of objects are columns, entries of lists are not.
fn column_of_export<'s>(
    record_type: &'static RecordType,
    steps: &'s [&'s str],
) -> (String, &'s [&'s str]) {
    let mut kind = steps.first().and_then(|name| record_type.field(name)).map(|field| field.kind);
    let mut length = steps.len().min(1);
    while let (Some(Kind::Object(object)), Some(name)) = (kind, steps.get(length)) {
        kind = object.fields.iter().find(|member| member.name == *name).map(|member| member.kind);
        length += 1;
    }
    if !matches!(kind, Some(Kind::List(_))) {
        length = steps.len();
    }
    (steps[..length].join("_"), &steps[length..])
}

/// Returns the records of all rows, as far as their cells can be read.
fn records(
    transaction: &mut Transaction<'_>,
    table: &Table,
    faults: &mut Faults,
) -> Result<Vec<Json>, EditError> {
    let mut lookup = Lookup::default();
    let mut records = Vec::with_capacity(table.rows.len());
    let id_of =
        |row: &csv_reader::Row| cells::text(&row.cells[table.id]).map(str::trim).map(str::to_owned);
    let mut taken: HashSet<String> = table.rows.iter().filter_map(id_of).collect();
    for rows in table.rows.chunks(BATCH) {
        let ids: Vec<String> = rows.iter().filter_map(id_of).collect();
        let mut stored = versions(transaction, table.record_type, &ids, At::Present)?;
        for row in rows {
            let id = id_of(row);
            let mut record = id.as_ref().and_then(|id| stored.remove(id)).unwrap_or_default();
            check_revision(table, row, &record, faults);
            for slot in &table.slots {
                let value = read_slot(transaction, slot, row, &record, &mut lookup)?;
                match value {
                    Ok(value) => cells::set(&mut record, &slot.path, value),
                    Err((column, why)) => {
                        at(faults, row.number, Some(&column), why.code, why.message, why.hint);
                    }
                }
            }
            let id = match id {
                Some(id) => id,
                None => free_id(transaction, table.record_type, &record, &taken)?,
            };
            taken.insert(id.clone());
            record.insert("id".to_owned(), id.into());
            records.push(Json::Object(record));
        }
    }
    Ok(records)
}

/// Reads the value of a slot. An error has the column and the reason.
fn read_slot(
    transaction: &mut Transaction<'_>,
    slot: &Slot,
    row: &csv_reader::Row,
    record: &Map<String, Json>,
    lookup: &mut Lookup,
) -> Result<super::lookup::Read, EditError> {
    if let Some(position) = slot.value {
        let value = cells::value(slot.field.kind, &row.cells[position]);
        return Ok(value.map_err(|why| (slot.column(""), why)));
    }
    let stored = slot.path[1..]
        .iter()
        .fold(record.get(slot.path[0]).unwrap_or(&Json::Null), |value, name| &value[*name]);
    lookup.read(transaction, slot, row, stored)
}

/// Adds a fault if the row and the record have different versions.
fn check_revision(
    table: &Table,
    row: &csv_reader::Row,
    record: &Map<String, Json>,
    faults: &mut Faults,
) {
    let given = table.revision.and_then(|position| cells::text(&row.cells[position]));
    let (Some(given), Some(stored)) = (given, record.get("revision").and_then(Json::as_i64)) else {
        return;
    };
    let column = Some("revision");
    match given.trim().parse::<i64>() {
        Ok(given) if given == stored => {}
        Ok(given) if given < stored => {
            let message = format!(
                "this record was changed at revision {stored}, after the \
                version in the table"
            );
            let hint = "export the record again, and make your change in that row";
            at(faults, row.number, column, "stale", message, Some(hint.to_owned()));
        }
        _ => {
            let message = format!("{given:?} is not the revision of this record");
            at(faults, row.number, column, "wrong-value", message, Some(stored.to_string()));
        }
    }
}

/// Adds to each change the cells that differ.
fn with_cells(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    changes: &[ImportedRecord],
) -> Result<Vec<TableChange>, EditError> {
    let mut complete = Vec::with_capacity(changes.len());
    compare(transaction, changes, |done, before, after| {
        let cells = differences(record_type, before.as_ref(), after.as_ref())?;
        complete.push(TableChange { done: done.clone(), cells });
        Ok(())
    })?;
    Ok(complete)
}

/// Returns the cells that differ between two versions of a record.
fn differences(
    record_type: &'static RecordType,
    before: Option<&Map<String, Json>>,
    after: Option<&Map<String, Json>>,
) -> StoreResult<Vec<ChangedCell>> {
    let (before, after) = (texts(record_type, before)?, texts(record_type, after)?);
    let columns = csv::columns(record_type, &[]);
    let cells = columns.into_iter().zip(before.into_iter().zip(after));
    let changed = cells
        .filter(|(column, (before, after))| {
            let is_name_of_record =
                column.part == ColumnPart::Name && matches!(column.field.kind, Kind::Reference(_));
            before != after && !column.field.read_only && !is_name_of_record
        })
        .map(|(column, (before, after))| ChangedCell { column: column.name, before, after })
        .collect();
    Ok(changed)
}

/// Returns the texts of a record's cells, or empty texts if there is no record.
fn texts(
    record_type: &'static RecordType,
    record: Option<&Map<String, Json>>,
) -> StoreResult<Vec<String>> {
    let mut table = csv::Table::default();
    let record = serde_json::to_string(&record)?;
    table.header(record_type, &[], false);
    table.row(record_type, &record, &[], None)?;
    let text = String::from_utf8_lossy(&table.into_bytes()).into_owned();
    let row = csv_reader::rows(&text).ok().and_then(|mut rows| rows.pop());
    Ok(row.map(|row| row.cells).unwrap_or_default())
}
