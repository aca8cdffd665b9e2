//! Finds gaps for record keepers: missing, outdated or contradictory data.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::condition::{records, without_index};
use super::cursor::{Position, Signing};
use super::envelope::{FacetCount, FacetValue, Facets, List};
use crate::model::{Kind, PartialDate, Publication, RecordType, Referrers, text};
use crate::records::{Id, RecordTypeName};
use crate::store::index::{TypeIndex, past_due};
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

/// Maximum number of other records that the message of a duplicate names.
const MAX_NAMED: usize = 3;

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
        parts.extend(of_type(snapshot, index)?);
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
            let found = duplicates(snapshot, index)?;
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

/// Returns the queries for gaps in records of a type.
fn of_type(snapshot: &Snapshot<'_>, index: &TypeIndex) -> StoreResult<Vec<Part>> {
    let record_type = index.record_type;
    let select = |field: Option<&str>, value: &str, condition: Statement| {
        let field = field.map_or("CAST(NULL AS text)".to_owned(), |field| format!("'/{field}'"));
        let columns = Statement::new(format!(
            "{field} AS field, CAST({value} AS text) AS value, CAST(NULL AS text) AS source"
        ));
        let mut rows = records(snapshot, index);
        rows.push(" AND ").append(condition);
        (columns, rows)
    };
    let empty = |list: &str| {
        let mut condition = Statement::new(format!(
            r#"NOT EXISTS (SELECT 1 FROM "{}_{list}" p WHERE p."record_key" = t."record_key" AND "#,
            record_type.plural
        ));
        condition.append(snapshot.at().valid("p")).push(")");
        condition
    };
    let mut found = Vec::new();
    for field in record_type.all() {
        match field.kind {
            Kind::Date => {
                let date = format!(r#"t."{}""#, field.name);
                let imprecise = Statement::new(format!("length({date}) < 10"));
                found.push(("imprecise", select(Some(field.name), &date, imprecise)));
            }
            Kind::PastDue { date, state, ended } => {
                let overdue = format!("{} = 1", past_due(date, state, ended, "t", &snapshot.today));
                found.push((
                    "overdue",
                    select(Some(date), &format!(r#"t."{date}""#), Statement::new(overdue)),
                ));
                let silent = silent(snapshot, record_type, state, ended);
                found.extend(silent.map(|condition| ("silent", select(None, "NULL", condition))));
            }
            _ => {}
        }
    }
    if !record_type.is_source() {
        found.push(("unsourced", select(Some("sources"), "NULL", empty("sources"))));
    }
    found.extend(
        record_type
            .own_recordings
            .then(|| ("shared_recording", shared_recordings(snapshot, index))),
    );
    if let Some(Publication { state, announced, urls }) = record_type.publication {
        let mut unlinked = format!(r#"t."{state}" = '{announced}'"#);
        urls.iter().for_each(|url| unlinked.push_str(&format!(r#" AND t."{url}" IS NULL"#)));
        let field = urls.first().copied();
        found.push(("unlinked", select(field, "NULL", Statement::new(unlinked))));
    }
    for list in record_type.wanted {
        found.push(("incomplete", select(Some(list), "NULL", empty(list))));
    }
    let columns = Statement::new(r#"p."field" AS field, p."says" AS value, n."name" AS source"#);
    let mut says = Statement::new(format!(
        r#" FROM "{}_sources" p JOIN "{}" t ON t."record_key" = p."record_key" LEFT JOIN "names" n
            ON n."record_key" = p."document_key" AND "#,
        record_type.plural, record_type.plural
    ));
    says.append(snapshot.at().valid("n"))
        .push(" WHERE ")
        .append(snapshot.at().valid("t"))
        .push(" AND ");
    says.append(snapshot.at().valid("p")).push(r#" AND p."says" IS NOT NULL"#);
    says.push(snapshot.database().within_time_limit(r#"t."record_key""#));
    found.push(("contradicted", (columns, says)));
    let part = |(kind, (columns, rows)): (&'static str, (Statement, Statement))| {
        Ok(Part { place: place_of(kind)?, record_type: record_type.name, columns, rows })
    };
    found.into_iter().map(part).collect()
}

/// Returns the columns and the rows of the query for recordings that are attached to more than one
/// record of a type.
fn shared_recordings(snapshot: &Snapshot<'_>, index: &TypeIndex) -> (Statement, Statement) {
    let table = format!("{}_documents", index.table());
    let at = snapshot.at();
    let mut others = Statement::new(format!(
        r#"FROM "{table}" o WHERE o."rel" = 'recording' AND o."document_key" = p."document_key"
            AND o."record_key" <> p."record_key" AND "#
    ));
    others.append(at.valid("o"));
    let mut columns = Statement::new(r#"'/documents' AS field, (SELECT min(o."id") "#);
    columns.append(others.clone()).push(r#") AS value, n."name" AS source"#);
    let mut rows = Statement::new(format!(
        r#" FROM "{}" t JOIN "{table}" p ON p."record_key" = t."record_key" AND "#,
        index.table()
    ));
    rows.append(at.valid("p"))
        .push(r#" LEFT JOIN "names" n ON n."record_key" = p."document_key" AND "#)
        .append(at.valid("n"));
    rows.push(" WHERE ")
        .append(at.valid("t"))
        .push(snapshot.database().within_time_limit(r#"t."record_key""#))
        .push(r#" AND p."rel" = 'recording' AND EXISTS (SELECT 1 "#);
    rows.append(others).push(")");
    (columns, rows)
}

/// Returns the condition that an open record has neither changed nor been reported on for a year.
fn silent(
    snapshot: &Snapshot<'_>,
    record_type: &'static RecordType,
    state: &str,
    ended: &[&str],
) -> Option<Statement> {
    let (reports, field) =
        record_type.backlinks.iter().find_map(|backlink| match backlink.from {
            Referrers::Field(name, field) if name != record_type.name => Some((name, field)),
            _ => None,
        })?;
    let reports = snapshot.indexes.named(reports)?;
    let reported = reports.record_type.main_date.first()?;
    let year_ago = a_year_before(&snapshot.today);
    let ended: Vec<String> = ended.iter().map(|word| format!("'{word}'")).collect();
    // A date known only to the year or month may be within the year.
    let recent = |date: &str| {
        format!(
            "({date} >= '{year_ago}' OR {date} IN ('{}', '{}'))",
            &year_ago[..4],
            &year_ago[..7]
        )
    };
    let own: Vec<String> = record_type
        .main_date
        .iter()
        .map(|field| (*field).to_owned())
        .chain(record_type.field(&format!("{state}_date")).map(|field| field.name.to_owned()))
        .map(|field| {
            format!(r#"(t."{field}" IS NULL OR NOT {})"#, recent(&format!(r#"t."{field}""#)))
        })
        .collect();
    // Most records have a date, so an index of dates only reads them in a random order.
    let dates: Vec<String> = record_type
        .main_date
        .iter()
        .map(|field| without_index(snapshot, &format!(r#"t."{field}""#)) + " IS NOT NULL")
        .collect();
    let mut condition = Statement::new(format!(
        r#"t."{state}" NOT IN ({}) AND ({}) AND {} AND NOT EXISTS (SELECT 1 FROM "{}" u
            WHERE u."{}_key" = t."record_key" AND {} AND "#,
        ended.join(", "),
        dates.join(" OR "),
        own.join(" AND "),
        reports.table(),
        field,
        recent(&format!(r#"u."{reported}""#))
    ));
    condition.append(snapshot.at().valid("u")).push(")");
    Some(condition)
}

/// Returns the day a year earlier. For February 29, that is February 28.
fn a_year_before(day: &str) -> String {
    let year: i32 = day[..4].parse().unwrap_or_default();
    let before = format!("{:04}{}", year - 1, &day[4..]);
    if before.parse::<PartialDate>().is_ok() { before } else { format!("{:04}-02-28", year - 1) }
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

/// Finds records whose names differ only in case and accents, or by one edit. Each gap names the
/// possible duplicates.
fn duplicates(snapshot: &mut Snapshot<'_>, index: &TypeIndex) -> StoreResult<Vec<Gap>> {
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
