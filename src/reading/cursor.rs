//! Cursors: signed positions in a list. A cursor contains everything on which the rest of the list
//! depends, and only the server can create one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::order::is_number;
use super::query::ListQuery;
use crate::digest::HmacSha256;
use crate::model::{Kind, number};
use crate::store::{Pin, SqlValue};

/// The payload of a cursor.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Cursor {
    /// The random id of the database.
    pub(super) database: String,
    /// The path of the list.
    pub(super) path: String,
    /// The parameters of the list, in canonical form.
    pub(super) query: String,
    /// The maximum number of entries on a page.
    pub(super) limit: usize,
    /// The values of the sort keys of the last record on the page.
    pub(super) after: Vec<Json>,
    /// The number of records in the whole list.
    pub(super) total: i64,
    /// Whether the total is exact, or a lower bound.
    pub(super) total_is_exact: bool,
    /// The revision of all pages.
    pub(super) revision: i64,
    /// The day of derived values on all pages.
    pub(super) day: String,
}

/// The context for signing cursors.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'s> {
    /// The signing key.
    pub key: &'s [u8],
    /// The random id of the database.
    pub database: &'s str,
    /// The path of the list, after the public URL if one is set.
    pub path: &'s str,
}

/// A position in a list without sort keys.
#[derive(Clone, Debug, Default)]
pub struct Position {
    /// The number of entries before it, or the revision above it.
    pub after: i64,
    /// The maximum number of entries on a page.
    pub limit: usize,
    /// The parameters of the list, in canonical form.
    pub query: String,
    /// The state of the dataset on all pages.
    pub pin: Pin,
}

impl Position {
    /// Opens a cursor of the list with this name.
    pub fn open(cursor: &str, list: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
        let cursor = Cursor::open(cursor, key, database)?;
        let after = cursor.after.first().and_then(Json::as_i64);
        let after = after
            .filter(|_| cursor.path == list)
            .ok_or(CursorError("belongs to another list; use `page.next` unchanged"))?;
        let pin = Pin::on_day(cursor.revision, cursor.day);
        Ok(Self { after, limit: cursor.limit, query: cursor.query, pin })
    }

    /// Returns the URL of the page at this position, in a list with this total.
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

/// The reason why a cursor is invalid.
#[derive(Debug, PartialEq, Eq)]
pub struct CursorError(pub &'static str);

/// Length of a signature in bytes.
const SIGNATURE_LENGTH: usize = 16;

impl Cursor {
    /// Returns the signed cursor as text.
    pub(super) fn seal(&self, key: &[u8]) -> String {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let mut sealed = sign(&payload, key);
        sealed.extend(payload);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Parses a cursor and verifies its signature and database.
    pub(super) fn open(text: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
        const FOREIGN: CursorError =
            CursorError("is not a cursor of this server; use the cursor in `page.next` unchanged");
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| FOREIGN)?;
        let (signature, payload) = sealed.split_at_checked(SIGNATURE_LENGTH).ok_or(FOREIGN)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(signature, sign(payload, key).as_slice())) {
            return Err(FOREIGN);
        }
        let cursor: Self = serde_json::from_slice(payload).map_err(|_| FOREIGN)?;
        if cursor.database == database { Ok(cursor) } else { Err(FOREIGN) }
    }

    /// Returns the values of the sort keys, to be bound again.
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

/// Returns the values of sort keys as JSON for a cursor.
pub(super) fn cursor_values(values: &[SqlValue]) -> Vec<Json> {
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
    signature.truncate(SIGNATURE_LENGTH);
    signature
}
