//! `GET /v1/search`: full text over all records.

use actix_web::{HttpRequest, HttpResponse, web};

use super::document::examples;
use super::document::parameters::Values;
use super::tag::TAG;

use crate::model::{Faults, RecordType, nearest};
use crate::reading::{
    CursorError, Everywhere, HitList, MOST, Page, Resumed, SearchHit, Signing, USUAL, Walk,
    everywhere,
};
use crate::records::{CATALOGUE, EXAMPLES, Reference};
use crate::store::{Pin, Snapshot};
use crate::web::app::App;
use crate::web::conditional::{Found, answer};
use crate::web::cursors::{not_followed, reachable};
use crate::web::negotiation::accepted;
use crate::web::parameters::{only, parameters, value};
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
/// Full text over the records of all types. `q` is required, unless there is a `cursor`. All pages
/// show the same revision.
#[utoipa::path(
    get,
    path = "/v1/search",
    operation_id = "search",
    tag = TAG,
    params(
        ("q", Query),
        ("type" = Option<Values>, Query, description = "Only records of these types, as \
            `RecordTypeName` lists them."),
        ("limit", Query),
        ("cursor", Query),
    ),
    responses((status = 200, description = "The hits, the best first; `facets.type` counts those \
        of each type.", body = HitList)),
)]
pub(crate) async fn get_search(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let given = parameters(&request)?;
    // Nothing typed is a search, too: it finds nothing.
    let said: Vec<(String, String)> =
        given.iter().filter(|(name, value)| name != "q" || !value.is_empty()).cloned().collect();
    only(&said, &["q", "type", "limit", "cursor"])?;
    accepted(&request, &["application/json"])?;
    let sought = Sought::of(&app, &given).await?;
    let pin = sought.pin.clone();
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let page = sought.read(app, snapshot)?;
            Ok(Found::new(snapshot, snapshot.revision, page.body).followed_by(page.next))
        })
    };
    answer(&app, &request, "application/json", pin, read).await
}

/// Searches everything once before anybody asks: a server of PostgreSQL learns the tables for each
/// connection anew, which takes longer than a search. So the first connection is one that knows
/// them; nothing is lost where that fails.
pub fn rehearse(app: &App) {
    let asked = Everywhere::new("a*", CATALOGUE.iter().collect(), 1, &mut Faults::default());
    let Some(asked) = asked.filter(|_| !app.store.is_at_hand()) else { return };
    let sought = Sought { asked, walk: None, parameters: Vec::new(), pin: Pin::default() };
    if let Err(problem) = app.store.read(&sought.pin, |snapshot| sought.read(app, snapshot)) {
        tracing::info!(%problem, "the first search failed");
    }
}

/// What is searched for, and where the search goes on.
pub(crate) struct Sought {
    asked: Everywhere,
    walk: Option<Walk>,
    /// The parameters: those of the cursor, where there is one.
    pub(crate) parameters: Vec<(String, String)>,
    /// The state of the record that is searched.
    pub(crate) pin: Pin,
}

impl Sought {
    /// What these parameters ask for.
    pub(crate) async fn of(
        app: &web::Data<App>,
        given: &[(String, String)],
    ) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let limit = value(given, "limit").map(|text| limit(text, &mut faults));
        let walk = value(given, "cursor")
            .map(|cursor| Everywhere::resume(cursor, app.store.signing_key(), app.store.identity()))
            .transpose()
            .map_err(not_followed)?;
        let (parameters, limit, walk, pin) = match walk {
            Some(Resumed { parameters: carried, limit: length, walk, pin }) => {
                if ["q", "type"].into_iter().any(|name| {
                    value(given, name).is_some_and(|text| value(&carried, name) != Some(text))
                }) {
                    return Err(not_followed(CursorError(
                        "belongs to another query; follow page.next as it is",
                    )));
                }
                (carried, limit.unwrap_or(length), Some(walk), pin)
            }
            None => (given.to_vec(), limit.unwrap_or(USUAL), None, Pin::default()),
        };
        let Some(q) = value(&parameters, "q") else {
            faults.parameter(
                "q",
                "missing",
                "is needed: what to search for",
                Some("q=forced labor".to_owned()),
            );
            return Err(Problem::parameters(faults));
        };
        let types = types(value(&parameters, "type"), &mut faults);
        let asked = match Everywhere::new(q, types, limit, &mut faults) {
            Some(asked) if faults.is_empty() => asked,
            _ => return Err(Problem::parameters(faults)),
        };
        reachable(app, &pin).await?;
        Ok(Self { asked, walk, parameters, pin })
    }

    /// What is found.
    pub(crate) fn read(&self, app: &App, snapshot: &mut Snapshot<'_>) -> Result<Page, Problem> {
        let (path, root) = (app.address("/v1/search"), app.address(""));
        let signing =
            Signing { key: app.store.signing_key(), database: app.store.identity(), path: &path };
        Ok(everywhere(snapshot, &self.asked, self.walk.as_ref(), signing, &root, &app.totals)?)
    }
}

fn limit(text: &str, faults: &mut Faults) -> usize {
    match text.parse::<usize>() {
        Ok(limit) if (1..=MOST).contains(&limit) => limit,
        _ => {
            faults.parameter(
                "limit",
                "out-of-range",
                format!("{text:?} is not a number from 1 to {MOST}"),
                Some(MOST.to_string()),
            );
            USUAL
        }
    }
}

/// The types of records to look among: all, where none was said.
fn types(text: Option<&str>, faults: &mut Faults) -> Vec<&'static RecordType> {
    let Some(text) = text else { return CATALOGUE.iter().collect() };
    let mut types: Vec<&'static RecordType> = Vec::new();
    for name in text.split(',') {
        match CATALOGUE.get(name) {
            Some(record_type) if types.iter().any(|other| other.name == name) => {
                faults.parameter(
                    "type",
                    "repeated",
                    format!("names {} more than once", record_type.name),
                    None,
                );
            }
            Some(record_type) => types.push(record_type),
            None => {
                let all: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
                let hint = nearest(name, all.iter().copied()).map(str::to_owned);
                faults.parameter(
                    "type",
                    "wrong-value",
                    format!("{name:?} is none of {}", all.join(", ")),
                    hint,
                );
            }
        }
    }
    types
}
