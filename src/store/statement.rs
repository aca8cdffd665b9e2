//! SQL text with bound values, and result rows. The text comes only from code. Values from clients
//! are always bound.
//!
//! Diesel prepares its own `sql_query` again at each run. A [`Statement`] stays in the connection's
//! cache of prepared statements, under its text.

use std::fmt::Write as _;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::connection::DefaultLoadingMode;
use diesel::deserialize::{self, QueryableByName};
use diesel::pg::{Pg, PgRowByRowLoadingMode};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::row::{Field as _, NamedRow};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Double, HasSqlType, Nullable, Text, Untyped};
use diesel::sqlite::{Sqlite, SqliteType};
use serde::{Deserialize, Serialize};

use super::connection::AnyConnection;
use super::error::{StoreError, StoreResult};
use super::time_limit;

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

#[derive(Clone, Debug)]
enum Bound {
    Value(SqlValue),
    Array(SqlArray),
}

/// A builder of SQL statements.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    sql: String,
    /// The bound values, each with its offset in the text.
    binds: Vec<(usize, Bound)>,
}

impl Statement {
    /// Creates a statement that begins with this text.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), binds: Vec::new() }
    }

    /// Adds text.
    pub fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// Adds formatted text.
    pub fn push_fmt(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        let _ = self.sql.write_fmt(text);
        self
    }

    /// Adds a bound value.
    pub fn bind(&mut self, value: impl Into<SqlValue>) -> &mut Self {
        self.binds.push((self.sql.len(), Bound::Value(value.into())));
        self
    }

    /// Adds a bound array, on PostgreSQL.
    pub(super) fn bind_array(&mut self, array: SqlArray) -> &mut Self {
        self.binds.push((self.sql.len(), Bound::Array(array)));
        self
    }

    /// Adds bound values, separated by commas.
    pub fn bind_all(&mut self, values: impl IntoIterator<Item = SqlValue>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.sql.push_str(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Adds a `LIMIT`. Without the cast, SQLite would plan the statement for the number, and
    /// prepare it again for each other number.
    pub fn limit(&mut self, rows: impl TryInto<i64>) -> &mut Self {
        self.push(" LIMIT CAST(").bind(rows.try_into().unwrap_or(i64::MAX)).push(" AS BIGINT)")
    }

    /// Adds an `OFFSET`, cast for the same reason.
    pub fn offset(&mut self, rows: impl TryInto<i64>) -> &mut Self {
        self.push(" OFFSET CAST(").bind(rows.try_into().unwrap_or(i64::MAX)).push(" AS BIGINT)")
    }

    /// Adds another statement.
    pub fn append(&mut self, other: Statement) -> &mut Self {
        let start = self.sql.len();
        self.sql.push_str(&other.sql);
        self.binds.extend(other.binds.into_iter().map(|(offset, value)| (start + offset, value)));
        self
    }

    /// Returns whether the statement has no text yet.
    pub fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// Runs the statement. Returns the number of rows that it changed.
    pub fn execute(self, connection: &mut AnyConnection) -> StoreResult<usize> {
        Ok(match connection {
            AnyConnection::Sqlite(sqlite) => RunQueryDsl::execute(self, sqlite)?,
            AnyConnection::Postgres(postgres) => RunQueryDsl::execute(self, postgres)?,
        })
    }

    /// Runs the statement. Returns its rows.
    pub fn rows(self, connection: &mut AnyConnection) -> StoreResult<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(connection, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs the statement, and passes each row on before it reads the next.
    pub(super) fn each(
        self,
        connection: &mut AnyConnection,
        mut each: impl FnMut(Row) -> StoreResult<()>,
    ) -> StoreResult<()> {
        match connection {
            AnyConnection::Sqlite(sqlite) => {
                RunQueryDsl::load_iter::<Row, DefaultLoadingMode>(self, sqlite)?
                    .try_for_each(|row| each(row?))
            }
            // The program reads rows while PostgreSQL sends more.
            AnyConnection::Postgres(postgres) => {
                RunQueryDsl::load_iter::<Row, PgRowByRowLoadingMode>(self, postgres)?
                    .try_for_each(|row| each(row?))
            }
        }
    }

    /// Runs the statement. Returns its first row.
    pub fn first(self, connection: &mut AnyConnection) -> StoreResult<Option<Row>> {
        Ok(self.rows(connection)?.into_iter().next())
    }

    /// Runs the statement. Returns the integer in the first column of its first row.
    pub fn number(self, connection: &mut AnyConnection) -> StoreResult<i64> {
        let row = self.first(connection)?.ok_or_else(|| {
            StoreError::Internal("a statement that computes a number returned no row".to_owned())
        })?;
        row.required_integer(0)
    }
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement {}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Statement {
    fn walk<'b, DB: Backend>(
        &'b self,
        mut out: AstPass<'_, 'b, DB>,
        bind: impl Fn(&'b Bound, &mut AstPass<'_, 'b, DB>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        let mut done = 0;
        for (offset, bound) in &self.binds {
            out.push_sql(&self.sql[done..*offset]);
            done = *offset;
            bind(bound, &mut out)?;
        }
        out.push_sql(&self.sql[done..]);
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out, |bound, out| match bound {
            Bound::Value(value) => value.push_to(out),
            Bound::Array(_) => {
                Err(diesel::result::Error::QueryBuilderError("SQLite has no arrays".into()))
            }
        })
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out, |bound, out| match bound {
            Bound::Value(value) => value.push_to(out),
            Bound::Array(SqlArray::Texts(texts)) => {
                out.push_bind_param::<Array<Nullable<Text>>, _>(texts)
            }
            Bound::Array(SqlArray::Integers(numbers)) => {
                out.push_bind_param::<Array<Nullable<BigInt>>, _>(numbers)
            }
            Bound::Array(SqlArray::Numbers(numbers)) => {
                out.push_bind_param::<Array<Nullable<Double>>, _>(numbers)
            }
        })
    }
}

/// Returns the condition that a column begins with a text, as a range that can use an index.
pub fn begins_with(column: &str, text: &str) -> Statement {
    let mut condition = Statement::new(format!("({column} >= "));
    condition
        .bind(text)
        .push(format!(" AND {column} < "))
        .bind(format!("{text}\u{10FFFF}"))
        .push(")");
    condition
}

/// Returns a list of values in parentheses. It repeats the last value until its length is a power
/// of two, so that few distinct statements exist.
pub fn any_of<T: Clone + Default + Into<SqlValue>>(values: &[T]) -> Statement {
    let mut list = Statement::new("(");
    let last = values.last().cloned().unwrap_or_default();
    let length = values.len().max(1).next_power_of_two();
    list.bind_all(
        values.iter().cloned().chain(std::iter::repeat(last)).take(length).map(Into::into),
    )
    .push(")");
    list
}

/// A result row. Columns are numbered from 0. All texts share one buffer.
#[derive(Debug, Default)]
pub struct Row {
    texts: String,
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
    /// Returns the text in a column, or `None` if it is null.
    pub fn text(&self, column: usize) -> Option<&str> {
        match self.slots.get(column) {
            Some(Slot::Text(start, end)) => self.texts.get(*start..*end),
            _ => None,
        }
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
            Some(Slot::Text(..)) => "a text",
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

    /// Returns the integer in the last column, or `None` if it is null.
    pub(super) fn last_integer(&self) -> Option<i64> {
        self.integer(self.slots.len().checked_sub(1)?)
    }

    fn push_text(&mut self, text: &str) {
        // Most rows have at most one long text, and it is the first one.
        if self.texts.len() + text.len() > self.texts.capacity() {
            self.texts.reserve_exact(text.len() + 256);
        }
        let start = self.texts.len();
        self.texts.push_str(text);
        self.slots.push(Slot::Text(start, self.texts.len()));
    }
}

impl QueryableByName<Sqlite> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        time_limit::check()?;
        Self::read(row, |mut value, row| {
            match value.value_type() {
                Some(SqliteType::Text) => row.push_text(value.read_text()),
                Some(SqliteType::Double | SqliteType::Float) => {
                    row.slots.push(Slot::Number(value.read_double()))
                }
                Some(SqliteType::Binary) => return Err("a column contains a blob".into()),
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
                oid::TEXT | oid::VARCHAR | oid::NAME => row.push_text(std::str::from_utf8(bytes)?),
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
        let mut built = Self { texts: String::new(), slots: Vec::with_capacity(count) };
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
