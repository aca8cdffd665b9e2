//! Records written out beforehand: runs of them, in the order of ids, as the lines that a stream of all is made of.
//!
//! A record has ten lists and names of others, and to read and write that takes longer than to send it. So a thread of the server
//! keeps runs of records in the database as the bytes that are sent, made when nobody writes. A write does nothing for that: what
//! changed is learnt from the revisions, within the snapshot that is read, and a run that shows something changed is passed over.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use super::batches::Batch;
use super::query::ListQuery;
use crate::digest::sha256;
use crate::formats::json::{Shape, referred_ids, write_record};
use crate::model::{Kind, PartialDate, RecordType};
use crate::store::layout::{Layout, Layouts, Lists};
use crate::store::prepared::{self, Changed, Run};
use crate::store::records::{RecordRow, Records, Wanted};
use crate::store::{Pin, Snapshot, Statement, Store, StoreError, StoreResult};

/// Records of a run.
pub(super) const RECORDS: usize = 128;
/// Runs that are read at once.
const RUNS: usize = 4;
/// As many changes are compared with runs; after more, none is believed.
const CHANGES: usize = 20_000;
/// Records that are read at once where no run tells them.
const BATCH: usize = 1_000;

/// Counts up when lines are written otherwise than before.
const VERSION: &str = "1";

/// The last day of lines that no day changes.
const EVER: &str = "9999-12-31";

/// How lines are made: what was made otherwise does not hold. Where the names of fields and columns stay as they are, the version
/// alone tells.
pub(super) fn design(layouts: &Layouts) -> &'static str {
    static DESIGN: OnceLock<String> = OnceLock::new();
    DESIGN.get_or_init(|| {
        let fields = |layout: &Layout| layout.record_type.all().iter().map(|field| field.name).collect::<Vec<_>>().join(" ");
        let types: Vec<String> = layouts.iter().map(|layout| format!("{} {}", layout.record_type.name, fields(layout))).collect();
        let columns: Vec<String> =
            layouts.tables().iter().flat_map(|(_, columns)| columns.iter().map(|column| column.name.clone())).collect();
        sha256(format!("{VERSION} {} {types:?} {columns:?}", env!("CARGO_PKG_VERSION")))[..16].to_owned()
    })
}

/// All records of a list that asks for nothing less, as lines.
pub struct Lines {
    record_type: &'static RecordType,
    after: String,
    done: bool,
    /// What was changed after a revision at which all runs were known to hold.
    changed: Option<(i64, Option<Changed>)>,
}

impl Lines {
    /// The lines of what a query asks for, where that is all records, whole and by id.
    pub fn of(query: &ListQuery) -> Option<Self> {
        let all = query.conditions.is_empty() && query.search.is_none() && query.sort.is_empty() && query.limit.is_none();
        let whole = query.fields.is_empty() && query.include.is_empty();
        let lines = || Self { record_type: query.record_type, after: String::new(), done: false, changed: None };
        (all && whole && query.cursor.is_none()).then(lines)
    }

    /// Whether all were written.
    pub fn are_done(&self) -> bool {
        self.done
    }

    /// Writes the lines that come next, from snapshots of one revision.
    pub fn next(&mut self, snapshot: &mut Snapshot<'_>, out: &mut Vec<u8>) -> StoreResult<Batch> {
        let mut batch = Batch { count: 0, revision: snapshot.revision, day: snapshot.today.clone() };
        let (holding, until) = self.look_ahead(snapshot)?;
        if holding > 0 {
            for run in prepared::runs(snapshot.connection, self.record_type.name, &self.after, holding, true)? {
                out.extend_from_slice(run.lines.as_bytes());
                batch.count += usize::try_from(run.records).unwrap_or_default();
                self.after = run.last;
            }
            return Ok(batch);
        }
        let records = between(snapshot, self.record_type, &self.after, until.as_deref(), BATCH)?;
        batch.count = records.iter().len();
        for record in records.iter() {
            write_line(out, record);
        }
        match (records.iter().next_back(), until) {
            (Some(last), _) if batch.count == BATCH => last.id().clone_into(&mut self.after),
            (_, Some(until)) => self.after = until,
            (_, None) => self.done = true,
        }
        Ok(batch)
    }

    /// How many runs come next that hold; where none does, up to which id none does.
    fn look_ahead(&mut self, snapshot: &mut Snapshot<'_>) -> StoreResult<(usize, Option<String>)> {
        let known = if snapshot.past { None } else { prepared::known_at(snapshot.connection)? };
        let Some(known) = known else { return Ok((0, None)) };
        let changed = match self.changed.take() {
            Some((since, changed)) if since == known => changed,
            _ => Changed::between(snapshot.connection, known, snapshot.revision, CHANGES)?,
        };
        let (_, changed) = self.changed.insert((known, changed));
        let Some(changed) = changed else { return Ok((0, None)) };
        let runs = prepared::runs(snapshot.connection, self.record_type.name, &self.after, RUNS, false)?;
        let design = design(snapshot.layouts);
        let holds = |run: &Run| changed.leaves(run, &snapshot.today, design);
        let (mut at, mut holding) = (&self.after, 0);
        for run in runs.iter().take_while(|run| holds(run)) {
            if run.after != *at {
                break;
            }
            (at, holding) = (&run.last, holding + 1);
        }
        let until = match runs.iter().find(|run| holds(run)) {
            Some(run) => Some(&run.after),
            None => runs.last().map(|run| &run.last),
        };
        Ok((holding, until.filter(|_| holding == 0).cloned()))
    }
}

/// The records after an id, up to another one.
fn between<'l>(
    snapshot: &mut Snapshot<'l>,
    record_type: &'static RecordType,
    after: &str,
    until: Option<&str>,
    limit: usize,
) -> StoreResult<Records<'l>> {
    let layout = snapshot.layouts.of(record_type);
    let mut tail = Statement::new(r#" WHERE t."id" > "#);
    tail.bind(after);
    if let Some(until) = until {
        tail.push(r#" AND t."id" <= "#).bind(until);
    }
    tail.push(r#" ORDER BY t."id""#).limit(limit);
    Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, Wanted::run(tail), Lists::ALL)
}

fn write_line(out: &mut Vec<u8>, record: RecordRow<'_>) {
    write_record(out, record, &Shape::default());
    out.push(b'\n');
}

/// The run of the records after an id, at most `RECORDS` of them and none beyond `until`; None where there is none.
pub(super) fn make(
    snapshot: &mut Snapshot<'_>,
    record_type: &'static RecordType,
    after: &str,
    until: Option<&str>,
) -> StoreResult<Option<Run>> {
    let records = between(snapshot, record_type, after, until, RECORDS)?;
    let Some(last) = records.iter().next_back() else { return Ok(None) };
    let fields: Vec<&'static str> = record_type.all().iter().map(|field| field.name).collect();
    let (mut lines, mut shows, mut last_day) = (Vec::new(), HashMap::new(), EVER.to_owned());
    for record in records.iter() {
        write_line(&mut lines, record);
        referred_ids(record, &fields, &mut shows);
        last_day = last_day.min(last_day_of(record));
    }
    let shows: BTreeSet<String> =
        shows.into_iter().flat_map(|(record_type, ids)| ids.into_iter().map(move |id| format!("{record_type} {id}\n"))).collect();
    let count = records.iter().len();
    Ok(Some(Run {
        record_type: record_type.name.to_owned(),
        after: after.to_owned(),
        // What there is no record of up to there belongs to it, too.
        last: until.filter(|_| count < RECORDS).unwrap_or(last.id()).to_owned(),
        design: design(snapshot.layouts).to_owned(),
        records: i64::try_from(count).unwrap_or(i64::MAX),
        days: (snapshot.today.clone(), last_day),
        shows: shows.into_iter().collect(),
        lines: String::from_utf8(lines).map_err(|error| StoreError::Internal(error.to_string()))?,
    }))
}

/// The last day on which a record's computed values are what they are.
fn last_day_of(record: RecordRow<'_>) -> String {
    let mut last = EVER.to_owned();
    for field in record.layout().record_type.all() {
        let Kind::PastDue { date, state, ended } = field.kind else { continue };
        let text = |field: &str| record.row.text(record.column(field));
        let is_over = record.row.integer(record.column(field.name)) == Some(1) || text(state).is_none_or(|state| ended.contains(&state));
        if let Some(date) = text(date).filter(|_| !is_over).and_then(|date| date.parse::<PartialDate>().ok()) {
            last = last.min(date.last_day());
        }
    }
    last
}

/// What is wrong with the runs that are believed, each in a sentence.
pub fn check(store: &Store) -> StoreResult<Vec<String>> {
    store.read(&Pin::default(), |snapshot| {
        let mut faults = Vec::new();
        let Some(known) = prepared::known_at(snapshot.connection)? else { return Ok(faults) };
        let Some(changed) = Changed::between(snapshot.connection, known, snapshot.revision, CHANGES)? else { return Ok(faults) };
        let design = design(snapshot.layouts);
        for layout in snapshot.layouts.iter() {
            let record_type = layout.record_type;
            let mut believed = Vec::new();
            prepared::outlines(snapshot.connection, record_type.name, |run| {
                believed.extend(changed.leaves(&run, &snapshot.today, design).then_some(run.after));
            })?;
            for after in believed {
                for run in prepared::runs(snapshot.connection, record_type.name, &after, 1, true)? {
                    let records = between(snapshot, record_type, &run.after, Some(&run.last), RECORDS + 1)?;
                    let mut lines = Vec::new();
                    records.iter().for_each(|record| write_line(&mut lines, record));
                    if lines != run.lines.as_bytes() {
                        faults
                            .push(format!("prepared lines: those after the {} {after:?} are not what the records tell", record_type.name));
                    }
                }
            }
        }
        Ok(faults)
    })
}
