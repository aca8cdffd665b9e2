//! References that were typed as names: the records that they lead to, or those that may be meant.

use std::collections::BTreeMap;

use super::draft::{Draft, ListForm, fields};
use crate::model::{Fault, Kind, LABEL, Place, RecordType};
use crate::store::lookup::{containing, name_of, named};
use crate::store::{Snapshot, StoreResult};

/// The number of records that are offered, at most.
const OFFERED: usize = 10;

/// A record that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its type.
    pub record_type: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Candidate {
    /// The value that chooses it.
    pub fn value(&self) -> String {
        format!("{}:{}", self.record_type, self.id)
    }
}

/// The references that are not clear, by their pointers.
pub type Candidates = BTreeMap<String, Vec<Candidate>>;

/// Finds the records of all references in a draft.
pub fn resolve(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    draft: &mut Draft,
) -> StoreResult<Candidates> {
    let mut unclear = Candidates::new();
    for field in fields(record_type) {
        walk(snapshot, field.kind, &format!("/{}", field.name), draft, &mut unclear)?;
    }
    Ok(unclear)
}

fn walk(
    snapshot: &mut Snapshot<'_>,
    kind: Kind,
    at: &str,
    draft: &mut Draft,
    unclear: &mut Candidates,
) -> StoreResult<()> {
    match kind {
        Kind::Object(object) => {
            for member in object.fields {
                walk(snapshot, member.kind, &format!("{at}/{}", member.name), draft, unclear)?;
            }
        }
        Kind::List(element) if ListForm::of(*element) == ListForm::Entries => {
            for index in 0..draft.count(at) {
                walk(snapshot, *element, &format!("{at}/{index}"), draft, unclear)?;
            }
        }
        Kind::Reference(_) | Kind::Agent(_) => {
            resolve_one(snapshot, kind, at, draft, unclear)?;
        }
        _ => {}
    }
    Ok(())
}

/// Finds the record of one reference.
pub fn resolve_one(
    snapshot: &mut Snapshot<'_>,
    kind: Kind,
    at: &str,
    draft: &mut Draft,
    unclear: &mut Candidates,
) -> StoreResult<()> {
    let typed = draft.get(at).trim().to_owned();
    let picked = draft.take(&format!("{at}@pick"));
    if typed.is_empty() {
        draft.choose(at, String::new(), String::new());
        return Ok(());
    }
    let is_agent = matches!(kind, Kind::Agent(_));
    if picked == LABEL && is_agent {
        draft.choose(at, format!("{LABEL}:"), typed);
        return Ok(());
    }
    if let Some((form, id)) = picked.split_once(':')
        && let Some(found) = with_id(snapshot, kind, form, id)?
    {
        choose(draft, at, is_agent, found);
        return Ok(());
    }
    let is_chosen = !draft.get(&format!("{at}@id")).is_empty();
    if is_chosen && typed == draft.get(&format!("{at}@name")) {
        return Ok(());
    }
    draft.set(&format!("{at}@id"), String::new());
    let mut found = exact(snapshot, kind, &typed)?;
    match found.len() {
        1 => {
            let only = found.remove(0);
            choose(draft, at, is_agent, only);
        }
        0 => {
            let found = similar(snapshot, kind, &typed)?;
            unclear.insert(at.to_owned(), found);
        }
        _ => drop(unclear.insert(at.to_owned(), found)),
    }
    Ok(())
}

fn choose(draft: &mut Draft, at: &str, is_agent: bool, found: Candidate) {
    let id = if is_agent { found.value() } else { found.id };
    draft.choose(at, id, found.name);
}

fn with_id(
    snapshot: &mut Snapshot<'_>,
    kind: Kind,
    form: &str,
    id: &str,
) -> StoreResult<Option<Candidate>> {
    let Some(target) = kind.targets().iter().find(|target| **target == form) else {
        return Ok(None);
    };
    let Some(index) = snapshot.indexes.named(target) else { return Ok(None) };
    let name = name_of(snapshot.connection, index, id)?;
    Ok(name.map(|name| Candidate { record_type: target, id: id.to_owned(), name }))
}

/// The records with exactly this name or id.
fn exact(snapshot: &mut Snapshot<'_>, kind: Kind, text: &str) -> StoreResult<Vec<Candidate>> {
    let mut all = Vec::new();
    for target in kind.targets() {
        let Some(index) = snapshot.indexes.named(target) else { continue };
        let found = named(snapshot.connection, index, text)?;
        let candidate = |found: crate::store::lookup::Named| Candidate {
            record_type: target,
            id: found.id,
            name: found.name,
        };
        all.extend(found.into_iter().map(candidate));
        all.extend(with_id(snapshot, kind, target, text)?);
    }
    all.dedup();
    Ok(all)
}

/// The records that have this in their names.
fn similar(snapshot: &mut Snapshot<'_>, kind: Kind, text: &str) -> StoreResult<Vec<Candidate>> {
    let mut all = Vec::new();
    for target in kind.targets() {
        let Some(index) = snapshot.indexes.named(target) else { continue };
        for found in containing(snapshot.connection, index, text, OFFERED)? {
            all.push(Candidate { record_type: target, id: found.id, name: found.name });
        }
    }
    Ok(all)
}

/// The faults of references that are not clear.
pub fn faults(unclear: &Candidates) -> Vec<Fault> {
    let fault = |(at, found): (&String, &Vec<Candidate>)| Fault {
        place: Place::Pointer(at.clone()),
        code: "unclear",
        message: if found.is_empty() {
            "No record has this name".to_owned()
        } else {
            "Choose the record that you mean".to_owned()
        },
        hint: None,
    };
    unclear.iter().map(fault).collect()
}
