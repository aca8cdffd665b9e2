//! Records as CSV (RFC 4180): a column for each scalar, lists joined in one cell.

use crate::model::{Agent, Field, Kind, RecordType, number};
use crate::store::Row;
use crate::store::layout::width;
use crate::store::records::RecordRow;

/// What a column holds of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The value itself.
    Value,
    /// The type of whoever it refers to.
    Type,
    /// The id of what it refers to.
    Id,
    /// The name of what it refers to.
    Name,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// The field, or the member of an object, that it belongs to.
    pub field: &'static Field,
    /// What it holds of that.
    pub holds: Holds,
}

/// The columns of records, for these fields (none: all).
pub fn columns(record_type: &'static RecordType, fields: &[&'static str]) -> Vec<Column> {
    let mut columns = Vec::new();
    for field in record_type.all().iter().filter(|field| fields.is_empty() || fields.contains(&field.name)) {
        columns_of(field, field.name, &mut columns);
    }
    columns
}

/// A table as it is written.
#[derive(Debug)]
pub struct Table {
    writer: csv::Writer<Vec<u8>>,
    cell: Vec<u8>,
}

impl Default for Table {
    fn default() -> Self {
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).buffer_capacity(1 << 16).from_writer(Vec::new());
        Self { writer, cell: Vec::new() }
    }
}

impl Table {
    /// Writes the header row, for these fields (none: all); of an answer to a search, with a column for where each record was found.
    pub fn header(&mut self, record_type: &'static RecordType, fields: &[&'static str], highlighted: bool) {
        let mut names: Vec<String> = columns(record_type, fields).into_iter().map(|column| column.name).collect();
        names.extend(highlighted.then(|| "highlight".to_owned()));
        // Writing to memory does not fail.
        let _ = self.writer.write_record(names);
    }

    /// Writes a record, its cells in the order of the header.
    pub fn row(&mut self, record: RecordRow<'_>, fields: &[&'static str], highlight: Option<&str>) {
        let record_type = record.layout().record_type;
        let (mut column, mut list) = (0, 0);
        for field in record_type.all() {
            let shown = fields.is_empty() || fields.contains(&field.name);
            match field.kind {
                Kind::List(element) => {
                    if shown {
                        self.list(*element, record.entries(list));
                    }
                    list += 1;
                }
                Kind::Type if shown => self.text(Some(record_type.name)),
                kind if shown => self.value(kind, record.row, &mut column),
                kind => column += width(kind),
            }
        }
        if highlight.is_some() {
            self.text(highlight);
        }
        let _ = self.writer.write_record(None::<&[u8]>);
    }

    /// The rows written, as bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }

    /// Writes the cells of the value that begins at a column, and goes on to the next.
    fn value(&mut self, kind: Kind, row: &Row, column: &mut usize) {
        let at = *column;
        match kind {
            Kind::Object(object) => return object.fields.iter().for_each(|member| self.value(member.kind, row, column)),
            Kind::Reference(_) => {
                self.text(row.text(at));
                self.text(row.text(at + 1));
            }
            Kind::Agent => {
                let known = Agent::TARGETS.into_iter().enumerate().find_map(|(offset, target)| Some((target, row.text(at + offset)?)));
                let named = row.text(at + 2);
                self.text(known.map(|(target, _)| target).or(named.map(|_| "label")));
                self.text(known.map(|(_, id)| id));
                self.text(named);
            }
            _ => {
                self.cell.clear();
                add(&mut self.cell, kind, row, at);
                self.end_cell();
            }
        }
        *column += width(kind);
    }

    fn list(&mut self, element: Kind, entries: &[Row]) {
        self.cell.clear();
        if matches!(element, Kind::Object(_)) {
            if !entries.is_empty() {
                super::json::write_list(&mut self.cell, element, entries);
            }
        } else {
            for (index, entry) in entries.iter().enumerate() {
                self.cell.extend_from_slice(if index > 0 { b"; " } else { b"" });
                match element {
                    Kind::Agent => {
                        let shown = (1..=3).find_map(|column| entry.text(column));
                        self.cell.extend_from_slice(shown.unwrap_or_default().as_bytes());
                    }
                    element => add(&mut self.cell, element, entry, 1),
                }
            }
        }
        self.end_cell();
    }

    fn text(&mut self, text: Option<&str>) {
        self.cell.clear();
        self.cell.extend_from_slice(text.unwrap_or_default().as_bytes());
        self.end_cell();
    }

    /// Writes the cell. A spreadsheet runs cells that begin so as formulas; a leading apostrophe keeps them texts.
    fn end_cell(&mut self) {
        let formula = matches!(self.cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
        if formula && std::str::from_utf8(&self.cell).ok().and_then(|cell| cell.parse::<f64>().ok()).is_none() {
            self.cell.insert(0, b'\'');
        }
        let _ = self.writer.write_field(&self.cell);
    }
}

/// Adds a value of one cell.
fn add(cell: &mut Vec<u8>, kind: Kind, row: &Row, at: usize) {
    use std::io::Write as _;
    match kind {
        Kind::Integer(..) => drop(row.integer(at).map(|number| write!(cell, "{number}"))),
        Kind::Number => drop(row.number(at).map(|value| write!(cell, "{}", number(value)))),
        Kind::PastDue { .. } => cell.extend_from_slice(if row.integer(at) == Some(1) { b"true" } else { b"false" }),
        _ => cell.extend_from_slice(row.text(at).unwrap_or_default().as_bytes()),
    }
}

fn columns_of(field: &'static Field, name: &str, columns: &mut Vec<Column>) {
    let mut push = |name: String, holds: Holds| columns.push(Column { name, field, holds });
    match field.kind {
        Kind::Object(object) => object.fields.iter().for_each(|member| columns_of(member, &format!("{name}_{}", member.name), columns)),
        kind => {
            let all = [(Holds::Type, "_type"), (Holds::Id, "_id"), (Holds::Name, "_name"), (Holds::Value, "")];
            let held = match kind {
                Kind::Reference(_) => &all[1..3],
                Kind::Agent => &all[..3],
                _ => &all[3..],
            };
            held.iter().for_each(|(holds, suffix)| push(format!("{name}{suffix}"), *holds));
        }
    }
}
