//! Rows of any result: their columns are known only when the statement runs.

use diesel::backend::Backend;
use diesel::deserialize::{self, QueryableByName};
use diesel::pg::Pg;
use diesel::row::{Field as _, NamedRow};
use diesel::sqlite::{Sqlite, SqliteType};

use super::error::{StoreError, StoreResult};
use super::sql_value::SqlValue;
use super::time_limit;

/// A result row. Columns are numbered from 0. All texts share one buffer.
#[derive(Debug, Default)]
pub struct Row {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Null,
    Text(usize, usize),
    Integer(i64),
    Number(f64),
}

impl Row {
    /// Returns the text in a column, or `None` if it is null or not UTF-8.
    pub fn text(&self, column: usize) -> Option<&str> {
        match self.slots.get(column) {
            Some(Slot::Text(start, end)) => std::str::from_utf8(self.bytes.get(*start..*end)?).ok(),
            _ => None,
        }
    }

    /// Returns the bytes of the text in a column that cannot be null.
    pub fn required_bytes(&self, column: usize) -> StoreResult<&[u8]> {
        let bytes = match self.slots.get(column) {
            Some(Slot::Text(start, end)) => self.bytes.get(*start..*end),
            _ => None,
        };
        bytes.ok_or_else(|| self.missing(column, "a text"))
    }

    /// Returns the integer in a column, or `None` if it is null.
    pub fn integer(&self, column: usize) -> Option<i64> {
        match self.slots.get(column) {
            Some(Slot::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// Returns the text in a column that cannot be null.
    pub fn required_text(&self, column: usize) -> StoreResult<&str> {
        self.text(column).ok_or_else(|| self.missing(column, "a text"))
    }

    /// Returns the integer in a column that cannot be null.
    pub fn required_integer(&self, column: usize) -> StoreResult<i64> {
        self.integer(column).ok_or_else(|| self.missing(column, "an integer"))
    }

    #[cold]
    fn missing(&self, column: usize, expected: &str) -> StoreError {
        let found = match self.slots.get(column) {
            None => "missing",
            Some(Slot::Null) => "null",
            Some(Slot::Text(..)) => "a text or not UTF-8",
            Some(Slot::Integer(_)) => "an integer",
            Some(Slot::Number(_)) => "a floating-point number",
        };
        StoreError::Internal(format!("column {column} of a row is {found} instead of {expected}"))
    }

    /// Returns the number in a column, or `None` if it is null.
    pub fn number(&self, column: usize) -> Option<f64> {
        match self.slots.get(column) {
            Some(Slot::Number(number)) => Some(*number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "SQLite stores a double without fraction as an integer, if it is exact"
            )]
            Some(Slot::Integer(number)) => Some(*number as f64),
            _ => None,
        }
    }

    /// Returns whether a column is null.
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.slots.get(column), None | Some(Slot::Null))
    }

    /// Returns the value of a column, to be bound again.
    pub fn value(&self, column: usize) -> SqlValue {
        match self.slots.get(column) {
            Some(Slot::Integer(number)) => SqlValue::Integer(Some(*number)),
            Some(Slot::Number(number)) => SqlValue::Number(Some(*number)),
            _ => SqlValue::Text(self.text(column).map(str::to_owned)),
        }
    }

    /// Returns the values of all columns.
    pub fn values(&self) -> impl Iterator<Item = SqlValue> {
        (0..self.slots.len()).map(|column| self.value(column))
    }

    fn push_text(&mut self, bytes: &[u8]) {
        // Most rows have at most one long text, and it is the first one.
        if self.bytes.len() + bytes.len() > self.bytes.capacity() {
            self.bytes.reserve_exact(bytes.len() + 256);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.slots.push(Slot::Text(start, self.bytes.len()));
    }
}

impl QueryableByName<Sqlite> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        time_limit::check()?;
        Self::read(row, |mut value, row| {
            match value.value_type() {
                Some(SqliteType::Text) => row.push_text(value.read_text().as_bytes()),
                Some(SqliteType::Binary) => row.push_text(value.read_blob()),
                Some(SqliteType::Double | SqliteType::Float) => {
                    row.slots.push(Slot::Number(value.read_double()))
                }
                Some(_) => row.slots.push(Slot::Integer(value.read_long())),
                None => row.slots.push(Slot::Null),
            }
            Ok(())
        })
    }
}

impl QueryableByName<Pg> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        Self::read(row, |value, row| {
            let bytes = value.as_bytes();
            match value.get_oid().get() {
                oid::INT8 => row.slots.push(Slot::Integer(i64::from_be_bytes(bytes.try_into()?))),
                oid::INT4 => {
                    row.slots.push(Slot::Integer(i32::from_be_bytes(bytes.try_into()?).into()))
                }
                oid::FLOAT8 => row.slots.push(Slot::Number(f64::from_be_bytes(bytes.try_into()?))),
                oid::BOOL => row.slots.push(Slot::Integer(i64::from(bytes == [1]))),
                oid::TEXT | oid::VARCHAR | oid::NAME => row.push_text(bytes),
                other => {
                    return Err(format!("a column has the unsupported type {other}").into());
                }
            }
            Ok(())
        })
    }
}

impl Row {
    fn read<'a, DB: Backend>(
        row: &impl NamedRow<'a, DB>,
        mut read: impl FnMut(DB::RawValue<'_>, &mut Self) -> deserialize::Result<()>,
    ) -> deserialize::Result<Self> {
        let count = row.field_count();
        let mut built = Self { bytes: Vec::new(), slots: Vec::with_capacity(count) };
        for index in 0..count {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            match field.value() {
                None => built.slots.push(Slot::Null),
                Some(value) => read(value, &mut built)?,
            }
        }
        Ok(built)
    }
}

/// PostgreSQL's object identifiers of supported column types.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const NAME: u32 = 19;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const VARCHAR: u32 = 1043;
}
