//! Records as CSV (RFC 4180): a column for each scalar, lists joined in one cell.

use serde_json::Value as Json;

use crate::model::{Field, Kind, RecordType};

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
    pub fn row(&mut self, record_type: &'static RecordType, record: &Json, fields: &[&'static str], highlight: Option<&str>) {
        for field in record_type.all().iter().filter(|field| fields.is_empty() || fields.contains(&field.name)) {
            self.value(field.kind, &record[field.name]);
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

    /// Writes the cells of a value.
    fn value(&mut self, kind: Kind, value: &Json) {
        match kind {
            Kind::Object(object) => object.fields.iter().for_each(|member| self.value(member.kind, &value[member.name])),
            Kind::Reference(_) => ["id", "name"].into_iter().for_each(|member| self.text(value[member].as_str())),
            Kind::Agent => ["type", "id", "name"].into_iter().for_each(|member| self.text(value[member].as_str())),
            Kind::List(element) => self.list(*element, value),
            _ => {
                self.cell.clear();
                add(&mut self.cell, value);
                self.end_cell();
            }
        }
    }

    fn list(&mut self, element: Kind, value: &Json) {
        self.cell.clear();
        let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
        if matches!(element, Kind::Object(_)) {
            if !entries.is_empty() {
                // Writing to memory does not fail.
                let _ = serde_json::to_writer(&mut self.cell, value);
            }
        } else {
            for (index, entry) in entries.iter().enumerate() {
                self.cell.extend_from_slice(if index > 0 { b"; " } else { b"" });
                match element {
                    Kind::Agent => {
                        let shown = ["id", "name"].into_iter().find_map(|member| entry[member].as_str());
                        self.cell.extend_from_slice(shown.unwrap_or_default().as_bytes());
                    }
                    Kind::Reference(_) => self.cell.extend_from_slice(entry["id"].as_str().unwrap_or_default().as_bytes()),
                    _ => add(&mut self.cell, entry),
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
fn add(cell: &mut Vec<u8>, value: &Json) {
    match value {
        Json::Null => {}
        Json::String(text) => cell.extend_from_slice(text.as_bytes()),
        other => cell.extend_from_slice(other.to_string().as_bytes()),
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
