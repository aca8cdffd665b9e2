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
use crate::store::layout::{Layout, Layouts};
use crate::store::prepared::{self, Changed, Run};
use crate::store::records::{RecordRow, Records, Wanted};
use crate::store::{Pin, Snapshot, Statement, Store, StoreError, StoreResult};

/// Records of a run.
pub(super) const RECORDS: usize = 128;
/// Runs that are read at once.
const RUNS: i64 = 4;
/// Records that are read at once where no run tells them.
const BATCH: usize = 1_000;

/// Counts up when lines are written otherwise than before.
const VERSION: &str = "1";

/// The last day of lines that no day changes.
const EVER: &str = "9999-12-31";

/// How lines are made: what was made otherwise does not hold.
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
}

impl Lines {
    /// The lines of what a query asks for, where that is all records, whole and by id.
    pub fn of(query: &ListQuery) -> Option<Self> {
        let all = query.conditions.is_empty() && query.search.is_none() && query.sort.is_empty() && query.limit.is_none();
        let whole = query.fields.is_empty() && query.include.is_empty();
        (all && whole && query.cursor.is_none()).then(|| Self { record_type: query.record_type, after: String::new(), done: false })
    }

    /// Whether all were written.
    pub fn are_done(&self) -> bool {
        self.done
    }

    /// Writes the lines that come next.
    pub fn next(&mut self, snapshot: &mut Snapshot<'_>, out: &mut Vec<u8>) -> StoreResult<Batch> {
        let mut batch = Batch { count: 0, revision: snapshot.revision, day: snapshot.today.clone() };
        let design = design(snapshot.layouts);
        let changed = if snapshot.past { None } else { Changed::since_known(snapshot.connection, snapshot.revision, design)? };
        let runs = match &changed {
            Some(_) => prepared::runs(snapshot.connection, self.record_type.name, &self.after, RUNS)?,
            None => Vec::new(),
        };
        let mut until = None;
        for run in &runs {
            if run.after != self.after {
                until = Some(run.after.as_str());
                break;
            }
            if !changed.as_ref().is_some_and(|changed| changed.leaves(run, &snapshot.today)) {
                until = Some(run.last.as_str());
                break;
            }
            out.extend_from_slice(run.lines.as_bytes());
            batch.count += usize::try_from(run.records).unwrap_or_default();
            self.after.clone_from(&run.last);
        }
        let read_on = batch.count == 0 && (until.is_some() || runs.is_empty());
        if read_on {
            let records = between(snapshot, self.record_type, &self.after, until, BATCH)?;
            batch.count = records.iter().len();
            for record in records.iter() {
                write_line(out, record);
            }
            match (records.iter().next_back(), until) {
                (Some(last), _) if batch.count == BATCH => last.id().clone_into(&mut self.after),
                (_, Some(until)) => until.clone_into(&mut self.after),
                (_, None) => self.done = true,
            }
        }
        Ok(batch)
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
    tail.push(r#" ORDER BY t."id" LIMIT "#).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, Wanted::run(tail), |_| true)
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

/// What is wrong with the runs, each in a sentence.
pub fn check(store: &Store) -> StoreResult<Vec<String>> {
    store.read(&Pin::default(), |snapshot| {
        let mut faults = Vec::new();
        let design = design(snapshot.layouts);
        let Some(changed) = Changed::since_known(snapshot.connection, snapshot.revision, design)? else { return Ok(faults) };
        for layout in snapshot.layouts.iter() {
            let mut from = String::new();
            loop {
                let runs = prepared::runs(snapshot.connection, layout.record_type.name, &from, RUNS)?;
                let Some(last) = runs.last() else { break };
                // Whatever comes after the last id comes after it with this, too.
                from = format!("{}\u{1}", last.after);
                let today = snapshot.today.clone();
                for run in runs.iter().filter(|run| changed.leaves(run, &today)) {
                    let records = between(snapshot, layout.record_type, &run.after, Some(&run.last), usize::MAX >> 1)?;
                    let mut lines = Vec::new();
                    records.iter().for_each(|record| write_line(&mut lines, record));
                    if lines != run.lines.as_bytes() {
                        faults.push(format!(
                            "prepared lines: those after the {} {:?} are not what the records tell",
                            run.record_type, run.after
                        ));
                    }
                }
            }
        }
        Ok(faults)
    })
}
