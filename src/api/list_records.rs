//! `GET /v1/{type}`: a list of records.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, HttpMethod, ResponseBuilder};

use super::document::filters;
use super::document::operation::{content, include, operation, shared};
use super::record_operation::{RecordOperation, every_type};
use super::record_stream;
use crate::model::{Faults, RecordType};
use crate::reading::{is_short, page, parse_query};
use crate::store::{Length, Pin, Snapshot};
use crate::web::app::App;
use crate::web::as_of::pin;
use crate::web::conditional::{EtagBuilder, ReadResponse, respond_with};
use crate::web::cursors::{check_reachable, resume_query};
use crate::web::negotiation::Format;
use crate::web::parameters::{parameters, value};
use crate::web::problem::Problem;
use crate::web::routing::get;

pub(super) const OPERATION: RecordOperation = RecordOperation {
    method: HttpMethod::Get,
    path: "",
    applies: every_type,
    route: |record_type| get().to(move |request, app| handle(record_type, request, app)),
    describe,
};

fn describe(record_type: &'static RecordType) -> OperationBuilder {
    let plural = record_type.plural.replace('_', " ");
    let description = format!(
        "Returns a page of the {plural} that match all filters, or with `format=csv` or \
            `format=ndjson` all of them. {}",
        filters::paragraph(record_type)
    );
    let summary = format!("List {plural}");
    let list = format!("{}List", record_type.schema);
    let text = || Content::new(Some(ObjectBuilder::new().schema_type(Type::String)));
    let page = ResponseBuilder::new()
        .description("A page of the list, or with CSV and NDJSON the complete list.")
        .content("application/json", content(&list))
        .content("text/csv", text())
        .content("application/x-ndjson", text());
    let operation =
        operation(record_type, &format!("list_{}", record_type.plural), &summary, &description);
    let names =
        ["q", "sort", "fields", "limit", "cursor", "revision", "as_of", "format", "bom", "filter"];
    let operation =
        names.iter().fold(operation, |operation, name| operation.parameter_ref(shared(name)));
    operation
        .parameter_ref(include(record_type))
        .parameters(Some(filters::of_list(record_type)))
        .response("200", page)
}

async fn handle(
    record_type: &'static RecordType,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let parameters = parameters(&request)?;
    let mut faults = Faults::default();
    let mut query = parse_query(record_type, &parameters, &mut faults);
    Problem::check_parameters(faults)?;
    let format = Format::of(&request, &parameters)?;
    let mut faults = Faults::default();
    for (name, is_given, is_supported) in [
        ("include", !query.include.is_empty(), format != Format::Csv),
        ("facets", !query.facets.is_empty(), format == Format::Json),
    ] {
        if is_given && !is_supported {
            faults.parameter(
                name,
                "conflict",
                format!("is not supported with format={}", format.name()),
                Some("format=json".to_owned()),
            );
        }
    }
    let byte_order_mark = byte_order_mark(&parameters, format, &mut faults);
    Problem::check_parameters(faults)?;
    let position = resume_query(&app, &mut query)?;
    if let Some(position) = position.as_ref().filter(|_| query.search.is_some()) {
        check_reachable(&app, &position.pin).await?;
    }
    let pin = match &position {
        Some(position) => position.pin.clone(),
        None => pin(&app, query.as_of.clone()).await?,
    };
    if format != Format::Json {
        let etag = EtagBuilder::new(&app, &request, format.media_type(), &pin);
        if let Some(not_modified) = etag.not_modified(&request) {
            return Ok(not_modified);
        }
        let pin = etag.pin(pin);
        let mut response =
            etag.response(&app, format.media_type(), pin.revision.unwrap_or_default());
        let after = position.map(|position| position.after);
        let body = record_stream::records(app, query, after, pin, format, byte_order_mark).await?;
        return Ok(response.body(body));
    }
    let is_short = pin == Pin::default() && is_short(&query, &app.store, &app.results);
    let length = if is_short { Length::Short } else { Length::Long };
    let read = move |app: &App, pin: &Pin| {
        let path = app.address(&format!("/v1/{}", record_type.path));
        let read = |snapshot: &mut Snapshot<'_>| {
            let page = page(snapshot, &query, position.as_ref(), app.signing(&path), &app.results)?;
            Ok::<_, Problem>(
                ReadResponse::new(snapshot, snapshot.revision, page.body).with_next(page.next),
            )
        };
        if query.takes_few_statements() {
            app.store.read_optimistically(length, pin, read)
        } else {
            app.store.read(pin, read)
        }
    };
    respond_with(&app, &request, format.media_type(), pin, length, read).await
}

/// Returns whether the CSV begins with a byte order mark.
fn byte_order_mark(parameters: &[(String, String)], format: Format, faults: &mut Faults) -> bool {
    let Some(given) = value(parameters, "bom") else { return false };
    if !matches!(given, "true" | "false") {
        faults.parameter(
            "bom",
            "wrong-type",
            format!("is {given:?}, but must be true or false"),
            None,
        );
    } else if given == "true" && format != Format::Csv {
        faults.parameter(
            "bom",
            "conflict",
            format!("is not supported with format={}", format.name()),
            Some("format=csv".to_owned()),
        );
    }
    given == "true"
}
