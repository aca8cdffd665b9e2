//! The state of the dataset that a page is rendered from, and the request for the page.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::links::{Links, text};
use crate::api::missing_record::missing_record;
use crate::formats::json::write_record;
use crate::model::{Faults, RecordType};
use crate::reading::{
    Batches, Include, Item, MAX_LIMIT, Position, find, key_of, page, parse_query, roles_of,
};
use crate::store::Snapshot;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::session::Session;

/// The media type of pages.
pub(crate) use crate::web::conditional::HTML;

/// The content security policy of pages: their own style sheet and images, nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action \
    'self'; base-uri 'none'; frame-ancestors 'none'";

/// The maximum number of values of a filter.
pub const MAX_IDS: usize = 100;

/// A parameter and its value.
pub type Pair = (String, String);

/// Everything that a page is rendered from.
pub struct PageContext<'s, 'c> {
    pub app: &'s App,
    /// The path of the page.
    pub path: String,
    /// The parameters of the request or of its cursor.
    pub parameters: Vec<Pair>,
    /// The cursor of the request.
    pub cursor: Option<String>,
    /// The number of the first entry on the page within its list.
    pub start: usize,
    pub links: Links,
    pub latest_revision: i64,
    /// The state that is read.
    pub snapshot: &'s mut Snapshot<'c>,
    /// The session of a signed-in record keeper.
    pub session: Option<Arc<Session>>,
    pub(super) position: Option<Position>,
}

impl PageContext<'_, '_> {
    /// Returns the list that the API returns for these parameters.
    pub fn list(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
    ) -> Result<Json, Problem> {
        self.list_after(record_type, parameters, None)
    }

    /// Returns the list that the API returns for these parameters after a position.
    pub fn list_after(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
        position: Option<&Position>,
    ) -> Result<Json, Problem> {
        let mut faults = Faults::default();
        let query = parse_query(record_type, parameters, &mut faults);
        Problem::check_parameters(faults)?;
        let path = format!("/v1/{}", record_type.path);
        let (signing, results) = (self.app.signing(&path), &self.app.results);
        let page = page(self.snapshot, &query, position, signing, results)?;
        serde_json::from_slice(&page.body).map_err(Problem::internal)
    }

    /// Returns all records in the list that the API returns for these parameters, from all of its
    /// pages.
    pub fn all(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
    ) -> Result<Vec<Json>, Problem> {
        let mut faults = Faults::default();
        let query = parse_query(record_type, parameters, &mut faults);
        Problem::check_parameters(faults)?;
        let mut batches = Batches::new(&query, &self.app.results, None);
        let mut all = Vec::new();
        while !batches.is_done {
            batches.next(self.snapshot, MAX_LIMIT, |document, shape| {
                let mut record = Vec::new();
                write_record(&mut record, document, shape)?;
                all.push(serde_json::from_slice(&record)?);
                Ok(())
            })?;
        }
        Ok(all)
    }

    /// Returns the records with these ids, by id, each with these fields.
    pub fn by_ids<'i>(
        &mut self,
        record_type: &'static RecordType,
        ids: impl Iterator<Item = &'i str>,
        fields: &str,
    ) -> Result<HashMap<String, Json>, Problem> {
        let ids: BTreeSet<&str> = ids.filter(|id| !id.is_empty()).collect();
        let mut found = HashMap::new();
        for ids in ids.into_iter().collect::<Vec<_>>().chunks(MAX_IDS) {
            let query = pairs(&[
                ("id", &ids.join(",")),
                ("fields", &format!("id,{fields}")),
                ("limit", &MAX_IDS.to_string()),
            ]);
            let mut response = self.list(record_type, &query)?;
            let records = response["data"].as_array_mut().into_iter().flat_map(std::mem::take);
            found.extend(records.map(|record| (text(&record, "id").to_owned(), record)));
        }
        Ok(found)
    }

    /// Returns a record with its included records, or a problem if it does not exist.
    pub fn item(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
        include: &[&'static str],
    ) -> Result<Json, Problem> {
        let include: Vec<Include> =
            include.iter().map(|name| Include { name, inner: Vec::new() }).collect();
        match find(self.snapshot, record_type, id, &[], &include)? {
            Item::Found(body, _) => serde_json::from_slice(&body).map_err(Problem::internal),
            Item::Missing(status) => Err(missing_record(record_type, &status)),
        }
    }

    /// Returns the roles of a person or an organization as JSON, without one role in records of one
    /// type.
    pub fn roles_except(
        &mut self,
        record_type: &'static RecordType,
        id: &str,
        except: (&str, &str),
    ) -> Result<Vec<Json>, Problem> {
        let Some(key) = key_of(self.snapshot, record_type, id)? else { return Ok(Vec::new()) };
        let roles = roles_of(self.snapshot, record_type, &[key], Some(except))?;
        roles
            .values()
            .flatten()
            .map(|role| serde_json::to_value(role).map_err(Problem::internal))
            .collect()
    }

    /// Returns whether the page shows the past.
    pub fn is_past(&self) -> bool {
        self.links.pinned().is_some() || self.snapshot.revision < self.latest_revision
    }

    /// Returns whether the page exists only for the latest revision, as searches do.
    pub fn is_present_only(&self) -> bool {
        self.path == "/search" || self.parameters.iter().any(|(name, _)| name == "q")
    }

    /// Returns the query of the page's own address.
    pub fn query(&self) -> Vec<Pair> {
        match &self.cursor {
            Some(cursor) => vec![("cursor".to_owned(), cursor.clone())],
            None => self.parameters.clone(),
        }
    }

    /// Returns the parameters without the one that pins the page to the past.
    pub fn unpinned_query(&self) -> Vec<Pair> {
        self.parameters
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "as_of" | "revision"))
            .cloned()
            .collect()
    }

    /// Returns the parameters pinned to the revision that is read.
    pub fn permanent_query(&self) -> Vec<Pair> {
        let mut query = self.unpinned_query();
        query.push(("revision".to_owned(), self.snapshot.revision.to_string()));
        query
    }

    /// Returns the address of a response of the API, pinned like the page.
    pub fn api(&self, path: &str, query: &[(&str, &str)]) -> String {
        self.links.with(&format!("/v1{path}"), query)
    }
}

/// Returns parameters as a list takes them.
pub fn pairs(query: &[(&str, &str)]) -> Vec<Pair> {
    query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
