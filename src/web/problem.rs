//! Problems (RFC 9457), the form of every error response.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::editing::EditError;
use crate::model::{Fault, Faults, Place};
use crate::store::StoreError;

/// A problem before it is rendered.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(crate) kind: &'static ProblemKind,
    pub(crate) detail: String,
    /// Every fault that was found.
    pub(crate) errors: Vec<Fault>,
    /// The revision that last changed the record, with 412, or that deleted it, with 410.
    pub(crate) revision: Option<i64>,
    /// The methods of the path, with 405.
    pub(crate) allow: Option<&'static str>,
    /// The number of seconds to wait before another request.
    pub(crate) retry_after: Option<u64>,
}

/// A kind of problem.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The code, which is the last part of the `type` of a problem.
    #[schema(schema_with = codes)]
    pub code: &'static str,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The title.
    pub title: &'static str,
    /// The meaning, and how to fix the request.
    pub explanation: &'static str,
}

/// Returns the schema of codes.
pub(crate) fn codes() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(KINDS.iter().map(|kind| kind.code)))
        .build()
}

macro_rules! kinds {
    ($($name:ident = $code:literal $status:literal $title:literal $explanation:literal;)*) => {
        $(#[doc = $title] pub static $name: ProblemKind = ProblemKind {
            code: $code,
            status: $status,
            title: $title,
            explanation: $explanation,
        };)*
        /// Every kind of problem.
        pub static KINDS: &[&ProblemKind] = &[$(&$name),*];
    };
}

kinds! {
    INVALID_PARAMETER = "invalid-parameter" 400 "Invalid parameter"
        "A query parameter is unknown, repeated, empty, out of range or of the wrong type. \
        `errors` lists every fault, if possible with a suggestion.";
    INVALID_CURSOR = "invalid-cursor" 400 "Invalid cursor"
        "Use the URL in `page.next` unchanged. A cursor cannot be combined with other parameters \
        than those of its list.";
    MALFORMED_BODY = "malformed-body" 400 "Malformed body"
        "The body must be one JSON value in UTF-8, without repeated members, nested at most 32 \
        levels deep.";
    MALFORMED_REQUEST = "malformed-request" 400 "Malformed request"
        "The request line, a header or the length of the body is not valid HTTP/1.1 (RFC 9112).";
    UNAUTHORIZED = "unauthorized" 401 "Missing or invalid key"
        "Writing requires `Authorization: Bearer KEY` with a valid key. Administrators create \
        keys with `taskforce keys create`.";
    FORBIDDEN = "forbidden" 403 "Insufficient scope"
        "The key is valid, but its scope does not include this operation.";
    NOT_FOUND = "not-found" 404 "Not found"
        "The path or the record does not exist and has never existed.";
    METHOD_NOT_ALLOWED = "method-not-allowed" 405 "Method not allowed"
        "The `Allow` header lists the methods of this path.";
    NOT_ACCEPTABLE = "not-acceptable" 406 "Unsupported response format"
        "Lists are available as JSON, CSV and NDJSON, other resources as JSON. Request a format \
        with `Accept` or, on lists, with `format`.";
    REQUEST_TIMEOUT = "request-timeout" 408 "Request timeout"
        "A request must arrive within 30 seconds.";
    CONFLICT = "conflict" 409 "Conflict"
        "The id is in use, other records refer to the record (`errors` lists them), or a request \
        with the same idempotency key is in progress.";
    GONE = "gone" 410 "Deleted record"
        "The record was deleted at `revision`. Earlier revisions still show it.";
    PRECONDITION_FAILED = "precondition-failed" 412 "Changed record"
        "The record has changed since the version in `If-Match`. `revision` is its current \
        version. Read the record again and repeat the change.";
    PAYLOAD_TOO_LARGE = "payload-too-large" 413 "Body too large"
        "A body has at most 1 MiB, and a bundle to import at most 64 MiB, after decoding.";
    URI_TOO_LONG = "uri-too-long" 414 "URL too long"
        "A URL has at most 8 KiB, and with a cursor 32 KiB.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type" 415 "Unsupported media type"
        "Send `application/json`, `application/merge-patch+json` to PATCH, or `text/csv` to import \
        a table, in UTF-8, optionally encoded with gzip, br or deflate.";
    VALIDATION_FAILED = "validation-failed" 422 "Invalid record"
        "`errors` lists every fault with a JSON pointer to its place.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused" 422 "Reused idempotency key"
        "The `Idempotency-Key` was used for another request. Use a new key for another body, \
        method or path.";
    PRECONDITION_REQUIRED = "precondition-required" 428 "Missing precondition"
        "Send `If-Match` with the `ETag` of the record, or only its revision, such as `\"12\"`, so \
        that no other change is overwritten. To create a record with PUT, send `If-None-Match: *`.";
    HEADERS_TOO_LARGE = "headers-too-large" 431 "Headers too large"
        "Send fewer or shorter headers.";
    TOO_MANY_REQUESTS = "too-many-requests" 429 "Too many requests"
        "Wait for the number of seconds in `Retry-After`.";
    INTERNAL_ERROR = "internal-error" 500 "Internal server error"
        "The server failed. Report the problem with its `request_id`.";
    SERVICE_UNAVAILABLE = "service-unavailable" 503 "Service unavailable"
        "The database is unavailable, locked or read-only. Try again after the number of seconds \
        in `Retry-After`.";
    STORAGE_FULL = "storage-full" 507 "Storage full"
        "The disk is full, and nothing was stored. Try again after space has been freed.";
}

/// Not an error but a redirect: `error_responses` turns the detail, an id, into a URL.
static MERGED: ProblemKind = ProblemKind {
    code: "merged",
    status: 308,
    title: "The record was merged into another",
    explanation: "",
};

impl Problem {
    /// Creates a redirect to the record into which the requested one was merged.
    pub fn merged(into: impl Into<String>) -> Self {
        Self::new(&MERGED, into)
    }

    /// Returns the id of the record into which the requested one was merged.
    pub fn merged_into(&self) -> Option<&str> {
        (*self.kind == MERGED).then_some(self.detail.as_str())
    }

    /// Creates a problem of this kind.
    pub fn new(kind: &'static ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            revision: None,
            allow: None,
            retry_after: None,
        }
    }

    /// Creates a 500 problem. The cause is logged, but not shown to the client.
    pub fn internal(why: impl fmt::Display) -> Self {
        tracing::error!(%why, "internal error");
        Self::new(&INTERNAL_ERROR, "The server failed. The cause is in its log.")
    }

    /// Creates a problem from faults of query parameters.
    pub fn parameters(faults: Faults) -> Self {
        Self::new(&INVALID_PARAMETER, "Several query parameters are invalid.")
            .with_errors(faults.into_list())
    }

    /// Returns a problem if there are faults of query parameters.
    pub fn check_parameters(faults: Faults) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::parameters(faults)) }
    }

    /// Creates a problem from faults of the body.
    pub fn body(faults: Vec<Fault>) -> Self {
        let detail = if faults.len() < Faults::MAX {
            "Several fields of the body are invalid.".to_owned()
        } else {
            format!("Many fields of the body are invalid. The first {} are listed.", Faults::MAX)
        };
        Self::new(&VALIDATION_FAILED, detail).with_errors(faults)
    }

    /// Adds faults. A single fault also becomes the detail.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        if let [only] = errors.as_slice() {
            let place = match only.place.to_string() {
                name if !name.is_empty() => name,
                _ if matches!(only.place, Place::Parameter(_)) => {
                    "A parameter without a name".to_owned()
                }
                _ => "The body".to_owned(),
            };
            self.detail = format!("{place}: {}.", only.message);
        }
        self.errors = errors;
        self
    }

    /// Returns the code of the kind.
    pub fn code(&self) -> &'static str {
        self.kind.code
    }

    /// Creates a 410 problem for a record that this revision deleted.
    pub fn gone(name: &str, revision: i64) -> Self {
        let detail = format!("The {name} was deleted at revision {revision}.");
        Self { revision: Some(revision), ..Self::new(&GONE, detail) }
    }

    fn stale(header: &str, why: String, revision: i64) -> Self {
        Self { revision: Some(revision), ..Self::header(&PRECONDITION_FAILED, header, why) }
    }

    /// Creates a 405 problem with the methods of the path.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(&METHOD_NOT_ALLOWED, format!("This path supports only {allow}."))
        }
    }

    /// Creates a 429 problem with the time to wait.
    pub fn too_many_requests(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let seconds = seconds.max(1);
        let problem = Self::new(
            &TOO_MANY_REQUESTS,
            format!("This client has sent too many requests. Try again in {seconds} s."),
        );
        Self { retry_after: Some(seconds), ..problem }
    }

    /// Creates a problem from a fault of a header.
    pub fn header(kind: &'static ProblemKind, name: &str, message: impl Into<String>) -> Self {
        Self::new(kind, "A header is invalid.").with_errors(vec![Fault {
            place: Place::Header(name.to_owned()),
            code: "invalid-header",
            message: message.into(),
            hint: None,
        }])
    }

    /// Returns the problem for a status that the framework returned.
    pub fn of_status(status: StatusCode) -> Self {
        let kind =
            KINDS.iter().find(|kind| kind.status == status.as_u16()).copied().unwrap_or(
                if status.is_server_error() { &INTERNAL_ERROR } else { &MALFORMED_BODY },
            );
        Self::new(kind, kind.explanation)
    }

    /// Returns the problem in an error, or the one for its status.
    pub fn of_error(error: &actix_web::Error) -> Self {
        let status = || error.as_response_error().status_code();
        error.as_error::<Self>().cloned().unwrap_or_else(|| Self::of_status(status()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns a response that carries the problem. `error_responses` renders it, since it has the
    /// request.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => {
                Self::new(&STORAGE_FULL, "The disk is full, and nothing was stored.")
            }
            StoreError::Unavailable(why) => {
                tracing::warn!(%why, "the store is unavailable");
                Self::new(&SERVICE_UNAVAILABLE, "The database is unavailable. Try again later.")
            }
            StoreError::Unusable(why) | StoreError::Internal(why) => Self::internal(why),
        }
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid(faults) => Self::body(faults),
            EditError::NotFound => Self::new(&NOT_FOUND, "This record has never existed."),
            EditError::Gone(revision) => Self::gone("record", revision),
            EditError::Merged(into) => Self::merged(into),
            EditError::Conflict(why, faults) => {
                Self { detail: format!("{why}."), ..Self::new(&CONFLICT, "").with_errors(faults) }
            }
            EditError::PreconditionRequired => Self::header(
                &PRECONDITION_REQUIRED,
                "If-Match",
                "is missing; send the `ETag` of the version to change",
            ),
            EditError::Stale(revision) => Self::stale(
                "If-Match",
                format!("does not match the current version of the record, which is {revision}"),
                revision,
            ),
            EditError::Unquoted(given, revision) => {
                let why = format!(
                    "is not in double quotes, so it matches no version; the current one is \
                    {revision}"
                );
                let mut problem = Self::stale("If-Match", why, revision);
                for fault in &mut problem.errors {
                    fault.hint = Some(format!("\"{given}\""));
                }
                problem
            }
            EditError::Present(revision) => Self::stale(
                "If-None-Match",
                format!("is `*`, but the record exists at version {revision}"),
                revision,
            ),
            EditError::KeyReused => Self::header(
                &IDEMPOTENCY_KEY_REUSED,
                "Idempotency-Key",
                "was used for another body in the last 24 hours",
            ),
            EditError::Store(error) => error.into(),
        }
    }
}
