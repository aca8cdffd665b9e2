//! Encodes records as stored JSON text, and fills in derived values when they are read.
//!
//! A document has the record's members as they were entered, in the order of the declaration, and
//! the metadata of the version. Derived values (names of referenced records, computed names,
//! whether a date has passed) have holes instead: byte offsets at which one more member belongs.
//! Reading a record copies its text around the holes. The text without them is valid JSON.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::BytesMut;
use serde_json::Value as Json;

use super::error::{StoreError, StoreResult};
use crate::digest::sha256;
use crate::model::{Agent, Field, Kind, LABEL, Record, RecordType, Value, number};

/// The lengths of a checksum and of a shape.
const CHECKSUM: usize = 8;
const SHAPE: usize = 8;

/// The keys of records, by type and id.
pub type Keys = HashMap<(&'static str, String), i64>;

/// The names of records, by key.
pub type Names = HashMap<i64, String>;

/// Names of records as JSON strings, in the order of their keys.
#[derive(Debug, Default)]
pub struct JsonNames(Vec<(i64, Arc<str>)>);

impl FromIterator<(i64, Arc<str>)> for JsonNames {
    fn from_iter<T: IntoIterator<Item = (i64, Arc<str>)>>(names: T) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable_by_key(|(key, _)| *key);
        Self(names)
    }
}

impl JsonNames {
    fn get(&self, key: i64) -> Option<&str> {
        let index = self.0.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(&self.0[index].1)
    }
}

/// The metadata of a version, which ends its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The revision that wrote the version.
    pub revision: i64,
    /// The time at which the record was created.
    pub created_at: String,
    /// The time at which the version was written.
    pub updated_at: String,
}

/// An encoded document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The JSON text.
    pub document: String,
    /// A checksum of the text and of what follows (CRC-32, in hexadecimal), the [`shape`], then the
    /// holes, each after a space: `OFFSET:KEY` for the name of a record, `OFFSET=MEMBER=DATE` for
    /// whether a date has passed (`OFFSET=MEMBER=` without a date).
    pub holes: String,
}

/// Encodes a version of the record with the key `own` as a document. All references must have keys.
pub fn encode(
    record_type: &'static RecordType,
    record: &Record,
    metadata: &Metadata,
    own: i64,
    keys: &Keys,
) -> StoreResult<Encoded> {
    let mut encoder = Encoder {
        out: String::with_capacity(1_024),
        holes: shape(record_type),
        keys,
        missing: None,
    };
    encoder.out.push('{');
    let mut values = record.values.iter();
    for field in record_type.all() {
        if field.kind.is_computed() {
            match field.kind {
                Kind::Type => encoder.member("type", |encoder| encoder.text(record_type.name)),
                Kind::Label(_) => encoder.hole(format_args!(":{own}")),
                Kind::PastDue { date, state, ended } => {
                    let waiting = record
                        .value(record_type, state)
                        .as_text()
                        .is_none_or(|state| !ended.contains(&state));
                    let due = record.value(record_type, date).as_text().filter(|_| waiting);
                    encoder.hole(format_args!("={}={}", field.name, due.unwrap_or_default()));
                }
                _ => {}
            }
        } else if field.name == "id" {
            encoder.member("id", |encoder| encoder.text(&record.id));
        } else if !field.read_only {
            let value = values.next().unwrap_or(&Value::Null);
            encoder.member(field.name, |encoder| encoder.value(field.kind, value));
        }
    }
    let Metadata { revision, created_at, updated_at } = metadata;
    encoder.member("revision", |encoder| encoder.out.push_str(&revision.to_string()));
    encoder.member("created_at", |encoder| encoder.text(created_at));
    encoder.member("updated_at", |encoder| encoder.text(updated_at));
    encoder.out.push('}');
    match encoder.missing {
        Some(missing) => Err(StoreError::Internal(format!(
            "{} {}: no key for {missing}",
            record_type.name, record.id
        ))),
        None => {
            let checksum = checksum(encoder.out.as_bytes(), encoder.holes.as_bytes());
            let holes = format!("{checksum:08x}{}", encoder.holes);
            Ok(Encoded { document: encoder.out, holes })
        }
    }
}

struct Encoder<'k> {
    out: String,
    holes: String,
    keys: &'k Keys,
    missing: Option<String>,
}

impl Encoder<'_> {
    fn member(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        let _ = write!(self.out, "\"{name}\":");
        write(self);
    }

    fn hole(&mut self, filled_by: std::fmt::Arguments<'_>) {
        let _ = write!(self.holes, " {}{filled_by}", self.out.len());
    }

    fn text(&mut self, text: &str) {
        // Serializing a string cannot fail.
        self.out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }

    fn value(&mut self, kind: Kind, value: &Value) {
        match (kind, value) {
            (Kind::Object(object), Value::Object(members)) => {
                self.out.push('{');
                for (member, value) in object.fields.iter().zip(members) {
                    self.member(member.name, |encoder| encoder.value(member.kind, value));
                }
                self.out.push('}');
            }
            (Kind::List(element), Value::List(entries)) => {
                self.out.push('[');
                for (index, entry) in entries.iter().enumerate() {
                    self.out.push_str(if index > 0 { "," } else { "" });
                    self.value(*element, entry);
                }
                self.out.push(']');
            }
            (Kind::Reference(target), Value::Text(id)) => self.reference(target, id),
            (_, Value::Agent(Agent::Record { record_type, id })) => self.reference(record_type, id),
            (_, Value::Agent(Agent::Label(name))) => {
                let _ = write!(self.out, "{{\"type\":\"{LABEL}\",\"name\":");
                self.text(name);
                self.out.push('}');
            }
            (_, Value::Text(text)) => self.text(text),
            (_, Value::Date(date)) => self.text(date.as_str()),
            (_, Value::Moment(moment)) => self.text(&moment.to_string()),
            (_, Value::Integer(integer)) => drop(write!(self.out, "{integer}")),
            (_, Value::Number(value)) => drop(write!(self.out, "{}", number(*value))),
            (_, Value::Null | Value::Object(_) | Value::List(_)) => self.out.push_str("null"),
        }
    }

    fn reference(&mut self, target: &'static str, id: &str) {
        let _ = write!(self.out, "{{\"type\":\"{target}\",\"id\":\"{id}\"");
        match self.keys.get(&(target, id.to_owned())) {
            Some(key) => self.hole(format_args!(":{key}")),
            None => drop(self.missing.get_or_insert_with(|| format!("the {target} {id}"))),
        }
        self.out.push('}');
    }
}

/// A hole of a document: the byte offset of the member that belongs there, and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole<'h> {
    offset: usize,
    content: HoleContent<'h>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HoleContent<'h> {
    /// The name of the record with this key.
    Name(i64),
    /// Whether a date has passed: the member and the date, which may be empty.
    PastDue(&'h [u8], &'h [u8]),
}

impl Hole<'_> {
    /// Returns the key of the record whose name fills the hole.
    pub fn shown_key(&self) -> Option<i64> {
        match self.content {
            HoleContent::Name(key) => Some(key),
            HoleContent::PastDue(..) => None,
        }
    }
}

/// Returns the checksum of a document and its holes, which detects damage before it reaches a
/// response.
fn checksum(document: &[u8], holes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(document);
    hasher.update(holes);
    hasher.finalize()
}

/// Returns whether the document and its holes match their checksum.
pub fn is_intact(document: &[u8], holes: &[u8]) -> bool {
    let Some((expected, holes)) = split_checksum(holes) else { return false };
    let expected =
        std::str::from_utf8(expected).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
    expected == Some(checksum(document, holes))
}

/// Returns whether a document with these holes has this shape.
pub fn has_shape(holes: &[u8], shape: &str) -> bool {
    split_checksum(holes).is_some_and(|(_, rest)| rest.starts_with(shape.as_bytes()))
}

/// Splits stored holes after their checksum.
fn split_checksum(holes: &[u8]) -> Option<(&[u8], &[u8])> {
    holes.split_at_checked(CHECKSUM)
}

/// Parses the holes of a document, and adds them to others. Returns `None` if the document or its
/// holes are damaged.
pub fn parse_holes<'h>(document: &[u8], holes: &'h [u8], parsed: &mut Vec<Hole<'h>>) -> Option<()> {
    if !is_intact(document, holes) {
        return None;
    }
    let mut rest = split_checksum(holes)?.1.get(SHAPE..)?;
    while let [b' ', after @ ..] = rest {
        let (offset, after) = leading_number(after)?;
        let content;
        (content, rest) = match after {
            [b':', after @ ..] => {
                let (key, after) = leading_number(after)?;
                (HoleContent::Name(key), after)
            }
            [b'=', after @ ..] => {
                let (member, after) = after.split_at(after.iter().position(|byte| *byte == b'=')?);
                let end = after.iter().position(|byte| *byte == b' ').unwrap_or(after.len());
                (HoleContent::PastDue(member, &after[1..end]), &after[end..])
            }
            _ => return None,
        };
        parsed.push(Hole { offset: usize::try_from(offset).ok()?, content });
    }
    rest.is_empty().then_some(())
}

/// Splits a text after the number at its start. Reading the digits once is faster than searching
/// for their end and parsing them.
fn leading_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let (mut number, mut length) = (0_i64, 0);
    for digit in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        number = number.checked_mul(10)?.checked_add((digit - b'0').into())?;
        length += 1;
    }
    (length > 0).then(|| (number, &text[length..]))
}

/// Writes a document with its holes filled. Returns `None` if it is damaged.
pub fn fill(
    document: &[u8],
    holes: &[Hole<'_>],
    names: &JsonNames,
    today: &str,
    out: &mut BytesMut,
) -> Option<()> {
    let mut done = 0;
    for hole in holes {
        out.extend_from_slice(document.get(done..hole.offset)?);
        done = hole.offset;
        match hole.content {
            HoleContent::Name(key) => {
                out.extend_from_slice(b",\"name\":");
                out.extend_from_slice(names.get(key)?.as_bytes());
            }
            HoleContent::PastDue(member, date) => {
                // A month or a year has not passed while it includes today.
                let today = today.as_bytes();
                let past = !date.is_empty() && date < today && !today.starts_with(date);
                let value: &[u8] = if past { b"true" } else { b"false" };
                [b",\"", member, b"\":", value].iter().for_each(|part| out.extend_from_slice(part));
            }
        }
    }
    out.extend_from_slice(document.get(done..)?);
    Some(())
}

/// Parses a document. A document that does not match its declaration is reported as damaged.
pub fn decode(
    record_type: &'static RecordType,
    document: &[u8],
) -> StoreResult<(Metadata, Record)> {
    let damaged = |why: String| {
        StoreError::Unavailable(format!("the document of a {} is damaged: {why}", record_type.name))
    };
    let json: Json =
        serde_json::from_slice(document).map_err(|error| damaged(error.to_string()))?;
    decode_metadata(&json)
        .zip(decode_json(record_type, &json))
        .ok_or_else(|| damaged("it does not match the declaration".to_owned()))
}

fn decode_metadata(json: &Json) -> Option<Metadata> {
    let text = |name: &str| json.get(name)?.as_str().map(str::to_owned);
    Some(Metadata {
        revision: json.get("revision")?.as_i64()?,
        created_at: text("created_at")?,
        updated_at: text("updated_at")?,
    })
}

/// Returns the values of a parsed document. Missing members are null, because its digests do not
/// cover them.
pub fn decode_json(record_type: &'static RecordType, json: &Json) -> Option<Record> {
    let id = json.get("id")?.as_str()?.to_owned();
    let values =
        record_type.written().map(|field| member(field, json)).collect::<Option<Vec<Value>>>()?;
    Some(Record { id, values })
}

/// Replaces null members with the defaults of the declaration.
pub fn complete(record_type: &'static RecordType, record: &mut Record) {
    for (field, value) in record_type.written().zip(&mut record.values) {
        complete_value(field, value);
    }
}

fn complete_value(field: &Field, value: &mut Value) {
    if let (Value::Null, Some(default)) = (&*value, field.default) {
        *value = Value::Text(default.to_owned());
    }
    complete_members(field.kind, value);
}

fn complete_members(kind: Kind, value: &mut Value) {
    match (kind, value) {
        (Kind::Object(object), Value::Object(members)) => {
            object
                .fields
                .iter()
                .zip(members)
                .for_each(|(field, value)| complete_value(field, value));
        }
        (Kind::List(element), Value::List(entries)) => {
            entries.iter_mut().for_each(|entry| complete_members(*element, entry));
        }
        _ => {}
    }
}

fn member(field: &Field, object: &Json) -> Option<Value> {
    match (object.get(field.name), field.kind) {
        (Some(json), kind) if !json.is_null() => value(kind, json),
        (_, Kind::List(_)) => Some(Value::List(Vec::new())),
        _ => Some(Value::Null),
    }
}

fn value(kind: Kind, json: &Json) -> Option<Value> {
    Some(match kind {
        Kind::Date => Value::Date(json.as_str()?.parse().ok()?),
        Kind::Moment => Value::Moment(json.as_str()?.parse().ok()?),
        Kind::Integer(..) => Value::Integer(json.as_i64()?),
        Kind::Number => Value::Number(json.as_f64()?),
        Kind::Reference(_) => Value::Text(json.get("id")?.as_str()?.to_owned()),
        Kind::Agent(record_types) => {
            let text = |name: &str| json.get(name)?.as_str().map(str::to_owned);
            Value::Agent(match json.get("type")?.as_str()? {
                LABEL => Agent::Label(text("name")?),
                given => Agent::Record {
                    record_type: record_types.iter().find(|name| **name == given)?,
                    id: text("id")?,
                },
            })
        }
        Kind::Object(object) => Value::Object(
            object
                .fields
                .iter()
                .map(|field| member(field, json))
                .collect::<Option<Vec<Value>>>()?,
        ),
        Kind::List(element) => Value::List(
            json.as_array()?
                .iter()
                .map(|entry| value(*element, entry))
                .collect::<Option<Vec<Value>>>()?,
        ),
        Kind::Text(_) | Kind::Enumeration(_) => Value::Text(json.as_str()?.to_owned()),
        Kind::Type | Kind::Label(_) | Kind::PastDue { .. } => return None,
    })
}

/// Returns the fingerprint of a declaration. A document with a different one is completed when it
/// is read.
pub fn shape(record_type: &'static RecordType) -> String {
    static SHAPES: LazyLock<Mutex<HashMap<&'static str, String>>> = LazyLock::new(Mutex::default);
    let mut shapes = SHAPES.lock().unwrap_or_else(PoisonError::into_inner);
    shapes
        .entry(record_type.name)
        .or_insert_with(|| {
            let mut declared = String::new();
            record_type
                .all()
                .iter()
                .for_each(|field| describe(field.name, field.kind, &mut declared));
            sha256(declared)[..SHAPE].to_owned()
        })
        .clone()
}

/// Describes everything in a declaration that determines the contents of the index tables and the
/// search index, apart from the columns that follow from the kinds of fields.
pub fn declared(record_type: &'static RecordType) -> String {
    let mut declared =
        format!("{} {:?} {:?}", shape(record_type), record_type.main_date, record_type.label);
    record_type.all().iter().for_each(|field| declare(field, &mut declared));
    declared
}

fn declare(field: &Field, out: &mut String) {
    let _ = write!(out, " {} {} {} {:?}", field.name, field.is_name, field.indexed, field.default);
    if let Kind::Enumeration(choices) = field.kind {
        choices.iter().for_each(|choice| out.extend([" ", choice.value]));
    }
    if let Kind::Object(object) = field.kind.element() {
        object.fields.iter().for_each(|member| declare(member, out));
    }
}

fn describe(name: &str, kind: Kind, out: &mut String) {
    let _ = write!(out, "{name}:");
    match kind {
        Kind::Object(object) => {
            out.push('{');
            object.fields.iter().for_each(|member| describe(member.name, member.kind, out));
            out.push('}');
        }
        Kind::List(element) => describe("[]", *element, out),
        Kind::Reference(target) => out.push_str(target),
        Kind::Agent(_) => out.push_str("agent"),
        Kind::Label(_) => out.push_str("label"),
        Kind::PastDue { .. } => out.push_str("past due"),
        _ => out.push_str("value"),
    }
    out.push(';');
}
