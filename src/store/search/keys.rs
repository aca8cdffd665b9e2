//! Keys of search entries: integers in the order of results.
//!
//! A key consists of the number of the type (other numbers are for past versions), the date in
//! descending order (records without a date come last), and a number within the date.

use std::ops::RangeInclusive;

use crate::store::index::{Indexes, TypeIndex};

/// Number of bits for the number of an entry within its date. The full-text table stores distances
/// between keys, so more bits make it larger.
const NUMBER_BITS: u32 = 28;
/// Number of bits for the date of an entry.
const DATE_BITS: u32 = 18;
/// The date part of entries without a date, which come last.
const NO_DATE: i64 = (1 << DATE_BITS) - 1;
/// Maximum number of record types.
const MAX_TYPES: i64 = 16;

/// Returns the areas of the entries of a type. An area contains the entries of one date.
pub fn areas(indexes: &Indexes, index: &TypeIndex, past: bool) -> RangeInclusive<i64> {
    let (number, _) = (0_i64..)
        .zip(indexes.iter())
        .find(|(_, other)| std::ptr::eq(other.record_type, index.record_type))
        .unwrap_or_else(|| unreachable!("{} is not in the catalogue", index.record_type.name));
    let first = (number + if past { MAX_TYPES } else { 0 }) << DATE_BITS;
    first..=first + NO_DATE
}

/// Returns the area of a date.
pub fn area_of(indexes: &Indexes, index: &TypeIndex, past: bool, date: Option<&str>) -> i64 {
    areas(indexes, index, past).start() + place_of_date(date)
}

/// Returns the place of a date in the order of results.
pub fn place_of_date(date: Option<&str>) -> i64 {
    let part = |range: std::ops::Range<usize>| {
        date.and_then(|date| date.get(range)).and_then(|part| part.parse::<i64>().ok())
    };
    // A date without a month or a day comes after the dates within it.
    let days = |year, month, day| (year - 1700) * 13 * 32 + month * 32 + day;
    let place = match part(0..4) {
        Some(year) => {
            days(2201, 0, 0) - days(year, part(5..7).unwrap_or(0), part(8..10).unwrap_or(0))
        }
        None => NO_DATE,
    };
    place.clamp(0, NO_DATE)
}

/// Returns the place of the date of a key.
pub fn place_of_key(key: i64) -> i64 {
    area_of_key(key) & NO_DATE
}

/// The number of keys of an area.
pub const AREA_SIZE: i64 = 1 << NUMBER_BITS;

/// Returns the first key of an area.
pub fn first_key(area: i64) -> i64 {
    area * AREA_SIZE
}

/// Returns the last key of an area.
pub fn last_key(area: i64) -> i64 {
    first_key(area + 1) - 1
}

/// Returns the keys of areas.
pub fn keys_of(areas: &RangeInclusive<i64>) -> RangeInclusive<i64> {
    first_key(*areas.start())..=last_key(*areas.end())
}

/// Returns the area of a key.
pub fn area_of_key(key: i64) -> i64 {
    key / AREA_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::CATALOGUE;

    #[test]
    fn keys_are_in_the_order_of_results() {
        let indexes = Indexes::new(CATALOGUE);
        assert!(indexes.iter().count() <= usize::try_from(MAX_TYPES).unwrap_or_default());
        let mut before = -1;
        for past in [false, true] {
            for index in indexes.iter() {
                for date in [
                    Some("2200-12-31"),
                    Some("2024-02-13"),
                    Some("2024-02-12"),
                    Some("2024-02"),
                    Some("2024-01-31"),
                    Some("2024"),
                    Some("2023"),
                    Some("1700"),
                    None,
                ] {
                    let area = area_of(&indexes, index, past, date);
                    assert!(
                        area > before && areas(&indexes, index, past).contains(&area),
                        "{date:?}"
                    );
                    assert!(
                        last_key(area) > first_key(area)
                            && area_of_key(last_key(area)) == area
                            && first_key(area) >= 0
                    );
                    before = area;
                }
            }
        }
    }
}
