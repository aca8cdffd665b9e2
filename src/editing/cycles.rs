//! Chains of references between records of one type, such as `parent`: they must not form a cycle.

use std::collections::{HashMap, HashSet};

use super::EditError;
use crate::model::{Fault, Faults, Place, Pointer, Record, RecordType};
use crate::store::{LIVE, Statement, StoreResult, Transaction};

/// Checks chains of references once all records are written.
#[derive(Debug, Default)]
pub(super) struct CycleCheck(Vec<Link>);

/// A reference from a record to another one of its type.
#[derive(Debug)]
struct Link {
    record_type: &'static RecordType,
    field: &'static str,
    id: String,
    next: String,
    at: String,
}

impl CycleCheck {
    /// Adds the chains that start at a record.
    pub(super) fn note(
        &mut self,
        record_type: &'static RecordType,
        record: &Record,
        at: &Pointer<'_>,
    ) {
        for field in record_type.chains {
            let Some(next) = record.value(record_type, field).as_text() else { continue };
            let at = at.member(field).to_string();
            self.0.push(Link {
                record_type,
                field,
                id: record.id.clone(),
                next: next.to_owned(),
                at,
            });
        }
    }

    /// Follows the chains, and adds a fault for each one that leads back to its start. Follows each
    /// reference once, even if it is in several chains.
    pub(super) fn check(
        self,
        transaction: &mut Transaction<'_>,
        faults: &mut Faults,
    ) -> Result<(), EditError> {
        if self.0.is_empty() {
            return Ok(());
        }
        transaction.flush()?;
        let key = |link: &Link| (link.record_type.name, link.field);
        let mut steps: HashMap<_, HashMap<&str, &str>> = HashMap::new();
        for link in &self.0 {
            steps.entry(key(link)).or_default().insert(&link.id, &link.next);
        }
        let mut ending: HashMap<_, HashSet<String>> = HashMap::new();
        for link in &self.0 {
            let ending = ending.entry(key(link)).or_default();
            let (mut walked, mut place) = (HashSet::new(), Some(link.next.clone()));
            let is_cycle = loop {
                match place {
                    Some(id) if id == link.id => break true,
                    // A cycle further on is reported for its own records.
                    Some(id) if walked.contains(&id) => break false,
                    Some(id) if !ending.contains(&id) => {
                        place = match steps[&key(link)].get(id.as_str()) {
                            Some(next) => Some((*next).to_owned()),
                            None => stored(transaction, link, &id)?,
                        };
                        walked.insert(id);
                    }
                    _ => {
                        ending.extend(walked);
                        ending.insert(link.id.clone());
                        break false;
                    }
                }
            };
            if is_cycle {
                faults.push(Fault {
                    place: Place::Pointer(link.at.clone()),
                    code: "circle",
                    message: format!("`{}` leads back to {} itself", link.field, link.id),
                    hint: None,
                });
            }
        }
        Ok(())
    }
}

/// Returns the next record in the chain after a stored record.
fn stored(transaction: &mut Transaction<'_>, link: &Link, id: &str) -> StoreResult<Option<String>> {
    let mut select = Statement::new(format!(
        r#"SELECT r."id" FROM "{}" t JOIN "records" r ON r."key" = t."{}_key"
            WHERE t."superseded_at" = {LIVE} AND t."id" = "#,
        link.record_type.plural, link.field
    ));
    select.bind(id);
    Ok(select.first(transaction.connection)?.and_then(|row| row.text(0).map(str::to_owned)))
}

/// Adds a fault for each chain that leads from a record back to it. The record must be written
/// already.
pub(super) fn check_cycles(
    transaction: &mut Transaction<'_>,
    record_type: &'static RecordType,
    record: &Record,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Result<(), EditError> {
    let mut cycles = CycleCheck::default();
    cycles.note(record_type, record, at);
    cycles.check(transaction, faults)
}
