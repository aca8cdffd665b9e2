//! Finds gaps for record keepers: missing, outdated or contradictory data.

mod duplicates;
mod rules;

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::cursor::{Position, Signing};
use super::envelope::{FacetCount, FacetValue, Facets, List};
use crate::records::{Id, RecordTypeName};
use crate::store::{Row, Snapshot, Statement, StoreError, StoreResult};

/// All kinds of gaps with their meanings, in the order of the list.
pub const GAPS: [(&str, &str); 9] = [
    ("imprecise", "a date is less precise than a day"),
    ("unsourced", "a record has no source"),
    ("unlinked", "an announced document has not been found"),
    ("contradicted", "a source gives a different value"),
    ("overdue", "a due date has passed, and the record does not say that it was met"),
    ("silent", "nothing was reported for a year"),
    ("incomplete", "a list that should have entries is empty"),
    ("shared_recording", "one recording is attached to two meetings"),
    ("duplicate", "two records have almost the same name"),
];

/// A query for gaps.
#[derive(Clone, Debug)]
pub struct GapQuery {
    /// The kinds of gaps, or empty for all.
    pub kinds: Vec<String>,
    /// The types of records, or empty for all.
    pub types: Vec<String>,
    /// The maximum number of gaps on a page.
    pub limit: usize,
    /// The number of gaps before the page.
    pub offset: usize,
}

impl GapQuery {
    /// The name of the list in cursors.
    pub const LIST: &'static str = "gaps";

    /// Returns the query of the page at a position.
    pub fn at(position: &Position) -> Self {
        let parameters = position.parameters();
        let values = |wanted: &str| {
            let found = parameters.iter().filter(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).collect()
        };
        let offset = usize::try_from(position.number()).unwrap_or_default();
        Self { kinds: values("kind"), types: values("type"), limit: position.limit, offset }
    }

    /// Returns the URL of the next page, or `None` on the last one.
    pub fn next(
        &self,
        snapshot: &Snapshot<'_>,
        total: usize,
        signing: Signing<'_>,
    ) -> Option<String> {
        let offset = self.offset + self.limit;
        if offset >= total {
            return None;
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .extend_pairs(self.kinds.iter().map(|kind| ("kind", kind)))
            .extend_pairs(self.types.iter().map(|name| ("type", name)));
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let mut position = Position::numbered(offset, self.limit, total, snapshot.pin());
        position.query = query.finish();
        Some(position.url(Self::LIST, signing))
    }
}

/// A page of gaps as JSON.
pub type GapList = List<Gap>;

/// Something missing or contradictory in the dataset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Gap {
    /// The kind of gap.
    #[schema(schema_with = kind_schema)]
    pub kind: &'static str,
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    pub record_type: String,
    /// The id of the record.
    #[schema(value_type = Id)]
    pub id: String,
    /// The name of the record.
    pub name: String,
    /// A JSON pointer to the field; null for the entire record.
    #[schema(required)]
    pub field: Option<String>,
    /// The problem, and how to fix it.
    pub message: String,
}

fn kind_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(GAPS.map(|(kind, _)| kind)))
        .build()
}

/// A page of gaps.
#[derive(Debug)]
pub struct Gaps {
    /// The entries.
    pub entries: Vec<Gap>,
    /// The number of all matching gaps.
    pub total: usize,
    /// The number of gaps of each kind, and of records of each type.
    pub facets: Facets,
}

/// A query for gaps of one kind in records of one type.
struct Part {
    /// The place of the kind in [`GAPS`].
    place: usize,
    record_type: &'static str,
    /// The columns `field`, `value` and `source`.
    columns: Statement,
    /// `FROM` and `WHERE` for the gaps, with the record `t`. Counting them needs no columns, and
    /// thus often only an index.
    rows: Statement,
}

impl Part {
    fn kind(&self) -> &'static str {
        GAPS[self.place].0
    }

    /// Returns the kind and the type, in the order of the list.
    fn group(&self) -> (usize, &'static str) {
        (self.place, self.record_type)
    }
}

/// The number of gaps by the place of their kind and by type.
type Counts = HashMap<(usize, &'static str), usize>;

fn count(snapshot: &mut Snapshot<'_>, parts: &[Part]) -> StoreResult<Counts> {
    let mut counts = Counts::new();
    let each = parts.iter().enumerate().map(|(number, part)| {
        let mut select = Statement::new(format!("SELECT CAST({number} AS bigint), count(*)"));
        select.append(part.rows.clone());
        select
    });
    let Some(all) = union(each) else { return Ok(counts) };
    for row in all.rows(snapshot.connection())? {
        let number = |column: usize| {
            row.required_integer(column).map(|number| usize::try_from(number).unwrap_or_default())
        };
        let (part, found) = (&parts[number(0)?], number(1)?);
        if found > 0 {
            *counts.entry(part.group()).or_default() += found;
        }
    }
    Ok(counts)
}

/// Reads the gaps on a page, with only the parts that have them.
fn page(
    snapshot: &mut Snapshot<'_>,
    parts: &[Part],
    counts: &Counts,
    query: &GapQuery,
) -> StoreResult<Vec<Gap>> {
    let (mut before, mut entries) = (0, Vec::new());
    for group in parts.chunk_by(|one, next| one.group() == next.group()) {
        let each = group.iter().map(|part| {
            let mut select = Statement::new(r#"SELECT t."id" AS id, t."name" AS name, "#);
            select.append(part.columns.clone()).append(part.rows.clone());
            select
        });
        let (Some(part), Some(all)) = (group.first(), union(each)) else { continue };
        let found = counts.get(&part.group()).copied().unwrap_or_default();
        let (skipped, limit) = (query.offset.saturating_sub(before), query.limit - entries.len());
        before += found;
        if limit == 0 || skipped >= found {
            continue;
        }
        let mut select = Statement::new("SELECT id, name, field, value, source FROM (");
        select.append(all).push(
            ") g ORDER BY id, field IS NULL, field, value IS NULL, value, source IS NULL, source",
        );
        select.limit(limit).offset(skipped);
        for row in select.rows(snapshot.connection())? {
            entries.push(entry(&row, part.kind(), part.record_type)?);
        }
    }
    Ok(entries)
}

fn union(selects: impl Iterator<Item = Statement>) -> Option<Statement> {
    selects.reduce(|mut all, next| {
        all.push(" UNION ALL ").append(next);
        all
    })
}

/// Finds the gaps in the state that is read.
pub fn gaps(snapshot: &mut Snapshot<'_>, query: &GapQuery) -> StoreResult<Gaps> {
    let wanted =
        |list: &[String], word: &str| list.is_empty() || list.iter().any(|other| other == word);
    let indexes = snapshot.indexes;
    let mut parts: Vec<Part> = Vec::new();
    for index in indexes.iter().filter(|index| wanted(&query.types, index.record_type.name)) {
        parts.extend(rules::of_type(snapshot, index)?);
    }
    parts.retain(|part| wanted(&query.kinds, part.kind()));
    parts.sort_by_key(Part::group);
    let mut counts = count(snapshot, &parts)?;
    let mut entries = page(snapshot, &parts, &counts, query)?;
    let in_sql: usize = counts.values().sum();
    let mut doubles = Vec::new();
    if wanted(&query.kinds, "duplicate") {
        for index in indexes.iter().filter(|index| {
            index.record_type.has_unique_names && wanted(&query.types, index.record_type.name)
        }) {
            let found = duplicates::find(snapshot, index)?;
            if !found.is_empty() {
                counts.insert((place_of("duplicate")?, index.record_type.name), found.len());
            }
            doubles.extend(found);
        }
    }
    let total = in_sql + doubles.len();
    entries.extend(
        doubles
            .into_iter()
            .skip(query.offset.saturating_sub(in_sql))
            .take(query.limit - entries.len()),
    );
    Ok(Gaps { entries, total, facets: facets(&counts) })
}

fn place_of(kind: &str) -> StoreResult<usize> {
    GAPS.iter()
        .position(|(name, _)| *name == kind)
        .ok_or_else(|| StoreError::Internal(format!("the kind of gap {kind} is not declared")))
}

fn entry(row: &Row, kind: &'static str, record_type: &str) -> StoreResult<Gap> {
    let (value, source) = (row.text(3).unwrap_or_default(), row.text(4));
    let message = match kind {
        "imprecise" => {
            format!("the date is known only as {value}; find a source that gives the day")
        }
        "unsourced" => "the record has no source; add the source of its facts".to_owned(),
        "unlinked" => {
            "the document was announced; find out whether it was published, and at which address"
                .to_owned()
        }
        "contradicted" => format!(
            "{} says {value:?}; decide which is right, or keep both and explain why",
            source.unwrap_or("a source")
        ),
        "overdue" => format!("it was due {value}; find out whether it was completed"),
        "shared_recording" => format!(
            "the recording {:?} is also attached to {value}; find out which meeting it shows, and \
            remove it from the other",
            source.unwrap_or("without a name")
        ),
        "silent" => "nothing was reported for a year; find a progress report".to_owned(),
        _ => format!(
            "the list is empty; find a source with more details of the {}",
            record_type.replace('_', " ")
        ),
    };
    Ok(Gap {
        kind,
        record_type: record_type.to_owned(),
        id: row.required_text(0)?.to_owned(),
        name: row.required_text(1)?.to_owned(),
        field: row.text(2).map(str::to_owned),
        message,
    })
}

/// Counts gaps by kind and by record type, most frequent first.
fn facets(counts: &Counts) -> Facets {
    let by = |of: fn((usize, &'static str)) -> &'static str| {
        let mut sums: HashMap<&str, i64> = HashMap::new();
        for (group, count) in counts {
            *sums.entry(of(*group)).or_default() += i64::try_from(*count).unwrap_or(i64::MAX);
        }
        let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
        sums.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let count = |(value, count): (&str, i64)| FacetCount {
            value: FacetValue::Text(value.to_owned()),
            name: None,
            count,
        };
        sums.into_iter().map(count).collect::<Vec<FacetCount>>()
    };
    let (by_kind, by_type) = (by(|(place, _)| GAPS[place].0), by(|(_, record_type)| record_type));
    Facets([("kind", by_kind), ("type", by_type)].into_iter().collect())
}
