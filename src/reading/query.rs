//! Parses the query string of a list. Unknown parameters and invalid values are faults.

use super::condition::{Condition, Test};
use super::field_path::{FieldPath, Operator};
use super::hints;
use super::include::{Include, includable, included_types};
use super::order::SortKey;
use super::result_cache::ResultCache;
use super::search::{self, Search};
use crate::model::text::{self, SLUG};
use crate::model::{
    Alias, Faults, InvalidFormat, Kind, MAX_SAFE_INTEGER, Moment, PartialDate, RecordType,
    TextFormat, nearest, number, synonym,
};
use crate::records::CATALOGUE;
use crate::store::Store;

/// The parsed query of a list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The type of the records.
    pub record_type: &'static RecordType,
    /// The filters, which must all match.
    pub conditions: Vec<Condition>,
    /// The full-text search. Without sort keys, the best hits come first.
    pub search: Option<Search>,
    /// The sort keys. The id is an implicit last key.
    pub sort: Vec<SortKey>,
    /// The maximum number of records on a page, if given.
    pub limit: Option<usize>,
    /// The fields of the records, or empty for all.
    pub fields: Vec<&'static str>,
    /// The fields and backlinks to include.
    pub include: Vec<Include>,
    /// The fields to count.
    pub facets: Vec<String>,
    /// The state of the dataset.
    pub as_of: AsOf,
    /// The cursor, if given.
    pub cursor: Option<String>,
    /// The parameters that determine the list, in canonical form, for cursors.
    pub canonical: String,
}

impl ListQuery {
    /// Returns whether a page of the present is a range of an index, and its total is known.
    pub fn is_short(&self, store: &Store, results: &ResultCache) -> bool {
        let index = store.indexes().of(self.record_type);
        self.takes_few_statements()
            && self.as_of == AsOf::Present
            && match self.sort.as_slice() {
                [] if self.conditions.is_empty() => true,
                [key] if self.conditions.is_empty() => index.has_order(&key.path.sorted_column()),
                _ => {
                    let (revision, redaction) = (store.revision(), store.last_redaction());
                    results.total_of_ranges(self, revision, redaction).is_some()
                }
            }
    }

    /// Returns whether a page takes few statements, so that it can be read again if a revision is
    /// written in the meantime.
    pub fn takes_few_statements(&self) -> bool {
        self.search.is_none() && self.include.is_empty() && self.facets.is_empty()
    }
}

/// The requested state of the dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    /// The latest revision.
    #[default]
    Present,
    /// A revision.
    Revision(i64),
    /// The latest revision at a moment.
    Moment(Moment),
}

/// Maximum number of records on a page.
pub const MAX_LIMIT: usize = 200;
/// Default number of records on a page.
pub const DEFAULT_LIMIT: usize = 25;
/// Maximum number of values of a filter.
const MAX_VALUES: usize = 100;

/// Parses the parameters of a list. The caller parses `format` and `bom`.
pub fn parse_query(
    record_type: &'static RecordType,
    parameters: &[(String, String)],
    faults: &mut Faults,
) -> ListQuery {
    let mut query = ListQuery {
        record_type,
        conditions: Vec::new(),
        search: None,
        sort: Vec::new(),
        limit: None,
        fields: Vec::new(),
        include: Vec::new(),
        facets: Vec::new(),
        as_of: AsOf::Present,
        cursor: None,
        canonical: String::new(),
    };
    let mut canonical = Vec::with_capacity(parameters.len());
    for (index, (name, value)) in parameters.iter().enumerate() {
        if parameters[..index].iter().any(|(other, _)| other == name) {
            let hint = match name.as_str() {
                "as_of" | "bom" | "cursor" | "format" | "limit" | "q" | "revision" => None,
                _ => Some("separate several values by commas".to_owned()),
            };
            faults.parameter(name, "repeated", "is given more than once", hint);
            continue;
        }
        if matches!(name.as_str(), "format" | "bom") {
            continue;
        }
        // An empty search form is a valid search, which finds nothing.
        if value.is_empty() && name != "q" {
            faults.parameter(name, "empty", "has no value", Some("leave it out".to_owned()));
            continue;
        }
        match name.as_str() {
            "q" => query.search = search(value, faults),
            "limit" => query.limit = limit(value, faults),
            "cursor" => query.cursor = Some(value.clone()),
            "sort" => query.sort = sort(record_type, value, faults),
            "fields" => query.fields = fields(record_type, value, faults),
            "include" => query.include = include(record_type, value, faults),
            "facets" => query.facets = facets(record_type, value, faults),
            "revision" | "as_of" => {
                // Both are parsed with the first of them.
                let is_state =
                    |(other, _): &(String, String)| matches!(other.as_str(), "revision" | "as_of");
                if !parameters[..index].iter().any(is_state) {
                    query.as_of = parse_as_of(parameters, faults);
                }
            }
            _ => query.conditions.extend(condition(record_type, name, value, faults)),
        }
        if !matches!(name.as_str(), "cursor" | "limit") {
            canonical.push((name, value));
        }
    }
    if let Some((name, _)) = parameters
        .iter()
        .find(|(name, _)| query.search.is_some() && matches!(name.as_str(), "revision" | "as_of"))
    {
        faults.parameter(
            name,
            "conflict",
            "cannot be combined with q: only the latest revision can be searched",
            None,
        );
    }
    canonical.sort();
    query.canonical =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(canonical).finish();
    query
}

/// Parses `q`.
pub(super) fn search(value: &str, faults: &mut Faults) -> Option<Search> {
    if value.chars().count() > search::MAX_SEARCH_CHARACTERS {
        faults.parameter(
            "q",
            "too-long",
            format!("is longer than {} characters", search::MAX_SEARCH_CHARACTERS),
            None,
        );
        return None;
    }
    Some(Search::parse(value))
}

/// Parses `revision` and `as_of`.
pub fn parse_as_of(parameters: &[(String, String)], faults: &mut Faults) -> AsOf {
    let value = |name: &str| {
        parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    };
    let revision = value("revision").map(|revision| {
        let number = revision.parse::<i64>().ok().filter(|number| *number >= 0);
        if number.is_none() {
            let message = format!("{revision:?} is not the number of a revision");
            faults.parameter("revision", "wrong-type", message, None);
        }
        number
    });
    let moment = value("as_of").map(|moment| {
        let parsed = moment.parse::<Moment>().inspect_err(|why| {
            faults.parameter("as_of", "wrong-type", format!("{moment:?} {why}"), None);
        });
        parsed.ok()
    });
    if revision.is_some() && moment.is_some() {
        faults.parameter("as_of", "conflict", "cannot be combined with revision", None);
        return AsOf::Present;
    }
    match (revision.flatten(), moment.flatten()) {
        (Some(revision), _) => AsOf::Revision(revision),
        (_, Some(at)) => AsOf::Moment(at),
        (None, None) => AsOf::Present,
    }
}

fn limit(value: &str, faults: &mut Faults) -> Option<usize> {
    match value.parse::<usize>() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Some(limit),
        _ => {
            let too_small = value.parse::<i64>().is_ok_and(|limit| limit < 1);
            faults.parameter(
                "limit",
                "out-of-range",
                format!("{value:?} is not a number from 1 to {MAX_LIMIT}"),
                Some(if too_small { 1 } else { MAX_LIMIT }.to_string()),
            );
            None
        }
    }
}

fn sort(record_type: &'static RecordType, value: &str, faults: &mut Faults) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::new();
    for word in value.split(',') {
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        match FieldPath::resolve(record_type, name).filter(FieldPath::sortable) {
            Some(path) if keys.iter().any(|key| key.path.prefix == path.prefix) => {
                faults.parameter("sort", "repeated", format!("names {name} more than once"), None);
            }
            Some(path) => keys.push(SortKey { path, descending }),
            None => {
                let candidates = FieldPath::names(record_type).into_iter().filter(|name| {
                    FieldPath::resolve(record_type, name).is_some_and(|path| path.sortable())
                });
                let candidates: Vec<String> = candidates.collect();
                let (field, is_descending) = direction(name);
                let minus = if descending || is_descending { "-" } else { "" };
                let hint = hints::suggestion(record_type, field, &candidates)
                    .map(|field| format!("{minus}{field}"));
                faults.parameter(
                    "sort",
                    "unknown-field",
                    format!("{name:?} is not a sortable field"),
                    hint,
                );
            }
        }
    }
    keys
}

/// Parses `include`: fields with references and backlinks, each optionally with a dot and a name to
/// include with its records.
pub fn include(record_type: &'static RecordType, value: &str, faults: &mut Faults) -> Vec<Include> {
    let known = includable(record_type);
    let mut found: Vec<Include> = Vec::new();
    for word in value.split(',') {
        let (outer, inner) =
            word.split_once('.').map_or((word, None), |(outer, inner)| (outer, Some(inner)));
        let Some(name) = known.iter().find(|name| **name == outer) else {
            let hint = nearest(outer, known.iter().copied()).map(str::to_owned);
            faults.parameter(
                "include",
                "unknown-field",
                format!("{outer:?} is not one of {}", known.join(", ")),
                hint,
            );
            continue;
        };
        let mut within: Vec<&'static str> =
            included_types(CATALOGUE, record_type, name).into_iter().flat_map(includable).collect();
        within.sort_unstable();
        within.dedup();
        let inner = match inner.map(|inner| within.iter().find(|name| **name == inner).ok_or(inner))
        {
            None => None,
            Some(Ok(inner)) => Some(*inner),
            Some(Err(inner)) => {
                let hint =
                    nearest(inner, within.iter().copied()).map(|inner| format!("{name}.{inner}"));
                let message = match within.as_slice() {
                    [] => format!("{name} has no inner includes, such as {inner:?}"),
                    all => format!(
                        "{inner:?} cannot be included with {name}; use one of {}",
                        all.join(", ")
                    ),
                };
                faults.parameter("include", "unknown-field", message, hint);
                continue;
            }
        };
        match found.iter_mut().find(|include| include.name == *name) {
            None => found.push(Include { name, inner: inner.into_iter().collect() }),
            Some(include) if inner.is_some_and(|inner| !include.inner.contains(&inner)) => {
                include.inner.extend(inner)
            }
            Some(_) => faults.parameter(
                "include",
                "repeated",
                format!("names {word} more than once"),
                None,
            ),
        }
    }
    found
}

/// Parses a sort key in the syntax of other APIs, such as `due desc` or `due:asc`. Returns the
/// field and whether the order is descending.
fn direction(word: &str) -> (&str, bool) {
    let stripped = |ending: &str| {
        word.strip_suffix(ending).and_then(|field| field.strip_suffix([' ', ':', '_', '.', '-']))
    };
    match (
        stripped("desc").or_else(|| stripped("DESC")),
        stripped("asc").or_else(|| stripped("ASC")),
    ) {
        (Some(field), _) => (field, true),
        (_, Some(field)) => (field, false),
        _ => (word, false),
    }
}

/// Parses `fields`.
fn fields(record_type: &'static RecordType, value: &str, faults: &mut Faults) -> Vec<&'static str> {
    let known: Vec<&str> = record_type.all().iter().map(|field| field.name).collect();
    let wrong = format!("is not one of {}", known.join(", "));
    listed(record_type, ("fields", value), &known, &wrong, faults)
}

/// Parses `facets`.
fn facets(record_type: &'static RecordType, value: &str, faults: &mut Faults) -> Vec<String> {
    let mut known: Vec<String> = FieldPath::names(record_type)
        .into_iter()
        .filter(|name| FieldPath::resolve(record_type, name).is_some_and(|path| path.countable()))
        .collect();
    if !record_type.main_date.is_empty() {
        known.push("year".to_owned());
    }
    listed(record_type, ("facets", value), &known, "is not a countable field", faults)
}

/// Parses a parameter that lists some of the known names.
fn listed<T: AsRef<str> + Clone>(
    record_type: &'static RecordType,
    (parameter, value): (&str, &str),
    known: &[T],
    wrong: &str,
    faults: &mut Faults,
) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for word in value.split(',') {
        if found.iter().any(|name| name.as_ref() == word) {
            faults.parameter(parameter, "repeated", format!("names {word} more than once"), None);
        } else if let Some(name) = known.iter().find(|name| name.as_ref() == word) {
            found.push(name.clone());
        } else {
            let hint = hints::suggestion(record_type, word, known);
            faults.parameter(parameter, "unknown-field", format!("{word:?} {wrong}"), hint);
        }
    }
    found
}

fn condition(
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
