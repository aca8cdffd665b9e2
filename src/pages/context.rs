//! What a page is made from: one state of the record, read by the calls that answer the API, and
//! what the request asked for.

use std::sync::Arc;

use serde_json::Value as Json;

use super::links::Links;
use crate::api::missing_record::missing_record;
use crate::model::{Faults, RecordType};
use crate::reading::{Continuation, Include, Item, Signing, find, page, parse_query};
use crate::store::Snapshot;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::session::Session;

/// The media type of pages.
pub(crate) use crate::web::conditional::HTML;

/// What pages may load: their own stylesheet and charts, nothing else.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action \
    'self'; base-uri 'none'; frame-ancestors 'none'";

/// A parameter and its value.
pub type Pair = (String, String);

/// What a page is made from.
pub struct PageContext<'s, 'c> {
    /// The program.
    pub app: &'s App,
    /// The path of the page.
    pub path: String,
    /// What was asked for; what a cursor carries stands in for the parameters.
    pub parameters: Vec<Pair>,
    /// The cursor of the walk that the page is a part of.
    pub cursor: Option<String>,
    /// Links that keep the time.
    pub links: Links,
    /// The newest revision; the one that is read is in the snapshot.
    pub newest: i64,
    /// The state that is read.
    pub snapshot: &'s mut Snapshot<'c>,
    /// The session of a signed-in record keeper.
    pub session: Option<Arc<Session>>,
    pub(super) walk: Option<Continuation>,
}

impl PageContext<'_, '_> {
    /// The answer to a list of this type with these parameters.
    pub fn list(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
    ) -> Result<Json, Problem> {
        self.page(record_type, parameters, None)
    }

    /// The answer to the list that the page is a part of: from where its walk stands.
    pub fn walked(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
    ) -> Result<Json, Problem> {
        let walk = self.walk.take();
        self.page(record_type, parameters, walk)
    }

    fn page(
        &mut self,
        record_type: &'static RecordType,
        parameters: &[Pair],
        walk: Option<Continuation>,
    ) -> Result<Json, Problem> {
        let mut faults = Faults::default();
        let query = parse_query(record_type, parameters, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::parameters(faults));
        }
        let path = format!("/v1/{}", record_type.path);
        let signing = Signing {
            key: self.app.store.signing_key(),
            database: self.app.store.identity(),
            path: &path,
        };
        let page = page(self.snapshot, &query, walk.as_ref(), signing, &self.app.totals)?;
        serde_json::from_slice(&page.body).map_err(Problem::internal)
    }

    /// The answer to a record, with what is included; what there is to say instead where it is not
    /// there.
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
            other => Err(missing_record(record_type, &other)),
        }
    }

    /// Whether the page is of the past.
    pub fn is_past(&self) -> bool {
        self.links.pinned().is_some() || self.snapshot.revision < self.newest
    }

    /// Whether the page can be read in the present alone: what is searched is the record as it is.
    pub fn is_timeless(&self) -> bool {
        self.path == "/search" || self.parameters.iter().any(|(name, _)| name == "q")
    }

    /// The address of an answer of the API, at the time that the page is of.
    pub fn api(&self, path: &str, query: &[(&str, &str)]) -> String {
        self.links.with(&format!("/v1{path}"), query)
    }
}
