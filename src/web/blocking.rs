//! Work on threads that may block.

use actix_web::web;

use super::app::App;
use super::problem::Problem;
use crate::store::Store;

/// Reads on a thread that may block, so that no other request waits.
pub(crate) async fn run_blocking<T: Send + 'static>(
    app: &web::Data<App>,
    read: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let app = web::Data::clone(app);
    let store = std::sync::Arc::clone(&app.store);
    let done = web::block(move || read(&app));
    wait_until_available(&store, done)
        .await?
        .unwrap_or_else(|_| Err(Problem::internal("the threads that read are gone")))
}

/// Waits for what the store does, but not for a store that is away: a statement sent to a server
/// that went silent may take minutes.
pub(crate) async fn wait_until_available<T>(
    store: &Store,
    work: impl Future<Output = T>,
) -> Result<T, Problem> {
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(std::time::Duration::from_secs(1), work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) if store.is_away() => {
                return Err(crate::store::StoreError::Unavailable(
                    "the database went silent".to_owned(),
                )
                .into());
            }
            Err(_) => {}
        }
    }
}
