//! The envelope of every list: entries, the place of the page, facets and the revision.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AllOf, AllOfBuilder, ArrayBuilder, ObjectBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::formats::Members;
use crate::store::StoreResult;

/// The beginning of a list, before its first entry.
pub const LIST_START: &[u8] = b"{\"data\":[";

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Everything else.
    #[serde(flatten)]
    pub envelope: Envelope,
}

/// Everything of a list except its entries.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope {
    /// The place of the page in the list.
    pub page: PageInfo,
    /// The facets that were requested.
    #[schema(value_type = Option<Facets>, required)]
    pub facets: Option<Box<RawValue>>,
    /// The revision that was read. Cite it.
    pub revision: i64,
}

/// The place of a page in its list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PageInfo {
    /// The maximum number of entries on the page.
    #[schema(minimum = 1, maximum = 200)]
    pub limit: usize,
    /// The number of entries in the whole list.
    pub total: i64,
    /// Whether `total` is exact, or a lower bound.
    pub total_is_exact: bool,
    /// The URL of the next page; null on the last one.
    #[schema(required, max_length = 32_768)]
    pub next: Option<String>,
}

/// For each requested facet, the number of matching records with each value, the most frequent
/// first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = std::collections::BTreeMap<String, Vec<FacetCount>>)]
pub struct Facets(pub Members<Vec<FacetCount>>);

/// A value of a facet, and the number of records that have it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FacetCount {
    /// The value; for a reference, the id.
    pub value: FacetValue,
    /// For a reference or an agent, its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// The number of records.
    #[schema(minimum = 1)]
    pub count: i64,
}

/// A text, an integer or a boolean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FacetValue {
    /// A text, or the id of a record.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A boolean.
    Boolean(bool),
}

/// The number of entries of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Total {
    /// The number.
    pub number: i64,
    /// Whether the number is exact, or a lower bound.
    pub is_exact: bool,
}

impl Total {
    /// Creates an exact total.
    pub fn exact(number: usize) -> Self {
        Self { number: i64::try_from(number).unwrap_or(i64::MAX), is_exact: true }
    }

    /// Returns a number that is certainly not exceeded.
    pub(super) fn upper_bound(&self) -> i64 {
        if self.is_exact { self.number } else { i64::MAX }
    }
}

impl PageInfo {
    /// Returns the place of a page with at most `limit` entries.
    pub fn new(limit: usize, total: Total, next: Option<String>) -> Self {
        Self { limit, total: total.number, total_is_exact: total.is_exact, next }
    }
}

impl Envelope {
    /// Ends a list that began with [`LIST_START`].
    pub fn end_list(&self, out: &mut Vec<u8>) -> StoreResult<()> {
        let members = serde_json::to_vec(self)?;
        out.extend_from_slice(b"],");
        out.extend_from_slice(&members[1..]);
        Ok(())
    }
}

impl Facets {
    /// Returns the facets as they are sent.
    pub fn to_raw(&self) -> StoreResult<Box<RawValue>> {
        Ok(serde_json::value::to_raw_value(self)?)
    }
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        Schema::AllOf(list_schema(&T::name())).into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
        schemas.push((Envelope::name().into_owned(), Envelope::schema()));
        Envelope::schemas(schemas);
    }
}

/// Returns the schema of a list whose entries have the schema with this name.
pub fn list_schema(entry: &str) -> AllOf {
    let data = ArrayBuilder::new().items(Ref::from_schema_name(entry)).max_items(Some(200));
    let own = ObjectBuilder::new().property("data", data).required("data");
    AllOfBuilder::new()
        .item(Ref::from_schema_name(Envelope::name()))
        .item(own)
        .description(Some("A page of a list."))
        .build()
}
