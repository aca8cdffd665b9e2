//! `GET /`: the index. Browsers get the start page instead.

use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::api_catalog::catalog_link;
use super::tag::SERVER;
use crate::formats::Members;
use crate::model::RecordType;
use crate::records::CATALOGUE;
use crate::settings::Settings;
use crate::web::app::App;
use crate::web::problem::Problem;

/// The title of the dataset, the URLs of its lists, and a citation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Index {
    /// The title of the dataset.
    title: String,
    /// The description of the dataset.
    description: String,
    /// The address of the record keepers, on the web or by mail.
    #[schema(required)]
    contact: Option<String>,
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

pub(super) fn example(settings: &Settings) -> Index {
    Index::new(settings, 1, str::to_owned)
}

impl Index {
    fn new(settings: &Settings, revision: i64, address: impl Fn(&str) -> String) -> Self {
        let list = |record_type: &RecordType| {
            (record_type.plural, address(&format!("/v1/{}", record_type.path)))
        };
        Self {
            title: settings.title.clone(),
            description: settings.description.clone(),
            contact: settings.contact.clone(),
            license: License {
                name: Some(settings.license.name.clone()),
                url: settings.license.url.clone(),
            },
            revision,
            cite_as: format!("{}, revision {revision}, {}", settings.title, address("/")),
            lists: CATALOGUE.iter().map(list).collect(),
            specification: address("/openapi.json"),
            documentation: address("/docs"),
        }
    }
}

/// Get the index
///
/// Returns the title of the dataset, the URLs of its lists, and a citation.
#[utoipa::path(get, path = "/", operation_id = "get_index", tag = SERVER, responses((status = 200,
    description = "The index.", body = Index)))]
pub(crate) async fn index(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(("Vary", "Accept, Accept-Encoding"))
        .append_header((LINK, catalog_link(&app)))
        .json(Index::new(&app.settings, app.store.revision(), |path| app.address(path))))
}
