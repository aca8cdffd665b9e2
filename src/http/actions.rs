//! What is done to a record besides writing it: a version brought back, two records made one, values redacted.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;

use super::asked::Asked;
use super::writes::answer;
use super::{App, Problem};
use crate::editing::{self, Merge, Redaction};
use crate::keys::Scope;
use crate::model::{Faults, Pointer, RecordType, number};

/// Brings a version of a record back, also of one that was deleted, as a new revision.
pub async fn restore_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) = Asked::with_body(&app, &request, payload, Scope::Write, "application/json").await?;
    let wanted = "the number of the revision to bring back";
    let revision = only_member(&body, "revision", wanted, |value| value.as_f64().and_then(number::whole).filter(|revision| *revision > 0))?;
    let edited = asked
        .write_once(&app, &body.to_string(), move |transaction| editing::restore(transaction, record_type, &id, revision, &expected))
        .await?;
    answer(&app, &request, record_type, &asked, edited).await
}

/// Merges a record into another of its type.
pub async fn merge_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) = Asked::with_body(&app, &request, payload, Scope::Admin, "application/json").await?;
    let merge = Merge::parse(&body)?;
    let edited = asked
        .write_once(&app, &body.to_string(), move |transaction| editing::merge(transaction, record_type, &id, &merge, &expected))
        .await?;
    answer(&app, &request, record_type, &asked, edited).await
}

/// Redacts fields of a record in every version of it.
pub async fn redact_item(
    record_type: &'static RecordType,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (asked, expected, body) = Asked::with_body(&app, &request, payload, Scope::Admin, "application/json").await?;
    let redaction = Redaction::parse(&body)?;
    let asked = asked.because(&redaction.reason, "redaction");
    match asked
        .write_once(&app, &body.to_string(), move |transaction| editing::redact(transaction, record_type, &id, &redaction, &expected))
        .await?
    {
        Some(edited) => answer(&app, &request, record_type, &asked, edited).await,
        None => Ok(asked.nothing_left()),
    }
}

/// The one member that a body has.
fn only_member<T>(body: &Json, name: &str, wanted: &str, read: impl Fn(&Json) -> Option<T>) -> Result<T, Problem> {
    let mut faults = Faults::default();
    let root = Pointer::Root;
    let Json::Object(members) = body else {
        faults.at(&root, "wrong-type", "is not an object", Some(format!("{{{name:?}: …}}")));
        return Err(Problem::body(faults.into_list()));
    };
    for other in members.keys().filter(|other| *other != name) {
        faults.at(&root.member(other), "unknown-field", format!("there is no field {other:?} here"), Some(name.to_owned()));
    }
    let value = members.get(name).and_then(read);
    if value.is_none() {
        faults.at(&root.member(name), "wrong-type", format!("{wanted} belongs here"), None);
    }
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Problem::body(faults.into_list())),
    }
}
