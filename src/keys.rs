//! Keys that may write: made and revoked on the command line, shown once, kept as digests.

use subtle::ConstantTimeEq as _;

use crate::digest::{random_hex, sha256};
use crate::model::Moment;
use crate::store::{Cell, Pin, Snapshot, Statement, Store, StoreError, StoreResult};

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
            Self::Write => "A key to create, change and delete records, made by `taskforce keys create`.",
            Self::Admin => "A key that may also redact and merge records, made by `taskforce keys create --scope admin`.",
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
pub fn create(store: &Store, name: &str, scope: Scope, expires_at: Option<&str>) -> StoreResult<String> {
    let (id, secret) = (random_hex(6), random_hex(32));
    let body = format!("{PREFIX}_{id}_{secret}");
    let key = format!("{body}_{}", checksum(&body));
    let row = [
        Cell::from(id),
        Cell::from(name),
        Cell::from(scope.as_str()),
        Cell::from(sha256(&key)),
        Cell::from(Moment::now().to_string()),
        Cell::Text(expires_at.map(str::to_owned)),
    ];
    run(store, move || {
        let mut insert = Statement::new("INSERT INTO keys (id, name, scope, digest, created_at, expires_at) VALUES (");
        insert.bind_all(row).push(")");
        insert
    })?;
    Ok(key)
}

/// Revokes a key, at once. Gives whether there was one to revoke.
pub fn revoke(store: &Store, id: &str) -> StoreResult<bool> {
    let id = id.to_owned();
    let changed = run(store, move || {
        let mut update = Statement::new("UPDATE keys SET revoked_at = ");
        update.bind(Moment::now().to_string()).push(" WHERE revoked_at IS NULL AND id = ").bind(id);
        update
    })?;
    Ok(changed > 0)
}

/// Every key there ever was, the newest last.
pub fn list(store: &Store) -> StoreResult<Vec<Key>> {
    store.read(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
        let rows = Statement::new(format!("SELECT {COLUMNS} FROM keys ORDER BY created_at, id")).rows(snapshot.connection)?;
        Ok(rows.iter().map(key).collect())
    })
}

/// The key whose secret this is, where it is valid now.
pub fn find(store: &Store, secret: &str) -> StoreResult<Option<Key>> {
    let id = secret.split('_').nth(1).unwrap_or_default().to_owned();
    let row = store.read_short(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
        let mut select = Statement::new(format!("SELECT {COLUMNS}, digest FROM keys WHERE id = "));
        select.bind(id);
        select.first(snapshot.connection)
    })?;
    // An unknown id is compared too, so that the time taken tells nothing.
    let known = row.as_ref().and_then(|row| row.text(6)).unwrap_or("0000000000000000000000000000000000000000000000000000000000000000");
    let matches = bool::from(known.as_bytes().ct_eq(sha256(secret).as_bytes()));
    let now = Moment::now().to_string();
    Ok(row
        .filter(|_| matches)
        .map(|row| key(&row))
        .filter(|key| key.revoked_at.is_none() && key.expires_at.as_ref().is_none_or(|end| *end > now)))
}

const COLUMNS: &str = "id, name, scope, created_at, expires_at, revoked_at";

fn key(row: &crate::store::Row) -> Key {
    let text = |column: usize| row.text(column).map(str::to_owned);
    Key {
        id: text(0).unwrap_or_default(),
        name: text(1).unwrap_or_default(),
        scope: if row.text(2) == Some("admin") { Scope::Admin } else { Scope::Write },
        created_at: text(3).unwrap_or_default(),
        expires_at: text(4),
        revoked_at: text(5),
    }
}

/// Keys are no part of the record: changing them makes no revision.
fn run(store: &Store, statement: impl FnOnce() -> Statement + Send + 'static) -> StoreResult<usize> {
    let done = store.write(crate::store::Reason::default(), false, move |transaction| statement().execute(transaction.connection));
    let written = done.blocking_recv().map_err(|_| StoreError::Unavailable("the writer is gone".to_owned()))??;
    Ok(written.answer)
}

/// Four characters that tell a key apart from one that was copied wrongly, and from other secrets, without asking.
fn checksum(body: &str) -> String {
    sha256(body)[..4].to_owned()
}
