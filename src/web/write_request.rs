//! What every write says of itself: who, why, in earnest or not, once or again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::app::App;
use super::auth;
use super::blocking::wait_until_available;
use super::body;
use super::entity_tag::expected;
use super::extended_value;
use super::parameters;
use super::problem::Problem;
use super::problem::{INVALID_PARAMETER, VALIDATION_FAILED};
use crate::digest::{Sha256Hex, sha256};
use crate::editing::{self, EditError, Expected, Once};
use crate::keys::Scope;
use crate::model::text;
use crate::store::{Reason, Transaction, Written};

/// As large as a record's body may be.
const LIMIT: usize = 1 << 20;

/// As many characters as an idempotency key may have.
const LONGEST_KEY: usize = 255;

/// Who asks for a write, why, and whether in earnest. Known before anything of the body is looked
/// at.
pub(crate) struct Asked {
    reason: Reason,
    once: Option<String>,
    pub(crate) dry_run: bool,
}

impl Asked {
    pub(crate) async fn of(
        app: &web::Data<App>,
        request: &HttpRequest,
        needed: Scope,
    ) -> Result<Self, Problem> {
        let key = auth::authorize(app, request, needed).await?;
        let dry_run = parameters::dry_run(request)?;
        let mut given = Vec::new();
        for name in ["Change-Kind", "Idempotency-Key"] {
            if let Some(value) = request.headers().get(name) {
                let text = std::str::from_utf8(value.as_bytes());
                given.push((
                    name,
                    text.map_err(|_| Problem::header(&INVALID_PARAMETER, name, "is not UTF-8"))?
                        .to_owned(),
                ));
            }
        }
        let header = |name: &str| {
            given.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
        };
        let reason = change_reason(request)?;
        let kind = header("Change-Kind");
        if let Some(kind) = kind
            .as_deref()
            .filter(|kind| !["entry", "update", "correction", "redaction"].contains(kind))
        {
            return Err(Problem::header(
                &INVALID_PARAMETER,
                "Change-Kind",
                format!("{kind:?} is none of entry, update, correction, redaction"),
            ));
        }
        let once = header("Idempotency-Key");
        if once.as_ref().is_some_and(|once| once.is_empty() || once.len() > LONGEST_KEY) {
            return Err(Problem::header(
                &INVALID_PARAMETER,
                "Idempotency-Key",
                format!("has no character, or more than {LONGEST_KEY}"),
            ));
        }
        let once =
            once.map(|once| format!("{} {} {} {once}", key.id, request.method(), request.path()));
        Ok(Self { reason: Reason { actor: key.name, reason, kind }, once, dry_run })
    }

    /// Gives the reason that a body tells, and the kind that follows from what is asked.
    pub(crate) fn because(mut self, reason: &str, kind: &str) -> Self {
        self.reason.reason = Some(reason.to_owned());
        self.reason.kind = Some(kind.to_owned());
        self
    }

    /// The same with what such a write sends: the version that it expects, and its body.
    pub(crate) async fn with_body(
        app: &web::Data<App>,
        request: &HttpRequest,
        payload: web::Payload,
        needed: Scope,
        media_type: &str,
    ) -> Result<(Self, Expected, Json), Problem> {
        let asked = Self::of(app, request, needed).await?;
        let expected = expected(request)?;
        Ok((asked, expected, body::read(request, payload, media_type, LIMIT).await?))
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        app: &App,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError> + Send + 'static,
    ) -> Result<Written<T>, Problem> {
        let written = app.store.write(self.reason.clone(), self.dry_run, work);
        Ok(wait_until_available(&app.store, written)
            .await?
            .map_err(|_| Problem::internal("the writer did not answer"))??)
    }

    /// Writes, or gives the answer of the first time where the request has an idempotency key that
    /// was used for this body.
    pub(crate) async fn write_once<T>(
        &self,
        app: &App,
        body: &str,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let _flight = self
            .once
            .as_ref()
            .filter(|_| !self.dry_run)
            .map(|once| app.in_flight.begin(once))
            .transpose()?;
        // What is kept tells neither the key that the client chose nor, without that, anything of
        // the body.
        let once = self.once.as_ref().filter(|_| !self.dry_run).map(|request| {
            let mut digest = Sha256Hex::default();
            [request, "\n", body].iter().for_each(|part| digest.update(part));
            Once { request: sha256(request), body_digest: digest.finish() }
        });
        let written =
            self.write(app, move |transaction| editing::once(transaction, once, work)).await?;
        Ok(written.answer)
    }

    /// The answer to a write that leaves no record to show.
    pub(crate) fn nothing_left(&self) -> HttpResponse {
        let mut answer = HttpResponse::NoContent();
        self.mark(&mut answer);
        answer.finish()
    }

    pub(crate) fn mark(&self, answer: &mut actix_web::HttpResponseBuilder) {
        if self.dry_run {
            answer.insert_header(("Dry-Run", "true"));
        }
    }
}

/// The reason that a request gives for its change.
fn change_reason(request: &HttpRequest) -> Result<Option<String>, Problem> {
    const NAME: &str = "Change-Reason";
    let Some(value) = request.headers().get(NAME) else { return Ok(None) };
    let sent = extended_value::decode(value.as_bytes())
        .map_err(|why| Problem::header(&INVALID_PARAMETER, NAME, why))?;
    let reason =
        text::clean(&sent, false).map_err(|why| Problem::header(&VALIDATION_FAILED, NAME, why))?;
    if reason.chars().count() > text::SHORT.longest {
        let why = format!("is longer than {} characters", text::SHORT.longest);
        return Err(Problem::header(&INVALID_PARAMETER, NAME, why));
    }
    Ok(Some(reason).filter(|reason| !reason.is_empty()))
}
