//! Bundles: `POST /v1/import`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value as Json, json};

use super::asked::Asked;
use super::{App, CATALOGUE, Problem, body};
use crate::editing;
use crate::keys::Scope;

/// As large as a bundle may be.
const LIMIT: usize = 64 << 20;

/// Imports a bundle, all or nothing.
pub async fn import_bundle(request: HttpRequest, payload: web::Payload, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request, Scope::Write).await?;
    let bundle: Json = body::read(&request, payload, "application/json", LIMIT).await?;
    let sent = bundle.to_string();
    let imported = asked.write_once(&app, &sent, move |transaction| editing::import(transaction, CATALOGUE, &bundle)).await?;
    let mut answer = HttpResponse::Ok();
    asked.mark(&mut answer);
    Ok(answer.json(json!({
        "revision": imported.revision.unwrap_or_else(|| app.store.revision()),
        "dry_run": asked.dry_run,
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "changes": imported.changes,
    })))
}
