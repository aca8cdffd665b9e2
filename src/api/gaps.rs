//! `GET /v1/gaps`: missing and contradictory data.

use std::collections::HashSet;

use actix_web::{HttpRequest, HttpResponse, web};

use super::document::examples;
use super::document::parameters::Values;
use super::tag::SEARCH;

use crate::model::Faults;
use crate::reading::{Envelope, GAPS, Gap, GapList, GapQuery, PageInfo, Total, gaps, parse_as_of};
use crate::records::{CATALOGUE, EXAMPLES, Reference};
use crate::store::Pin;
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{ReadResponse, respond};
use crate::web::cursors::{check_same_query, is_state_of, open_cursor};
use crate::web::negotiation::negotiate;
use crate::web::parameters::{check_known, list, number, parameters, value};
use crate::web::problem::Problem;

pub(super) fn example() -> GapList {
    let Reference { record_type, id, name } = examples::reference_to(EXAMPLES.gap);
    let message = "no progress is recorded".to_owned();
    examples::list(Gap { kind: "silent", record_type, id, name, field: None, message }, 1)
}

/// List the gaps
///
/// Lists missing and contradictory data, with the action to take. It is the worklist of the record
/// keepers.
#[utoipa::path(
    get,
    path = "/v1/gaps",
    operation_id = "list_gaps",
    tag = SEARCH,
    params(
        ("kind" = Option<Values>, Query, description = "Only gaps of these kinds, as `Gap.kind` \
            lists them."),
        ("type" = Option<Values>, Query, description = "Only gaps in records of these types, as \
            `RecordTypeName` lists them."),
        ("limit", Query),
        ("cursor", Query),
        ("revision", Query),
        ("as_of", Query),
    ),
    responses((status = 200, description = "The gaps, by kind, type and id.", body = GapList)),
)]
pub(crate) async fn get_gaps(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    negotiate(&request, &["application/json"])?;
    let (query, pin) = parse_query(&app, &parameters).await?;
    let path = app.address("/v1/gaps");
    let read = move |app: &App, pin: &Pin| {
        app.store.read(pin, |snapshot| {
            let gaps = gaps(snapshot, &query)?;
            let next = query.next(snapshot, gaps.total, app.signing(&path));
            let page = PageInfo::new(query.limit, Total::exact(gaps.total), next);
            let envelope =
                Envelope { page, facets: Some(gaps.facets.to_raw()?), revision: snapshot.revision };
            ReadResponse::list(snapshot.today.clone(), &GapList { data: gaps.entries, envelope })
        })
    };
    respond(&app, &request, "application/json", pin, read).await
}

/// Parses the query and the state of the dataset, from the cursor after the first page.
async fn parse_query(
    app: &web::Data<App>,
    parameters: &[(String, String)],
) -> Result<(GapQuery, Pin), Problem> {
    let cursor = value(parameters, "cursor");
    let mut faults = Faults::default();
    let known = ["kind", "type", "limit", "cursor", "revision", "as_of"];
    check_known(parameters, &known, &mut faults);
    let limit = number(parameters, "limit", 25, 1..=200, &mut faults) as usize;
    let as_of = parse_as_of(parameters, &mut faults);
    let kinds: Vec<&str> = GAPS.iter().map(|(kind, _)| *kind).collect();
    let types: Vec<&str> = CATALOGUE.iter().map(|record_type| record_type.name).collect();
    let (kinds, types) = (
        list(parameters, "kind", &kinds, &mut faults),
        list(parameters, "type", &types, &mut faults),
    );
    Problem::check_parameters(faults)?;
    match cursor {
        None => Ok((GapQuery { kinds, types, limit, offset: 0 }, pin(app, as_of).await?)),
        Some(cursor) => {
            let position = open_cursor(app, cursor, GapQuery::LIST)?;
            let mut query = GapQuery::at(&position);
            let is_same = |given: &[String], carried: &[String]| {
                given.is_empty() || given.iter().collect::<HashSet<_>>() == carried.iter().collect()
            };
            check_same_query(
                is_state_of(app, as_of, &position).await?
                    && is_same(&kinds, &query.kinds)
                    && is_same(&types, &query.types),
            )?;
            if value(parameters, "limit").is_some() {
                query.limit = limit;
            }
            Ok((query, position.pin))
        }
    }
}
