//! A table as sent by a client, with the meaning of its columns.

use crate::formats::csv::{Column, ColumnPart, columns};
use crate::formats::csv_reader::{Malformed, Row, rows};
use crate::model::{Fault, Faults, Field, Kind, Place, RecordType, nearest};

/// A column of search results, which belongs to no field.
const HIGHLIGHT: &str = "highlight";

/// Records of one type, as the rows of a table.
#[derive(Debug)]
pub struct Table {
    pub(super) record_type: &'static RecordType,
    pub(super) slots: Vec<Slot>,
    /// The positions of the columns that name the record and its version.
    pub(super) id: usize,
    pub(super) revision: Option<usize>,
    /// The rows that have a text, without the header.
    pub(super) rows: Vec<Row>,
}

/// A value of a record, and the positions of the columns that hold it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) field: &'static Field,
    pub(super) path: Vec<&'static str>,
    pub(super) value: Option<usize>,
    pub(super) form: Option<usize>,
    pub(super) id: Option<usize>,
    pub(super) name: Option<usize>,
}

impl Slot {
    fn new(column: &Column) -> Self {
        let (field, path) = (column.field, column.path.clone());
        Self { field, path, value: None, form: None, id: None, name: None }
    }

    /// Returns the name of the column with the value, its type, its id or its name.
    pub(super) fn column(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.path.join("_"))
    }
}

impl Table {
    /// Reads a CSV text as a table of records of this type.
    pub fn parse(record_type: &'static RecordType, text: &str) -> Result<Self, Vec<Fault>> {
        let mut rows = rows(text).map_err(|Malformed { row, why }| {
            vec![Fault {
                place: Place::Cell(row, None),
                code: "malformed",
                message: why.to_owned(),
                hint: None,
            }]
        })?;
        let body = rows.split_off(rows.len().min(1));
        let header = rows.pop().filter(|row| !row.is_blank());
        let mut faults = Faults::default();
        let table = match header {
            Some(header) => read_header(record_type, &header, body, &mut faults),
            None => {
                at(&mut faults, 1, None, "required", "is empty, but names the columns", None);
                None
            }
        };
        table.filter(|_| faults.is_empty()).ok_or_else(|| faults.into_list())
    }

    /// Returns the number of its records.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

/// Adds a fault of a row, or of a cell in it.
pub(super) fn at(
    faults: &mut Faults,
    row: usize,
    column: Option<&str>,
    code: &'static str,
    message: impl Into<String>,
    hint: Option<String>,
) {
    let place = Place::Cell(row, column.map(str::to_owned));
    faults.push(Fault { place, code, message: message.into(), hint });
}

fn read_header(
    record_type: &'static RecordType,
    header: &Row,
    mut rows: Vec<Row>,
    faults: &mut Faults,
) -> Option<Table> {
    let known = columns(record_type, &[]);
    let names: Vec<&str> = header.cells.iter().map(|cell| cell.trim()).collect();
    let is_known = |name: &str| known.iter().any(|column| column.name == name);
    if !names.iter().any(|name| is_known(name)) {
        let hint = known.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!(
            "does not name the columns of {}; the first row of a table is its header",
            record_type.plural.replace('_', " ")
        );
        at(faults, 1, None, "required", message, Some(hint));
        return None;
    }
    rows.retain(|row| !row.is_blank());
    check_widths(names.len(), &mut rows, faults);
    let mut slots: Vec<Slot> = Vec::new();
    for (position, name) in names.iter().enumerate() {
        if names[..position].contains(name) && !name.is_empty() {
            at(faults, 1, Some(name), "repeated", "is the name of two columns", None);
            continue;
        }
        let Some(column) = known.iter().find(|column| column.name == *name) else {
            check_unknown(record_type, name, position, &rows, faults);
            continue;
        };
        if !slots.iter().any(|slot| slot.path == column.path) {
            slots.push(Slot::new(column));
        }
        let slot = slots.iter_mut().find(|slot| slot.path == column.path)?;
        *match column.part {
            ColumnPart::Value => &mut slot.value,
            ColumnPart::Type => &mut slot.form,
            ColumnPart::Id => &mut slot.id,
            ColumnPart::Name => &mut slot.name,
        } = Some(position);
    }
    let position = |name: &str| names.iter().position(|other| *other == name);
    let Some(id) = position("id") else {
        let hint = "add the column id; its cells may be empty for new records";
        at(faults, 1, Some("id"), "required", "is missing", Some(hint.to_owned()));
        return None;
    };
    slots.retain(|slot| slot.path != ["id"] && !is_ignored(slot));
    Some(Table { record_type, slots, id, revision: position("revision"), rows })
}

/// Returns whether a slot is ignored on import, because only the server sets its value.
fn is_ignored(slot: &Slot) -> bool {
    slot.field.read_only && !matches!(slot.field.kind, Kind::Type)
}

fn check_widths(width: usize, rows: &mut [Row], faults: &mut Faults) {
    for row in rows {
        // Some spreadsheets write empty cells beyond the last column.
        while row.cells.len() > width && row.cells.last().is_some_and(|cell| cell.is_empty()) {
            row.cells.pop();
        }
        if row.cells.len() != width {
            let message = format!(
                "has {} cells, but the header has {width}; a cell that contains the separator \
                must be in quotation marks",
                row.cells.len()
            );
            at(faults, row.number, None, "wrong-length", message, None);
        }
    }
}

fn check_unknown(
    record_type: &'static RecordType,
    name: &str,
    position: usize,
    rows: &[Row],
    faults: &mut Faults,
) {
    let is_blank = |row: &Row| row.cells.get(position).is_none_or(|cell| cell.trim().is_empty());
    if name == HIGHLIGHT || (name.is_empty() && rows.iter().all(is_blank)) {
        return;
    }
    let known = columns(record_type, &[]);
    let hint = nearest(name, known.iter().map(|column| column.name.as_str())).map(str::to_owned);
    let message = if name.is_empty() {
        format!("has no name for column {}", position + 1)
    } else {
        format!("is not a column of {}", record_type.plural.replace('_', " "))
    };
    let column = Some(name).filter(|name| !name.is_empty());
    at(faults, 1, column, "unknown-column", message, hint);
}
