//! Keys that may write: made and revoked on the command line, shown once, kept as digests.

use diesel::prelude::*;
use subtle::ConstantTimeEq as _;

use crate::digest::{random_hex, sha256};
use crate::model::Moment;
use crate::store::connection::AnyConnection;
use crate::store::schema::keys;
use crate::store::{Pin, Reason, Snapshot, Store, StoreError, StoreResult};

/// What a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Scope {
    /// To enter, change and delete records.
    Write,
    /// That, and to redact and to merge.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Write, Self::Admin];

    /// What a key with this scope allows.
    pub fn description(self) -> &'static str {
        match self {
            Self::Write => {
                "A key to create, change and delete records, made by `taskforce keys create`."
            }
            Self::Admin => {
                "A key that may also redact and merge records, made by `taskforce keys create \
                --scope admin`."
            }
        }
    }

    /// The word that is stored.
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
    /// Its id: the part of the key that is no secret.
    pub id: String,
    /// Who has it, as revisions tell.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

const PREFIX: &str = "tfk";

/// Makes a key and gives the only copy of its secret: `tfk_ID_SECRET_CHECKSUM`.
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
    change(store, move |connection| {
        diesel::insert_into(keys::table).values(row).execute(connection)
    })?;
    Ok(key)
}

/// Revokes a key, at once. Gives whether there was one to revoke.
pub fn revoke(store: &Store, id: &str) -> StoreResult<bool> {
    let id = id.to_owned();
    let changed = change(store, move |connection| {
        let key = keys::table.find(id).filter(keys::revoked_at.is_null());
        diesel::update(key).set(keys::revoked_at.eq(Moment::now().to_string())).execute(connection)
    })?;
    Ok(changed > 0)
}

/// Every key there ever was, the newest last.
pub fn list(store: &Store) -> StoreResult<Vec<Key>> {
    store.read(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
        let all = keys::table.order((keys::created_at, keys::id)).select(Row::as_select());
        all.load(snapshot.connection)?.into_iter().map(Key::try_from).collect()
    })
}

/// The key whose secret this is, where it is valid now.
pub fn find(store: &Store, secret: &str) -> StoreResult<Option<Key>> {
    let id = secret.split('_').nth(1).unwrap_or_default().to_owned();
    let row = store.read_short(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
        let key = keys::table.find(id).select((Row::as_select(), keys::digest));
        StoreResult::Ok(key.first::<(Row, String)>(snapshot.connection).optional()?)
    })?;
    // An unknown id is compared too, so that the time taken reveals nothing.
    let stored = row.as_ref().map_or(NO_DIGEST, |(_, digest)| digest.as_str());
    let matches = bool::from(stored.as_bytes().ct_eq(sha256(secret).as_bytes()));
    let now = Moment::now().to_string();
    let key = row.filter(|_| matches).map(|(row, _)| Key::try_from(row)).transpose()?;
    Ok(key.filter(|key| {
        key.revoked_at.is_none() && key.expires_at.as_ref().is_none_or(|end| *end > now)
    }))
}

/// A digest that no secret has.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A key as it is stored.
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

/// Keys are not part of the dataset: changing them makes no revision.
fn change(
    store: &Store,
    work: impl FnOnce(&mut AnyConnection) -> diesel::QueryResult<usize> + Send + 'static,
) -> StoreResult<usize> {
    let done =
        store.write(Reason::default(), false, move |transaction| Ok(work(transaction.connection)?));
    let written = done
        .blocking_recv()
        .map_err(|_| StoreError::Unavailable("the writer is gone".to_owned()))?;
    Ok(written.map_err(|error: StoreError| error)?.answer)
}

/// Four characters that tell a key apart from one that was copied wrongly, and from other secrets,
/// without asking.
fn checksum(body: &str) -> String {
    sha256(body)[..4].to_owned()
}
