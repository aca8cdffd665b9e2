//! What the page of a list found.

use serde_json::Value as Json;

use super::context::Pair;
use crate::model::RecordType;

/// What a list found: the answer of the API and what was asked.
#[derive(Debug)]
pub struct ListResult<'f> {
    /// The type of the records.
    pub record_type: &'static RecordType,
    /// The filters that were asked for, without order and place.
    pub conditions: &'f [Pair],
    /// The answer.
    pub answer: &'f Json,
}
