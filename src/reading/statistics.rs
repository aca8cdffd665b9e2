//! Statistics of the dataset: the counts that each type declares, the share of sourced records, and
//! the precision of dates.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::condition::records;
use super::envelope::FacetCount;
use super::facets::{count_agent_types, count_field, count_years};
use super::field_path::FieldPath;
use crate::formats::Members;
use crate::model::{Counted, RecordType, Statistic};
use crate::records::CATALOGUE;
use crate::store::index::{TypeIndex, main_date};
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
    let mut precision = [0_i64; 4];
    for index in indexes.iter() {
        let record_type = index.record_type;
        let mut count = Statement::new("SELECT count(*)");
        count.append(records(snapshot, index));
        let mut with_sources = count.clone();
        with_sources.push_fmt(format_args!(
            r#" AND EXISTS (SELECT 1 FROM "{}_sources" p WHERE p."record_key" = t."record_key"
                AND "#,
            record_type.plural
        ));
        with_sources.append(snapshot.at().valid("p")).push(")");
        let total = count.number(snapshot.connection())?;
        totals.push((record_type.name, total));
        // A source needs no source.
        if !record_type.is_source() {
            sourced.push((
                record_type.name,
                share(with_sources.number(snapshot.connection())?, total),
            ));
        }
        if !record_type.main_date.is_empty() {
            for (count, more) in precision.iter_mut().zip(date_precision(snapshot, index)?) {
                *count += more;
            }
        }
        if !record_type.statistics.is_empty() {
            let counted = |statistic: &Statistic| {
                Ok((statistic.name, counted(snapshot, index, &statistic.of)?))
            };
            let counts =
                record_type.statistics.iter().map(counted).collect::<StoreResult<Vec<_>>>()?;
            by_type.push((record_type.plural, counts.into_iter().collect::<Members<_>>()));
        }
    }
    let [day, month, year, unknown] = precision;
    Ok(Statistics {
        revision: snapshot.revision,
        records: totals.into_iter().collect(),
        by_type: by_type.into_iter().collect(),
        sourced: sourced.into_iter().collect(),
        date_precision: DatePrecision { day, month, year, unknown },
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

fn date_precision(snapshot: &mut Snapshot<'_>, index: &TypeIndex) -> StoreResult<[i64; 4]> {
    let date = main_date(index.record_type, "t");
    let of_length = |length: u8| {
        format!("coalesce(sum(CASE WHEN length({date}) = {length} THEN 1 ELSE 0 END), 0)")
    };
    let mut select = Statement::new(format!(
        "SELECT {}, {}, {}, coalesce(sum(CASE WHEN {date} IS NULL THEN 1 ELSE 0 END), 0)",
        of_length(10),
        of_length(7),
        of_length(4)
    ));
    select.append(records(snapshot, index));
    let row = select
        .first(snapshot.connection())?
        .ok_or_else(|| StoreError::Internal("an aggregate returned no row".to_owned()))?;
    Ok([
        row.required_integer(0)?,
        row.required_integer(1)?,
        row.required_integer(2)?,
        row.required_integer(3)?,
    ])
}

fn counted(
    snapshot: &mut Snapshot<'_>,
    index: &TypeIndex,
    counted: &Counted,
) -> StoreResult<Vec<FacetCount>> {
    let everything = Statement::default();
    match counted {
        Counted::Year => count_years(snapshot, index, &everything),
        Counted::Field(name) => match FieldPath::resolve(index.record_type, name) {
            Some(path) => count_field(snapshot, index, &path, &everything),
            None => Err(StoreError::Internal(format!("statistics count the unknown field {name}"))),
        },
        Counted::AgentType(name) => count_agent_types(snapshot, index, name),
    }
}
