//! The form of a record, as it was sent or opened.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::choices::Candidates;
use super::draft::Draft;
use super::shell::{a, csrf};
use crate::digest::random_hex;
use crate::model::{Fault, RecordType};
use crate::pages::links::text;
use crate::web::session::Session;

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
    /// Names the form, so that it is saved once.
    pub once: String,
    /// The reason of the change.
    pub reason: String,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The references that are not clear.
    pub unclear: Candidates,
    /// A remark on the whole form.
    pub notice: Option<String>,
    /// Remarks on fields.
    pub notices: BTreeMap<String, Markup>,
}

impl Form {
    /// Opens the form of a record, or of a new one.
    pub fn new(record_type: &'static RecordType, id: Option<String>, base: Json) -> Self {
        Self {
            record_type,
            draft: Draft::of(record_type, &base),
            id,
            base,
            once: random_hex(16),
            reason: String::new(),
            faults: Vec::new(),
            unclear: Candidates::new(),
            notice: None,
            notices: BTreeMap::new(),
        }
    }

    /// The revision of the record that the form was opened with.
    pub fn revision(&self) -> i64 {
        self.base["revision"].as_i64().unwrap_or_default()
    }

    /// The path that the form is sent to.
    pub fn path(&self) -> String {
        let id = self.id.iter().map(|id| format!("/{id}"));
        format!("/edit/{}{}", self.record_type.path, id.collect::<String>())
    }

    /// The title of its page.
    pub fn title(&self) -> String {
        match self.id {
            Some(_) => format!("Edit “{}”", text(&self.base, "name")),
            None => format!("Add {}", a(self.record_type)),
        }
    }

    /// The inputs that every page of the form has, besides the draft.
    pub fn hidden(&self, session: &Session) -> Markup {
        html! {
            (csrf(session.csrf()))
            input type="hidden" name="revision" value=(self.revision());
            input type="hidden" name="once" value=(self.once);
        }
    }
}
