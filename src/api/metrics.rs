//! `GET /metrics`, on a listener of its own.

use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::encoding::text;

use crate::web::app::App;
use crate::web::problem::Problem;

/// Answers in the format of Prometheus.
pub async fn metrics(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let mut written = String::new();
    text::encode(&mut written, &app.metrics.registry).map_err(Problem::internal)?;
    let accept =
        request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    // What is written is both: the older format is a subset that passes over the last line.
    let media_type = if accept.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    Ok(HttpResponse::Ok().content_type(media_type).body(written))
}
