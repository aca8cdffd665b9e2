//! The texts of cells as JSON.

use chrono::{NaiveTime, Timelike as _};
use serde_json::{Map, Value as Json};

use crate::formats::csv::without_apostrophe;
use crate::model::text::TIME;
use crate::model::{Field, Kind, LABEL, check_json, literal_faults};

/// The reason why a text cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// A short code that programs can compare.
    pub code: &'static str,
    /// The fault.
    pub message: String,
    /// A correct text.
    pub hint: Option<String>,
}

impl Unreadable {
    pub(super) fn new(code: &'static str, message: impl Into<String>, hint: &str) -> Self {
        Self { code, message: message.into(), hint: Some(hint.to_owned()) }
    }
}

/// Returns the text of a cell. None if it is empty.
pub(super) fn text(cell: &str) -> Option<&str> {
    Some(without_apostrophe(cell)).filter(|text| !text.trim().is_empty())
}

/// Returns the JSON of a cell that holds an entire value. Checks only what is necessary to read its
/// text.
pub(super) fn value(kind: Kind, cell: &str) -> Result<Json, Unreadable> {
    let text = text(cell);
    match (kind, text) {
        (Kind::List(_), None) => Ok(Json::Array(Vec::new())),
        (_, None) => Ok(Json::Null),
        (Kind::List(element), Some(text)) => list(*element, text),
        (Kind::Integer(..) | Kind::Number, Some(text)) => read_number(text.trim()),
        (Kind::Text(format), Some(text)) if std::ptr::eq(format, &TIME) => {
            Ok(time(text).unwrap_or_else(|| text.to_owned()).into())
        }
        (_, Some(text)) => Ok(text.into()),
    }
}

/// Returns a time as it is stored. Spreadsheets write `14:30` as `02:30:00 PM`.
fn time(text: &str) -> Option<String> {
    let formats = ["%I:%M:%S %p", "%I:%M %p", "%H:%M:%S"];
    let parse = |format: &&str| NaiveTime::parse_from_str(text.trim(), format).ok();
    let time = formats.iter().find_map(parse).filter(|time| time.second() == 0)?;
    Some(time.format("%H:%M").to_string())
}

/// Reads a number as people type it.
pub fn read_number(text: &str) -> Result<Json, Unreadable> {
    let literal = text.strip_prefix('+').unwrap_or(text);
    if let Some(fault) = literal_faults(literal).into_list().pop() {
        return Err(Unreadable { code: fault.code, message: fault.message, hint: fault.hint });
    }
    let number = serde_json::from_str::<serde_json::Number>(literal).ok();
    number.map(Json::Number).ok_or_else(|| {
        Unreadable::new(
            "wrong-type",
            format!("{text:?} is not a number"),
            "digits, with a point before the decimals and nothing between thousands: 1250000.5",
        )
    })
}

fn list(element: Kind, text: &str) -> Result<Json, Unreadable> {
    match element {
        Kind::Object(object) => objects(object.fields, text),
        Kind::Agent(types) => entries(text).iter().map(|entry| agent(types, entry)).collect(),
        Kind::Integer(..) | Kind::Number => {
            entries(text).iter().map(|entry| read_number(entry)).collect()
        }
        _ => Ok(entries(text).into_iter().map(Json::String).collect()),
    }
}

/// Returns the entries of a list: `a; b`, where `\;` is a semicolon and `\\` a backslash.
fn entries(text: &str) -> Vec<String> {
    let mut entries = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && matches!(next, ';' | '\\'));
        match (escaped, entries.last_mut()) {
            (None, _) if character == ';' => entries.push(String::new()),
            (escaped, Some(entry)) => entry.push(escaped.unwrap_or(character)),
            (_, None) => {}
        }
    }
    entries
        .iter()
        .map(|entry| entry.trim())
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

fn agent(types: &[&str], entry: &str) -> Result<Json, Unreadable> {
    let named = entry.split_once(':').map(|(form, named)| (form.trim(), named.trim()));
    match named {
        Some((LABEL, name)) => Ok(Json::from_iter([("type", LABEL), ("name", name)])),
        Some((form, id)) if types.contains(&form) => {
            Ok(Json::from_iter([("type", form), ("id", id)]))
        }
        _ => {
            let forms: Vec<String> = types.iter().map(|form| format!("{form}:ID")).collect();
            Err(Unreadable::new(
                "invalid-format",
                format!("{entry:?} does not identify a person or an organization"),
                &format!("{} or {LABEL}:NAME, with semicolons between them", forms.join(", ")),
            ))
        }
    }
}

fn objects(fields: &[Field], text: &str) -> Result<Json, Unreadable> {
    if let Some(fault) = literal_faults(text).into_list().pop() {
        return Err(Unreadable { code: fault.code, message: fault.message, hint: fault.hint });
    }
    let why = match check_json(text).and_then(|()| serde_json::from_str::<Json>(text)) {
        Ok(list) if list.is_array() => return Ok(list),
        Ok(_) => String::new(),
        Err(error) => format!(": {error}"),
    };
    let members: Vec<String> =
        fields.iter().map(|field| format!("\"{}\": …", field.name)).collect();
    let hint = format!("a list of objects as JSON: [{{{}}}]", members.join(", "));
    Err(Unreadable::new("wrong-type", format!("is not a list of objects as JSON{why}"), &hint))
}

/// Sets the value that a path of names leads to. Objects on the way are created.
pub(super) fn set(record: &mut Map<String, Json>, path: &[&'static str], value: Json) {
    match path {
        [] => {}
        [name] => drop(record.insert((*name).to_owned(), value)),
        [name, rest @ ..] => {
            let member = record.entry(*name).or_insert(Json::Null);
            if !member.is_object() {
                *member = Map::new().into();
            }
            if let Json::Object(members) = member {
                set(members, rest, value);
                // An object without a value is null.
                if members.values().all(Json::is_null) {
                    *member = Json::Null;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::text::SHORT;

    static AGENT: Kind = Kind::Agent(&["person", "organization"]);
    static TEXT: Kind = Kind::Text(&SHORT);

    #[test]
    fn splits_lists_at_unescaped_semicolons() {
        let texts = value(Kind::List(&TEXT), r"a\;b; c\\;;\d ; ").unwrap();
        assert_eq!(texts, json!(["a;b", "c\\", "\\d"]));
        assert_eq!(value(Kind::List(&TEXT), " ").unwrap(), json!([]));
    }

    #[test]
    fn parses_agents_as_records_or_labels() {
        let agents = value(Kind::List(&AGENT), "person:a; label:B: C;organization:d").unwrap();
        let expected = json!([
            { "type": "person", "id": "a" },
            { "type": "label", "name": "B: C" },
            { "type": "organization", "id": "d" },
        ]);
        assert_eq!(agents, expected);
        assert_eq!(value(Kind::List(&AGENT), "Labor").unwrap_err().code, "invalid-format");
    }

    #[test]
    fn reads_numbers_exactly_or_rejects_them() {
        assert_eq!(value(Kind::Number, "0.09090909090909091").unwrap(), json!(0.09090909090909091));
        for (text, code) in
            [("1,000", "wrong-type"), ("1e999", "out-of-range"), ("1e-999", "out-of-range")]
        {
            assert_eq!(value(Kind::Number, text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn reads_times_as_spreadsheets_write_them() {
        let read = |cell| value(Kind::Text(&TIME), cell).unwrap();
        for cell in ["14:30", "02:30:00 PM", "2:30 pm", "14:30:00"] {
            assert_eq!(read(cell), "14:30", "{cell}");
        }
        assert_eq!(read("14:30:07"), "14:30:07");
        assert_eq!(value(Kind::Text(&SHORT), "02:30:00 PM").unwrap(), "02:30:00 PM");
    }

    #[test]
    fn removes_the_apostrophe_before_a_formula() {
        let read = |cell| value(Kind::Text(&SHORT), cell).unwrap();
        assert_eq!(read("'=1+1"), "=1+1");
        assert_eq!(read("''=1+1"), "'=1+1");
        assert_eq!(read("'tis"), "'tis");
        assert_eq!(read("-12"), "-12");
    }

    #[test]
    fn treats_an_object_without_members_as_null() {
        let mut record = Map::new();
        set(&mut record, &["location", "city"], "Boston".into());
        assert_eq!(record["location"], json!({ "city": "Boston" }));
        set(&mut record, &["location", "city"], Json::Null);
        assert_eq!(record["location"], Json::Null);
    }
}
