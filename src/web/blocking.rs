//! Reads, mostly on the blocking thread pool.

use actix_web::web;

use super::app::App;
use super::problem::Problem;
use crate::store::{Length, Store};

/// Reads on a blocking thread, so that no other request has to wait.
pub(crate) async fn run_blocking<T: Send + 'static>(
    app: &web::Data<App>,
    read: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let app = web::Data::clone(app);
    let store = std::sync::Arc::clone(&app.store);
    let result = web::block(move || read(&app));
    wait_until_available(&store, result)
        .await?
        .unwrap_or_else(|_| Err(Problem::internal("the blocking thread pool has stopped")))
}

/// Reads on this thread if the read is short and the database is SQLite: that is faster than
/// switching threads.
pub(crate) async fn run_read<T: Send + 'static>(
    app: &web::Data<App>,
    length: Length,
    read: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match length {
        Length::Short if app.store.is_embedded() => read(app),
        Length::Short | Length::Long => run_blocking(app, read).await,
    }
}

/// Awaits an operation of the store, but gives up when the database is unavailable: a statement
/// sent to an unresponsive server may take minutes.
pub(crate) async fn wait_until_available<T>(
    store: &Store,
    work: impl Future<Output = T>,
) -> Result<T, Problem> {
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(std::time::Duration::from_secs(1), work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) if store.is_unresponsive() => {
                return Err(crate::store::StoreError::Unavailable(
                    "the database does not respond".to_owned(),
                )
                .into());
            }
            Err(_) => {}
        }
    }
}
