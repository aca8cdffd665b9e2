//! Statistics of the dataset: the counts that each type declares, the share of sourced records, and
//! the precision of dates.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::envelope::{FacetCount, FacetValue};
use super::facets::{count_agent_types, count_dates, count_field, count_years};
use super::field_path::FieldPath;
use super::selection::records;
use crate::formats::Members;
use crate::model::{Counted, RecordType, Statistic};
use crate::records::CATALOGUE;
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, Statement, StoreError, StoreResult};

/// The dataset in numbers.
#[derive(Debug, Serialize)]
pub struct Statistics {
    /// The revision that was counted. Cite it.
    pub revision: i64,
    /// The number of records of each type.
    pub records: Members<i64>,
    /// The counts that each type declares, by the plural of its name.
    #[serde(flatten)]
    pub by_type: Members<Members<Vec<FacetCount>>>,
    /// The share of the records of each type that have a source; null without records. Documents
    /// are sources themselves.
    pub sourced: Members<Option<f64>>,
    /// The number of main dates of each precision, over all records.
    pub date_precision: DatePrecision,
}

/// The number of dates of each precision.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct DatePrecision {
    /// Dates known to the day.
    pub day: i64,
    /// Dates known to the month.
    pub month: i64,
    /// Dates known to the year.
    pub year: i64,
    /// Records without a date.
    pub unknown: i64,
}

impl DatePrecision {
    /// Adds the dates of a type that has this number of records.
    fn add(&mut self, dates: &[FacetCount], records: i64) {
        self.unknown += records;
        for date in dates {
            let FacetValue::Text(text) = &date.value else { continue };
            let of_precision = match text.len() {
                10 => &mut self.day,
                7 => &mut self.month,
                _ => &mut self.year,
            };
            *of_precision += date.count;
            self.unknown -= date.count;
        }
    }
}

impl PartialSchema for Statistics {
    fn schema() -> RefOr<Schema> {
        let count: RefOr<Schema> =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).into();
        let share: RefOr<Schema> = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
            .minimum(Some(0))
            .maximum(Some(1))
            .into();
        let required = |object: ObjectBuilder, name: &str, schema: RefOr<Schema>| {
            object.property(name, schema).required(name)
        };
        let all = |schema: RefOr<Schema>, doc: &str, is_counted: fn(&RecordType) -> bool| {
            let types = CATALOGUE.iter().filter(|record_type| is_counted(record_type));
            let object = ObjectBuilder::new().description(Some(doc));
            types
                .fold(object, |object, record_type| {
                    required(object, record_type.name, schema.clone())
                })
                .into()
        };
        let mut object = ObjectBuilder::new().description(Some("The dataset in numbers."));
        object = required(object, "revision", count.clone());
        object = required(
            object,
            "records",
            all(count, "The number of records of each type.", |_| true),
        );
        let counts: RefOr<Schema> =
            ArrayBuilder::new().items(Ref::from_schema_name(FacetCount::name())).into();
        for record_type in CATALOGUE.iter().filter(|record_type| !record_type.statistics.is_empty())
        {
            let counted = record_type.statistics.iter();
            let of_type = counted.fold(ObjectBuilder::new(), |object, statistic| {
                required(object, statistic.name, counts.clone())
            });
            object = required(
                object,
                record_type.plural,
                of_type.description(Some(record_type.doc)).into(),
            );
        }
        let doc = "The share of the records of each type that have a source; null without records.";
        object =
            required(object, "sourced", all(share, doc, |record_type| !record_type.is_source()));
        required(object, "date_precision", Ref::from_schema_name(DatePrecision::name()).into())
            .into()
    }
}

impl ToSchema for Statistics {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((DatePrecision::name().into_owned(), DatePrecision::schema()));
        schemas.push((FacetCount::name().into_owned(), FacetCount::schema()));
        FacetCount::schemas(schemas);
    }
}

/// Computes the statistics of the state that is read.
pub fn statistics(snapshot: &mut Snapshot<'_>) -> StoreResult<Statistics> {
    let indexes = snapshot.indexes;
    let (mut totals, mut sourced, mut by_type) = (Vec::new(), Vec::new(), Vec::new());
    let mut date_precision = DatePrecision::default();
    for index in indexes.iter() {
        let record_type = index.record_type;
        let mut count = Statement::new("SELECT count(*)");
        count.append(records(snapshot, index));
        let total = count.number(snapshot.connection())?;
        totals.push((record_type.name, total));
        // A source needs no source.
        if !record_type.is_source() {
            let mut with_sources = Statement::new(format!(
                r#"SELECT count(DISTINCT p."record_key") FROM "{}_sources" p WHERE "#,
                record_type.plural
            ));
            with_sources.append(snapshot.at().valid("p"));
            with_sources.push(snapshot.database().within_time_limit(r#"p."record_key""#));
            let with_sources = with_sources.number(snapshot.connection())?;
            sourced.push((record_type.name, share(with_sources, total)));
        }
        let dates = if record_type.main_date.is_empty() {
            Vec::new()
        } else {
            let dates = count_dates(snapshot, index, &Statement::default())?;
            date_precision.add(&dates, total);
            dates
        };
        if !record_type.statistics.is_empty() {
            let counted = |statistic: &Statistic| {
                Ok((statistic.name, counted(snapshot, index, &statistic.of, &dates)?))
            };
            let counts =
                record_type.statistics.iter().map(counted).collect::<StoreResult<Vec<_>>>()?;
            by_type.push((record_type.plural, counts.into_iter().collect::<Members<_>>()));
        }
    }
    Ok(Statistics {
        revision: snapshot.revision,
        records: totals.into_iter().collect(),
        by_type: by_type.into_iter().collect(),
        sourced: sourced.into_iter().collect(),
        date_precision,
    })
}

/// Returns a share with two decimal places, or `None` if the whole is 0. Rounding never gives 0 or
/// 1.
fn share(part: i64, whole: i64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    let hundredths = (part * 200 + whole) / (whole * 2);
    let hundredths = if part == 0 || part == whole { hundredths } else { hundredths.clamp(1, 99) };
    Some(hundredths as f64 / 100.0)
}

fn counted(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    counted: &Counted,
    dates: &[FacetCount],
) -> StoreResult<Vec<FacetCount>> {
    let everything = Statement::default();
    match counted {
        Counted::Year => Ok(count_years(dates)),
        Counted::Field(name) => match FieldPath::resolve(index.record_type, name) {
            Some(path) => count_field(snapshot, index, &path, &everything),
            None => Err(StoreError::Internal(format!("statistics count the unknown field {name}"))),
        },
        Counted::AgentType(name) => count_agent_types(snapshot, index, name),
    }
}
