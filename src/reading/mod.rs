//! Reads of the dataset: parsing queries, and reading pages, records, histories and changes. Each
//! read uses one snapshot. It is independent of HTTP.

mod batches;
mod changes;
mod condition;
mod cursor;
mod date_ranges;
mod envelope;
mod facets;
mod field_path;
mod filters;
mod gaps;
mod hints;
mod history;
mod include;
mod item;
mod order;
mod page;
mod query;
mod resolve;
mod result_cache;
mod roles;
mod search;
mod selection;
mod short_pages;
mod statistics;
mod value_test;

pub use batches::Batches;
pub use changes::{
    Change, Revision, RevisionList, RevisionRange, changes, changes_of_type, count_by_type,
    limit_changes, revision_chunk, revisions,
};
pub use cursor::{CursorError, Position, Signing};
pub use envelope::{
    Envelope, FacetCount, FacetValue, Facets, LIST_START, List, PageInfo, Total, list_schema,
};
pub use field_path::{FieldPath, Operator};
pub use filters::{is_parameter, parameter_names};
pub use gaps::{GAPS, Gap, GapList, GapQuery, Gaps, gaps};
pub use history::{HistoryEntry, record_at, versions};
pub use include::{Include, includable};
pub use item::{Item, find, key_of, status_of};
pub use page::{Page, page, plan, resume};
pub use query::{AsOf, DEFAULT_LIMIT, ListQuery, MAX_LIMIT, parse_as_of, parse_query};
pub use result_cache::ResultCache;
pub use roles::{Role, RoleList, roles, roles_of};
pub use search::{
    GlobalSearch, HitList, MAX_SEARCH_CHARACTERS, Search, SearchHit, Term, global_search,
    is_searchable,
};
pub use short_pages::is_short;
pub use statistics::{DatePrecision, Statistics, statistics};
