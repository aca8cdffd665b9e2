//! `GET /problems/{code}`: the meaning of a problem code.

use actix_web::http::header::VARY;
use actix_web::{HttpResponse, web};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::tag::SERVER;
use crate::web::problem::{KINDS, NOT_FOUND, Problem, ProblemKind, codes};

struct Code;

impl IntoParams for Code {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let code = ParameterBuilder::new()
            .name("code")
            .parameter_in(ParameterIn::Path)
            .required(Required::True);
        vec![
            code.description(Some("The code of the problem."))
                .schema(Some(codes()))
                .example(Some("gone".into()))
                .build(),
        ]
    }
}

pub(super) fn example() -> Option<&'static ProblemKind> {
    KINDS.iter().find(|kind| kind.code == "gone").copied()
}

/// Get a kind of problem
///
/// Returns the meaning of a problem code, and how to fix the request.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    tag = SERVER,
    params(Code),
    responses((status = 200, description = "The kind of problem.", body = ProblemKind),
        (status = 404)),
)]
pub(crate) async fn get_problem(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let kind = KINDS.iter().find(|kind| kind.code == code.as_str());
    let kind = kind.ok_or_else(|| Problem::new(&NOT_FOUND, "This problem code does not exist."))?;
    // Browsers get a page instead.
    let mut response = HttpResponse::Ok().insert_header((VARY, "Accept")).json(kind);
    response.extensions_mut().insert::<&'static ProblemKind>(kind);
    Ok(response)
}
