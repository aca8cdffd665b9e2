//! All records of a list, batch after batch: each read from a state of its own, which the caller pins to that of the first.

use std::borrow::Cow;

use super::condition::Lead;
use super::memory::Memory;
use super::merged::follow_merged;
use super::order::Order;
use super::page::{condition, lead, shaped, sought, tail, total};
use super::query::ListQuery;
use super::search;
use crate::formats::json::Shape;
use crate::store::dialect::any_of;
use crate::store::layout::Lists;
use crate::store::records::{RecordRow, Records, Wanted};
use crate::store::{Cell, Snapshot, Statement, StoreResult};

/// How far a list has been read.
pub struct Batches<'q> {
    query: Cow<'q, ListQuery>,
    memory: &'q Memory,
    /// The values of the sort keys of the last record that was read.
    after: Option<Vec<Cell>>,
    /// Along which index the list is read; found out for the first batch.
    lead: Option<Lead>,
}

/// What was read of a list in one go.
#[derive(Debug)]
pub struct Batch {
    /// How many records there were.
    pub count: usize,
    /// The revision that was read.
    pub revision: i64,
    /// The day that computed values were told for.
    pub day: String,
}

/// Records in the order of a query, in the steps in which they were read.
struct Found<'l> {
    steps: Vec<Records<'l>>,
    /// The values of the sort keys of the last one.
    last: Option<Vec<Cell>>,
}

impl<'q> Batches<'q> {
    /// The records after this position, or all.
    pub fn new(query: &'q ListQuery, memory: &'q Memory, after: Option<Vec<Cell>>) -> Self {
        Self { query: Cow::Borrowed(query), memory, after, lead: None }
    }

    /// Reads the records that come next, at most `limit`, and gives each to `write`.
    pub fn next(&mut self, snapshot: &mut Snapshot<'_>, limit: usize, mut write: impl FnMut(RecordRow<'_>, &Shape)) -> StoreResult<Batch> {
        if let Cow::Borrowed(query) = self.query {
            self.query = follow_merged(snapshot, query)?;
        }
        if self.query.search.is_some() {
            snapshot.connection.plan_by_words()?;
        }
        let found = if self.query.search.is_some() && self.query.sort.is_empty() {
            self.hits(snapshot, limit)?
        } else {
            self.in_order(snapshot, limit)?
        };
        let mut count = 0;
        for records in &found.steps {
            let shape = shaped(snapshot, &self.query, records)?;
            for record in records.iter() {
                write(record, &shape);
                count += 1;
            }
        }
        self.after = found.last.or(self.after.take());
        Ok(Batch { count, revision: snapshot.revision, day: snapshot.today.clone() })
    }

    /// Hits of a search, the best first.
    fn hits<'l>(&self, snapshot: &mut Snapshot<'l>, limit: usize) -> StoreResult<Found<'l>> {
        let layout = snapshot.layouts.of(self.query.record_type);
        let Some(sought) = sought(snapshot, &self.query) else { return Ok(Found { steps: Vec::new(), last: None }) };
        let hits = sought.find(snapshot, self.memory, self.after.as_deref(), limit)?;
        let mut steps = Vec::new();
        for hits in hits.chunks(512) {
            let ids: Vec<String> = hits.iter().map(|hit| hit.id.clone()).collect();
            let mut tail = Statement::new(r#" WHERE t."id" IN "#);
            tail.append(any_of(&ids));
            let lists = Lists::those(layout, |part| self.query.shows(part.field.name));
            let mut records = Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, tail, lists)?;
            records.arrange(&hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>());
            steps.push(records);
        }
        Ok(Found { steps, last: hits.last().map(search::Hit::position) })
    }

    /// Records in the order that was asked for, along an index.
    fn in_order<'l>(&mut self, snapshot: &mut Snapshot<'l>, limit: usize) -> StoreResult<Found<'l>> {
        let query = &*self.query;
        let layout = snapshot.layouts.of(query.record_type);
        let all = query.conditions.is_empty() && query.search.is_none();
        let lead = match self.lead {
            Some(lead) => lead,
            None => {
                let total = if all { None } else { total(snapshot, query, self.memory, true)? };
                *self.lead.insert(lead(snapshot, query, total.map_or(0, |total| total.number), self.memory, limit)?)
            }
        };
        let condition = condition(snapshot, query, lead);
        let order = Order::new(snapshot, layout, &query.sort, lead);
        let mut steps: Vec<Records<'l>> = Vec::new();
        let mut left = limit;
        for (step, ordering) in order.steps(self.after.as_deref()) {
            if left == 0 {
                break;
            }
            let mut tail = tail(step, &ordering, &condition);
            tail.limit(left);
            // By id, and all of them: no record lies between two that are read.
            let wanted = if all && query.sort.is_empty() { Wanted::run(tail) } else { Wanted::from(tail) };
            let lists = Lists::those(layout, |part| query.shows(part.field.name));
            let records = Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, wanted, lists)?;
            left -= records.iter().len();
            steps.push(records);
        }
        let last = steps.iter().flat_map(Records::iter).next_back().map(|record| record.id().to_owned());
        let last = last.map(|id| order.position(snapshot, layout, &id)).transpose()?;
        Ok(Found { steps, last })
    }
}
