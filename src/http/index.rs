//! The index: what this is, where its lists are, how to cite it.

use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::well_known::catalog_link;
use super::{App, CATALOGUE, Problem};
use crate::formats::Members;
use crate::model::RecordType;

/// The index: the title, the lists and how to cite the dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Index {
    /// The title of the dataset.
    title: String,
    /// The description of the dataset.
    description: String,
    /// The address of the record keepers, on the web or by mail.
    contact: String,
    /// The license of the records.
    license: License,
    /// The latest revision.
    revision: i64,
    /// A citation of the dataset as of this revision.
    cite_as: String,
    /// The URL of each list.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    lists: Members<String>,
    /// The URL of the OpenAPI document.
    specification: String,
    /// The URL of the documentation.
    documentation: String,
}

/// A license.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct License {
    /// Its name.
    #[schema(required)]
    name: Option<String>,
    /// Its URL.
    #[schema(required)]
    url: Option<String>,
}

/// Answers `GET /`.
pub async fn index(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let settings = &app.settings;
    let revision = app.store.revision();
    let address = |record_type: &RecordType| (record_type.plural, app.address(&format!("/v1/{}", record_type.path)));
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(("Vary", "Accept, Accept-Encoding"))
        .append_header((LINK, catalog_link(&app)))
        .json(Index {
            title: settings.title.clone(),
            description: settings.description.clone(),
            contact: settings.contact.clone(),
            license: License { name: settings.license.first().cloned(), url: settings.license.get(1).cloned() },
            revision,
            cite_as: format!("{}, revision {revision}, {}", settings.title, app.address("/")),
            lists: CATALOGUE.iter().map(address).collect(),
            specification: app.address("/openapi.json"),
            documentation: app.address("/docs"),
        }))
}
