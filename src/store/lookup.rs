//! Finds live records by name.

use super::at::At;
use super::connection::AnyConnection;
use super::error::StoreResult;
use super::index::TypeIndex;
use super::statement::Statement;
use crate::model::text::fold;

/// The maximum number of names that are compared.
const MAX_COMPARED: usize = 200;

/// A record, by its id and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Returns the records with exactly this name, short name or other name, by id.
pub fn named(
    connection: &mut AnyConnection,
    index: &TypeIndex,
    name: &str,
) -> StoreResult<Vec<Named>> {
    let mut select = select_from(index);
    select.push(r#" AND (t."name" = "#).bind(name);
    if index.record_type.field("short_name").is_some() {
        select.push(r#" OR t."short_name" = "#).bind(name);
    }
    if let Some(list) = index.list("other_names") {
        select
            .push_fmt(format_args!(
                r#" OR t."record_key" IN (SELECT o."record_key" FROM "{}" o WHERE "#,
                list.table
            ))
            .append(At::Present.valid("o"))
            .push(r#" AND o."value" = "#)
            .bind(name)
            .push(")");
    }
    select.push(r#") ORDER BY t."id""#).limit(20);
    read(connection, select)
}

/// Returns the records whose names share a word with this one, the most similar first.
pub fn similar(
    connection: &mut AnyConnection,
    index: &TypeIndex,
    name: &str,
    count: usize,
) -> StoreResult<Vec<Named>> {
    let folded = fold(name);
    let words: Vec<&str> = folded
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.chars().count() > 3)
        .take(8)
        .collect();
    let mut select = select_from(index);
    select.push(" AND (");
    for (position, word) in words.iter().enumerate() {
        // A word has no character that `LIKE` reads as a pattern.
        select.push(if position > 0 { " OR " } else { "" }).push(r#"t."name_folded" LIKE "#);
        select.bind(format!("%{word}%"));
    }
    if words.is_empty() {
        return Ok(Vec::new());
    }
    select.push(r#") ORDER BY t."id""#).limit(MAX_COMPARED);
    let mut found = read(connection, select)?;
    let likeness = |named: &Named| strsim::jaro_winkler(&fold(&named.name), &folded);
    found.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    found.truncate(count);
    Ok(found)
}

/// Returns the records whose names or short names contain all words of a text, or else the result
/// of [`similar`].
pub fn containing(
    connection: &mut AnyConnection,
    index: &TypeIndex,
    text: &str,
    count: usize,
) -> StoreResult<Vec<Named>> {
    let folded = fold(text);
    let words = folded.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(8).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = select_from(index);
    for word in words {
        let pattern = format!("%{word}%");
        select.push(r#" AND (t."name_folded" LIKE "#).bind(pattern.as_str());
        if index.record_type.field("short_name").is_some() {
            select.push(r#" OR t."short_name_folded" LIKE "#).bind(pattern.as_str());
        }
        select.push(")");
    }
    select.push(r#" ORDER BY t."name_folded", t."id""#).limit(count);
    let found = read(connection, select)?;
    if found.is_empty() { similar(connection, index, text, count) } else { Ok(found) }
}

/// Returns the name of the live record with this id.
pub fn name_of(
    connection: &mut AnyConnection,
    index: &TypeIndex,
    id: &str,
) -> StoreResult<Option<String>> {
    let mut select = select_from(index);
    select.push(r#" AND t."id" = "#).bind(id);
    Ok(read(connection, select)?.pop().map(|found| found.name))
}

fn select_from(index: &TypeIndex) -> Statement {
    let table = index.table();
    let mut select = Statement::new(format!(r#"SELECT t."id", t."name" FROM "{table}" t WHERE "#));
    select.append(At::Present.valid("t"));
    select
}

fn read(connection: &mut AnyConnection, select: Statement) -> StoreResult<Vec<Named>> {
    let named = |row: &super::row::Row| Named {
        id: row.text(0).unwrap_or_default().to_owned(),
        name: row.text(1).unwrap_or_default().to_owned(),
    };
    Ok(select.rows(connection)?.iter().map(named).collect())
}
