//! Parses the filters of a list: `FIELD=VALUES` and `FIELD[OPERATOR]=VALUE`.

use super::condition::Condition;
use super::field_path::{FieldPath, Operator};
use super::hints;
use super::value_test::Test;
use crate::model::text::{self, SLUG};
use crate::model::{
    Alias, Faults, InvalidFormat, Kind, MAX_SAFE_INTEGER, Moment, PartialDate, RecordType,
    TextFormat, nearest, number, synonym,
};
use crate::records::CATALOGUE;

/// Maximum number of values of a filter.
const MAX_VALUES: usize = 100;

/// Parses a filter.
pub(super) fn parse_filter(
    record_type: &'static RecordType,
    name: &str,
    value: &str,
    faults: &mut Faults,
) -> Option<Condition> {
    let (field, word) = match name.split_once('[') {
        Some((field, rest)) => (field, rest.strip_suffix(']').unwrap_or("[")),
        None => (name, ""),
    };
    let operator = Operator::ALL
        .iter()
        .find(|(other, _)| *other == word && (word.is_empty() != name.contains('[')))
        .map(|(_, operator)| *operator);
    let paths = paths(record_type, field);
    let (Some(operator), false) = (operator, paths.is_empty()) else {
        unknown_parameter(record_type, name, field, (!paths.is_empty()).then_some(word), faults);
        return None;
    };
    if let Some(kind @ Kind::Object(_)) = paths.first().map(|path| path.kind)
        && operator != Operator::Exists
    {
        let fits = |kind: Kind| match kind {
            Kind::Text(format) if format.pattern.is_some() => (format.check)(value).is_ok(),
            kind => test(name, kind, operator, value, &mut Faults::default()).is_some(),
        };
        let brackets = name.find('[').map_or("", |at| &name[at..]);
        let hint =
            hints::member(field, kind, operator, fits).map(|member| format!("{member}{brackets}"));
        faults.parameter(
            name,
            "wrong-operator",
            "is an object; filter by one of its members",
            hint,
        );
        return None;
    }
    if let Some((operators, hint)) = operators_of(record_type, field)
        && !operators.contains(&operator)
    {
        let message = "does not apply to this filter";
        faults.parameter(name, "wrong-operator", message, Some(hint.to_owned()));
        return None;
    }
    let test = match (field, operator) {
        ("on", _) if record_type.term.is_some() => Test::Term(date(name, value, faults)?),
        ("year", Operator::Equals) if record_type.field("year").is_none() => {
            Test::Any(dates(name, value, faults)?)
        }
        _ => test(name, paths.first()?.kind, operator, value, faults)?,
    };
    if let (Kind::Type, Test::Any(values) | Test::NotAny(values)) = (paths.first()?.kind, &test)
        && let Some(other) = values.iter().find(|value| *value != record_type.name)
    {
        let message = format!("{other:?} is not the type of these records");
        faults.parameter(name, "wrong-type", message, Some(record_type.name.to_owned()));
        return None;
    }
    Some(Condition {
        paths,
        test,
        main_date: field == "year" && record_type.field("year").is_none(),
    })
}

/// Adds the fault of an unknown parameter, with a suggestion. `operator` is given if only the
/// operator is unknown.
fn unknown_parameter(
    record_type: &'static RecordType,
    name: &str,
    field: &str,
    operator: Option<&str>,
    faults: &mut Faults,
) {
    let known = parameter_names(record_type);
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut message = format!("there is no parameter {name:?} here");
    let hint = match (operator, synonym(name, &names).or_else(|| synonym(field, &names))) {
        (Some(operator), _) => {
            nearest(operator, Operator::ALL.iter().skip(1).map(|(word, _)| *word))
                .map(|word| format!("{field}[{word}]"))
        }
        (None, Some((ours, explanation))) => {
            message = format!("{message}; {explanation}");
            Some(ours.to_owned())
        }
        (None, None) => None,
    };
    let hint = hint
        .or_else(|| hints::with_operator(record_type, name))
        .or_else(|| hints::suggestion(record_type, field, &known));
    faults.parameter(name, "unknown-parameter", message, hint);
}

/// Returns whether a list of this type has a parameter of this name, with any operator.
pub fn is_parameter(record_type: &'static RecordType, name: &str) -> bool {
    let field = name.split('[').next().unwrap_or(name);
    !paths(record_type, field).is_empty()
        || parameter_names(record_type).iter().any(|known| known == name)
}

/// Returns the operators of a filter that does not have those of its fields, and their names.
fn operators_of(
    record_type: &'static RecordType,
    name: &str,
) -> Option<(&'static [Operator], &'static str)> {
    let is_typed = |alias: &Alias| alias.name == name && !alias.agents.is_empty();
    match name {
        "on" if record_type.term.is_some() => Some((&[Operator::Equals], "=")),
        _ if record_type.aliases.iter().any(is_typed) => {
            Some((&[Operator::Equals, Operator::Differs], "=, ne"))
        }
        _ => None,
    }
}

/// Returns the fields of a filter. One of them must match.
fn paths(record_type: &'static RecordType, name: &str) -> Vec<FieldPath> {
    if let Some(alias) = record_type.aliases.iter().find(|alias| alias.name == name) {
        let paths = alias.fields.iter().filter_map(|field| FieldPath::resolve(record_type, field));
        return paths.map(|path| path.with_agents(alias.agents)).collect();
    }
    if let Some(path) = FieldPath::resolve(record_type, name) {
        return vec![path];
    }
    let (start, date) =
        (record_type.term.map(|(start, _)| start), record_type.main_date.first().copied());
    let alias_of = match name {
        "on" => start,
        "year" => date,
        _ => None,
    };
    alias_of.and_then(|field| FieldPath::resolve(record_type, field)).into_iter().collect()
}

/// Returns the names of all parameters, without operators.
pub fn parameter_names(record_type: &'static RecordType) -> Vec<String> {
    let mut names = FieldPath::names(record_type);
    names.extend(record_type.aliases.iter().map(|alias| alias.name.to_owned()));
    names.extend(record_type.term.map(|_| "on".to_owned()));
    names.extend((!record_type.main_date.is_empty()).then(|| "year".to_owned()));
    names.extend(
        [
            "q", "limit", "cursor", "sort", "fields", "include", "facets", "revision", "as_of",
            "format", "bom",
        ]
        .map(str::to_owned),
    );
    names
}

fn test(
    name: &str,
    kind: Kind,
    operator: Operator,
    value: &str,
    faults: &mut Faults,
) -> Option<Test> {
    if !operator.applies_to(kind) {
        let words: Vec<&str> = Operator::ALL
            .iter()
            .filter(|(_, operator)| operator.applies_to(kind))
            .map(|(word, _)| if word.is_empty() { "=" } else { word })
            .collect();
        faults.parameter(
            name,
            "wrong-operator",
            "does not apply to this field",
            Some(words.join(", ")),
        );
        return None;
    }
    Some(match operator {
        Operator::Exists => match value {
            "true" => Test::Exists(true),
            "false" => Test::Exists(false),
            _ => {
                faults.parameter(
                    name,
                    "wrong-type",
                    format!("{value:?} is neither true nor false"),
                    None,
                );
                return None;
            }
        },
        Operator::Contains => Test::Contains(part(name, value, faults)?),
        Operator::StartsWith => Test::StartsWith(part(name, value, faults)?),
        Operator::Equals => Test::Any(typed_values(name, kind, value, faults)?),
        Operator::Differs => Test::NotAny(typed_values(name, kind, value, faults)?),
        _ => Test::Compare(operator, typed(name, kind, value, faults)?),
    })
}

fn typed_values(name: &str, kind: Kind, value: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let values = split_values(value);
    if values.len() > MAX_VALUES {
        faults.parameter(
            name,
            "too-long",
            format!("has {} values; a filter has at most {MAX_VALUES}", values.len()),
            None,
        );
        return None;
    }
    values.iter().map(|value| typed(name, kind, value, faults)).collect()
}

fn dates(name: &str, value: &str, faults: &mut Faults) -> Option<Vec<String>> {
    typed_values(name, Kind::Date, value, faults)
}

fn date(name: &str, value: &str, faults: &mut Faults) -> Option<PartialDate> {
    typed(name, Kind::Date, value, faults)?.parse().ok()
}

/// Returns the value in the form in which it is compared, or adds a fault.
fn typed(name: &str, kind: Kind, value: &str, faults: &mut Faults) -> Option<String> {
    match comparable(kind, value) {
        Ok(value) => Some(value),
        Err(WrongValue { why, hint }) => {
            faults.parameter(name, "wrong-type", format!("{value:?} {why}"), hint);
            None
        }
    }
}

/// Returns a part of a text for comparison. White space at its ends is significant.
fn part(name: &str, value: &str, faults: &mut Faults) -> Option<String> {
    if let Err(why) = text::check_characters(value, true) {
        faults.parameter(name, "invalid-text", format!("{value:?} {why}"), None);
        return None;
    }
    Some(text::composed(value))
}

/// The reason why a value is invalid for the type of a field.
struct WrongValue {
    why: String,
    hint: Option<String>,
}

impl From<String> for WrongValue {
    fn from(why: String) -> Self {
        Self { why, hint: None }
    }
}

/// Returns a value of a filter in the form in which values of the field are stored.
fn comparable(kind: Kind, value: &str) -> Result<String, WrongValue> {
    match kind {
        Kind::Date => Ok(value.parse::<PartialDate>()?.to_string()),
        Kind::Moment => Ok(value.parse::<Moment>()?.to_string()),
        Kind::Integer(least, most) => {
            let range = least..=most.min(MAX_SAFE_INTEGER);
            match value.parse::<i64>().ok().filter(|number| range.contains(number)) {
                Some(number) => Ok(number.to_string()),
                None => {
                    let (min, max) = (range.start(), range.end());
                    Err(format!("is not an integer between {min} and {max}").into())
                }
            }
        }
        Kind::Number => match number::from_text(value) {
            Ok(value) => Ok(number(value).to_string()),
            Err(why) => Err(why.to_owned().into()),
        },
        Kind::PastDue { .. } if matches!(value, "true" | "false") => Ok(value.to_owned()),
        Kind::PastDue { .. } => Err("is neither true nor false".to_owned().into()),
        Kind::Enumeration(choices) if !choices.iter().any(|choice| choice.value == value) => {
            let all: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
            let hint = nearest(value, all.iter().copied()).map(str::to_owned);
            Err(WrongValue { why: format!("is not one of {}", all.join(", ")), hint })
        }
        Kind::Reference(target)
            if CATALOGUE.get(target).is_some_and(|target| target.short_name.is_some()) =>
        {
            Ok(text::clean_line(value)?)
        }
        Kind::Reference(_) => comparable_text(&SLUG, value),
        Kind::Text(format) => comparable_text(format, value),
        Kind::Agent(_) => Ok(text::clean_line(value)?),
        _ => Ok(text::clean(value, false)?),
    }
}

fn comparable_text(format: &TextFormat, value: &str) -> Result<String, WrongValue> {
    let cleaned = text::clean(value, format.multiline)?;
    match (format.check)(&cleaned) {
        Ok(text) if text.chars().count() > format.max_length => {
            Err(format!("has more than {} characters", format.max_length).into())
        }
        Ok(canonical) => Ok(canonical.into_owned()),
        Err(InvalidFormat { why, hint }) => Err(WrongValue { why: why.to_owned(), hint }),
    }
}

/// Splits values at commas. `\,` is a comma within a value.
fn split_values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&',') => {
                values.last_mut().into_iter().for_each(|value| value.extend(characters.next()))
            }
            ',' => values.push(String::new()),
            _ => values.last_mut().into_iter().for_each(|value| value.push(character)),
        }
    }
    values
}
