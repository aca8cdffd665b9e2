//! Searches the records of all types: `GET /v1/search`.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::highlights;
use super::hit::{Hit, MAX_COUNTED};
use super::hits::{ListSearch, find};
use super::terms::Search;
use crate::model::{PartialDate, RecordType};
use crate::reading::cursor::{Position, Signing};
use crate::reading::envelope::{Envelope, FacetCount, FacetValue, Facets, List, PageInfo, Total};
use crate::reading::page::Page;
use crate::reading::query::search;
use crate::reading::result_cache::ResultCache;
use crate::records::{Id, RecordTypeName};
use crate::store::index::TypeIndex;
use crate::store::{Snapshot, SqlValue, StoreResult};

/// A page of hits.
pub type HitList = List<SearchHit>;

/// A record that a search found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// The type of the record.
    #[serde(rename = "type")]
    #[schema(value_type = RecordTypeName)]
    pub record_type: &'static str,
    /// The id of the record.
    #[schema(value_type = Id)]
    pub id: String,
    /// The name of the record.
    pub name: String,
    /// The URL of the record.
    #[schema(format = "uri-reference", max_length = 2_048)]
    pub url: String,
    /// The main date of the record.
    #[schema(required, value_type = Option<PartialDate>)]
    pub date: Option<String>,
    /// The text that matched, as HTML; the words are in `<mark>`, and no other tag occurs.
    pub highlight: String,
}

/// A search of all record types.
#[derive(Clone, Debug)]
pub struct GlobalSearch {
    /// The parsed `q`.
    pub search: Search,
    /// The types of records to search.
    pub types: Vec<&'static RecordType>,
    /// The maximum number of hits on a page.
    pub limit: usize,
    /// The parameters that determine the list, in canonical form, for cursors.
    pub canonical: String,
}

impl GlobalSearch {
    /// The name of the list in cursors.
    pub const LIST: &'static str = "search";

    /// Creates a search. Returns `None` if `q` is too long, which is added to the faults.
    pub fn new(
        q: &str,
        types: Vec<&'static RecordType>,
        limit: usize,
        faults: &mut crate::model::Faults,
    ) -> Option<Self> {
        let mut canonical = url::form_urlencoded::Serializer::new(String::new());
        canonical.append_pair("q", q);
        let names: Vec<&str> = types.iter().map(|record_type| record_type.name).collect();
        canonical.append_pair("type", &names.join(","));
        Some(Self { search: search(q, faults)?, types, limit, canonical: canonical.finish() })
    }
}

/// Reads a page of hits. `root` is the prefix of the URLs of records.
pub fn global_search(
    snapshot: &mut Snapshot<'_>,
    query: &GlobalSearch,
    position: Option<&Position>,
    signing: Signing<'_>,
    root: &str,
    results: &ResultCache,
) -> StoreResult<Page> {
    snapshot.plan_for_values()?;
    let indexes = snapshot.indexes;
    let mut searches: Vec<ListSearch<'_>> = Vec::new();
    let mut totals: Vec<(&str, Total)> = Vec::new();
    for record_type in &query.types {
        let index = indexes.of(record_type);
        let list_search = ListSearch { index, search: &query.search, conditions: &[] };
        let total = list_search.count(snapshot, results)?;
        if total.number > 0 {
            searches.push(list_search);
            totals.push((record_type.name, total));
        }
    }
    let sum: i64 = totals.iter().map(|(_, total)| total.number).sum();
    let is_exact = sum <= MAX_COUNTED && totals.iter().all(|(_, total)| total.is_exact);
    let total = match position {
        Some(position) => position.total,
        None => Total { number: sum.min(MAX_COUNTED), is_exact },
    };
    let after = position.map(|position| position.after.as_slice());
    let mut hits = find(snapshot, results, &searches, after, query.limit + 1)?;
    let more = hits.len() > query.limit;
    hits.truncate(query.limit);
    let next = hits.last().filter(|_| more).map(|(index, hit)| {
        let mut after = hit.position();
        after.push(SqlValue::from(index.record_type.name));
        let (query, limit, pin) = (query.canonical.clone(), query.limit, snapshot.pin());
        Position { query, limit, after, total, pin }.url(GlobalSearch::LIST, signing)
    });
    let data = search_hits(snapshot, &hits, &query.search, root)?;
    totals.sort_by_key(|(name, total)| (-total.number, *name));
    let count = |(name, total): (&str, Total)| FacetCount {
        value: FacetValue::Text(name.to_owned()),
        name: None,
        count: total.number,
    };
    let types: Vec<FacetCount> = totals.into_iter().map(count).collect();
    let page = PageInfo::new(query.limit, total, next.clone());
    let facets = Facets([("type", types)].into_iter().collect()).to_raw()?;
    let list = List {
        data,
        envelope: Envelope { page, facets: Some(facets), revision: snapshot.revision },
    };
    Ok(Page { body: serde_json::to_vec(&list)?, next })
}

/// Returns the hits in the form in which they are sent.
fn search_hits(
    snapshot: &mut Snapshot<'_>,
    hits: &[(&TypeIndex, Hit)],
    search: &Search,
    root: &str,
) -> StoreResult<Vec<SearchHit>> {
    let keys: Vec<i64> = hits.iter().map(|(_, hit)| hit.key).collect();
    let names = snapshot.names(&keys)?;
    let mut shown: HashMap<i64, String> = HashMap::new();
    for index in snapshot.indexes.iter() {
        let of_type = hits.iter().filter(|(other, _)| std::ptr::eq(*other, index));
        let keys: Vec<i64> = of_type.map(|(_, hit)| hit.key).collect();
        if !keys.is_empty() {
            shown.extend(highlights(snapshot, index.record_type, search, &keys)?);
        }
    }
    Ok(hits
        .iter()
        .map(|(index, hit)| {
            let record_type = index.record_type;
            SearchHit {
                record_type: record_type.name,
                id: hit.id.clone(),
                name: names.get(&hit.key).cloned().unwrap_or_default(),
                url: format!("{root}/v1/{}/{}", record_type.path, hit.id),
                date: hit.date.clone(),
                highlight: shown.remove(&hit.key).unwrap_or_default(),
            }
        })
        .collect())
}
