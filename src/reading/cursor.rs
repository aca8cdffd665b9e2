//! Cursors: where a walk through a list goes on. Signed, so that nobody makes one; they carry all
//! that the walk depends on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::order::is_number;
use super::query::ListQuery;
use crate::digest::HmacSha256;
use crate::model::{Kind, number};
use crate::store::{Pin, SqlValue};

/// What a cursor carries.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Cursor {
    /// The database.
    pub(super) database: String,
    /// The path of the list.
    pub(super) path: String,
    /// The list's parameters, in one spelling.
    pub(super) query: String,
    /// The page's length.
    pub(super) limit: usize,
    /// The values of the sort keys of the last record seen.
    pub(super) after: Vec<Json>,
    /// The number of records in the whole list.
    pub(super) total: i64,
    /// Whether there are no more than that.
    pub(super) total_is_exact: bool,
    /// The revision that the walk sees.
    pub(super) revision: i64,
    /// The day that computed values are told for.
    pub(super) day: String,
}

/// What the signing of cursors needs.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'s> {
    /// The key.
    pub key: &'s [u8],
    /// The database's random id.
    pub database: &'s str,
    /// The path of the list, with the public URL before it where there is one.
    pub path: &'s str,
}

/// A position in a list that has no sort keys.
#[derive(Clone, Debug, Default)]
pub struct Position {
    /// The number of entries before it, or the revision above it.
    pub after: i64,
    /// The page's length.
    pub limit: usize,
    /// The list's parameters, in one spelling.
    pub query: String,
    /// The state that the walk sees.
    pub pin: Pin,
}

impl Position {
    /// The position that a cursor of the list with this name carries.
    pub fn open(cursor: &str, list: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
        let cursor = Cursor::open(cursor, key, database)?;
        let after = cursor.after.first().and_then(Json::as_i64);
        let after = after
            .filter(|_| cursor.path == list)
            .ok_or(CursorError("belongs to another list; follow page.next as it is"))?;
        let pin = Pin::on_day(cursor.revision, cursor.day);
        Ok(Self { after, limit: cursor.limit, query: cursor.query, pin })
    }

    /// The URL of the page from this position on, in a list of this many entries.
    pub fn url(self, list: &str, total: i64, signing: Signing<'_>) -> String {
        let cursor = Cursor {
            database: signing.database.to_owned(),
            path: list.to_owned(),
            query: self.query,
            limit: self.limit,
            after: vec![Json::from(self.after)],
            total,
            total_is_exact: true,
            revision: self.pin.revision.unwrap_or_default(),
            day: self.pin.day.unwrap_or_default(),
        };
        format!("{}?cursor={}", signing.path, cursor.seal(signing.key))
    }
}

/// A cursor that cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub struct CursorError(pub &'static str);

const SIGNATURE: usize = 16;

impl Cursor {
    /// The cursor as text.
    pub(super) fn seal(&self, key: &[u8]) -> String {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let mut sealed = sign(&payload, key);
        sealed.extend(payload);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The cursor in a text that this database has given out.
    pub(super) fn open(text: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
        const FOREIGN: CursorError =
            CursorError("is not a cursor that this server gave; take it from page.next, as it is");
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| FOREIGN)?;
        let (signature, payload) = sealed.split_at_checked(SIGNATURE).ok_or(FOREIGN)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(signature, sign(payload, key).as_slice())) {
            return Err(FOREIGN);
        }
        let cursor: Self = serde_json::from_slice(payload).map_err(|_| FOREIGN)?;
        if cursor.database == database { Ok(cursor) } else { Err(FOREIGN) }
    }

    /// The values to go on after, to be bound again.
    pub(super) fn position(&self, query: &ListQuery) -> Vec<SqlValue> {
        let kinds = query
            .sort
            .iter()
            .map(|key| key.path.kind)
            .filter(|kind| !matches!(kind, Kind::Type))
            .chain(std::iter::repeat(Kind::Date));
        self.after
            .iter()
            .zip(kinds)
            .map(|(value, kind)| match (value, kind) {
                (Json::Number(number), Kind::Number) => SqlValue::Number(number.as_f64()),
                (Json::Number(number), _) => SqlValue::Integer(number.as_i64()),
                (Json::String(text), _) => SqlValue::from(text.as_str()),
                (_, kind) if is_number(kind) => SqlValue::Integer(None),
                _ => SqlValue::Text(None),
            })
            .collect()
    }
}

/// The values as a cursor carries them.
pub(super) fn carried(values: &[SqlValue]) -> Vec<Json> {
    values
        .iter()
        .map(|value| match value {
            SqlValue::Text(Some(text)) => Json::String(text.clone()),
            SqlValue::Integer(Some(integer)) => Json::from(*integer),
            SqlValue::Number(Some(value)) => Json::Number(number(*value)),
            _ => Json::Null,
        })
        .collect()
}

fn sign(payload: &[u8], key: &[u8]) -> Vec<u8> {
    let mut signature = HmacSha256::new(key).sign(payload);
    signature.truncate(SIGNATURE);
    signature
}
