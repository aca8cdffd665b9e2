//! Values of columns, to be bound to statements.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Double, HasSqlType, Nullable, Text};
use serde::{Deserialize, Serialize};

/// A value of a column. Null has a type too; in a cursor, where values have no types, it is read as
/// the first one.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum SqlValue {
    /// A text.
    Text(Option<String>),
    /// An integer.
    Integer(Option<i64>),
    /// A floating-point number.
    Number(Option<f64>),
}

impl SqlValue {
    /// Returns the text, if the value is a text and not null.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => text,
            _ => None,
        }
    }

    fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => *number,
            _ => None,
        }
    }

    /// Returns the number. SQLite stores one without a fraction as an integer.
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => *number,
            #[expect(clippy::cast_precision_loss, reason = "the column has numbers")]
            Self::Integer(number) => number.map(|number| number as f64),
            Self::Text(_) => None,
        }
    }

    /// Adds the value to a statement as a bound parameter.
    pub(super) fn push_to<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt> + HasSqlType<Double>,
        String: ToSql<Text, DB>,
        i64: ToSql<BigInt, DB>,
        f64: ToSql<Double, DB>,
    {
        match self {
            Self::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value),
            Self::Integer(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Self::Number(value) => out.push_bind_param::<Nullable<Double>, _>(value),
        }
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

/// A PostgreSQL array.
#[derive(Clone, Debug)]
pub(super) enum SqlArray {
    Texts(Vec<Option<String>>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
}

impl From<Vec<SqlValue>> for SqlArray {
    /// Returns the values of a column. A null that was read from SQLite may have another type.
    fn from(values: Vec<SqlValue>) -> Self {
        let is_text = |value: &SqlValue| matches!(value, SqlValue::Text(Some(_)));
        let is_number = |value: &SqlValue| matches!(value, SqlValue::Number(Some(_)));
        let is_integer = |value: &SqlValue| matches!(value, SqlValue::Integer(Some(_)));
        let example = [is_text, is_number, is_integer]
            .into_iter()
            .find_map(|is| values.iter().find(|value| is(value)))
            .or(values.first());
        match example {
            Some(SqlValue::Integer(_)) => {
                Self::Integers(values.iter().map(SqlValue::as_integer).collect())
            }
            Some(SqlValue::Number(_)) => {
                Self::Numbers(values.iter().map(SqlValue::as_number).collect())
            }
            _ => Self::Texts(values.into_iter().map(SqlValue::into_text).collect()),
        }
    }
}
