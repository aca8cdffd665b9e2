//! What was read before and still holds: records as finished JSON, and beside them what was counted.
//!
//! A record's JSON holds until the record changes, or one whose name it shows, or the day. What changed is learnt from the
//! revisions, those of other servers too, within the snapshot that is read: so what is told always is of that snapshot.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use quick_cache::{Equivalent, Weighter, sync};

use super::counts::Counts;
use crate::formats::json::{Shape, referred_ids, write_record};
use crate::store::dialect::any_of;
use crate::store::layout::{Layout, Lists};
use crate::store::records::{RecordRow, Records};
use crate::store::search::{Rank, read};
use crate::store::{Snapshot, Statement, StoreResult};

/// As many changes are remembered; with more, it begins anew.
const CHANGES: usize = 20_000;

/// What was read before and still holds.
pub struct Memory {
    records: sync::Cache<Key, Arc<Finished>, ByBytes>,
    /// What was counted.
    pub(super) counts: Counts,
    changed: RwLock<Changed>,
}

/// A record as JSON, and once it was found by a search, as that knows it.
pub struct Finished {
    id: Box<str>,
    /// The JSON.
    pub json: Box<[u8]>,
    told: OnceLock<Box<[(Rank, String)]>>,
    /// The revision that last changed it.
    pub revision: i64,
    /// The newest revision at which this is known to be how it stands.
    holds_at: AtomicI64,
    day: Box<str>,
    /// Whose names it shows.
    shows: Box<[Key]>,
}

impl Finished {
    /// Its texts, each with where it stands, once they [are told](Memory::tell).
    pub(super) fn told(&self) -> &[(Rank, String)] {
        self.told.get().map_or(&[], |told| told)
    }
}

/// A record's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    record_type: &'static str,
    id: Box<str>,
}

/// The same, of a record that is looked for.
#[derive(Hash)]
struct Named<'k> {
    record_type: &'static str,
    id: &'k str,
}

impl Equivalent<Key> for Named<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.id == &*key.id && self.record_type == key.record_type
    }
}

/// Which revision last changed each record, of those after `since` and up to `known`.
#[derive(Default)]
struct Changed {
    since: i64,
    known: i64,
    last: HashMap<Key, i64>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Finished>> for ByBytes {
    fn weight(&self, key: &Key, finished: &Arc<Finished>) -> u64 {
        let shown: usize = finished.shows.iter().map(|shown| shown.id.len() + size_of::<Key>()).sum();
        // Its texts stand in it, and once more by themselves where a search has found it.
        (2 * finished.json.len() + shown + key.id.len() + 192) as u64
    }
}

impl Memory {
    /// A memory for as many bytes of records.
    pub fn new(size: u64) -> Self {
        let items = usize::try_from(size / 2_048).unwrap_or(usize::MAX);
        Self { records: sync::Cache::with_weighter(items, size, ByBytes), counts: Counts::default(), changed: RwLock::default() }
    }

    /// The bytes of the records that it holds.
    pub fn bytes(&self) -> u64 {
        self.records.weight()
    }

    /// The records with these ids, in their order; those that there are not are missing.
    pub(super) fn records(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, ids: &[&str]) -> StoreResult<Vec<Arc<Finished>>> {
        self.learn(snapshot)?;
        let recall = |id: &&str| if snapshot.past { None } else { self.recall(layout, id, snapshot.revision, &snapshot.today) };
        let mut found: Vec<Option<Arc<Finished>>> = ids.iter().map(recall).collect();
        let missing: Vec<String> = ids.iter().zip(&found).filter(|(_, known)| known.is_none()).map(|(id, _)| (*id).to_owned()).collect();
        if !missing.is_empty() {
            let mut tail = Statement::new(r#" WHERE t."id" IN "#);
            tail.append(any_of(&missing));
            let records = Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, tail, Lists::ALL)?;
            for record in records.iter() {
                let finished = Arc::new(finish(snapshot, record));
                if !snapshot.past {
                    let key = Key { record_type: layout.record_type.name, id: record.id().into() };
                    self.records.insert(key, Arc::clone(&finished));
                }
                if let Some(at) = ids.iter().position(|id| *id == record.id()) {
                    found[at] = Some(finished);
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Sees to it that of these records the texts are known that a search shows.
    pub(super) fn tell(&self, snapshot: &mut Snapshot<'_>, layout: &Layout, records: &[Arc<Finished>]) -> StoreResult<()> {
        let untold: HashMap<&str, &Arc<Finished>> =
            records.iter().filter(|one| one.told.get().is_none()).map(|one| (&*one.id, one)).collect();
        if untold.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = untold.keys().map(|id| (*id).to_owned()).collect();
        for told in read(snapshot.connection, snapshot.layouts, layout, &ids)? {
            if let Some(finished) = untold.get(told.id.as_str()) {
                let _ = finished.told.set(told.texts.into());
            }
        }
        Ok(())
    }

    /// The record, if it is known how it stands at a revision, on a day. Nothing is read for it.
    pub fn recall(&self, layout: &Layout, id: &str, revision: i64, day: &str) -> Option<Arc<Finished>> {
        let finished = self.records.get(&Named { record_type: layout.record_type.name, id })?;
        let held_at = finished.holds_at.load(Ordering::Acquire);
        if *finished.day != *day || held_at > revision {
            return None;
        }
        if held_at < revision {
            let changed = self.changed.read().unwrap_or_else(PoisonError::into_inner);
            let touched = |key: &Key| changed.last.get(key).is_some_and(|last| *last > held_at);
            let own = Key { record_type: layout.record_type.name, id: id.into() };
            if held_at < changed.since || changed.known < revision || touched(&own) || finished.shows.iter().any(touched) {
                return None;
            }
            finished.holds_at.fetch_max(revision, Ordering::AcqRel);
        }
        Some(finished)
    }

    /// Learns what changed up to the snapshot.
    fn learn(&self, snapshot: &mut Snapshot<'_>) -> StoreResult<()> {
        let known = self.changed.read().unwrap_or_else(PoisonError::into_inner).known;
        if snapshot.past || known >= snapshot.revision {
            return Ok(());
        }
        let mut select = Statement::new("SELECT revision, record_type, record_id FROM changes WHERE revision > ");
        select.bind(known).push(" AND revision <= ").bind(snapshot.revision).limit(CHANGES);
        // At the beginning nothing is remembered that could have changed.
        let rows = if known == 0 { Vec::new() } else { select.rows(snapshot.connection)? };
        let mut changed = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        if known == 0 || rows.len() + changed.last.len() >= CHANGES {
            *changed =
                Changed { since: snapshot.revision.max(changed.known), known: snapshot.revision.max(changed.known), last: HashMap::new() };
            return Ok(());
        }
        for row in &rows {
            let (Some(revision), Some(name), Some(id)) = (row.integer(0), row.text(1), row.text(2)) else { continue };
            let Some(layout) = snapshot.layouts.named(name) else { continue };
            let last = changed.last.entry(Key { record_type: layout.record_type.name, id: id.into() }).or_default();
            *last = revision.max(*last);
        }
        changed.known = changed.known.max(snapshot.revision);
        Ok(())
    }
}

fn finish(snapshot: &Snapshot<'_>, record: RecordRow<'_>) -> Finished {
    let mut json = Vec::with_capacity(2_048);
    write_record(&mut json, record, &Shape::default());
    let fields: Vec<&'static str> = record.layout().record_type.all().iter().map(|field| field.name).collect();
    let mut ids = HashMap::new();
    referred_ids(record, &fields, &mut ids);
    let shows = ids.into_iter().flat_map(|(record_type, ids)| ids.into_iter().map(move |id| Key { record_type, id: id.into() }));
    Finished {
        id: record.id().into(),
        json: json.into(),
        told: OnceLock::new(),
        revision: record.row.integer(record.column("revision")).unwrap_or_default(),
        holds_at: AtomicI64::new(snapshot.revision),
        day: snapshot.today.as_str().into(),
        shows: shows.collect(),
    }
}
