//! Error responses.

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::{Content, RefOr, Response};

use super::headers;
use crate::web::problem::{KINDS, ProblemKind};
use crate::web::problem_response::ProblemBody;

pub(crate) fn name(status: u16) -> String {
    format!("Problem{status}")
}

/// Returns the response with this status. Its first kind is the description; every kind is an
/// example.
pub(crate) fn response(status: u16) -> Option<Response> {
    let kinds: Vec<&ProblemKind> =
        KINDS.iter().copied().filter(|kind| kind.status == status).collect();
    let first = kinds.first()?;
    let mut content = Content::new(Some(Ref::from_schema_name("Problem")));
    for kind in &kinds {
        let value = serde_json::to_value(example(kind)).ok();
        let example = ExampleBuilder::new().summary(kind.title).value(value).build();
        content.examples.insert(kind.code.to_owned(), RefOr::T(example));
    }
    let mut response = Response::new(format!("{}. {}", first.title, first.explanation));
    response.content.insert("application/problem+json".to_owned(), content.into());
    headers::add(&mut response, &headers::OF_ALL);
    headers::add(&mut response, of_status(status));
    Some(response)
}

fn example(kind: &'static ProblemKind) -> ProblemBody<'static> {
    ProblemBody {
        type_: format!("/problems/{}", kind.code),
        title: kind.title,
        status: kind.status,
        code: kind.code,
        detail: kind.explanation,
        request_id: "3f9c0a6f1d2e4b5a6c7d8e9f",
        errors: &[],
        revision: None,
    }
}

fn of_status(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["WWW-Authenticate"],
        // Only of writes.
        409 | 422 | 428 => &["Dry-Run"],
        412 => &["ETag", "Dry-Run"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    }
}
