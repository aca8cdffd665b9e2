//! Hits of a search, their positions and their number.

use super::matching::MatchTier;
use crate::reading::envelope::Total;
use crate::store::SqlValue;
use crate::store::search::place_of_date;

/// Maximum number of hits that are counted. A greater total is reported as a lower bound.
pub(crate) const MAX_COUNTED: i64 = 10_000;

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) tier: MatchTier,
    /// The main date of the record.
    pub(crate) date: Option<String>,
    /// The id of the record.
    pub(crate) id: String,
    /// The key of the record, or 0 in a hit from a cursor.
    pub(crate) key: i64,
    /// The place of the date, which is lower for later dates.
    pub(super) place: i64,
}

/// Returns the total of a count that stopped at [`MAX_COUNTED`] + 1.
pub(crate) fn total_of(counted: i64) -> Total {
    Total { number: counted.min(MAX_COUNTED), is_exact: counted <= MAX_COUNTED }
}

impl Hit {
    /// Returns the position of the hit for a cursor.
    pub(crate) fn position(&self) -> Vec<SqlValue> {
        vec![
            SqlValue::from(self.tier as i64),
            SqlValue::Text(self.date.clone()),
            SqlValue::from(self.id.as_str()),
        ]
    }

    /// Returns the hit at the position of a cursor.
    pub(crate) fn at(position: &[SqlValue]) -> Option<Self> {
        let [SqlValue::Integer(Some(tier)), SqlValue::Text(date), SqlValue::Text(Some(id)), ..] =
            position
        else {
            return None;
        };
        let tier = *MatchTier::ALL.get(usize::try_from(*tier).ok()?)?;
        let place = place_of_date(date.as_deref());
        Some(Self { tier, date: date.clone(), id: id.clone(), key: 0, place })
    }
}
