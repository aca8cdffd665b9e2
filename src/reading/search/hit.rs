//! A hit and its place in the order, and how many there are.

use super::matching::MatchTier;
use crate::store::index::TypeIndex;
use crate::store::search::{area_of, areas};
use crate::store::{Snapshot, SqlValue};

/// As many hits as are counted; of more, it is told that there are more.
pub(crate) const MAX_COUNTED: i64 = 10_000;

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) tier: MatchTier,
    /// The record's main date.
    pub(crate) date: Option<String>,
    /// The record's id.
    pub(crate) id: String,
    /// The record's key; 0 in a hit that a cursor carries.
    pub(crate) key: i64,
    /// The place of the date in the order.
    pub(super) area: i64,
}

/// How many hits there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) number: i64,
    /// Whether there are no more.
    pub(crate) is_exact: bool,
}

impl Total {
    /// Where at most one more than [`MAX_COUNTED`] were counted.
    pub(crate) fn of(counted: i64) -> Self {
        Self { number: counted.min(MAX_COUNTED), is_exact: counted <= MAX_COUNTED }
    }
}

impl Hit {
    /// As a cursor carries it.
    pub(crate) fn position(&self) -> Vec<SqlValue> {
        vec![
            SqlValue::from(self.tier as i64),
            SqlValue::Text(self.date.clone()),
            SqlValue::from(self.id.as_str()),
        ]
    }

    /// The hit that a cursor carries.
    pub(crate) fn at(
        snapshot: &Snapshot<'_>,
        index: &TypeIndex,
        position: &[SqlValue],
    ) -> Option<Self> {
        let [SqlValue::Integer(Some(tier)), SqlValue::Text(date), SqlValue::Text(Some(id)), ..] =
            position
        else {
            return None;
        };
        let tier = *MatchTier::ALL.get(usize::try_from(*tier).ok()?)?;
        let area = area_within(
            snapshot,
            index,
            false,
            area_of(snapshot.indexes, index, false, date.as_deref()),
        );
        Some(Self { tier, date: date.clone(), id: id.clone(), key: 0, area })
    }
}

/// The place of an area among those of its type.
pub(super) fn area_within(
    snapshot: &Snapshot<'_>,
    index: &TypeIndex,
    past: bool,
    area: i64,
) -> i64 {
    area - areas(snapshot.indexes, index, past).start()
}
