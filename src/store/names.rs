//! The names of what records refer to: each read once, however many rows refer to it, and put where their queries left room.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::connection::AnyConnection;
use super::error::StoreResult;
use super::layout::{Layouts, width};
use super::statement::{Row, Statement};
use crate::model::{Agent, Kind};

/// Rows of one query, and the references in them.
pub(super) struct Referring<'r> {
    rows: &'r mut [Row],
    references: Vec<Reference>,
}

/// A reference in a row: the column of the id, the type of the record, the column that takes its name.
struct Reference {
    id: usize,
    target: &'static str,
    name: usize,
}

impl<'r> Referring<'r> {
    /// Rows that hold values of these kinds, one after the other, from a column on.
    pub(super) fn new(rows: &'r mut [Row], kinds: impl Iterator<Item = Kind>, mut column: usize) -> Self {
        let mut references = Vec::new();
        kinds.for_each(|kind| find(kind, &mut column, &mut references));
        Self { rows, references }
    }

    fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let of_row = |row| self.references.iter().filter_map(move |one| Some((one.target, Row::text(row, one.id)?)));
        self.rows.iter().flat_map(of_row)
    }
}

fn find(kind: Kind, column: &mut usize, found: &mut Vec<Reference>) {
    let at = *column;
    match kind {
        Kind::Object(object) => return object.fields.iter().for_each(|member| find(member.kind, column, found)),
        Kind::Reference(target) => found.push(Reference { id: at, target, name: at + 1 }),
        Kind::Agent => {
            let targets = Agent::TARGETS.into_iter().enumerate();
            found.extend(targets.map(|(offset, target)| Reference { id: at + offset, target, name: at + Agent::TARGETS.len() }));
        }
        _ => {}
    }
    *column += width(kind);
}

/// Puts the names into all rows. The tables are those of the state that is read, so that the past has its own names.
pub(super) fn fill(connection: &mut AnyConnection, layouts: &Layouts, all: &mut [Referring<'_>]) -> StoreResult<()> {
    let mut wanted: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
    for (target, id) in all.iter().flat_map(Referring::ids) {
        wanted.entry(target).or_default().insert(id);
    }
    if wanted.is_empty() {
        return Ok(());
    }
    // One text for any number of ids, so that few statements are prepared.
    let mut select = Statement::default();
    for (target, ids) in wanted {
        let table = layouts.named(target).map_or("", |layout| layout.table());
        select.push(if select.is_empty() { "" } else { " UNION ALL " });
        select.push_fmt(format_args!(r#"SELECT '{target}', n."id", n."name" FROM "{table}" n WHERE "#));
        select.append(connection.is_one_of(r#"n."id""#, ids));
    }
    let named = select.rows(connection)?;
    let mut names: HashMap<&str, HashMap<&str, &str>> = HashMap::new();
    for row in &named {
        if let (Some(target), Some(id), Some(name)) = (row.text(0), row.text(1), row.text(2)) {
            names.entry(target).or_default().insert(id, name);
        }
    }
    for Referring { rows, references } in all {
        for reference in references {
            let Some(names) = names.get(reference.target) else { continue };
            for row in rows.iter_mut() {
                if let Some(name) = row.text(reference.id).and_then(|id| names.get(id)) {
                    row.set_text(reference.name, name);
                }
            }
        }
    }
    Ok(())
}
