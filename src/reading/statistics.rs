//! The record in numbers: what each type's declaration has counted, how much of it is sourced, how precise its dates are.

use serde_json::{Map, Value as Json, json};

use super::condition::records;
use super::facets::{count_agent_types, count_field, count_years};
use super::field_path::FieldPath;
use crate::model::Counted;
use crate::store::index::{TypeIndex, main_date};
use crate::store::{Snapshot, Statement, StoreResult};

/// The statistics of the state that is read.
pub fn statistics(snapshot: &mut Snapshot<'_>) -> StoreResult<Json> {
    let indexes = snapshot.indexes;
    let (mut totals, mut sourced, mut tallies) = (Map::new(), Map::new(), Map::new());
    let mut precision = [0_i64; 4];
    for index in indexes.iter() {
        let record_type = index.record_type;
        let mut count = Statement::new("SELECT count(*)");
        count.append(records(snapshot, index));
        let mut with_sources = count.clone();
        with_sources.push_fmt(format_args!(
            r#" AND EXISTS (SELECT 1 FROM "{}_sources" p WHERE p."record_key" = t."record_key" AND "#,
            record_type.plural
        ));
        with_sources.append(snapshot.at().valid("p")).push(")");
        let total = count.number(snapshot.connection)?;
        totals.insert(record_type.name.to_owned(), json!(total));
        // A source needs none.
        if !record_type.is_source() {
            sourced.insert(record_type.name.to_owned(), share(with_sources.number(snapshot.connection)?, total));
        }
        if !record_type.main_date.is_empty() {
            for (count, more) in precision.iter_mut().zip(date_precision(snapshot, index)?) {
                *count += more;
            }
        }
        let mut tally = Map::new();
        for statistic in record_type.statistics {
            tally.insert(statistic.name.to_owned(), counted(snapshot, index, &statistic.of)?);
        }
        if !tally.is_empty() {
            tallies.insert(record_type.plural.to_owned(), Json::Object(tally));
        }
    }
    let [day, month, year, unknown] = precision;
    let mut all = Map::new();
    all.insert("revision".to_owned(), json!(snapshot.revision));
    all.insert("records".to_owned(), Json::Object(totals));
    all.extend(tallies);
    all.insert("sourced".to_owned(), Json::Object(sourced));
    all.insert("date_precision".to_owned(), json!({ "day": day, "month": month, "year": year, "unknown": unknown }));
    Ok(Json::Object(all))
}

/// A part of a whole, to two digits; null of nothing. Only all of it is 1, and only nothing is 0.
fn share(part: i64, whole: i64) -> Json {
    if whole == 0 {
        return Json::Null;
    }
    let hundredths = (part * 200 + whole) / (whole * 2);
    let hundredths = if part == 0 || part == whole { hundredths } else { hundredths.clamp(1, 99) };
    json!(hundredths as f64 / 100.0)
}

fn date_precision(snapshot: &mut Snapshot<'_>, index: &TypeIndex) -> StoreResult<[i64; 4]> {
    let date = main_date(index.record_type, "t");
    let of_length = |length: u8| format!("coalesce(sum(CASE WHEN length({date}) = {length} THEN 1 ELSE 0 END), 0)");
    let mut select = Statement::new(format!(
        "SELECT {}, {}, {}, coalesce(sum(CASE WHEN {date} IS NULL THEN 1 ELSE 0 END), 0)",
        of_length(10),
        of_length(7),
        of_length(4)
    ));
    select.append(records(snapshot, index));
    let row = select.first(snapshot.connection)?;
    Ok([0, 1, 2, 3].map(|column| row.as_ref().and_then(|row| row.integer(column)).unwrap_or_default()))
}

fn counted(snapshot: &mut Snapshot<'_>, index: &TypeIndex, counted: &Counted) -> StoreResult<Json> {
    let everything = Statement::default();
    match counted {
        Counted::Year => count_years(snapshot, index, &everything),
        Counted::Field(name) => match FieldPath::resolve(index.record_type, name) {
            Some(path) => count_field(snapshot, index, &path, &everything),
            None => Ok(Json::Array(Vec::new())),
        },
        Counted::Sort(name) => count_agent_types(snapshot, index, name),
    }
}
