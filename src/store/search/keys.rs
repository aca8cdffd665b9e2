//! Keys of entries: whole numbers in the order of answers.
//!
//! A key is the number of the type (and whether the version is past), the date from the newest to
//! the oldest, the unknown last, and a number within the date.

use std::ops::RangeInclusive;

use crate::store::index::{Indexes, TypeIndex};

/// How many bits tell the entry among those of its date, and the date among those of its type.
const NUMBER: u32 = 40;
const DATE: u32 = 18;
/// The place of unknown dates: after every other.
const UNDATED: i64 = (1 << DATE) - 1;
/// The number of types that there is room for.
const TYPES: i64 = 16;

/// The areas of the entries of a type: one for each date.
pub fn areas(indexes: &Indexes, index: &TypeIndex, past: bool) -> RangeInclusive<i64> {
    let place = indexes.iter().position(|other| std::ptr::eq(other.record_type, index.record_type));
    let place = place.and_then(|place| i64::try_from(place).ok()).unwrap_or_default()
        + if past { TYPES } else { 0 };
    place << DATE..=(place << DATE) + UNDATED
}

/// The area of a date.
pub fn area_of(indexes: &Indexes, index: &TypeIndex, past: bool, date: Option<&str>) -> i64 {
    let part = |range: std::ops::Range<usize>| {
        date.and_then(|date| date.get(range)).and_then(|part| part.parse::<i64>().ok())
    };
    let newest = (2201 - 1700) * 13 * 32;
    let after = match part(0..4) {
        Some(year) => {
            newest
                - ((year - 1700) * 13 * 32
                    + part(5..7).unwrap_or_default() * 32
                    + part(8..10).unwrap_or_default())
        }
        None => UNDATED,
    };
    areas(indexes, index, past).start() + after.clamp(0, UNDATED)
}

/// The first key of an area.
pub fn first_key(area: i64) -> i64 {
    area << NUMBER
}

/// The last key of an area.
pub fn last_key(area: i64) -> i64 {
    first_key(area + 1) - 1
}

/// The keys of areas.
pub fn keys_of(areas: &RangeInclusive<i64>) -> RangeInclusive<i64> {
    first_key(*areas.start())..=last_key(*areas.end())
}

/// The area of a key.
pub fn area_of_key(key: i64) -> i64 {
    key >> NUMBER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::CATALOGUE;

    #[test]
    fn keys_are_in_the_order_of_answers() {
        let indexes = Indexes::new(CATALOGUE);
        assert!(indexes.iter().count() <= usize::try_from(TYPES).unwrap_or_default());
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
