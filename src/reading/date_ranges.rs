//! Conditions on dates as ranges of their texts, so that each of them is one range of an index.
//!
//! Dates are compared as text, and partial dates sort before the days that they contain: `2024`,
//! `2024-02`, `2024-02-05`. A range begins with its first text and ends before its last one.

use std::ops::Range;

use super::field_path::Operator;
use super::value_test::Test;
use crate::model::PartialDate;
use crate::store::Statement;

/// Sorts before all dates.
const FIRST: &str = "";
/// Sorts after all dates, as the end of a text sorts after all dates that begin with the text.
const LAST: &str = "~";

/// A set of dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateRanges {
    /// Ascending and disjoint.
    known: Vec<Range<String>>,
    /// Whether the set contains unknown dates.
    unknown: bool,
}

impl DateRanges {
    /// Returns the set of all dates.
    pub(super) fn all() -> Self {
        Self { known: vec![FIRST.to_owned()..LAST.to_owned()], unknown: true }
    }

    /// Returns the dates that pass a test. Returns `None` for a test of other values.
    pub(super) fn of(test: &Test) -> Option<Self> {
        let known = match test {
            Test::Any(values) => union(values.iter().map(|value| within(value)).collect()),
            Test::NotAny(values) => {
                let excluded = union(values.iter().map(|value| within(value)).collect());
                return Some(Self { known: complement(&excluded), unknown: true });
            }
            Test::Exists(true) => vec![FIRST.to_owned()..LAST.to_owned()],
            Test::Exists(false) => Vec::new(),
            Test::Compare(operator, value) => {
                return Some(Self::compared(*operator, &value.parse().ok()?));
            }
            _ => return None,
        };
        Some(Self { known, unknown: matches!(test, Test::Exists(false)) })
    }

    /// Returns the dates that may compare like this to a date. Both may be partial.
    pub(super) fn compared(operator: Operator, date: &PartialDate) -> Self {
        let (first, last) = (FIRST.to_owned(), LAST.to_owned());
        // The wider dates may mean the first day, but sort before it.
        let wider = || union(date.wider().iter().map(|wider| only(wider)).collect());
        let known = match operator {
            Operator::Greater => vec![next(&date.last_day())..last],
            Operator::AtLeast => {
                let mut ranges = wider();
                ranges.push(date.first_day()..last);
                union(ranges)
            }
            Operator::Less => intersection(&[first..date.first_day()], &complement(&wider())),
            _ => vec![first..next(&date.last_day())],
        };
        Self { known, unknown: false }
    }

    /// Removes the dates that are not in the other set.
    pub(super) fn intersect(&mut self, other: &Self) {
        self.known = intersection(&self.known, &other.known);
        self.unknown &= other.unknown;
    }

    /// Returns the number of ranges.
    pub(super) fn len(&self) -> usize {
        self.known.len() + usize::from(self.unknown)
    }

    /// Returns whether the set contains unknown dates.
    pub(super) fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// Returns the condition of each range of known dates in ascending or descending order, without
    /// the dates up to `after`.
    pub(super) fn known(
        &self,
        after: Option<&str>,
        column: &str,
        descending: bool,
    ) -> Vec<Statement> {
        let further = match after {
            None => FIRST.to_owned()..LAST.to_owned(),
            Some(date) if descending => FIRST.to_owned()..date.to_owned(),
            Some(date) => next(date)..LAST.to_owned(),
        };
        let mut conditions: Vec<Statement> = intersection(&self.known, &[further])
            .iter()
            .map(|range| between(column, &range.start, &range.end))
            .collect();
        if descending {
            conditions.reverse();
        }
        conditions
    }

    /// Returns the condition that a date is in the set.
    pub(super) fn condition(&self, column: &str) -> Statement {
        let ranges = self.conditions(column);
        let mut any = Statement::new(if ranges.is_empty() { "(1 = 0" } else { "(" });
        for (index, range) in ranges.into_iter().enumerate() {
            any.push(if index > 0 { " OR " } else { "" }).append(range);
        }
        any.push(")");
        match self.known.as_slice() {
            // All ranges together limit the range of an index.
            [first, .., last] if !self.unknown => {
                let mut condition = Statement::new("(");
                condition.append(between(column, &first.start, &last.end));
                condition.push(" AND ").append(any).push(")");
                condition
            }
            _ => any,
        }
    }

    /// Returns the condition of each range, also that of unknown dates.
    pub(super) fn conditions(&self, column: &str) -> Vec<Statement> {
        let unknown = self.unknown.then(|| Statement::new(format!("{column} IS NULL")));
        self.known(None, column, false).into_iter().chain(unknown).collect()
    }
}

fn between(column: &str, start: &str, end: &str) -> Statement {
    let mut condition = Statement::new(format!("{column} >= "));
    condition.bind(start).push(format!(" AND {column} < ")).bind(end);
    condition
}

/// Returns the text that sorts directly after a date, before the dates that begin with it.
fn next(date: &str) -> String {
    format!("{date}!")
}

/// Returns the range of this date alone.
fn only(date: &str) -> Range<String> {
    date.to_owned()..next(date)
}

/// Returns the range of the dates that begin with this one.
fn within(date: &str) -> Range<String> {
    date.to_owned()..format!("{date}{LAST}")
}

/// Returns the union as ascending, disjoint ranges.
fn union(mut ranges: Vec<Range<String>>) -> Vec<Range<String>> {
    ranges.sort_by(|one, other| one.start.cmp(&other.start));
    let mut union: Vec<Range<String>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match union.last_mut() {
            Some(last) if range.start <= last.end => last.end = range.end.max(last.end.clone()),
            _ => union.push(range),
        }
    }
    union
}

/// Returns what ascending, disjoint ranges leave out.
fn complement(ranges: &[Range<String>]) -> Vec<Range<String>> {
    let mut complement = Vec::with_capacity(ranges.len() + 1);
    let mut start = FIRST.to_owned();
    for range in ranges {
        complement.push(start..range.start.clone());
        start = range.end.clone();
    }
    complement.push(start..LAST.to_owned());
    complement.retain(|range| range.start < range.end);
    complement
}

fn intersection(some: &[Range<String>], others: &[Range<String>]) -> Vec<Range<String>> {
    let mut common = Vec::new();
    for one in some {
        for other in others {
            let range = (&one.start).max(&other.start)..(&one.end).min(&other.end);
            if range.start < range.end {
                common.push(range.start.clone()..range.end.clone());
            }
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATES: [&str; 12] = [
        "2023",
        "2023-12",
        "2023-12-31",
        "2024",
        "2024-01",
        "2024-01-31",
        "2024-02",
        "2024-02-04",
        "2024-02-05",
        "2024-02-06",
        "2024-03",
        "2025",
    ];

    fn found(test: &Test) -> Vec<&'static str> {
        let ranges = DateRanges::of(test).expect("it is a test of dates");
        dates_in(&ranges)
    }

    fn dates_in(ranges: &DateRanges) -> Vec<&'static str> {
        let contains =
            |range: &Range<String>, date: &str| *range.start <= *date && *date < *range.end;
        let dates = DATES.into_iter();
        dates.filter(|date| ranges.known.iter().any(|range| contains(range, date))).collect()
    }

    /// Returns whether some day of the date compares to some day of the other as the operator says.
    fn may_compare(date: &str, operator: Operator, other: &str) -> bool {
        let [date, other]: [PartialDate; 2] =
            [date, other].map(|date| date.parse().expect("it is a date"));
        match operator {
            Operator::Greater => date.first_day() > other.last_day(),
            Operator::AtLeast => date.last_day() >= other.first_day(),
            Operator::Less => date.last_day() < other.first_day(),
            _ => date.first_day() <= other.last_day(),
        }
    }

    #[test]
    fn compares_partial_dates() {
        for operator in [Operator::Greater, Operator::AtLeast, Operator::Less, Operator::AtMost] {
            for value in DATES {
                let expected: Vec<&str> =
                    DATES.into_iter().filter(|date| may_compare(date, operator, value)).collect();
                let test = Test::Compare(operator, value.to_owned());
                assert_eq!(found(&test), expected, "{operator:?} {value}");
            }
        }
    }

    #[test]
    fn excludes_and_intersects() {
        let months = ["2024-02".to_owned(), "2023".to_owned()];
        assert_eq!(
            found(&Test::Any(months.to_vec())),
            ["2023", "2023-12", "2023-12-31", "2024-02", "2024-02-04", "2024-02-05", "2024-02-06"]
        );
        let test = Test::NotAny(months.to_vec());
        assert_eq!(found(&test), ["2024", "2024-01", "2024-01-31", "2024-03", "2025"]);
        let mut ranges = DateRanges::of(&test).expect("it is a test of dates");
        assert!(ranges.has_unknown());
        ranges.intersect(&DateRanges::all());
        assert_eq!(ranges.len(), 3 + 1);
        let since = Test::Compare(Operator::AtLeast, "2024-02-05".to_owned());
        ranges.intersect(&DateRanges::of(&since).expect("it is a test of dates"));
        assert_eq!(dates_in(&ranges), ["2024", "2024-03", "2025"]);
        assert_eq!(ranges.known(Some("2024-03"), "d", true).len(), 2);
        assert_eq!(ranges.known(Some("2024-03"), "d", false).len(), 1);
    }
}
