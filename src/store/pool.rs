//! Connections that are kept open, for reading.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{self, ManageConnection, PooledConnection};

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};
use super::history;
use super::layout::Layouts;
use super::statement::Statement;

/// How many connections of a kind are open at most (with more processors: as many), and how long one is waited for.
const SIZE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(8);

/// Connections for one purpose.
pub(super) struct Pool(r2d2::Pool<Manager>);

/// A connection on loan; given back when it is dropped.
pub(super) struct Loan(PooledConnection<Manager>);

struct Manager {
    location: Location,
    purpose: Purpose,
    layouts: Arc<Layouts>,
}

impl Pool {
    pub(super) fn new(location: &Location, purpose: Purpose, layouts: &Arc<Layouts>) -> Self {
        let manager = Manager { location: location.clone(), purpose, layouts: Arc::clone(layouts) };
        let size = std::thread::available_parallelism().map_or(SIZE, |processors| processors.get().max(SIZE));
        Self(
            r2d2::Pool::builder()
                .max_size(u32::try_from(size).unwrap_or(u32::MAX))
                .min_idle(Some(0))
                .connection_timeout(PATIENCE)
                .test_on_check_out(matches!(location, Location::Postgres(_)))
                .error_handler(Box::new(r2d2::NopErrorHandler))
                .build_unchecked(manager),
        )
    }

    pub(super) fn get(&self) -> StoreResult<Loan> {
        self.0.get().map(Loan).map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

impl Deref for Loan {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.0
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = StoreError;

    fn connect(&self) -> StoreResult<AnyConnection> {
        let mut connection = self.location.connect(self.purpose)?;
        history::prepare(&mut connection, &self.layouts, self.purpose)?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> StoreResult<()> {
        Statement::new("SELECT 1").rows(connection).map(|_| ())
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        // A transaction left open, by a panic or a lost server, ends with its connection.
        std::thread::panicking() || diesel::r2d2::R2D2Connection::is_broken(connection)
    }
}
