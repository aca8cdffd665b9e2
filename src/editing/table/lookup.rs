//! Resolves references in the cells of a row.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::cells::{Unreadable, text};
use super::header::Slot;
use crate::editing::EditError;
use crate::formats::csv_reader::Row;
use crate::model::{Kind, LABEL, nearest};
use crate::store::Transaction;
use crate::store::lookup::{Named, named, similar};

/// The maximum number of names that a fault suggests.
const MAX_SUGGESTED: usize = 5;

/// A cache of names, with the references that they resolve to.
#[derive(Default)]
pub(super) struct Lookup(HashMap<(Vec<&'static str>, String), Found>);

/// The records with a name.
#[derive(Clone)]
enum Found {
    One(Json),
    Several(Vec<String>),
    None(Vec<String>),
}

/// A reference as JSON, or the column that cannot be read, with the reason.
pub(super) type Read = Result<Json, (String, Unreadable)>;

impl Lookup {
    /// Reads the reference or agent in the cells of a row. `stored` is the current value of the
    /// record.
    pub(super) fn read(
        &mut self,
        transaction: &mut Transaction<'_>,
        slot: &Slot,
        row: &Row,
        stored: &Json,
    ) -> Result<Read, EditError> {
        let cell = |position: Option<usize>| {
            position.and_then(|position| text(&row.cells[position])).map(str::trim)
        };
        let targets = slot.field.kind.targets();
        let (form, id, name) = (cell(slot.form), cell(slot.id), cell(slot.name));
        if matches!(slot.field.kind, Kind::Reference(_)) {
            return match (slot.id, name) {
                (Some(_), _) => Ok(Ok(id.map_or(Json::Null, Json::from))),
                (None, None) => Ok(Ok(Json::Null)),
                (None, Some(name)) => self.by_name(transaction, slot, None, name, stored),
            };
        }
        match (form, id, name) {
            (None, None, None) => Ok(Ok(Json::Null)),
            (Some(LABEL), None, Some(name)) => {
                Ok(Ok(Json::from_iter([("type", LABEL), ("name", name)])))
            }
            // Its name may be in a column that was left out.
            (Some(LABEL), None, None) if slot.name.is_none() && stored["type"] == LABEL => {
                Ok(Ok(stored.clone()))
            }
            (Some(LABEL), None, None) => {
                let hint = "the name that the source gives";
                let why = Unreadable::new("required", "is empty, but a label needs a name", hint);
                Ok(Err((slot.column("_name"), why)))
            }
            (Some(LABEL), Some(_), _) => {
                let hint = "leave it empty, or write person or organization as the type";
                let why = Unreadable::new("conflict", "has an id, but a label has none", hint);
                Ok(Err((slot.column("_id"), why)))
            }
            (Some(form), Some(id), _) => Ok(Ok(Json::from_iter([("type", form), ("id", id)]))),
            (None, Some(id), _) if stored["id"] == id => Ok(Ok(stored.clone())),
            (form, None, Some(name))
                if slot.id.is_none()
                    && form.map_or(slot.form.is_none(), |form| targets.contains(&form)) =>
            {
                self.by_name(transaction, slot, form, name, stored)
            }
            (None, ..) => {
                let hint = format!("{} or {LABEL}", targets.join(", "));
                let why = Unreadable::new("required", "is empty", &hint);
                Ok(Err((slot.column("_type"), why)))
            }
            (Some(form), ..) if !targets.contains(&form) => {
                let all = format!("{} or {LABEL}", targets.join(", "));
                let known = targets.iter().copied().chain([LABEL]);
                let hint = nearest(form, known).unwrap_or(&all).to_owned();
                let why = format!("{form:?} is not one of {}, {LABEL}", targets.join(", "));
                Ok(Err((slot.column("_type"), Unreadable::new("wrong-value", why, &hint))))
            }
            (Some(form), ..) => {
                let (column, hint) = match slot.id {
                    None if slot.name.is_some() => ("_name", format!("the name of the {form}")),
                    _ => ("_id", format!("the id of the {form}")),
                };
                Ok(Err((slot.column(column), Unreadable::new("required", "is empty", &hint))))
            }
        }
    }

    /// Reads a reference by the name in its cell, of a record of type `form` if it is given.
    fn by_name(
        &mut self,
        transaction: &mut Transaction<'_>,
        slot: &Slot,
        form: Option<&str>,
        name: &str,
        stored: &Json,
    ) -> Result<Read, EditError> {
        if stored["name"] == name && form.is_none_or(|form| stored["type"] == form) {
            return Ok(Ok(stored.clone()));
        }
        let targets = slot.field.kind.targets().iter().copied();
        let targets: Vec<&str> =
            targets.filter(|target| form.is_none_or(|form| form == *target)).collect();
        let key = (targets.clone(), name.to_owned());
        let found = match self.0.get(&key) {
            Some(found) => found.clone(),
            None => {
                let found = find(transaction, slot.field.kind, &targets, name)?;
                self.0.insert(key, found.clone());
                found
            }
        };
        let (why, candidates) = match found {
            Found::One(reference) => return Ok(Ok(reference)),
            Found::Several(candidates) => ("is the name of several records", candidates),
            Found::None(candidates) => ("is not the name of a record", candidates),
        };
        let hint = match candidates.as_slice() {
            [] => format!("the exact name of a record of the type {}", targets.join(" or ")),
            several => format!(
                "{}; to say which one, use the column {}",
                several.join(", "),
                slot.column("_id")
            ),
        };
        let code = "unknown-name";
        Ok(Err((slot.column("_name"), Unreadable::new(code, format!("{name:?} {why}"), &hint))))
    }
}

fn find(
    transaction: &mut Transaction<'_>,
    kind: Kind,
    targets: &[&'static str],
    name: &str,
) -> Result<Found, EditError> {
    transaction.flush()?;
    let indexes = transaction.indexes;
    let (mut exact, mut others) = (Vec::new(), Vec::new());
    for target in targets {
        let Some(index) = indexes.named(target) else { continue };
        let found = named(transaction.connection, index, name)?;
        exact.extend(found.into_iter().map(|named| (*target, named)));
    }
    match exact.as_slice() {
        [(target, named)] => {
            let id = named.id.as_str();
            return Ok(Found::One(match kind {
                Kind::Agent(_) => Json::from_iter([("type", *target), ("id", id)]),
                _ => id.into(),
            }));
        }
        [] => {}
        several => return Ok(Found::Several(several.iter().map(candidate).collect())),
    }
    for target in targets {
        let Some(index) = indexes.named(target) else { continue };
        let found = similar(transaction.connection, index, name, MAX_SUGGESTED)?;
        others.extend(found.into_iter().map(|named| (*target, named)));
    }
    Ok(Found::None(others.iter().map(candidate).collect()))
}

fn candidate((_, Named { id, name }): &(&'static str, Named)) -> String {
    format!("{id} ({name})")
}
