//! The result of a list, from which its page is rendered.

use serde_json::Value as Json;

use super::context::Pair;
use crate::model::RecordType;

/// The records of a list, and the filters that chose them.
#[derive(Debug)]
pub struct ListResult<'f> {
    pub record_type: &'static RecordType,
    pub conditions: &'f [Pair],
    /// The response of the API.
    pub response: &'f Json,
}
