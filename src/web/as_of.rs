//! The state of the dataset that a request reads.

use actix_web::web;

use super::app::App;
use super::blocking::run_blocking;
use super::problem::Problem;
use crate::model::Faults;
use crate::reading::AsOf;
use crate::store::Pin;

/// Returns the requested state, or a problem if its revision or time is in the future.
pub(crate) async fn pin(app: &web::Data<App>, as_of: AsOf) -> Result<Pin, Problem> {
    let out_of_range = |name: &str, message: String| {
        let mut faults = Faults::default();
        faults.parameter(name, "out-of-range", message, None);
        Problem::parameters(faults)
    };
    match as_of {
        AsOf::Present => Ok(Pin::default()),
        AsOf::Revision(revision) => {
            // Another server may have written it a moment ago.
            let exists = revision <= app.store.revision()
                || run_blocking(app, move |app| Ok(app.store.exists(revision)?)).await?;
            if !exists {
                let latest = app.store.revision();
                return Err(out_of_range(
                    "revision",
                    format!("is {revision}, but the latest revision is {latest}"),
                ));
            }
            Ok(Pin::revision(revision))
        }
        AsOf::Moment(moment) => {
            if moment > crate::model::Moment::now() {
                return Err(out_of_range("as_of", format!("is {moment}, which is in the future")));
            }
            run_blocking(app, move |app| Ok(app.store.pin_at(moment)?)).await
        }
    }
}
