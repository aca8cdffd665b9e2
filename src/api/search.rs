//! `GET /v1/search`: full-text search over all records.

use actix_web::{HttpRequest, HttpResponse, web};

use super::document::examples;
use super::document::parameters::Values;
use super::tag::SEARCH;

use crate::model::Faults;
use crate::reading::{
    DEFAULT_LIMIT, GlobalSearch, HitList, MAX_LIMIT, Page, Position, SearchHit, global_search,
};
use crate::records::{CATALOGUE, EXAMPLES, Reference};
use crate::store::{Pin, Snapshot};
use crate::web::app::App;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::cursors::{check_reachable, check_same_query, open_cursor};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, list, number, parameters, value};
use crate::web::problem::Problem;

pub(super) fn example() -> HitList {
    let Reference { id, name, .. } = examples::reference_to(EXAMPLES.any);
    let highlight = name.replacen("Award", "<mark>Award</mark>", 1);
    let url = format!("/v1/awards/{id}");
    examples::list(
        SearchHit {
            record_type: EXAMPLES.any,
            id,
            name,
            url,
            date: examples::date_of(EXAMPLES.any),
            highlight,
        },
        1,
    )
}

/// Search all records
///
/// Searches the text of records of all types. `q` is required unless `cursor` is given. All pages
/// show the same revision.
#[utoipa::path(
    get,
    path = "/v1/search",
    operation_id = "search",
    tag = SEARCH,
    params(
        ("q", Query),
        ("type" = Option<Values>, Query, description = "Only records of these types, as \
            `RecordTypeName` lists them."),
        ("limit", Query),
        ("cursor", Query),
    ),
    responses((status = 200, description = "The hits, the best first. `facets.type` counts the \
        hits of each type.", body = HitList)),
)]
pub(crate) async fn get_search(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let given = parameters(&request)?;
    // An empty search is valid: it finds nothing.
    let present: Vec<(String, String)> =
        given.iter().filter(|(name, value)| name != "q" || !value.is_empty()).cloned().collect();
    let mut faults = Faults::default();
    check_known(&present, &["q", "type", "limit", "cursor"], &mut faults);
    let search = SearchRequest::new(&app, &given, faults).await?;
    negotiate(&request, &["application/json"])?;
    let pin = search.pin.clone();
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let page = search.read(app, snapshot)?;
            Ok(ReadResponse::new(snapshot, snapshot.revision, page.body).with_next(page.next))
        })
    };
    respond(&app, &request, "application/json", pin, read).await
}

/// A parsed search: query, position and state.
pub(crate) struct SearchRequest {
    query: GlobalSearch,
    position: Option<Position>,
    /// The parameters, those of the cursor if there is one.
    pub(crate) parameters: Vec<(String, String)>,
    /// The state of the dataset.
    pub(crate) pin: Pin,
}

impl SearchRequest {
    /// Parses the parameters.
    pub(crate) async fn new(
        app: &web::Data<App>,
        given: &[(String, String)],
        mut faults: Faults,
    ) -> Result<Self, Problem> {
        let position = value(given, "cursor")
            .map(|cursor| open_cursor(app, cursor, GlobalSearch::LIST))
            .transpose()?;
        let (parameters, default, pin) = match &position {
            Some(position) => {
                let carried = position.parameters();
                check_same_query(["q", "type"].into_iter().all(|name| {
                    value(given, name).is_none_or(|text| value(&carried, name) == Some(text))
                }))?;
                (carried, position.limit, position.pin.clone())
            }
            None => (given.to_vec(), DEFAULT_LIMIT, Pin::default()),
        };
        let limit =
            number(given, "limit", default as i64, 1..=MAX_LIMIT as i64, &mut faults) as usize;
        let names: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
        let chosen = list(&parameters, "type", &names, &mut faults);
        let types = match chosen.as_slice() {
            [] => CATALOGUE.iter().collect(),
            chosen => chosen.iter().filter_map(|name| CATALOGUE.get(name)).collect(),
        };
        let Some(q) = value(&parameters, "q") else {
            faults.parameter("q", "missing", "is required", Some("q=forced labor".to_owned()));
            return Err(Problem::parameters(faults));
        };
        let query = match GlobalSearch::new(q, types, limit, &mut faults) {
            Some(query) if faults.is_empty() => query,
            _ => return Err(Problem::parameters(faults)),
        };
        check_reachable(app, &pin).await?;
        Ok(Self { query, position, parameters, pin })
    }

    /// Runs the search.
    pub(crate) fn read(&self, app: &App, snapshot: &mut Snapshot<'_>) -> Result<Page, Problem> {
        let (path, root) = (app.address("/v1/search"), app.address(""));
        Ok(global_search(
            snapshot,
            &self.query,
            self.position.as_ref(),
            app.signing(&path),
            &root,
            &app.results,
        )?)
    }
}
