//! Records as CSV (RFC 4180): a column for each scalar, lists joined in one cell.

use serde_json::value::RawValue;

use super::json::{member, members, unreadable};
use crate::model::{Field, Kind, RecordType};
use crate::store::StoreResult;

/// The part of a field's value that a column contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnPart {
    /// The value itself.
    Value,
    /// The type of the referenced record.
    Type,
    /// The id of the referenced record.
    Id,
    /// The name of the referenced record.
    Name,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// The field or the member of an object.
    pub field: &'static Field,
    /// The member names on the path from the record to that value.
    pub path: Vec<&'static str>,
    /// The part of its value.
    pub part: ColumnPart,
}

/// Returns the columns for these fields, or for all by default.
pub fn columns(record_type: &'static RecordType, fields: &[&'static str]) -> Vec<Column> {
    let mut columns = Vec::new();
    for field in
        record_type.all().iter().filter(|field| fields.is_empty() || fields.contains(&field.name))
    {
        columns_of(field, &[], &mut columns);
    }
    columns
}

/// The byte order mark by which Excel recognizes UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The prefixes of cells that spreadsheets take for formulas, including the full-width forms.
const FORMULA_STARTS: [char; 10] =
    ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A table being written.
#[derive(Debug, Default)]
pub struct Table {
    out: Vec<u8>,
    cell: String,
    /// The offset of the current row.
    row_start: usize,
    cells: usize,
}

impl Table {
    /// Writes a byte order mark. It must come first.
    pub fn byte_order_mark(&mut self) {
        self.out.extend_from_slice(BYTE_ORDER_MARK);
        self.row_start = self.out.len();
    }

    /// Writes the header row for these fields, or for all by default. Search results have a
    /// column with the highlight.
    pub fn header(
        &mut self,
        record_type: &'static RecordType,
        fields: &[&'static str],
        highlighted: bool,
    ) {
        for column in columns(record_type, fields) {
            self.text(Some(&column.name));
        }
        if highlighted {
            self.text(Some("highlight"));
        }
        self.end_row();
    }

    /// Writes a record, which is a JSON object or null, in the order of the header.
    pub fn row(
        &mut self,
        record_type: &'static RecordType,
        record: &str,
        fields: &[&'static str],
        highlight: Option<&str>,
    ) -> StoreResult<()> {
        let members = members(record)?;
        for field in record_type
            .all()
            .iter()
            .filter(|field| fields.is_empty() || fields.contains(&field.name))
        {
            self.value(field.kind, member(&members, field.name))?;
        }
        if highlight.is_some() {
            self.text(highlight);
        }
        self.end_row();
        Ok(())
    }

    /// Returns the rows as bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Writes the cells of a value.
    fn value(&mut self, kind: Kind, value: &RawValue) -> StoreResult<()> {
        match kind {
            Kind::Object(object) => {
                let members = members(value.get())?;
                for part in object.fields {
                    self.value(part.kind, member(&members, part.name))?;
                }
            }
            Kind::Reference(_) => self.members(value, &["id", "name"])?,
            Kind::Agent(_) => self.members(value, &["type", "id", "name"])?,
            Kind::List(element) => self.list(*element, value)?,
            _ => self.scalar(value)?,
        }
        Ok(())
    }

    fn members(&mut self, object: &RawValue, names: &[&str]) -> StoreResult<()> {
        let members = members(object.get())?;
        names.iter().try_for_each(|name| self.scalar(member(&members, name)))
    }

    fn scalar(&mut self, value: &RawValue) -> StoreResult<()> {
        self.cell.clear();
        push_value(&mut self.cell, value)?;
        self.end_cell();
        Ok(())
    }

    fn list(&mut self, element: Kind, value: &RawValue) -> StoreResult<()> {
        self.cell.clear();
        match (value.get(), element) {
            // A list of an object that is null is null too.
            ("[]" | "null", _) => {}
            (json, Kind::Object(_)) => self.cell.push_str(json),
            (json, _) => {
                let entries: Vec<&RawValue> = serde_json::from_str(json).map_err(unreadable)?;
                for (index, entry) in entries.into_iter().enumerate() {
                    self.cell.push_str(if index > 0 { "; " } else { "" });
                    self.entry(element, entry)?;
                }
            }
        }
        self.end_cell();
        Ok(())
    }

    /// Appends an entry of a list to the cell, such as `person:antony-blinken` or `label:Federal
    /// agencies`.
    fn entry(&mut self, element: Kind, entry: &RawValue) -> StoreResult<()> {
        let mut start = self.cell.len();
        match element {
            Kind::Agent(_) => {
                let members = members(entry.get())?;
                push_value(&mut self.cell, member(&members, "type"))?;
                self.cell.push(':');
                start = self.cell.len();
                let has_id = members.iter().any(|(name, _)| *name == "id");
                push_value(&mut self.cell, member(&members, if has_id { "id" } else { "name" }))?;
            }
            Kind::Reference(_) => push_value(&mut self.cell, member(&members(entry.get())?, "id"))?,
            _ => push_value(&mut self.cell, entry)?,
        }
        if self.cell[start..].contains([';', '\\']) {
            for character in self.cell.split_off(start).chars() {
                self.cell.extend(matches!(character, ';' | '\\').then_some('\\'));
                self.cell.push(character);
            }
        }
        Ok(())
    }

    fn text(&mut self, text: Option<&str>) {
        self.cell.clear();
        self.cell.push_str(text.unwrap_or_default());
        self.end_cell();
    }

    /// Writes the cell. A leading apostrophe keeps spreadsheets from running it as a formula. Cells
    /// with a semicolon are quoted, since many spreadsheets take it as a separator.
    fn end_cell(&mut self) {
        self.out.extend_from_slice(if self.cells > 0 { b"," } else { b"" });
        self.cells += 1;
        let apostrophe = if needs_apostrophe(&self.cell) { &b"'"[..] } else { b"" };
        if !self.cell.bytes().any(|byte| matches!(byte, b',' | b';' | b'"' | b'\r' | b'\n')) {
            self.out.extend_from_slice(apostrophe);
            self.out.extend_from_slice(self.cell.as_bytes());
            return;
        }
        self.out.push(b'"');
        self.out.extend_from_slice(apostrophe);
        for part in self.cell.split_inclusive('"') {
            self.out.extend_from_slice(part.as_bytes());
            self.out.extend_from_slice(if part.ends_with('"') { b"\"" } else { b"" });
        }
        self.out.push(b'"');
    }

    /// Ends the row. A single empty cell is quoted, since an empty line is not a row.
    fn end_row(&mut self) {
        if self.out.len() == self.row_start {
            self.out.extend_from_slice(b"\"\"");
        }
        self.out.extend_from_slice(b"\r\n");
        (self.row_start, self.cells) = (self.out.len(), 0);
    }
}

/// Returns whether a spreadsheet would run the cell as a formula. Plain numbers are safe. A cell
/// with apostrophes before a formula gets one more, so that readers can remove one.
fn needs_apostrophe(cell: &str) -> bool {
    let text = cell.trim_start_matches('\'');
    text.starts_with(FORMULA_STARTS) && (text.len() < cell.len() || !is_number(cell))
}

/// Returns the text of a cell without the apostrophe that prevents spreadsheets from running it.
pub fn without_apostrophe(cell: &str) -> &str {
    let text = cell.trim_start_matches('\'');
    let is_guarded = text.len() < cell.len() && text.starts_with(FORMULA_STARTS);
    if is_guarded { &cell[1..] } else { cell }
}

fn is_number(cell: &str) -> bool {
    let is_plain =
        cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    is_plain && cell.parse::<f64>().is_ok()
}

/// Appends a scalar to a cell.
fn push_value(cell: &mut String, value: &RawValue) -> StoreResult<()> {
    match value.get() {
        "null" => {}
        json if !json.starts_with('"') => cell.push_str(json),
        json if json.contains('\\') => {
            let text: String = serde_json::from_str(json).map_err(unreadable)?;
            cell.push_str(&text);
        }
        json => cell.push_str(&json[1..json.len() - 1]),
    }
    Ok(())
}

fn columns_of(field: &'static Field, parents: &[&'static str], columns: &mut Vec<Column>) {
    let path = [parents, &[field.name]].concat();
    let held = match field.kind {
        Kind::Object(object) => {
            return object.fields.iter().for_each(|member| columns_of(member, &path, columns));
        }
        Kind::Reference(_) => &[(ColumnPart::Id, "_id"), (ColumnPart::Name, "_name")][..],
        Kind::Agent(_) => {
            &[(ColumnPart::Type, "_type"), (ColumnPart::Id, "_id"), (ColumnPart::Name, "_name")]
        }
        _ => &[(ColumnPart::Value, "")],
    };
    for (part, suffix) in held {
        let name = format!("{}{suffix}", path.join("_"));
        columns.push(Column { name, field, path: path.clone(), part: *part });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut table = Table::default();
        table.text(Some(text));
        table.end_row();
        String::from_utf8(table.into_bytes()).unwrap_or_default()
    }

    #[test]
    fn keeps_spreadsheets_from_running_a_cell() {
        for start in FORMULA_STARTS.iter().filter(|start| **start != '\r') {
            for apostrophes in ["", "'", "QQ"] {
                let cell = format!("{}{start}A1", apostrophes.replace('Q', "'"));
                assert_eq!(written(&cell), format!("'{cell}\r\n"));
            }
        }
        for plain in ["-12.5", "+1e3", "'tis", "'", "a=b", ""] {
            assert!(!needs_apostrophe(plain), "{plain}");
        }
        for number_like in ["-inf", "+NaN", "-", "'-1", "\u{ff0d}1"] {
            assert!(needs_apostrophe(number_like), "{number_like}");
        }
    }

    #[test]
    fn quotes_cells_with_separators() {
        assert_eq!(written("a;=b"), "\"a;=b\"\r\n");
        assert_eq!(written("a,\"b\""), "\"a,\"\"b\"\"\"\r\n");
        assert_eq!(written("=a;b"), "\"'=a;b\"\r\n");
        assert_eq!(written(""), "\"\"\r\n");
        assert_eq!(written("plain text"), "plain text\r\n");
    }
}
