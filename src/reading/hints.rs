//! Suggests fields and parameters for unknown names.

use super::field_path::{FieldPath, Operator};
use crate::model::{Kind, RecordType, nearest, snake_case};

/// Words that clients use for the main date of a record.
const DATES: [&str; 6] = ["date", "dates", "day", "when", "dated", "datetime"];

/// Suffixes that clients add to names of fields.
const ENDINGS: [&str; 5] = ["_id", "_ids", "_name", "_slug", "s"];

/// Names of operators in the parameters of other APIs, such as `due_after` or `due__gte`.
const OPERATORS: [(&str, &str); 15] = [
    ("gte", "gte"),
    ("lte", "lte"),
    ("gt", "gt"),
    ("lt", "lt"),
    ("ne", "ne"),
    ("not", "ne"),
    ("contains", "contains"),
    ("startswith", "starts_with"),
    ("starts_with", "starts_with"),
    ("exists", "exists"),
    ("after", "gt"),
    ("from", "gte"),
    ("since", "gte"),
    ("before", "lt"),
    ("until", "lte"),
];

/// Returns the candidate that a word most likely means in records of this type.
pub(super) fn suggestion(
    record_type: &'static RecordType,
    word: &str,
    candidates: &[impl AsRef<str>],
) -> Option<String> {
    let word = snake_case(word);
    let candidates: Vec<&str> = candidates.iter().map(AsRef::as_ref).collect();
    let is_candidate = |name: &str| candidates.contains(&name);
    if is_candidate(&word) {
        return Some(word);
    }
    if DATES.contains(&word.as_str())
        && let Some(date) = record_type.main_date.iter().find(|date| is_candidate(date))
    {
        return Some((*date).to_owned());
    }
    let is_member = |candidate: &&&str| {
        candidate.rsplit_once('.').is_some_and(|(object, member)| object == word || member == word)
    };
    if let Some(member) = candidates.iter().find(is_member) {
        return Some((*member).to_owned());
    }
    let stem = ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| is_candidate(stem));
    stem.map(str::to_owned)
        .or_else(|| nearest(&word, candidates.iter().copied()).map(str::to_owned))
}

/// Returns the parameter for a name that ends in an operator, such as `due[gt]` for `due_after`.
pub(super) fn with_operator(record_type: &'static RecordType, name: &str) -> Option<String> {
    let name = snake_case(name);
    OPERATORS.iter().find_map(|(word, operator)| {
        let field = name.strip_suffix(word)?.trim_end_matches('_');
        let path = FieldPath::resolve(record_type, field)?;
        let (_, applied) = Operator::ALL.iter().find(|(known, _)| known == operator)?;
        applied.applies_to(path.kind).then(|| format!("{field}[{operator}]"))
    })
}

/// Returns the member of an object that a value fits best: one whose format it has, or else the
/// first member that accepts any text.
pub(super) fn member(
    name: &str,
    kind: Kind,
    operator: Operator,
    fits: impl Fn(Kind) -> bool,
) -> Option<String> {
    let Kind::Object(object) = kind else { return None };
    let accepts_any = |kind: Kind| match kind {
        Kind::Text(format) => format.pattern.is_none(),
        Kind::Reference(_) | Kind::Agent(_) | Kind::Label(_) => true,
        _ => false,
    };
    let fitting = || {
        let members = object.fields.iter();
        members.filter(|member| {
            operator.applies_to(member.kind.element()) && fits(member.kind.element())
        })
    };
    let found = fitting()
        .find(|member| !accepts_any(member.kind.element()))
        .or_else(|| fitting().next())
        .or(object.fields.first());
    found.map(|member| format!("{name}.{}", member.name))
}
