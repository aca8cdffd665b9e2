//! Connections that are kept open, for reading.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use diesel::r2d2::{self, ManageConnection};

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};

/// How many connections of a kind are open at most (with more processors: as many), and how long
/// one is waited for.
const MIN_CONNECTIONS: usize = 8;
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(4);

/// Connections for one purpose.
pub(super) struct Pool(r2d2::Pool<Manager>);

/// A borrowed connection. It is kept for the next only if it was [given back](PooledConnection::give_back) in
/// good order: one that an error, a panic or a lost server left in an unknown state is closed.
pub(super) struct PooledConnection(r2d2::PooledConnection<Manager>);

struct Manager {
    location: Location,
    purpose: Purpose,
}

struct ManagedConnection {
    connection: AnyConnection,
    in_order: bool,
}

impl Pool {
    pub(super) fn new(location: &Location, purpose: Purpose) -> Self {
        let manager = Manager { location: location.clone(), purpose };
        let size = std::thread::available_parallelism()
            .map_or(MIN_CONNECTIONS, |processors| processors.get().max(MIN_CONNECTIONS));
        Self(
            r2d2::Pool::builder()
                .max_size(u32::try_from(size).unwrap_or(u32::MAX))
                .min_idle(Some(0))
                .connection_timeout(CONNECTION_TIMEOUT)
                // One that was lost shows when its transaction begins: see `borrow`.
                .test_on_check_out(false)
                .error_handler(Box::new(r2d2::NopErrorHandler))
                .build_unchecked(manager),
        )
    }

    /// A connection that has begun to read.
    pub(super) fn borrow(&self) -> StoreResult<PooledConnection> {
        Ok(self.borrow_for(AnyConnection::begin_read)?.0)
    }

    /// A connection, and what it read first. One that was lost while it lay idle is replaced, so
    /// that a server that was restarted costs no request.
    pub(super) fn borrow_for<T>(
        &self,
        first: impl Fn(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<(PooledConnection, T)> {
        let mut lost = 0;
        loop {
            let mut pooled =
                self.0.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            pooled.in_order = false;
            let mut connection = PooledConnection(pooled);
            match first(&mut connection) {
                Ok(read) => return Ok((connection, read)),
                Err(StoreError::Unavailable(_))
                    if connection.is_postgres() && lost < MIN_CONNECTIONS =>
                {
                    lost += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// How many connections are open, and how many of them lie idle.
    pub(super) fn state(&self) -> (u32, u32) {
        let state = self.0.state();
        (state.connections, state.idle_connections)
    }
}

impl PooledConnection {
    pub(super) fn give_back(mut self) {
        self.0.in_order = true;
    }

    /// Gives the answer to what was read. What a reader makes of the record is no fault of the
    /// connection's: whether that is in order, the end of its transaction tells.
    pub(super) fn give_back_after<T, E: From<StoreError>>(
        self,
        ended: StoreResult<()>,
        answer: Result<T, E>,
    ) -> Result<T, E> {
        match ended {
            Ok(()) => self.give_back(),
            Err(error) => return answer.and(Err(error.into())),
        }
        answer
    }
}

impl Deref for PooledConnection {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.0.connection
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0.connection
    }
}

impl ManageConnection for Manager {
    type Connection = ManagedConnection;
    type Error = StoreError;

    fn connect(&self) -> StoreResult<ManagedConnection> {
        Ok(ManagedConnection {
            connection: self.location.connect_again(self.purpose)?,
            in_order: true,
        })
    }

    fn is_valid(&self, _: &mut ManagedConnection) -> StoreResult<()> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut ManagedConnection) -> bool {
        !pooled.in_order || diesel::r2d2::R2D2Connection::is_broken(&mut pooled.connection)
    }
}
