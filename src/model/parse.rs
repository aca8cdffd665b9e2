//! Parses JSON to values. Every write passes through it. All faults are reported at once, each with
//! its pointer.

use serde_json::{Map, Value as Json};

use super::kind::TextFormat;
use super::{
    Agent, Choice, Faults, Field, InvalidFormat, Kind, LABEL, Moment, ObjectType, PartialDate,
    Pointer, Record, RecordType, Value, nearest, number, text,
};

/// The maximum number of entries in a list.
pub const MAX_LIST_LENGTH: usize = 500;

/// The hint for an empty value that need not be given.
const LEAVE_OUT: &str = "leave it out or send null if it is not known";

/// The hint for an empty entry of a list, which cannot be null.
pub const REMOVE_ENTRY: &str = "remove the entry";

/// Parses a record with an id. Returns None if it has faults.
///
/// Read-only values are only checked for their type. Pointers in sources are checked by the caller,
/// which knows the version that they belong to.
pub fn parse_record(
    record_type: &'static RecordType,
    json: &Json,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<Record> {
    let before = faults.len();
    let record = parse_readable(record_type, json, at, faults);
    record.filter(|_| faults.len() == before)
}

/// Parses the valid parts of a record despite its faults. The result is used only to find more
/// faults, and must not be stored if there are any.
pub fn parse_readable(
    record_type: &'static RecordType,
    json: &Json,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<Record> {
    let members = parse_members(record_type, json, at, faults)?;
    let id = parse_field(record_type.all()[1], members, at, faults);
    let values: Vec<Value> =
        record_type.written().map(|field| parse_field(field, members, at, faults)).collect();
    let record = Record { id: id.as_text().unwrap_or_default().to_owned(), values };
    for (start, end) in record_type.intervals {
        let value = |name| record.value(record_type, name);
        check_interval((start, value(start)), (end, value(end)), at, faults);
    }
    Some(record)
}

/// Returns the members of a record after checking their names.
pub fn parse_members<'j>(
    record_type: &'static RecordType,
    json: &'j Json,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<&'j Map<String, Json>> {
    let Json::Object(members) = json else {
        wrong_type(json, "an object", at, faults);
        return None;
    };
    for (name, value) in members {
        let pointer = at.member(name);
        match record_type.field(name) {
            None => unknown_member(
                name,
                record_type.all().iter().map(|field| field.name),
                &pointer,
                faults,
            ),
            Some(Field { kind: Kind::Type, .. }) if value != record_type.name => {
                faults.at(
                    &pointer,
                    "wrong-value",
                    format!("must be {}", record_type.name),
                    Some(record_type.name.to_owned()),
                );
            }
            Some(field) if field.read_only => check_read_only(field.kind, value, &pointer, faults),
            Some(_) => {}
        }
    }
    Some(members)
}

/// Checks the type of a read-only value. The value is ignored.
fn check_read_only(kind: Kind, json: &Json, at: &Pointer<'_>, faults: &mut Faults) {
    let (is_right, expected) = match kind {
        Kind::PastDue { .. } => (json.is_boolean() || json.is_null(), "true or false"),
        Kind::Integer(..) => {
            (json.as_f64().is_some_and(|number| number.fract() == 0.0), "an integer")
        }
        Kind::Label(_) => (json.is_string() || json.is_null(), "a string"),
        _ => (json.is_string(), "a string"),
    };
    if !is_right {
        wrong_type(json, expected, at, faults);
    }
}

fn parse_field(
    field: &Field,
    members: &Map<String, Json>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Value {
    let pointer = at.member(field.name);
    match members.get(field.name) {
        None | Some(Json::Null) => match (field.default, field.kind) {
            (Some(default), _) => Value::Text(default.to_owned()),
            (None, Kind::List(_)) => Value::List(Vec::new()),
            (None, _) if field.required => {
                faults.at(
                    &pointer,
                    "required",
                    format!("{} is required", field.name),
                    Some(expected(field.kind)),
                );
                Value::Null
            }
            (None, _) => Value::Null,
        },
        Some(json) => {
            let if_empty = (!field.required).then_some(LEAVE_OUT);
            parse_value(field.kind, json, if_empty, &pointer, faults)
        }
    }
}

/// Parses a value. `if_empty` is the hint for an empty text.
fn parse_value(
    kind: Kind,
    json: &Json,
    if_empty: Option<&str>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Value {
    match kind {
        Kind::Text(format) => with_text(json, kind, at, faults, |text, faults| {
            parse_text(format, text, if_empty, at, faults)
        }),
        Kind::Enumeration(choices) => with_text(json, kind, at, faults, |text, faults| {
            parse_choice(choices, text, at, faults)
        }),
        Kind::Date => with_text(json, kind, at, faults, |text, faults| {
            match text::strip(text).parse::<PartialDate>() {
                Ok(date) => Value::Date(date),
                Err(why) => reject(
                    at,
                    "invalid-date",
                    quoted(text::strip(text), &why),
                    Some("YYYY, YYYY-MM or YYYY-MM-DD".to_owned()),
                    faults,
                ),
            }
        }),
        Kind::Moment => with_text(json, kind, at, faults, |text, faults| {
            match text::strip(text).parse::<Moment>() {
                Ok(moment) => Value::Moment(moment),
                Err(why) => reject(at, "invalid-moment", quoted(text, &why), None, faults),
            }
        }),
        Kind::Integer(min, max) => match parse_number(json, kind, at, faults) {
            Value::Number(value) => match number::as_integer(value) {
                Some(number) if (min..=max).contains(&number) => Value::Integer(number),
                Some(number) => reject(
                    at,
                    "out-of-range",
                    format!("{number} is not between {min} and {max}"),
                    None,
                    faults,
                ),
                None => reject(at, "wrong-type", format!("{json} is not an integer"), None, faults),
            },
            other => other,
        },
        Kind::Number => parse_number(json, kind, at, faults),
        Kind::Reference(target) => parse_reference(target, json, if_empty, at, faults),
        Kind::Agent(record_types) => parse_agent(record_types, json, at, faults),
        Kind::Object(object) => parse_object(object, json, at, faults),
        Kind::List(element) => parse_list(*element, json, at, faults),
        // Computed values in a body are ignored.
        Kind::Type | Kind::Label(_) | Kind::PastDue { .. } => Value::Null,
    }
}

fn parse_number(json: &Json, kind: Kind, at: &Pointer<'_>, faults: &mut Faults) -> Value {
    let Json::Number(given) = json else {
        return wrong_type(json, &expected(kind), at, faults);
    };
    match number::from_json(given) {
        Ok(value) => Value::Number(value),
        Err(why) => {
            reject(at, "out-of-range", why, Some(number::TOO_LARGE_HINT.to_owned()), faults)
        }
    }
}

fn with_text(
    json: &Json,
    kind: Kind,
    at: &Pointer<'_>,
    faults: &mut Faults,
    parse: impl FnOnce(&str, &mut Faults) -> Value,
) -> Value {
    match json {
        Json::String(text) => parse(text, faults),
        _ => wrong_type(json, &expected(kind), at, faults),
    }
}

fn parse_text(
    format: &TextFormat,
    text: &str,
    if_empty: Option<&str>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Value {
    let cleaned = match text::clean(text, format.multiline) {
        Ok(cleaned) => cleaned,
        Err(why) => return reject(at, "invalid-text", why, None, faults),
    };
    if cleaned.is_empty() {
        return reject(at, "empty", "is empty", if_empty.map(str::to_owned), faults);
    }
    let length = cleaned.chars().count();
    if length > format.max_length {
        return reject(
            at,
            "too-long",
            format!(
                "has {length} characters; a {} can have at most {}",
                format.name, format.max_length
            ),
            None,
            faults,
        );
    }
    match (format.check)(&cleaned) {
        Ok(canonical) => Value::Text(canonical.into_owned()),
        Err(InvalidFormat { why, hint }) => {
            reject(at, "invalid-format", quoted(&cleaned, why), hint, faults)
        }
    }
}

fn parse_choice(choices: &[Choice], text: &str, at: &Pointer<'_>, faults: &mut Faults) -> Value {
    let text = text::strip(text);
    if choices.iter().any(|choice| choice.value == text) {
        return Value::Text(text.to_owned());
    }
    let all: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
    let hint = nearest(text, all.iter().copied()).map(str::to_owned);
    reject(
        at,
        "wrong-value",
        quoted(text, &format!("is not one of {}", all.join(", "))),
        hint,
        faults,
    )
}

fn parse_reference(
    target: &'static str,
    json: &Json,
    if_empty: Option<&str>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Value {
    match json {
        Json::String(id) => parse_text(&text::SLUG, id, if_empty, at, faults),
        Json::Object(members) => {
            if let Some(given) = members.get("type").filter(|given| *given != target) {
                faults.at(
                    &at.member("type"),
                    "wrong-value",
                    format!("{given} is not allowed; this must refer to a record of type {target}"),
                    Some(target.to_owned()),
                );
            }
            check_name(members, at, faults);
            match members.get("id") {
                Some(Json::String(id)) => {
                    parse_text(&text::SLUG, id, None, &at.member("id"), faults)
                }
                Some(other) => wrong_type(other, "an id", &at.member("id"), faults),
                None => reject(&at.member("id"), "required", "id is required", None, faults),
            }
        }
        _ => wrong_type(json, &expected(Kind::Reference(target)), at, faults),
    }
}

/// Checks the form of a name in a reference. The name itself is ignored.
fn check_name(members: &Map<String, Json>, at: &Pointer<'_>, faults: &mut Faults) -> bool {
    match members.get("name") {
        Some(Json::String(name)) if name.chars().count() > text::MAX_LABEL_LENGTH => {
            let why = format!("has more than {} characters", text::MAX_LABEL_LENGTH);
            reject(&at.member("name"), "too-long", why, None, faults);
            false
        }
        Some(Json::String(_) | Json::Null) | None => true,
        Some(other) => {
            wrong_type(other, "a string", &at.member("name"), faults);
            false
        }
    }
}

fn parse_agent(
    record_types: &'static [&'static str],
    json: &Json,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Value {
    let Json::Object(members) = json else {
        return wrong_type(json, &expected(Kind::Agent(record_types)), at, faults);
    };
    let text_of = |name: &str, format: &TextFormat, faults: &mut Faults| match members.get(name) {
        Some(Json::String(text)) => {
            parse_text(format, text, None, &at.member(name), faults).as_text().map(str::to_owned)
        }
        Some(other) if !other.is_null() => {
            wrong_type(other, "a string", &at.member(name), faults).as_text().map(str::to_owned)
        }
        _ => {
            faults.at(&at.member(name), "required", format!("{name} is required"), None);
            None
        }
    };
    let given = members.get("type").and_then(Json::as_str);
    let record_type = record_types.iter().copied().find(|record_type| given == Some(*record_type));
    let agent = match (record_type, given) {
        (Some(record_type), _) => check_name(members, at, faults)
            .then(|| text_of("id", &text::SLUG, faults))
            .flatten()
            .map(|id| Agent::Record { record_type, id }),
        (None, Some(LABEL)) => {
            // An agent may be sent as the full record that was read; a label has no record.
            for (name, _) in members.iter().filter(|(name, value)| {
                !matches!(name.as_str(), "type" | "name") && (*name == "id" || !value.is_null())
            }) {
                unknown_member(name, ["type", "name"].into_iter(), &at.member(name), faults);
            }
            text_of("name", &text::SHORT, faults).map(Agent::Label)
        }
        _ => {
            faults.at(
                &at.member("type"),
                "wrong-value",
                format!("must be one of {}, {LABEL}", record_types.join(", ")),
                None,
            );
            None
        }
    };
    agent.map_or(Value::Null, Value::Agent)
}

fn parse_object(object: &ObjectType, json: &Json, at: &Pointer<'_>, faults: &mut Faults) -> Value {
    let Json::Object(members) = json else {
        return wrong_type(json, "an object", at, faults);
    };
    let before = faults.len();
    for name in members.keys().filter(|name| !object.fields.iter().any(|field| field.name == *name))
    {
        unknown_member(
            name,
            object.fields.iter().map(|field| field.name),
            &at.member(name),
            faults,
        );
    }
    let values: Vec<Value> =
        object.fields.iter().map(|field| parse_field(field, members, at, faults)).collect();
    if let Some(rule) = object.rule.filter(|_| faults.len() == before) {
        rule(&values, at, faults);
    }
    Value::Object(values)
}

fn parse_list(element: Kind, json: &Json, at: &Pointer<'_>, faults: &mut Faults) -> Value {
    let Json::Array(entries) = json else {
        return wrong_type(json, "a list", at, faults);
    };
    if entries.len() > MAX_LIST_LENGTH {
        return reject(
            at,
            "too-long",
            format!("has {} entries; a list can have at most {MAX_LIST_LENGTH}", entries.len()),
            None,
            faults,
        );
    }
    let mut values: Vec<Value> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let pointer = at.entry(index);
        if entry.is_null() {
            let why = format!("is null; it must be {}", expected(element));
            values.push(reject(&pointer, "wrong-type", why, Some(REMOVE_ENTRY.to_owned()), faults));
            continue;
        }
        let value = parse_value(element, entry, Some(REMOVE_ENTRY), &pointer, faults);
        if !matches!(element, Kind::Object(_)) && value != Value::Null && values.contains(&value) {
            faults.at(&pointer, "repeated", "is a duplicate", None);
        }
        values.push(value);
    }
    Value::List(values)
}

/// Adds a fault if an interval certainly ends before it starts. Partial dates that may overlap are
/// allowed.
pub fn check_interval(
    start: (&str, &Value),
    end: (&str, &Value),
    at: &Pointer<'_>,
    faults: &mut Faults,
) {
    let (Value::Date(first), Value::Date(last)) = (start.1, end.1) else { return };
    if last.last_day() < first.first_day() {
        let why = format!("{} is before `{}`, which is {}", last.as_str(), start.0, first.as_str());
        faults.at(
            &at.member(end.0),
            "ends-before-start",
            why,
            Some(format!("{} or later", first.as_str())),
        );
    }
}

/// Returns whether a JSON pointer leads to a field of a record or to an existing entry of a list.
/// The field may be null.
pub fn resolves(record_type: &'static RecordType, record: &Record, pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1);
    let Some(field) = steps.next().and_then(|name| record_type.field(name)) else { return false };
    let mut kind = field.kind;
    let mut value = Some(record.value(record_type, field.name));
    for step in steps {
        match kind {
            Kind::Object(object) => {
                let Some(index) = object.fields.iter().position(|member| member.name == step)
                else {
                    return false;
                };
                kind = object.fields[index].kind;
                value = match value {
                    Some(Value::Object(members)) => members.get(index),
                    _ => None,
                };
            }
            Kind::List(element) => {
                let (Ok(index), Some(Value::List(entries))) = (step.parse::<usize>(), value) else {
                    return false;
                };
                if index >= entries.len() || step.len() != index.to_string().len() {
                    return false;
                }
                kind = *element;
                value = entries.get(index);
            }
            Kind::Reference(_) => return matches!(step, "id"),
            Kind::Agent(_) => return matches!(step, "type" | "id" | "name"),
            _ => return false,
        }
    }
    true
}

fn unknown_member<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) {
    let hint = nearest(name, known).map(str::to_owned);
    faults.at(at, "unknown-field", format!("there is no field {name:?}"), hint);
}

fn reject(
    at: &Pointer<'_>,
    code: &'static str,
    message: impl Into<String>,
    hint: Option<String>,
    faults: &mut Faults,
) -> Value {
    faults.at(at, code, message, hint);
    Value::Null
}

fn wrong_type(json: &Json, expected: &str, at: &Pointer<'_>, faults: &mut Faults) -> Value {
    let found = match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    reject(at, "wrong-type", format!("is {found}; it must be {expected}"), None, faults)
}

fn quoted(text: &str, why: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?} {why}")
}

fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text(format) => format!("a {}", format.name),
        Kind::Date => "a date: YYYY, YYYY-MM or YYYY-MM-DD".to_owned(),
        Kind::Moment => "a timestamp of RFC 3339".to_owned(),
        Kind::Integer(..) => "an integer".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Enumeration(choices) => format!(
            "one of {}",
            choices.iter().map(|choice| choice.value).collect::<Vec<_>>().join(", ")
        ),
        Kind::Reference(target) => {
            format!("the id of a record of type {target}, or an object with its id")
        }
        Kind::Agent(_) => "an object with type and id, or with type label and name".to_owned(),
        Kind::Object(object) => format!("an object ({})", object.name),
        Kind::List(_) => "a list".to_owned(),
        Kind::Type | Kind::Label(_) | Kind::PastDue { .. } => "a computed value".to_owned(),
    }
}
