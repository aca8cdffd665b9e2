//! The body of a redaction.

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::EditError;
use crate::model::{Faults, Pointer, text};

/// The maximum number of fields, and of reasons, in one redaction.
pub const MAX_ENTRIES: usize = 500;

/// The values to redact. Requires `fields`, `reasons` or both.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 2)]
pub struct Redaction {
    /// JSON pointers into the current record or, if it was deleted, its last version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(min_items = 1, max_items = 500)]
    pub fields: Vec<String>,
    /// Revisions that changed the record and whose reasons are to be removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(min_items = 1, max_items = 500)]
    pub reasons: Vec<i64>,
    /// The reason for the redaction, shown in the revision; it must not contain the redacted
    /// values.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl Redaction {
    /// Parses a body.
    pub fn parse(body: &Json) -> Result<Self, EditError> {
        let mut faults = Faults::default();
        let root = Pointer::Root;
        let Json::Object(members) = body else {
            faults.at(
                &root,
                "wrong-type",
                "must be an object",
                Some("{\"fields\": [\"/note\"], \"reason\": \"…\"}".to_owned()),
            );
            return Err(EditError::Invalid(faults.into_list()));
        };
        for name in
            members.keys().filter(|name| !["fields", "reasons", "reason"].contains(&name.as_str()))
        {
            faults.at(
                &root.member(name),
                "unknown-field",
                format!("there is no field {name:?}"),
                None,
            );
        }
        let pointer = |entry: &Json| entry.as_str().map(str::to_owned);
        let fields = list(
            members,
            "fields",
            pointer,
            "must be a list of JSON pointers into the record",
            "[\"/note\"]",
            &mut faults,
        );
        let number = |entry: &Json| entry.as_i64().filter(|revision| *revision > 0);
        let reasons = list(
            members,
            "reasons",
            number,
            "must be a list of revision numbers",
            "[12]",
            &mut faults,
        );
        if fields.is_empty() && reasons.is_empty() && faults.is_empty() {
            let why = "is required unless `reasons` is given";
            faults.at(&root.member("fields"), "required", why, Some("[\"/note\"]".to_owned()));
        }
        let reason = reason(members, &mut faults);
        if faults.is_empty() {
            Ok(Self { fields, reasons, reason })
        } else {
            Err(EditError::Invalid(faults.into_list()))
        }
    }
}

/// Parses a list in the body. Returns an empty list if it is missing.
fn list<T>(
    members: &Map<String, Json>,
    name: &str,
    read: impl Fn(&Json) -> Option<T>,
    wanted: &str,
    example: &str,
    faults: &mut Faults,
) -> Vec<T> {
    let Some(value) = members.get(name) else { return Vec::new() };
    let entries: Option<Vec<T>> =
        value.as_array().and_then(|entries| entries.iter().map(read).collect());
    let fault = match &entries {
        Some(entries) if (1..=MAX_ENTRIES).contains(&entries.len()) => None,
        Some(_) => Some(("wrong-length", format!("must have 1 to {MAX_ENTRIES} entries"))),
        None => Some(("wrong-type", wanted.to_owned())),
    };
    if let Some((code, why)) = fault {
        faults.at(&Pointer::Root.member(name), code, why, Some(example.to_owned()));
        return Vec::new();
    }
    entries.unwrap_or_default()
}

fn reason(members: &Map<String, Json>, faults: &mut Faults) -> String {
    let at = Pointer::Root;
    let at = at.member("reason");
    match members.get("reason").and_then(Json::as_str).map(|reason| text::clean(reason, false)) {
        Some(Ok(reason))
            if !reason.is_empty() && reason.chars().count() <= text::SHORT.max_length =>
        {
            return reason;
        }
        Some(Err(why)) => faults.at(&at, "invalid-text", why, None),
        _ => {
            let why = format!(
                "a reason of 1 to {} characters is required; it must not contain the redacted \
                values",
                text::SHORT.max_length
            );
            faults.at(&at, "required", why, None);
        }
    }
    String::new()
}
