//! The form of a record, as it was sent or opened.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value as Json};

use super::choices::Candidates;
use super::draft::Draft;
use super::release_content::Release;
use super::shell::{csrf, hidden};
use super::source_pointers::note_places;
use crate::digest::random_hex;
use crate::model::{Fault, RecordType};
use crate::pages::context::Pair;
use crate::pages::labels::with_article;
use crate::pages::links::text;
use crate::web::parameters::value;
use crate::web::session::Session;

/// The path of the pages on which a release is entered.
pub const RELEASE_PATH: &str = "/edit/release";

/// The path of the page on which a file is imported.
pub const UPLOAD_PATH: &str = "/edit/import";

/// The name of the input with the records of a release.
pub const BUNDLE: &str = "bundle";

/// A form, as it was sent or opened.
pub struct Form {
    /// The type of the record.
    pub record_type: &'static RecordType,
    /// The id of the record; None for a new one.
    pub id: Option<String>,
    /// The record in the version that the form was opened with.
    pub base: Json,
    /// The texts.
    pub draft: Draft,
    /// Identifies the form, so that it is saved only once.
    pub once: String,
    /// The reason for the change.
    pub reason: String,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The references that are not clear.
    pub unclear: Candidates,
    /// A notice for the whole form.
    pub notice: Option<String>,
    /// A report of what was done before the form was opened.
    pub done: Option<String>,
    /// Notices for fields.
    pub notices: BTreeMap<String, Markup>,
    /// Sentences on sources that are removed with the entries that they support.
    pub removed_sources: Vec<String>,
    /// The place of the record in a release that is being entered.
    pub entry: Option<Entry>,
}

/// The place of a record in a release that is being entered.
pub struct Entry {
    /// The release.
    pub release: Release,
    /// The index among the records of its type; None for a new one.
    pub index: Option<usize>,
}

/// Returns a record without fields, the base of a new one.
pub fn no_fields() -> Json {
    Map::new().into()
}

impl Form {
    /// Opens the form of a record, or of a new one.
    pub fn new(record_type: &'static RecordType, id: Option<String>, base: Json) -> Self {
        let mut draft = Draft::of(record_type, &base);
        note_places(record_type, &base, &mut draft);
        Self {
            record_type,
            draft,
            id,
            base,
            once: random_hex(16),
            reason: String::new(),
            faults: Vec::new(),
            unclear: Candidates::new(),
            notice: None,
            done: None,
            notices: BTreeMap::new(),
            removed_sources: Vec::new(),
            entry: None,
        }
    }

    /// Opens the form of a record in a release. A new one cites the document of the release, and
    /// refers to records that are the only ones of their type in it.
    pub fn of_release(
        record_type: &'static RecordType,
        release: Release,
        index: Option<usize>,
    ) -> Self {
        let base = index.and_then(|index| release.record(record_type, index));
        let index = index.filter(|_| base.is_some());
        let base = base.unwrap_or_else(no_fields);
        let mut form = Self::new(record_type, None, base);
        form.draft.set("/id", text(&form.base, "id").to_owned());
        if index.is_none() {
            release.preset(record_type, |at, id, name| form.draft.choose(at, id, name));
        }
        Self { entry: Some(Entry { release, index }), ..form }
    }

    /// Fills the form with the inputs that were sent.
    pub fn fill(&mut self, pairs: &[Pair], notice: Option<&str>) {
        let get = |name: &str| value(pairs, name).unwrap_or_default();
        self.draft = Draft::sent(pairs);
        get("reason").clone_into(&mut self.reason);
        if !get("once").is_empty() {
            get("once").clone_into(&mut self.once);
        }
        self.notice = notice.map(str::to_owned);
    }

    /// Returns the revision of the record that the form was opened with.
    pub fn revision(&self) -> i64 {
        self.base["revision"].as_i64().unwrap_or_default()
    }

    /// Returns the path that the form is sent to.
    pub fn path(&self) -> String {
        if self.entry.is_some() {
            return RELEASE_PATH.to_owned();
        }
        let id = self.id.iter().map(|id| format!("/{id}"));
        format!("/edit/{}{}", self.record_type.path, id.collect::<String>())
    }

    /// Returns the title of its page.
    pub fn title(&self) -> String {
        match (&self.id, &self.entry) {
            (Some(_), _) => format!("Edit “{}”", text(&self.base, "name")),
            (None, Some(Entry { index: Some(_), .. })) => {
                format!("Edit {} of the release", with_article(self.record_type))
            }
            (None, Some(_)) => format!("Add {} to the release", with_article(self.record_type)),
            (None, None) => format!("Add {}", with_article(self.record_type)),
        }
    }

    /// Renders the inputs that every page of the form has, besides the draft.
    pub fn hidden(&self, session: &Session) -> Markup {
        html! {
            (csrf(session.csrf()))
            input type="hidden" name="revision" value=(self.revision());
            input type="hidden" name="once" value=(self.once);
            @if let Some(entry) = &self.entry {
                (hidden(BUNDLE, &entry.release.text()))
                input type="hidden" name="type" value=(self.record_type.plural);
                input type="hidden" name="index"
                    value=(entry.index.map_or_else(String::new, |index| index.to_string()));
            }
        }
    }
}
