//! Resolution of references that were typed as names: to records, or to candidates.

use std::collections::{BTreeMap, HashSet};

use super::draft::{Draft, ListForm, fields};
use super::release_content::{NamedEntry, Release};
use crate::model::text::{self, slug_of};
use crate::model::{Fault, Kind, LABEL, Place, RecordType};
use crate::records::CATALOGUE;
use crate::store::lookup::{Named, containing, name_of, named};
use crate::store::{Snapshot, StoreResult};

/// The maximum number of records of a type that are offered.
pub const OFFERED: usize = 20;

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
    /// Returns the value that chooses it.
    pub fn value(&self) -> String {
        format!("{}:{}", self.record_type, self.id)
    }
}

/// The references that are not clear, by their pointers.
pub type Candidates = BTreeMap<String, Vec<Candidate>>;

/// The prefix of the choice of a new record in the release, followed by its type.
pub const NEW: &str = "new:";

/// Finds the records that references lead to: stored ones, and those of a release that is being
/// entered.
pub struct Resolver<'r, 's> {
    snapshot: &'r mut Snapshot<'s>,
    release: Option<&'r mut Release>,
    /// The references that are not clear.
    pub unclear: Candidates,
}

impl<'r, 's> Resolver<'r, 's> {
    /// Creates a resolver without unclear references.
    pub fn new(snapshot: &'r mut Snapshot<'s>, release: Option<&'r mut Release>) -> Self {
        Self { snapshot, release, unclear: Candidates::new() }
    }

    /// Finds the records of all references in a draft.
    pub fn record(
        &mut self,
        record_type: &'static RecordType,
        draft: &mut Draft,
    ) -> StoreResult<()> {
        for field in fields(record_type) {
            self.value(field.kind, &format!("/{}", field.name), draft)?;
        }
        Ok(())
    }

    fn value(&mut self, kind: Kind, at: &str, draft: &mut Draft) -> StoreResult<()> {
        match kind {
            Kind::Object(object) => {
                for member in object.fields {
                    self.value(member.kind, &format!("{at}/{}", member.name), draft)?;
                }
            }
            Kind::List(element) if ListForm::of(*element) == ListForm::Entries => {
                for index in 0..draft.count(at) {
                    self.value(*element, &format!("{at}/{index}"), draft)?;
                }
            }
            Kind::Reference(_) | Kind::Agent(_) => self.reference(kind, at, draft)?,
            _ => {}
        }
        Ok(())
    }

    /// Finds the record of one reference.
    pub fn reference(&mut self, kind: Kind, at: &str, draft: &mut Draft) -> StoreResult<()> {
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
        if let Some(found) = self.picked(kind, &picked, &typed)? {
            choose(draft, at, is_agent, found);
            return Ok(());
        }
        let is_chosen = !draft.get(&format!("{at}@id")).is_empty();
        if is_chosen && typed == draft.get(&format!("{at}@name")) {
            return Ok(());
        }
        draft.set(&format!("{at}@id"), String::new());
        // No name has characters that are not allowed in texts.
        let Ok(name) = text::clean(&typed, false) else {
            self.unclear.insert(at.to_owned(), Vec::new());
            return Ok(());
        };
        let mut found = self.exact(kind, &name)?;
        match found.len() {
            1 => choose(draft, at, is_agent, found.remove(0)),
            0 => {
                let found = self.similar(kind, &name)?;
                self.unclear.insert(at.to_owned(), found);
            }
            _ => drop(self.unclear.insert(at.to_owned(), found)),
        }
        Ok(())
    }

    /// Returns the record that was chosen from the candidates.
    fn picked(&mut self, kind: Kind, picked: &str, typed: &str) -> StoreResult<Option<Candidate>> {
        if let Some(form) = picked.strip_prefix(NEW) {
            return self.add(kind, form, typed);
        }
        let Some((form, id)) = picked.split_once(':') else { return Ok(None) };
        self.with_id(kind, form, id)
    }

    /// Adds a record with nothing but a name to the release.
    fn add(&mut self, kind: Kind, form: &str, name: &str) -> StoreResult<Option<Candidate>> {
        let Some(record_type) = named_only(kind).find(|target| target.name == form) else {
            return Ok(None);
        };
        let mut pending = self.pending(form);
        // A form may have the same name in several places.
        if let Some(found) = pending.find(|entry| entry.is_called(name)) {
            return Ok(Some(found.candidate(record_type.name)));
        }
        drop(pending);
        let Some(index) = self.snapshot.indexes.named(form) else { return Ok(None) };
        let Some(release) = &mut self.release else { return Ok(None) };
        let base = slug_of(name);
        let (mut id, mut number) = (base.clone(), 1);
        while release.has(record_type, &id)
            || name_of(self.snapshot.connection(), index, &id)?.is_some()
        {
            number += 1;
            id = format!("{base}-{number}");
        }
        release.add_named(record_type, &id, name);
        Ok(Some(Candidate { record_type: record_type.name, id, name: name.to_owned() }))
    }

    fn with_id(&mut self, kind: Kind, form: &str, id: &str) -> StoreResult<Option<Candidate>> {
        let target = kind.targets().iter().find(|target| **target == form);
        let Some(target) = target.filter(|_| !id.contains(char::is_control)) else {
            return Ok(None);
        };
        let mut pending = self.pending(target);
        if let Some(found) = pending.find(|found| found.id == id) {
            return Ok(Some(found.candidate(target)));
        }
        drop(pending);
        let Some(index) = self.snapshot.indexes.named(target) else { return Ok(None) };
        let name = name_of(self.snapshot.connection(), index, id)?;
        Ok(name.map(|name| Candidate { record_type: target, id: id.to_owned(), name }))
    }

    /// Returns the records of the release that have a type.
    fn pending(&self, target: &str) -> impl Iterator<Item = NamedEntry> {
        let record_type = CATALOGUE.get(target);
        let named = |release: &&mut Release| record_type.map(|of| release.named(of));
        self.release.as_ref().and_then(named).unwrap_or_default().into_iter()
    }

    /// Returns the records with exactly this name or id.
    fn exact(&mut self, kind: Kind, text: &str) -> StoreResult<Vec<Candidate>> {
        let mut all: Vec<Candidate> = Vec::new();
        for target in kind.targets() {
            let Some(index) = self.snapshot.indexes.named(target) else { continue };
            let pending = self.pending(target).filter(|entry| entry.is_called(text));
            all.extend(pending.map(|entry| entry.candidate(target)));
            let candidate =
                |found: Named| Candidate { record_type: target, id: found.id, name: found.name };
            let found = named(self.snapshot.connection(), index, text)?;
            all.extend(found.into_iter().map(candidate));
            all.extend(self.with_id(kind, target, text)?);
        }
        let mut seen = HashSet::new();
        all.retain(|found| seen.insert(found.value()));
        Ok(all)
    }

    /// Returns the records whose names contain this text.
    fn similar(&mut self, kind: Kind, text: &str) -> StoreResult<Vec<Candidate>> {
        let mut all = Vec::new();
        for target in kind.targets() {
            let Some(index) = self.snapshot.indexes.named(target) else { continue };
            let pending = self.pending(target).filter(|entry| entry.contains(text));
            all.extend(pending.map(|entry| entry.candidate(target)));
            for found in containing(self.snapshot.connection(), index, text, OFFERED + 1)? {
                all.push(Candidate { record_type: target, id: found.id, name: found.name });
            }
        }
        Ok(all)
    }
}

impl NamedEntry {
    fn candidate(self, target: &'static str) -> Candidate {
        Candidate { record_type: target, id: self.id, name: self.name }
    }
}

/// Returns the types that a reference may lead to whose records need nothing but a name.
pub fn named_only(kind: Kind) -> impl Iterator<Item = &'static RecordType> {
    let targets = kind.targets().to_vec();
    targets.into_iter().filter_map(|target| CATALOGUE.get(target)).filter(|target| {
        let mut required = target.written().filter(|field| field.required);
        target.label.is_none() && required.all(|field| field.name == "name")
    })
}

fn choose(draft: &mut Draft, at: &str, is_agent: bool, found: Candidate) {
    let id = if is_agent { found.value() } else { found.id };
    draft.choose(at, id, found.name);
}

/// Returns the faults of references that are not clear.
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
