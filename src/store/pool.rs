//! Pools of open connections for reading.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use diesel::r2d2::{self, ManageConnection};

use super::connection::{AnyConnection, Location, Purpose};
use super::error::{StoreError, StoreResult};

/// Size of a pool on machines with at most this many processors. Others have one connection for
/// each processor.
const MIN_SIZE: usize = 8;
/// Longest wait for a free connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(4);

/// The length of a read. Short reads never wait for the connections of long ones.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// The read is bounded by an index.
    Short,
    /// The read is not bounded by an index.
    Long,
}

/// A pool of connections.
pub(super) struct Pool(r2d2::Pool<Manager>);

/// A connection from a pool. It is reused only after [`give_back`](Self::give_back). If an error, a
/// panic or a lost server leaves it in an unknown state, it is closed.
pub(super) struct PooledConnection(r2d2::PooledConnection<Manager>);

struct Manager(Location);

struct ManagedConnection {
    connection: AnyConnection,
    in_order: bool,
}

impl Pool {
    pub(super) fn new(location: &Location) -> Self {
        let size = std::thread::available_parallelism()
            .map_or(MIN_SIZE, |processors| processors.get().max(MIN_SIZE));
        Self(
            r2d2::Pool::builder()
                .max_size(u32::try_from(size).unwrap_or(u32::MAX))
                .min_idle(Some(0))
                .connection_timeout(CONNECTION_TIMEOUT)
                // A lost connection is detected when it is first used: see `borrow_for`.
                .test_on_check_out(false)
                .error_handler(Box::new(r2d2::NopErrorHandler))
                .build_unchecked(Manager(location.clone())),
        )
    }

    /// Returns a connection with a read-only transaction.
    pub(super) fn borrow(&self) -> StoreResult<PooledConnection> {
        Ok(self.borrow_for(AnyConnection::begin_read)?.0)
    }

    /// Returns a connection and the result of its first read. A connection that was lost while idle
    /// is replaced, so no request fails because the database server was restarted. A statement that
    /// timed out is not repeated.
    pub(super) fn borrow_for<T>(
        &self,
        first: impl Fn(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<(PooledConnection, T)> {
        let mut lost = 0;
        loop {
            let mut connection = self.borrow_idle()?;
            match first(&mut connection) {
                Ok(read) => return Ok((connection, read)),
                Err(StoreError::Unavailable(_)) if lost < MIN_SIZE && connection.is_lost() => {
                    lost += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns a connection without a transaction, which may have been lost while it was idle.
    pub(super) fn borrow_idle(&self) -> StoreResult<PooledConnection> {
        let mut pooled =
            self.0.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        pooled.in_order = false;
        Ok(PooledConnection(pooled))
    }

    /// Returns the number of open connections, and of idle ones among them.
    pub(super) fn state(&self) -> (u32, u32) {
        let state = self.0.state();
        (state.connections, state.idle_connections)
    }
}

impl PooledConnection {
    pub(super) fn give_back(mut self) {
        self.0.in_order = true;
    }

    /// Returns the result of a read, and gives the connection back if its transaction has ended
    /// properly. An error of the reader does not make the connection unusable.
    pub(super) fn give_back_after<T, E: From<StoreError>>(
        self,
        ended: StoreResult<()>,
        result: Result<T, E>,
    ) -> Result<T, E> {
        match ended {
            Ok(()) => self.give_back(),
            Err(error) => return result.and(Err(error.into())),
        }
        result
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
        Ok(ManagedConnection { connection: self.0.connect_again(Purpose::Read)?, in_order: true })
    }

    fn is_valid(&self, _: &mut ManagedConnection) -> StoreResult<()> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut ManagedConnection) -> bool {
        !pooled.in_order || diesel::r2d2::R2D2Connection::is_broken(&mut pooled.connection)
    }
}
