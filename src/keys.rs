//! API keys for writing. The command line creates them; only their digests are stored.

use diesel::dsl::exists;
use diesel::prelude::*;
use subtle::ConstantTimeEq as _;

use crate::digest::{random_hex, sha256};
use crate::model::Moment;
use crate::store::connection::AnyConnection;
use crate::store::schema::{ended_sessions, keys};
use crate::store::{Reason, Store, StoreError, StoreResult};

/// The permissions of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Scope {
    /// Create, change and delete records.
    Write,
    /// Also redact and merge records.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Write, Self::Admin];

    /// Describes the permissions.
    pub fn description(self) -> &'static str {
        match self {
            Self::Write => {
                "A key to create, change and delete records, from `taskforce keys create`."
            }
            Self::Admin => {
                "A key that may also redact and merge records, from `taskforce keys create --scope \
                    admin`."
            }
        }
    }

    /// Returns the stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A key, without its secret.
#[derive(Debug)]
pub struct Key {
    /// The id, which is the public part of the key.
    pub id: String,
    /// The name of the holder, which revisions show.
    pub name: String,
    /// The permissions.
    pub scope: Scope,
    /// The time of creation.
    pub created_at: String,
    /// The time of expiration.
    pub expires_at: Option<String>,
    /// The time of revocation.
    pub revoked_at: Option<String>,
}

impl Key {
    /// Returns whether it is neither revoked nor expired.
    fn is_valid(&self) -> bool {
        self.revoked_at.is_none() && !self.is_expired()
    }

    /// Returns whether the time of expiration has passed.
    pub fn is_expired(&self) -> bool {
        let now = Moment::now().to_string();
        self.expires_at.as_ref().is_some_and(|end| *end <= now)
    }
}

const PREFIX: &str = "tfk";

/// Creates a key and returns it: `tfk_ID_SECRET_CHECKSUM`. It cannot be recovered later.
pub fn create(
    store: &Store,
    name: &str,
    scope: Scope,
    expires_at: Option<&str>,
) -> StoreResult<String> {
    let (id, secret) = (random_hex(6), random_hex(32));
    let body = format!("{PREFIX}_{id}_{secret}");
    let key = format!("{body}_{}", checksum(&body));
    let row = (
        keys::id.eq(id),
        keys::name.eq(name.to_owned()),
        keys::scope.eq(scope.as_str()),
        keys::digest.eq(sha256(&key)),
        keys::created_at.eq(Moment::now().to_string()),
        keys::expires_at.eq(expires_at.map(str::to_owned)),
    );
    write(store, move |connection| {
        diesel::insert_into(keys::table).values(row).execute(connection)
    })?;
    Ok(key)
}

/// Revokes a key immediately. Returns whether a valid key had this id.
pub fn revoke(store: &Store, id: &str) -> StoreResult<bool> {
    let id = id.to_owned();
    let changed = write(store, move |connection| {
        let key = keys::table.find(id).filter(keys::revoked_at.is_null());
        diesel::update(key).set(keys::revoked_at.eq(Moment::now().to_string())).execute(connection)
    })?;
    Ok(changed > 0)
}

/// Lists all keys, the newest last.
pub fn list(store: &Store) -> StoreResult<Vec<Key>> {
    store.read_keys(|connection| {
        let all = keys::table.order((keys::created_at, keys::id)).select(Row::as_select());
        all.load(connection)?.into_iter().map(Key::try_from).collect()
    })
}

/// Finds the key with this secret if it is valid.
pub fn find(store: &Store, secret: &str) -> StoreResult<Option<Key>> {
    let id = secret.split('_').nth(1).unwrap_or_default().to_owned();
    let row = store.read_keys(|connection| {
        let key = keys::table.find(&id).select((Row::as_select(), keys::digest));
        StoreResult::Ok(key.get_result::<(Row, String)>(connection).optional()?)
    })?;
    // Unknown ids are compared too, so that the response time reveals nothing.
    let stored = row.as_ref().map_or(NO_DIGEST, |(_, digest)| digest.as_str());
    let matches = bool::from(stored.as_bytes().ct_eq(sha256(secret).as_bytes()));
    let key = row.filter(|_| matches).map(|(row, _)| Key::try_from(row)).transpose()?;
    Ok(key.filter(Key::is_valid))
}

/// Returns the key of a session, unless the key is no longer valid or the session was ended.
pub fn of_session(store: &Store, key_id: &str, session_id: &str) -> StoreResult<Option<Key>> {
    let row = store.read_keys(|connection| {
        let is_ended = diesel::select(exists(ended_sessions::table.find(session_id)));
        if is_ended.get_result(connection)? {
            return Ok(None);
        }
        let key = keys::table.find(key_id).select(Row::as_select());
        StoreResult::Ok(key.get_result::<Row>(connection).optional()?)
    })?;
    Ok(row.map(Key::try_from).transpose()?.filter(Key::is_valid))
}

/// Ends a session on every server, before the second `ends_at` at which it would end anyway.
pub fn end_session(store: &Store, session_id: &str, ends_at: i64) -> StoreResult<()> {
    let id = session_id.to_owned();
    let now = Moment::now().date_time().timestamp();
    let is_over = ended_sessions::ends_at.le(now);
    write(store, move |connection| {
        let done = ended_sessions::table.filter(is_over.or(ended_sessions::id.eq(id.clone())));
        diesel::delete(done).execute(connection)?;
        let row = (ended_sessions::id.eq(id), ended_sessions::ends_at.eq(ends_at));
        diesel::insert_into(ended_sessions::table).values(row).execute(connection)
    })?;
    Ok(())
}

const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
struct Row {
    id: String,
    name: String,
    scope: String,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl TryFrom<Row> for Key {
    type Error = StoreError;

    fn try_from(row: Row) -> StoreResult<Self> {
        let Row { id, name, scope, created_at, expires_at, revoked_at } = row;
        let known = [Scope::Write, Scope::Admin].into_iter().find(|known| known.as_str() == scope);
        let scope = known.ok_or_else(|| {
            StoreError::Internal(format!("the key {id} has the unknown scope {scope}"))
        })?;
        Ok(Self { id, name, scope, created_at, expires_at, revoked_at })
    }
}

/// Changes keys. They are not part of the dataset, so this creates no revision.
fn write(
    store: &Store,
    work: impl FnOnce(&mut AnyConnection) -> diesel::QueryResult<usize> + Send + 'static,
) -> StoreResult<usize> {
    let done =
        store.write(Reason::default(), false, move |transaction| Ok(work(transaction.connection)?));
    done.blocking_recv()
        .map_err(|_| StoreError::Unavailable("the writer thread has stopped".to_owned()))?
}

/// Returns a short checksum, which detects typing errors and helps secret scanners.
fn checksum(body: &str) -> String {
    sha256(body)[..4].to_owned()
}
