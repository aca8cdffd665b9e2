//! Records of one type that have almost the same name.

use std::collections::{BTreeSet, HashMap};

use super::Gap;
use crate::model::text;
use crate::reading::selection::records;
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, Statement, StoreResult};

/// Maximum number of other records that the message of a duplicate names.
const MAX_NAMED: usize = 3;

/// Finds records whose names differ only in case and accents, or by one edit. Each gap names the
/// possible duplicates.
pub(super) fn find(snapshot: &mut Snapshot<'_>, index: &TypeIndex) -> StoreResult<Vec<Gap>> {
    let mut select = Statement::new(r#"SELECT t."id", t."name", t."name_folded""#);
    select.append(records(snapshot, index));
    select.push(format!(r#" AND t."name" <> '{}' ORDER BY t."id""#, text::REDACTED));
    let rows = select.rows(snapshot.connection())?;
    let names: Vec<Vec<char>> = rows
        .iter()
        .map(|row| Ok(row.required_text(2)?.chars().collect()))
        .collect::<StoreResult<_>>()?;
    // One edit changes only the beginning or only the end of a name, so only names that share
    // either are compared.
    const ENDS: usize = 3;
    let mut alike: HashMap<(bool, Vec<char>), Vec<usize>> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        alike.entry((true, name.iter().copied().take(ENDS).collect())).or_default().push(index);
        alike
            .entry((false, name.iter().rev().copied().take(ENDS).collect()))
            .or_default()
            .push(index);
    }
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for group in alike.values() {
        for (at, first) in group.iter().enumerate() {
            for second in &group[at + 1..] {
                let (a, b) = (&names[*first], &names[*second]);
                // Short names, such as abbreviations, may differ by one letter.
                let near = a.len().min(b.len()) > 2 * ENDS && a.len().abs_diff(b.len()) <= 1;
                if a == b || near && strsim::generic_levenshtein(a, b) <= 1 {
                    pairs.extend([(*first, *second), (*second, *first)]);
                }
            }
        }
    }
    let text = |row: usize, column: usize| rows[row].required_text(column).map(str::to_owned);
    let pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
    let duplicate = |pairs: &[(usize, usize)]| {
        let one = pairs.first().map_or(0, |(one, _)| *one);
        let others: Vec<String> = pairs
            .iter()
            .take(MAX_NAMED)
            .map(|(_, other)| Ok(format!("{} ({})", text(*other, 0)?, text(*other, 1)?)))
            .collect::<StoreResult<_>>()?;
        let more = if pairs.len() > MAX_NAMED {
            format!(" and {} more", pairs.len() - MAX_NAMED)
        } else {
            String::new()
        };
        Ok(Gap {
            kind: "duplicate",
            record_type: index.record_type.name.to_owned(),
            id: text(one, 0)?,
            name: text(one, 1)?,
            field: Some("/name".to_owned()),
            message: format!(
                "the name is almost that of {}{more}; merge the records if they are the same",
                others.join(", ")
            ),
        })
    };
    pairs.chunk_by(|(one, _), (next, _)| one == next).map(duplicate).collect()
}
