//! The record keepers' worklist: what is missing in the record, or stands against itself.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::condition::records;
use super::cursor::{CursorError, Position, Signing};
use super::envelope::{FacetCount, FacetValue, Facets, List};
use crate::model::{Kind, PartialDate, Publication, RecordType, Referrers};
use crate::records::{Id, RecordTypeName};
use crate::store::index::{TypeIndex, past_due};
use crate::store::{Pin, Row, Snapshot, Statement, StoreResult};

/// Every kind of gap, with what it means, in the order of the list.
pub const GAPS: [(&str, &str); 9] = [
    ("imprecise", "a date is less precise than a day"),
    ("unsourced", "a record has no source"),
    ("unlinked", "a document was announced, and nobody has found it"),
    ("contradicted", "a source says something else"),
    ("overdue", "a date that was set has passed, and the record does not say that it was met"),
    ("silent", "nothing was reported for a year"),
    ("incomplete", "a list that should have something in it is empty"),
    ("shared_recording", "one recording is attached to two meetings"),
    ("duplicate", "two records have almost the same name"),
];

/// As many others as a duplicate names.
const NAMED: usize = 3;

/// Which gaps are asked for.
#[derive(Clone, Debug)]
pub struct GapQuery {
    /// These kinds; none: all.
    pub kinds: Vec<String>,
    /// Of records of these types; none: all.
    pub types: Vec<String>,
    /// How many.
    pub limit: usize,
    /// After how many.
    pub offset: usize,
}

/// The name of the list in cursors.
const PATH: &str = "gaps";

impl GapQuery {
    /// The query that goes on where a cursor says, and the state of the record that the walk sees.
    pub fn resume(cursor: &str, key: &[u8], database: &str) -> Result<(Self, Pin), CursorError> {
        let position = Position::open(cursor, PATH, key, database)?;
        let words = |wanted: &str| {
            let pairs = url::form_urlencoded::parse(position.query.as_bytes());
            let words = pairs.filter(|(name, _)| name == wanted).map(|(_, word)| word.into_owned());
            words.collect::<Vec<String>>()
        };
        let offset = usize::try_from(position.after).unwrap_or_default();
        Ok((
            Self { kinds: words("kind"), types: words("type"), limit: position.limit, offset },
            position.pin,
        ))
    }

    /// The address of the page after this one, of as many gaps as `total`; None after the last.
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
        let after = i64::try_from(offset).unwrap_or(i64::MAX);
        let pin = Pin::on_day(snapshot.revision, snapshot.today.clone());
        let position = Position { after, limit: self.limit, query: query.finish(), pin };
        Some(position.url(PATH, i64::try_from(total).unwrap_or(i64::MAX), signing))
    }
}

/// A page of gaps, as it is sent.
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
    /// A JSON pointer to the field; null for the record as a whole.
    #[schema(required)]
    pub field: Option<String>,
    /// What is wrong, and what to do.
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
    /// How many there are in all.
    pub total: usize,
    /// How many of each kind, and of each type.
    pub facets: Facets,
}

/// The gaps in the state that is read.
pub fn gaps(snapshot: &mut Snapshot<'_>, query: &GapQuery) -> StoreResult<Gaps> {
    let wanted =
        |list: &[String], word: &str| list.is_empty() || list.iter().any(|other| other == word);
    let indexes = snapshot.indexes;
    let mut union = Statement::default();
    for index in indexes.iter().filter(|index| wanted(&query.types, index.record_type.name)) {
        for (kind, part) in
            of_type(snapshot, index).into_iter().filter(|(kind, _)| wanted(&query.kinds, kind))
        {
            let place = GAPS.iter().position(|(name, _)| *name == kind).unwrap_or_default();
            union.push(if union.is_empty() { "" } else { " UNION ALL " });
            union.push(format!(
                r#"SELECT CAST({place} AS bigint) AS place, '{}' AS type, t."id" AS id,
                    t."name" AS name, "#,
                index.record_type.name
            ));
            union.append(part);
        }
    }
    let mut counts: HashMap<(String, String), usize> = HashMap::new();
    let mut entries = Vec::new();
    if !union.is_empty() {
        let mut count = Statement::new("SELECT place, type, count(*) FROM (");
        count.append(union.clone()).push(") g GROUP BY place, type");
        for row in count.rows(snapshot.connection)? {
            let found = usize::try_from(row.integer(2).unwrap_or_default()).unwrap_or_default();
            counts.insert(
                (kind_of(&row).to_owned(), row.text(1).unwrap_or_default().to_owned()),
                found,
            );
        }
        let mut page = Statement::new("SELECT place, type, id, name, field, value, told FROM (");
        page.append(union)
            .push(") g ORDER BY place, type, id, field, value, told")
            .limit(query.limit)
            .offset(query.offset);
        entries.extend(page.rows(snapshot.connection)?.iter().map(entry));
    }
    let in_sql: usize = counts.values().sum();
    let mut doubles = Vec::new();
    if wanted(&query.kinds, "duplicate") {
        for index in indexes.iter().filter(|index| {
            index.record_type.has_unique_names && wanted(&query.types, index.record_type.name)
        }) {
            let found = duplicates(snapshot, index)?;
            if !found.is_empty() {
                counts.insert(
                    ("duplicate".to_owned(), index.record_type.name.to_owned()),
                    found.len(),
                );
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

/// What is looked for in records of a type: the kind, and a select of `field`, `value` and `told`
/// from `t`.
fn of_type(snapshot: &Snapshot<'_>, index: &TypeIndex) -> Vec<(&'static str, Statement)> {
    let record_type = index.record_type;
    let select = |field: Option<&str>, value: &str, condition: Statement| {
        let field = field.map_or("CAST(NULL AS text)".to_owned(), |field| format!("'/{field}'"));
        let mut select = Statement::new(format!(
            "{field} AS field, CAST({value} AS text) AS value, CAST(NULL AS text) AS told"
        ));
        select.append(records(snapshot, index)).push(" AND ").append(condition);
        select
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
    let mut says = Statement::new(format!(
        r#"p."field" AS field, p."says" AS value, n."name" AS told FROM "{}_sources" p JOIN "{}" t
            ON t."record_key" = p."record_key" LEFT JOIN "names" n
            ON n."record_key" = p."document_key" AND "#,
        record_type.plural, record_type.plural
    ));
    says.append(snapshot.at().valid("n"))
        .push(" WHERE ")
        .append(snapshot.at().valid("t"))
        .push(" AND ");
    says.append(snapshot.at().valid("p")).push(r#" AND p."says" IS NOT NULL"#);
    says.push(snapshot.connection.within_time_limit(r#"t."record_key""#));
    found.push(("contradicted", says));
    found
}

/// The recordings of records of a type that are attached to another such record, too.
fn shared_recordings(snapshot: &Snapshot<'_>, index: &TypeIndex) -> Statement {
    let table = format!("{}_documents", index.table());
    let at = snapshot.at();
    let mut others = Statement::new(format!(
        r#"FROM "{table}" o WHERE o."rel" = 'recording' AND o."document_key" = p."document_key"
            AND o."record_key" <> p."record_key" AND "#
    ));
    others.append(at.valid("o"));
    let mut select = Statement::new(r#"'/documents' AS field, (SELECT min(o."id") "#);
    select.append(others.clone()).push(r#") AS value, n."name" AS told FROM "#);
    select.push_fmt(format_args!(
        r#""{}" t JOIN "{table}" p ON p."record_key" = t."record_key" AND "#,
        index.table()
    ));
    select
        .append(at.valid("p"))
        .push(r#" LEFT JOIN "names" n ON n."record_key" = p."document_key" AND "#)
        .append(at.valid("n"));
    select
        .push(" WHERE ")
        .append(at.valid("t"))
        .push(snapshot.connection.within_time_limit(r#"t."record_key""#))
        .push(r#" AND p."rel" = 'recording' AND EXISTS (SELECT 1 "#);
    select.append(others).push(")");
    select
}

/// The condition that a record that waits for its end has neither changed nor been reported on for
/// a year.
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
    // What may lie within the year is no silence: a date that only names the year may.
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
    let dates: Vec<String> =
        record_type.main_date.iter().map(|field| format!(r#"t."{field}" IS NOT NULL"#)).collect();
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

/// The day a year before; the last of February for a leap day.
fn a_year_before(day: &str) -> String {
    let year: i32 = day[..4].parse().unwrap_or_default();
    let before = format!("{:04}{}", year - 1, &day[4..]);
    if before.parse::<PartialDate>().is_ok() { before } else { format!("{:04}-02-28", year - 1) }
}

fn kind_of(row: &Row) -> &'static str {
    let place = usize::try_from(row.integer(0).unwrap_or_default()).unwrap_or_default();
    GAPS.get(place).map_or("", |(kind, _)| kind)
}

fn entry(row: &Row) -> Gap {
    let (kind, value) = (kind_of(row), row.text(5).unwrap_or_default());
    let record_type = row.text(1).unwrap_or_default();
    let message = match kind {
        "imprecise" => {
            format!("the date is known as {value} only; look for a source that tells the day")
        }
        "unsourced" => "no source is given; add where the facts come from".to_owned(),
        "unlinked" => {
            "the document was announced; look whether it was published, and where".to_owned()
        }
        "contradicted" => format!(
            "{} says {value:?}; decide which is right, or leave both and say why",
            row.text(6).unwrap_or("a source")
        ),
        "overdue" => format!("it was due {value}; look for what became of it"),
        "shared_recording" => format!(
            "the recording {:?} is attached to {value}, too; look which of them it shows, and \
            remove it from the other",
            row.text(6).unwrap_or("without a name")
        ),
        "silent" => "nothing was reported for a year; look for a progress report".to_owned(),
        _ => format!(
            "the list is empty; look for a source that tells more of the {}",
            record_type.replace('_', " ")
        ),
    };
    let text = |column: usize| row.text(column).map(str::to_owned);
    Gap {
        kind,
        record_type: record_type.to_owned(),
        id: text(2).unwrap_or_default(),
        name: text(3).unwrap_or_default(),
        field: text(4),
        message,
    }
}

/// How many gaps there are of each kind and of records of each type, the most frequent first.
fn facets(counts: &HashMap<(String, String), usize>) -> Facets {
    let by = |of: fn(&(String, String)) -> &String| {
        let mut sums: HashMap<&str, i64> = HashMap::new();
        for (key, count) in counts {
            *sums.entry(of(key)).or_default() += i64::try_from(*count).unwrap_or(i64::MAX);
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
    Facets([("kind", by(|key| &key.0)), ("type", by(|key| &key.1))].into_iter().collect())
}

/// Records whose names are equal but for case and accents, or one edit apart; each with the others
/// that it may be.
fn duplicates(snapshot: &mut Snapshot<'_>, index: &TypeIndex) -> StoreResult<Vec<Gap>> {
    let mut select = Statement::new(r#"SELECT t."id", t."name", t."name_folded""#);
    select.append(records(snapshot, index)).push(r#" ORDER BY t."id""#);
    let rows = select.rows(snapshot.connection)?;
    let names: Vec<Vec<char>> =
        rows.iter().map(|row| row.text(2).unwrap_or_default().chars().collect()).collect();
    // One edit leaves the beginning or the end of a name as it is: only names that share either are
    // compared.
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
                // Of short names, such as abbreviations, one letter makes another name.
                let near = a.len().min(b.len()) > 2 * ENDS && a.len().abs_diff(b.len()) <= 1;
                if a == b || near && strsim::generic_levenshtein(a, b) <= 1 {
                    pairs.extend([(*first, *second), (*second, *first)]);
                }
            }
        }
    }
    let text = |row: usize, column: usize| rows[row].text(column).unwrap_or_default().to_owned();
    let pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
    let told = |pairs: &[(usize, usize)]| {
        let one = pairs.first().map_or(0, |(one, _)| *one);
        let others: Vec<String> = pairs
            .iter()
            .take(NAMED)
            .map(|(_, other)| format!("{} ({})", text(*other, 0), text(*other, 1)))
            .collect();
        let more = if pairs.len() > NAMED {
            format!(" and {} more", pairs.len() - NAMED)
        } else {
            String::new()
        };
        Gap {
            kind: "duplicate",
            record_type: index.record_type.name.to_owned(),
            id: text(one, 0),
            name: text(one, 1),
            field: Some("/name".to_owned()),
            message: format!(
                "the name is almost that of {}{more}; merge those that are one",
                others.join(", ")
            ),
        }
    };
    Ok(pairs.chunk_by(|(one, _), (next, _)| one == next).map(told).collect())
}
