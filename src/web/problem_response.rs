//! Renders problems as responses.

use actix_web::http::header::{ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError as _};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, codes};
use crate::model::{Fault, FaultBody};

/// The `Retry-After` of 503 responses.
const RETRY_AFTER_SECONDS: u64 = 5;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'p> {
    /// The URL of the page that explains the problem.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", max_length = 2_048)]
    pub(crate) type_: String,
    /// The kind of problem, for people.
    pub(crate) title: &'p str,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599)]
    pub(crate) status: u16,
    /// The kind of problem, for programs.
    #[schema(schema_with = codes)]
    pub(crate) code: &'p str,
    /// The explanation of this occurrence.
    pub(crate) detail: &'p str,
    /// The id of the request. Include it when you report the problem.
    pub(crate) request_id: &'p str,
    /// Every fault that was found.
    #[schema(max_items = 100, value_type = Vec<FaultBody>)]
    pub(crate) errors: &'p [Fault],
    /// With 412, the revision that last changed the record. With 410, the one that deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub(crate) revision: Option<i64>,
}

/// Renders a problem as the response to the request with this id.
pub(crate) fn render(
    problem: &Problem,
    request_id: &str,
    address: impl Fn(&str) -> String,
) -> HttpResponse {
    let kind = problem.kind;
    let body = ProblemBody {
        type_: address(&format!("/problems/{}", kind.code)),
        title: kind.title,
        status: kind.status,
        code: kind.code,
        detail: &problem.detail,
        request_id,
        errors: &problem.errors,
        revision: problem.revision,
    };
    let mut response = HttpResponse::build(problem.status_code());
    response.insert_header((CONTENT_TYPE, "application/problem+json"));
    if let (412, Some(revision)) = (kind.status, problem.revision) {
        response.insert_header((ETAG, format!("\"{revision}\"")));
    }
    if let Some(allow) = problem.allow {
        response.insert_header((ALLOW, allow));
    }
    if kind.status == 401 {
        response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"taskforce\""));
    }
    if let Some(seconds) =
        problem.retry_after.or((kind.status == 503).then_some(RETRY_AFTER_SECONDS))
    {
        response.insert_header((RETRY_AFTER, seconds));
    }
    response.body(serde_json::to_string(&body).unwrap_or_default())
}
