//! What went wrong, as RFC 9457 has it. Every error of the server leaves it in this form, the
//! framework's own too.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::editing::EditError;
use crate::model::{Fault, Faults};
use crate::store::StoreError;

/// A problem, until it is answered.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: &'static ProblemKind,
    detail: String,
    errors: Vec<Fault>,
    revision: Option<i64>,
    allow: Option<&'static str>,
    retry_after: Option<u64>,
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
    /// The meaning, and what to do.
    pub explanation: &'static str,
}

/// The codes of all kinds.
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
    INVALID_PARAMETER = "invalid-parameter" 400 "A parameter is not right"
        "A query parameter is unknown, repeated, empty, out of range or of the wrong type. \
        `errors` names each, with the nearest valid name where there is one.";
    INVALID_CURSOR = "invalid-cursor" 400 "The cursor cannot be followed" "Take the cursor from \
        `page.next` as it is, with no parameters other than those it was given for.";
    MALFORMED_BODY = "malformed-body" 400 "The body is not well-formed" "The body is not one JSON \
        value in UTF-8, holds a member twice, or is nested too deeply.";
    MALFORMED_REQUEST = "malformed-request" 400 "The request is not valid HTTP"
        "The request line, a header or the length of the body breaks the rules of HTTP/1.1 (RFC \
        9112).";
    UNAUTHORIZED = "unauthorized" 401 "A key is needed" "Writing needs `Authorization: Bearer \
        KEY`, with a key that is neither expired nor revoked. Keys are made on the command line: \
        `taskforce keys create`.";
    FORBIDDEN = "forbidden" 403 "The key does not allow this" "The key is valid, but its scope \
        does not include what was asked.";
    NOT_FOUND = "not-found" 404 "There is nothing here" "There is no such path, or there never \
        was such a record.";
    METHOD_NOT_ALLOWED = "method-not-allowed" 405 "The method does not apply here"
        "The `Allow` header lists the methods that do.";
    NOT_ACCEPTABLE = "not-acceptable" 406 "No format that was asked for can be given"
        "Lists are given as JSON, CSV or NDJSON, all else as JSON. Ask by `Accept` or, on lists, \
        by `format`.";
    REQUEST_TIMEOUT = "request-timeout" 408 "The request did not arrive in time"
        "A request must arrive whole within 30 seconds.";
    CONFLICT = "conflict" 409 "The record stands in the way" "The id is taken, other records \
        refer to the record (`errors` lists them), or the same request under the same idempotency \
        key is being done.";
    GONE = "gone" 410 "The record was deleted" "The detail names the revision that deleted it. \
        Earlier revisions still show it.";
    PRECONDITION_FAILED = "precondition-failed" 412 "The record has changed meanwhile"
        "The record is not in the version that `If-Match` names. `revision` is the one that it is \
        in: read it again, then decide.";
    PAYLOAD_TOO_LARGE = "payload-too-large" 413 "The body is too large" "A body has at most 1 \
        MiB, a bundle to import at most 64 MiB, after decoding.";
    URI_TOO_LONG = "uri-too-long" 414 "The URL is too long" "A URL has at most 8 KiB.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type" 415 "The body's type is not understood"
        "Send `application/json`, or `application/merge-patch+json` to PATCH, in UTF-8; encoded, \
        if at all, by gzip, br or deflate.";
    VALIDATION_FAILED = "validation-failed" 422 "The record breaks a rule"
        "`errors` names every fault with its JSON pointer.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused" 422 "The idempotency key was used for \
        something else"
        "An `Idempotency-Key` stands for one request: the same body, method and path. Send \
        another body under a new key.";
    PRECONDITION_REQUIRED = "precondition-required" 428 "Say which version is to be changed"
        "Send `If-Match` with the record's `ETag` (or its revision alone, as `\"12\"`), so that \
        nobody's change is lost. To create by PUT, send `If-None-Match: *`.";
    HEADERS_TOO_LARGE = "headers-too-large" 431 "The headers are too large"
        "Send fewer or shorter headers.";
    TOO_MANY_REQUESTS = "too-many-requests" 429 "Too many requests" "Wait as long as \
        `Retry-After` says.";
    INTERNAL_ERROR = "internal-error" 500 "A mistake of the server's" "Not your fault. Report it \
        with the `request_id`.";
    SERVICE_UNAVAILABLE = "service-unavailable" 503 "The record cannot be reached now"
        "The store is away, locked or read-only. Try again when `Retry-After` has passed.";
    STORAGE_FULL = "storage-full" 507 "The disk is full" "Nothing was written. Try again when \
        there is room.";
}

/// No problem but the way to another record; `error_answers` turns the detail, its id, into an
/// address.
static MERGED: ProblemKind = ProblemKind {
    code: "merged",
    status: 308,
    title: "The record was merged into another",
    explanation: "",
};

impl Problem {
    /// The way to the record with this id, into which the one asked for was merged.
    pub fn merged(into: impl Into<String>) -> Self {
        Self::new(&MERGED, into)
    }

    /// The id of the record into which the one asked for was merged.
    pub fn merged_into(&self) -> Option<&str> {
        (*self.kind == MERGED).then_some(self.detail.as_str())
    }

    /// A problem of this kind.
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

    /// A mistake of ours: logged, not told.
    pub fn internal(why: impl fmt::Display) -> Self {
        tracing::error!(%why, "internal error");
        Self::new(&INTERNAL_ERROR, "Something went wrong inside the server; it has been logged.")
    }

    /// Faults of the query string.
    pub fn parameters(faults: Faults) -> Self {
        Self::new(&INVALID_PARAMETER, "The query string has faults.")
            .with_errors(faults.into_list())
    }

    /// Faults of the body.
    pub fn body(faults: Vec<Fault>) -> Self {
        Self::new(&VALIDATION_FAILED, "The body breaks rules of the record.").with_errors(faults)
    }

    /// The problem, with its faults.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        if let [only] = errors.as_slice() {
            let place =
                Some(only.place.name()).filter(|place| !place.is_empty()).unwrap_or("The body");
            self.detail = format!("{place}: {}.", only.message);
        }
        self.errors = errors;
        self
    }

    /// The word for the kind of problem.
    pub fn code(&self) -> &'static str {
        self.kind.code
    }

    /// What kind it is of.
    pub fn kind(&self) -> &'static ProblemKind {
        self.kind
    }

    /// What is wrong, in a sentence.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The faults that were found.
    pub fn errors(&self) -> &[Fault] {
        &self.errors
    }

    /// A version other than the one that was expected.
    fn stale(header: &str, why: String, revision: i64) -> Self {
        Self { revision: Some(revision), ..Self::header(&PRECONDITION_FAILED, header, why) }
    }

    /// The methods that would be right.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(&METHOD_NOT_ALLOWED, format!("This path takes {allow}."))
        }
    }

    /// Too many requests of one client, which is to wait this long.
    pub fn too_many_requests(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let seconds = seconds.max(1);
        let problem = Self::new(
            &TOO_MANY_REQUESTS,
            format!("This client asks too often; try again in {seconds} s."),
        );
        Self { retry_after: Some(seconds), ..problem }
    }

    /// With 412, the revision that last changed the record.
    pub fn revision(&self) -> Option<i64> {
        self.revision
    }

    /// With 405, the methods that apply.
    pub fn allow(&self) -> Option<&'static str> {
        self.allow
    }

    /// How many seconds to wait before another request.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// A fault of a header.
    pub fn header(kind: &'static ProblemKind, name: &str, message: impl Into<String>) -> Self {
        Self::new(kind, "A header is not right.").with_errors(vec![Fault {
            place: crate::model::Place::Header(name.to_owned()),
            code: "invalid-header",
            message: message.into(),
            hint: None,
        }])
    }

    /// The problem that fits a status which the framework answered.
    pub fn of_status(status: StatusCode) -> Self {
        let kind =
            KINDS.iter().find(|kind| kind.status == status.as_u16()).copied().unwrap_or(
                if status.is_server_error() { &INTERNAL_ERROR } else { &MALFORMED_BODY },
            );
        Self::new(kind, kind.explanation)
    }

    /// The problem that an error carries, or that fits the status which the framework answers it
    /// with.
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

    /// An answer that carries the problem, for `error_answers` to write, since it knows the
    /// request.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status_code());
        answer.extensions_mut().insert(self.clone());
        answer
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::new(&STORAGE_FULL, "The disk is full; nothing was written."),
            StoreError::Unavailable(why) => {
                tracing::warn!(%why, "the store is unavailable");
                Self::new(&SERVICE_UNAVAILABLE, "The record cannot be reached now.")
            }
            StoreError::NotOurs(why) | StoreError::Internal(why) => Self::internal(why),
        }
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid(faults) => Self::body(faults),
            EditError::NotFound => Self::new(&NOT_FOUND, "There never was such a record."),
            EditError::Gone(revision) => {
                Self::new(&GONE, format!("The record was deleted by revision {revision}."))
            }
            EditError::Merged(into) => Self::merged(into),
            EditError::Conflict(why, faults) => {
                Self { detail: format!("{why}."), ..Self::new(&CONFLICT, "").with_errors(faults) }
            }
            EditError::ConditionMissing => Self::header(
                &PRECONDITION_REQUIRED,
                "If-Match",
                "is missing: say which version of the record is to be changed",
            ),
            EditError::Stale(revision) => Self::stale(
                "If-Match",
                format!("does not name the record's version, which is {revision}"),
                revision,
            ),
            EditError::Present(revision) => Self::stale(
                "If-None-Match",
                format!("is *, and there is a record, in version {revision}"),
                revision,
            ),
            EditError::KeyReused => Self::header(
                &IDEMPOTENCY_KEY_REUSED,
                "Idempotency-Key",
                "was used for another body within the last 24 hours",
            ),
            EditError::Store(error) => error.into(),
        }
    }
}
