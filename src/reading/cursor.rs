//! Cursors: signed positions in a list. A cursor contains everything on which the rest of the list
//! depends, and only the server can create one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::envelope::Total;
use crate::digest::HmacSha256;
use crate::store::{Pin, SqlValue};

/// The payload of a cursor.
#[derive(Debug, Deserialize, Serialize)]
struct Cursor {
    /// The random id of the database.
    database: String,
    /// The name of the list.
    path: String,
    position: Position,
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

/// A position in a list, and everything on which the rest of the list depends.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Position {
    /// The parameters of the list, in canonical form.
    pub query: String,
    /// The maximum number of entries on a page.
    pub limit: usize,
    /// The values of the sort keys of the last entry before it.
    pub after: Vec<SqlValue>,
    /// The total of the whole list.
    pub total: Total,
    /// The state of the dataset on all pages.
    pub pin: Pin,
}

impl Position {
    /// Creates a position in a list without parameters that is ordered by a number.
    pub fn numbered(number: i64, limit: usize, total: usize, pin: Pin) -> Self {
        let (query, after) = (String::new(), vec![SqlValue::from(number)]);
        Self { query, limit, after, total: Total::exact(total), pin }
    }

    /// Opens a cursor of the list with this name.
    pub fn open(cursor: &str, list: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
        let cursor = Cursor::open(cursor, key, database)?;
        if cursor.path != list {
            return Err(CursorError("belongs to another list; use `page.next` unchanged"));
        }
        Ok(cursor.position)
    }

    /// Returns the parameters of the list.
    pub fn parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// Returns the number in a list that is ordered by one.
    pub fn number(&self) -> i64 {
        match self.after.first() {
            Some(SqlValue::Integer(Some(number))) => *number,
            _ => 0,
        }
    }

    /// Returns the URL of the page at this position.
    pub fn url(self, list: &str, signing: Signing<'_>) -> String {
        let (database, path) = (signing.database.to_owned(), list.to_owned());
        let cursor = Cursor { database, path, position: self };
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
    fn seal(&self, key: &[u8]) -> String {
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let mut sealed = sign(&payload, key);
        sealed.extend(payload);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Parses a cursor and verifies its signature and database.
    fn open(text: &str, key: &[u8], database: &str) -> Result<Self, CursorError> {
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
}

fn sign(payload: &[u8], key: &[u8]) -> Vec<u8> {
    let mut signature = HmacSha256::new(key).sign(payload);
    signature.truncate(SIGNATURE_LENGTH);
    signature
}
