//! The queries for gaps in records of one type.

use super::{Part, place_of};
use crate::model::{Kind, PartialDate, Publication, RecordType, Referrers};
use crate::reading::condition::without_index;
use crate::reading::selection::records;
use crate::store::index::{TypeIndex, past_due};
use crate::store::{Snapshot, Statement, StoreResult};

/// Returns the queries for gaps in records of a type.
pub(super) fn of_type(snapshot: &Snapshot<'_>, index: &TypeIndex) -> StoreResult<Vec<Part>> {
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
