//! Parses the query string of a list. Unknown parameters and invalid values are faults.

use super::condition::Condition;
use super::field_path::FieldPath;
use super::filters::parse_filter;
use super::hints;
use super::include::{Include, includable, included_types};
use super::order::SortKey;
use super::search::{self, Search};
use crate::model::{Faults, Moment, RecordType, nearest};

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
            _ => query.conditions.extend(parse_filter(record_type, name, value, faults)),
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
            included_types(record_type, name).into_iter().flat_map(includable).collect();
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
