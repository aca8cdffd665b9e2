//! `GET /metrics`, on a separate listener.

use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::encoding::text;

use crate::web::app::App;
use crate::web::problem::Problem;

/// Returns the metrics in the Prometheus text format.
pub async fn metrics(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let mut body = String::new();
    text::encode(&mut body, &app.metrics.registry).map_err(Problem::internal)?;
    let accept =
        request.headers().get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    // The text is valid in both formats: in the older one, the last line is a comment.
    let media_type = if accept.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    Ok(HttpResponse::Ok().content_type(media_type).body(body))
}
