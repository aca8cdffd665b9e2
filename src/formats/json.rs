//! Records as JSON.

use std::collections::HashMap;
use std::io::Write as _;

use serde_json::Value as Json;

use crate::model::{Agent, Kind, ObjectType, RecordType};
use crate::store::Row;
use crate::store::layout::width;
use crate::store::records::RecordRow;

/// What to write of a record besides, or instead of, its plain fields.
#[derive(Debug, Default)]
pub struct Shape {
    /// Only these fields; none: all.
    pub fields: Vec<&'static str>,
    /// The fields whose references become full records.
    pub expanded: Vec<&'static str>,
    /// The full records, by type and id, as JSON.
    pub records: HashMap<(&'static str, String), Vec<u8>>,
    /// What refers to each record: a name, and by the record's id the JSON to write there.
    pub backlinks: Vec<(&'static str, HashMap<String, Vec<u8>>)>,
    /// In an answer to a search, by the record's id, where it was found: HTML.
    pub highlights: Option<HashMap<String, String>>,
}

impl Shape {
    fn shows(&self, field: &str) -> bool {
        self.fields.is_empty() || self.fields.contains(&field)
    }

    /// Where the record was found, in an answer to a search.
    pub fn highlight(&self, id: &str) -> Option<&str> {
        self.highlights.as_ref().map(|highlights| highlights.get(id).map_or("", String::as_str))
    }
}

/// Writes a record as a JSON object.
pub fn write_record(out: &mut Vec<u8>, record: RecordRow<'_>, shape: &Shape) {
    let record_type = record.layout().record_type;
    let mut writer = Writer { out, shape, expand: false };
    writer.out.push(b'{');
    let (mut column, mut list, mut first) = (0, 0, true);
    for field in record_type.all() {
        let shown = shape.shows(field.name);
        if shown {
            writer.key(field.name, &mut first);
            writer.expand = shape.expanded.contains(&field.name);
        }
        match field.kind {
            Kind::List(element) => {
                if shown {
                    writer.list(*element, record.entries(list));
                }
                list += 1;
            }
            Kind::Type if shown => writer.text(record_type.name),
            kind if shown => writer.value(kind, record.row, &mut column),
            kind => column += width(kind),
        }
    }
    for (name, by_record) in &shape.backlinks {
        writer.key(name, &mut first);
        writer.out.extend_from_slice(by_record.get(record.id()).map_or(b"[]", Vec::as_slice));
    }
    if let Some(highlight) = shape.highlight(record.id()) {
        writer.key("highlight", &mut first);
        writer.text(highlight);
    }
    writer.out.push(b'}');
}

/// Writes the entries of a list as a JSON array.
pub fn write_list(out: &mut Vec<u8>, element: Kind, entries: &[Row]) {
    Writer { out, shape: &Shape::default(), expand: false }.list(element, entries);
}

/// The record as a JSON value.
pub fn to_value(record: RecordRow<'_>) -> Json {
    let mut bytes = Vec::with_capacity(2_048);
    write_record(&mut bytes, record, &Shape::default());
    serde_json::from_slice(&bytes).unwrap_or(Json::Null)
}

/// Writes a text as a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing to memory does not fail, and every text can be written.
    let _ = serde_json::to_writer(out, text);
}

/// Writes a reference: `{"type","id","name"}`.
pub fn write_reference(out: &mut Vec<u8>, record_type: &str, id: &str, name: &str) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(record_type.as_bytes());
    out.extend_from_slice(b"\",\"id\":\"");
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(b"\",\"name\":");
    write_text(out, name);
    out.push(b'}');
}

/// Writes a member with a text, or null.
pub fn write_member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    match value {
        Some(value) => write_text(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

struct Writer<'w> {
    out: &'w mut Vec<u8>,
    shape: &'w Shape,
    expand: bool,
}

impl Writer<'_> {
    fn key(&mut self, name: &str, first: &mut bool) {
        self.out.extend_from_slice(if *first { b"\"" } else { b",\"" });
        *first = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn text(&mut self, text: &str) {
        write_text(self.out, text);
    }

    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    fn list(&mut self, element: Kind, rows: &[Row]) {
        self.out.push(b'[');
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let mut column = 1;
            self.value_of(element, row, &mut column, true);
        }
        self.out.push(b']');
    }

    fn value(&mut self, kind: Kind, row: &Row, column: &mut usize) {
        self.value_of(kind, row, column, false);
    }

    /// Writes the value that begins at a column, and goes on to the next. An entry of a list is never null.
    fn value_of(&mut self, kind: Kind, row: &Row, column: &mut usize, entry: bool) {
        let at = *column;
        match kind {
            Kind::Object(object) => return self.object(object, row, column, entry),
            Kind::Reference(target) => match row.text(at) {
                Some(id) => self.referred(target, id, row.text(at + 1)),
                None => self.null(),
            },
            Kind::Agent => self.agent(row, at),
            Kind::Integer(..) => match row.integer(at) {
                Some(number) => drop(write!(self.out, "{number}")),
                None => self.null(),
            },
            Kind::Number => match row.number(at) {
                Some(value) => drop(write!(self.out, "{}", crate::model::number(value))),
                None => self.null(),
            },
            Kind::PastDue { .. } => self.out.extend_from_slice(if row.integer(at) == Some(1) { b"true" } else { b"false" }),
            // A list inside an entry of a list is stored as the JSON that it is read as.
            Kind::List(_) => self.out.extend_from_slice(row.text(at).unwrap_or("[]").as_bytes()),
            _ => match row.text(at) {
                Some(text) => write_text(self.out, text),
                None => self.null(),
            },
        }
        *column += width(kind);
    }

    fn object(&mut self, object: &ObjectType, row: &Row, column: &mut usize, entry: bool) {
        let end = *column + object.fields.iter().map(|member| width(member.kind)).sum::<usize>();
        if !entry && (*column..end).all(|at| row.is_null(at)) {
            self.null();
            *column = end;
            return;
        }
        self.out.push(b'{');
        let mut first = true;
        for member in object.fields {
            self.key(member.name, &mut first);
            self.value(member.kind, row, column);
        }
        self.out.push(b'}');
    }

    fn agent(&mut self, row: &Row, at: usize) {
        for (offset, target) in Agent::TARGETS.into_iter().enumerate() {
            if let Some(id) = row.text(at + offset) {
                return self.referred(target, id, row.text(at + 2));
            }
        }
        match row.text(at + 2) {
            Some(label) => {
                self.out.extend_from_slice(b"{\"type\":\"label\",\"name\":");
                write_text(self.out, label);
                self.out.push(b'}');
            }
            None => self.null(),
        }
    }

    fn referred(&mut self, target: &'static str, id: &str, name: Option<&str>) {
        if self.expand
            && let Some(full) = self.shape.records.get(&(target, id.to_owned()))
        {
            self.out.extend_from_slice(full);
        } else {
            write_reference(self.out, target, id, name.unwrap_or_default());
        }
    }
}

/// The ids that a record's expanded fields refer to, by type.
pub fn referred_ids(record: RecordRow<'_>, expanded: &[&'static str], ids: &mut HashMap<&'static str, Vec<String>>) {
    let record_type: &'static RecordType = record.layout().record_type;
    let (mut column, mut list) = (0, 0);
    for field in record_type.all() {
        let wanted = expanded.contains(&field.name);
        if let Kind::List(element) = field.kind {
            for row in record.entries(list).iter().filter(|_| wanted) {
                collect(*element, row, &mut 1, ids);
            }
            list += 1;
        } else if wanted {
            collect(field.kind, record.row, &mut column, ids);
        } else {
            column += width(field.kind);
        }
    }
}

fn collect(kind: Kind, row: &Row, column: &mut usize, ids: &mut HashMap<&'static str, Vec<String>>) {
    if let Kind::Object(object) = kind {
        object.fields.iter().for_each(|member| collect(member.kind, row, column, ids));
        return;
    }
    for (offset, target) in kind.targets().iter().copied().enumerate() {
        if let Some(id) = row.text(*column + offset) {
            let known = ids.entry(target).or_default();
            if !known.iter().any(|other| other == id) {
                known.push(id.to_owned());
            }
        }
    }
    *column += width(kind);
}
