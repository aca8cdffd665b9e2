//! The key, reason, dry run and idempotency key of a write.

use actix_web::{HttpRequest, web};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::app::App;
use super::auth;
use super::blocking::wait_until_available;
use super::body;
use super::entity_tags::precondition;
use super::extended_value;
use super::parameters;
use super::problem::Problem;
use super::problem::{INVALID_PARAMETER, VALIDATION_FAILED};
use super::session::Session;
use crate::digest::{Sha256Hex, sha256};
use crate::editing::{self, EditError, IdempotentRequest, Precondition};
use crate::keys::Scope;
use crate::model::text;
use crate::store::{Reason, Transaction};

const MAX_BODY_BYTES: usize = 1 << 20;

const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// An authorized write, before its body is read.
pub(crate) struct WriteRequest {
    reason: Reason,
    idempotency_key: Option<String>,
    /// Whether this is a form. While the same form is being written, it waits for the result.
    /// Other requests are refused.
    is_form: bool,
    pub(crate) dry_run: bool,
}

impl WriteRequest {
    pub(crate) async fn new(
        app: &web::Data<App>,
        request: &HttpRequest,
        required: Scope,
    ) -> Result<Self, Problem> {
        Self::with_parameters(app, request, required, &[]).await
    }

    /// Authorizes a write whose operation has the query parameters `own`.
    pub(crate) async fn with_parameters(
        app: &web::Data<App>,
        request: &HttpRequest,
        required: Scope,
        own: &[&str],
    ) -> Result<Self, Problem> {
        let key = auth::authorize(app, request, required).await?;
        let dry_run = parameters::dry_run(request, own)?;
        let kind = header_text(request, "Change-Kind")?;
        let key_sent = header_text(request, "Idempotency-Key")?;
        let reason = change_reason(request)?;
        if let Some(kind) =
            kind.filter(|kind| !["entry", "update", "correction", "redaction"].contains(kind))
        {
            return Err(Problem::header(
                &INVALID_PARAMETER,
                "Change-Kind",
                format!("is {kind:?}, but must be one of entry, update, correction, redaction"),
            ));
        }
        if key_sent.is_some_and(|key| key.is_empty() || key.len() > MAX_IDEMPOTENCY_KEY_BYTES) {
            return Err(Problem::header(
                &INVALID_PARAMETER,
                "Idempotency-Key",
                format!("must have 1 to {MAX_IDEMPOTENCY_KEY_BYTES} characters"),
            ));
        }
        let idempotency_key = key_sent
            .map(|sent| format!("{} {} {} {sent}", key.id, request.method(), request.path()));
        let kind = kind.map(str::to_owned);
        let reason = Reason { actor: key.name, reason, kind };
        Ok(Self { reason, idempotency_key, is_form: false, dry_run })
    }

    /// Creates the write that the form of a signed-in record keeper requests. `once` identifies the
    /// form, so that sending it again does not repeat the write.
    pub(crate) fn from_form(
        session: &Session,
        reason: Option<String>,
        once: Option<&str>,
        dry_run: bool,
    ) -> Self {
        // Forms have random tokens of 32 digits. The database does not store any other text.
        let is_token =
            |once: &&str| once.len() <= 64 && once.bytes().all(|b| b.is_ascii_hexdigit());
        let once = once.filter(is_token);
        let idempotency_key = once.map(|once| format!("{} form {once}", session.key.id));
        let reason = Reason { actor: session.key.name.clone(), reason, kind: None };
        Self { reason, idempotency_key, is_form: true, dry_run }
    }

    /// Sets the reason, which is in the body, and the kind.
    pub(crate) fn with_reason(mut self, reason: &str, kind: &str) -> Self {
        self.reason.reason = Some(reason.to_owned());
        self.reason.kind = Some(kind.to_owned());
        self
    }

    /// Authorizes a write, and reads the expected version and the body.
    pub(crate) async fn with_body(
        app: &web::Data<App>,
        request: &HttpRequest,
        payload: web::Payload,
        required: Scope,
        media_type: &str,
    ) -> Result<(Self, Precondition, Json), Problem> {
        let write_request = Self::new(app, request, required).await?;
        let expected = precondition(request)?;
        Ok((
            write_request,
            expected,
            body::read(request, payload, media_type, MAX_BODY_BYTES).await?,
        ))
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        app: &App,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, Problem> {
        let written = app.store.write(self.reason.clone(), self.dry_run, work);
        Ok(wait_until_available(&app.store, written)
            .await?
            .map_err(|_| Problem::internal("the writer thread has stopped"))??)
    }

    /// Writes, or returns the first response if the idempotency key was already used for this body.
    pub(crate) async fn write_once<T>(
        &self,
        app: &App,
        body: &str,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let _in_flight = self
            .idempotency_key
            .as_ref()
            .filter(|_| !self.dry_run && !self.is_form)
            .map(|key| app.in_flight.begin(key))
            .transpose()?;
        // Only digests are stored, so that neither the client's key nor the body is revealed.
        let once = self.idempotency_key.as_ref().filter(|_| !self.dry_run).map(|request| {
            let mut digest = Sha256Hex::default();
            [request, "\n", body].iter().for_each(|part| digest.update(part));
            IdempotentRequest { request: sha256(request), body_digest: digest.finish() }
        });
        self.write(app, move |transaction| editing::run_once(transaction, once, work)).await
    }
}

/// Returns a header, which must be UTF-8.
fn header_text<'r>(request: &'r HttpRequest, name: &str) -> Result<Option<&'r str>, Problem> {
    let value = request.headers().get(name).map(|value| std::str::from_utf8(value.as_bytes()));
    value.transpose().map_err(|_| Problem::header(&INVALID_PARAMETER, name, "is not UTF-8"))
}

/// Parses `Change-Reason`.
fn change_reason(request: &HttpRequest) -> Result<Option<String>, Problem> {
    const NAME: &str = "Change-Reason";
    let Some(value) = request.headers().get(NAME) else { return Ok(None) };
    let decoded = extended_value::decode(value.as_bytes())
        .map_err(|why| Problem::header(&INVALID_PARAMETER, NAME, why))?;
    let reason = text::clean(&decoded, false)
        .map_err(|why| Problem::header(&VALIDATION_FAILED, NAME, why))?;
    if reason.chars().count() > text::SHORT.max_length {
        let why = format!("is longer than {} characters", text::SHORT.max_length);
        return Err(Problem::header(&INVALID_PARAMETER, NAME, why));
    }
    Ok(Some(reason).filter(|reason| !reason.is_empty()))
}
