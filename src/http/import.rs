//! Bundles: `POST /v1/import`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value as Json, json};

use super::asked::Asked;
use super::{App, CATALOGUE, Problem, body};
use crate::digest::sha256;
use crate::editing::{self, Done};
use crate::keys::Scope;

/// As large as a bundle may be.
const LIMIT: usize = 64 << 20;

/// Imports a bundle, all or nothing.
pub async fn import_bundle(request: HttpRequest, payload: web::Payload, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &request, Scope::Write).await?;
    let bundle = body::read_bundle(&request, payload, LIMIT).await?;
    let sent = sha256(bundle.text());
    let (imported, changes) = asked
        .write_once(&app, &sent, move |transaction| {
            let mut changes = Vec::new();
            let imported = editing::import(transaction, CATALOGUE, &bundle, &mut |done| changes.extend(told(done)))?;
            Ok((imported, changes))
        })
        .await?;
    let mut answer = HttpResponse::Ok();
    asked.mark(&mut answer);
    Ok(answer.json(json!({
        "revision": imported.revision.unwrap_or_else(|| app.store.revision()),
        "dry_run": asked.dry_run,
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "changes": changes,
    })))
}

/// What was done to a record, where anything was.
fn told(done: Done) -> Option<Json> {
    let Done { record_type, id, operation, changed, reverts } = done;
    operation.map(
        |operation| json!({ "type": record_type.name, "id": id, "operation": operation.as_str(), "changed": changed, "reverts": reverts }),
    )
}
