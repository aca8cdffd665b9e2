//! Records as CSV (RFC 4180): a column for each scalar, lists joined in one cell.

use serde_json::Value as Json;

use crate::model::{Field, Kind, RecordType};
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

/// The header row, for these fields (none: all); of an answer to a search, with a column for where each record was found.
pub fn header(record_type: &'static RecordType, fields: &[&'static str], highlighted: bool) -> Vec<String> {
    let names = columns(record_type, fields).into_iter().map(|column| column.name);
    names.chain(highlighted.then(|| "highlight".to_owned())).collect()
}

/// The cells of a record, in the order of the header.
pub fn row(record: RecordRow<'_>, fields: &[&'static str], highlight: Option<&str>) -> Vec<String> {
    let json = super::json::to_value(record);
    let mut cells = Vec::new();
    for field in record.layout().record_type.all().iter().filter(|field| fields.is_empty() || fields.contains(&field.name)) {
        cells_of(field.kind, &json[field.name], &mut cells);
    }
    cells.extend(highlight.map(str::to_owned));
    cells.into_iter().map(neutralize).collect()
}

/// One row, quoted as needed.
pub fn write(out: &mut Vec<u8>, cells: &[String]) {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *out);
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    let _ = writer.flush();
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

fn cells_of(kind: Kind, json: &Json, cells: &mut Vec<String>) {
    match kind {
        Kind::Reference(_) => cells.extend(["id", "name"].map(|member| plain(&json[member]))),
        Kind::Agent => cells.extend(["type", "id", "name"].map(|member| plain(&json[member]))),
        Kind::Object(object) => object.fields.iter().for_each(|member| cells_of(member.kind, &json[member.name], cells)),
        Kind::List(Kind::Object(_)) => cells.push(if json.as_array().is_none_or(Vec::is_empty) { String::new() } else { json.to_string() }),
        Kind::List(element) => {
            let entries = json.as_array().map(Vec::as_slice).unwrap_or_default();
            let shown = |entry: &Json| match element {
                Kind::Reference(_) => plain(&entry["id"]),
                Kind::Agent => entry["id"].as_str().or(entry["name"].as_str()).unwrap_or_default().to_owned(),
                _ => plain(entry),
            };
            cells.push(entries.iter().map(shown).collect::<Vec<_>>().join("; "));
        }
        _ => cells.push(plain(json)),
    }
}

fn plain(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A spreadsheet runs cells that begin so as formulas; a leading apostrophe keeps them texts.
fn neutralize(cell: String) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell }
}
