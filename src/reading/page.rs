//! A page of a list: records, their number, counts of their values, and where to go on.

use super::condition::{Condition, Lead, where_all};
use super::cursor::{Cursor, CursorError, carried};
use super::include::shape;
use super::memory::Memory;
use super::merged::follow_merged;
use super::order::Order;
use super::query::{ListQuery, USUAL, parse_query};
use super::search::{self, Sought, Total};
use crate::formats::json::{Shape, write_member, write_record};
use crate::model::Faults;
use crate::store::dialect::any_of;
use crate::store::layout::Lists;
use crate::store::records::Records;
use crate::store::{Cell, Pin, Snapshot, Statement, StoreResult};

/// A page, as JSON.
#[derive(Debug)]
pub struct Page {
    /// The whole envelope.
    pub body: Vec<u8>,
    /// The address of the next page.
    pub next: Option<String>,
}

/// What the signing of cursors needs.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'s> {
    /// The key.
    pub key: &'s [u8],
    /// The database's random id.
    pub database: &'s str,
    /// The path of the list, with the public URL before it where there is one.
    pub path: &'s str,
}

/// Where a walk stands: after these values, in a list of this many records.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The values of the sort keys of the last record seen.
    pub after: Vec<Cell>,
    /// The number of records in the whole list.
    pub total: i64,
    /// Whether there are no more than that.
    pub total_is_exact: bool,
}

/// Reads a page. None where it would have to look at more than the page itself and `at_hand` forbids that.
pub fn page(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    walk: Option<&Walk>,
    signing: Signing<'_>,
    memory: &Memory,
    at_hand: bool,
) -> StoreResult<Option<Page>> {
    let query = &*follow_merged(snapshot, query)?;
    let limit = query.limit.unwrap_or(USUAL);
    if query.search.is_some() {
        snapshot.connection.plan_by_words()?;
    }
    let counted = match walk {
        Some(walk) => Some(Total { number: walk.total, is_exact: walk.total_is_exact }),
        None => total(snapshot, query, memory, !at_hand)?,
    };
    let Some(total) = counted else { return Ok(None) };
    let facets = match query.facets.as_slice() {
        [] => None,
        names => {
            let condition = condition(snapshot, query, Lead::Filter);
            Some(memory.counts.facets(snapshot, snapshot.layouts.of(query.record_type), names, &condition)?)
        }
    };
    let places = places(snapshot, query, walk, total.number, memory, limit)?;
    let ids: Vec<&str> = places.ids.iter().map(String::as_str).collect();

    let mut body = Vec::with_capacity(32_768);
    body.extend_from_slice(b"{\"data\":[");
    write_records(snapshot, query, &ids, memory, &mut body)?;
    let next = places.last.map(|last| {
        let cursor = Cursor {
            database: signing.database.to_owned(),
            path: query.record_type.path.to_owned(),
            query: query.canonical.clone(),
            limit,
            after: carried(&last),
            total: total.number,
            total_is_exact: total.is_exact,
            revision: snapshot.revision,
            day: snapshot.today.clone(),
        };
        format!("{}?cursor={}", signing.path, cursor.seal(signing.key))
    });
    let page = serde_json::json!({ "limit": limit, "total": total.number, "total_is_exact": total.is_exact, "next": next });
    let facets = facets.as_deref().unwrap_or("null");
    body.extend_from_slice(format!("],\"page\":{page},\"facets\":{facets},\"revision\":{}}}", snapshot.revision).as_bytes());
    Ok(Some(Page { body, next }))
}

/// The condition that the query's records meet; the record's table is `t`.
pub(super) fn condition(snapshot: &Snapshot<'_>, query: &ListQuery, lead: Lead) -> Statement {
    let layout = snapshot.layouts.of(query.record_type);
    // What leads the order bounds the way along it, too.
    let leads = |condition: &Condition| query.sort.first().is_some_and(|first| condition.tests(query.record_type, &first.path));
    let mut condition = where_all(snapshot, layout, &query.conditions, |condition| if leads(condition) { Lead::Filter } else { lead });
    if let Some(sought) = sought(snapshot, query) {
        condition.push(if condition.is_empty() { "" } else { " AND " }).append(sought.membership(snapshot));
    }
    condition
}

/// What the query searches for, if it does.
pub(super) fn sought<'s>(snapshot: &Snapshot<'s>, query: &'s ListQuery) -> Option<Sought<'s>> {
    let layout = snapshot.layouts.of(query.record_type);
    query.search.as_ref().map(|search| Sought { layout, search, conditions: &query.conditions })
}

/// How many records the query finds; None where they would have to be counted and `count` forbids it.
pub(super) fn total(snapshot: &mut Snapshot<'_>, query: &ListQuery, memory: &Memory, count: bool) -> StoreResult<Option<Total>> {
    let layout = snapshot.layouts.of(query.record_type);
    match sought(snapshot, query) {
        Some(sought) => sought.count(snapshot, memory).map(Some),
        None => {
            let number = memory.counts.total(snapshot, layout, &query.conditions, count)?;
            Ok(number.map(|number| Total { number, is_exact: true }))
        }
    }
}

/// Records in the order of a query.
struct Places {
    ids: Vec<String>,
    /// Where the last of them stands, as a cursor carries it, if there are more.
    last: Option<Vec<Cell>>,
}

/// The records that come next in the order, at most `limit`, of as many as `total`.
fn places(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    walk: Option<&Walk>,
    total: i64,
    memory: &Memory,
    limit: usize,
) -> StoreResult<Places> {
    let layout = snapshot.layouts.of(query.record_type);
    let after = walk.map(|walk| walk.after.as_slice());
    // With one more, it is known whether there are more.
    let wanted = limit + 1;
    if let Some(sought) = sought(snapshot, query).filter(|_| query.sort.is_empty()) {
        // There are no more than were counted: none is looked for where all are found.
        let all = usize::try_from(total).unwrap_or(usize::MAX);
        let wanted = if walk.is_none() { wanted.min(all) } else { wanted };
        let hits = sought.find(snapshot, memory, after, wanted)?;
        let last = hits.get(limit.wrapping_sub(1)).filter(|_| hits.len() > limit).map(search::Hit::position);
        return Ok(Places { ids: hits.into_iter().take(limit).map(|hit| hit.id).collect(), last });
    }
    let lead = lead(snapshot, query, total, memory, wanted)?;
    let order = Order::new(snapshot, layout, &query.sort, lead);
    let mut rows = Vec::new();
    for mut select in selects(snapshot, query, &order, lead, after) {
        if rows.len() < wanted {
            select.limit(wanted - rows.len());
            rows.extend(select.rows(snapshot.connection)?);
        }
    }
    let last = rows.get(limit.wrapping_sub(1)).filter(|_| rows.len() > limit).map(|row| order.position_in(row));
    Ok(Places { ids: rows.iter().take(limit).filter_map(|row| row.text(0).map(str::to_owned)).collect(), last })
}

/// Along which index to look for `limit` of the query's records, as many as `total`.
pub(super) fn lead(snapshot: &mut Snapshot<'_>, query: &ListQuery, total: i64, memory: &Memory, limit: usize) -> StoreResult<Lead> {
    if query.conditions.is_empty() && query.search.is_none() {
        return Ok(Lead::Order);
    }
    memory.counts.lead(snapshot, snapshot.layouts.of(query.record_type), total, limit)
}

/// The queries that find the records that come next in the order, one after the other, until there are enough: their ids
/// and their places, read from indexes alone where those have the order. None has a limit yet.
fn selects(snapshot: &Snapshot<'_>, query: &ListQuery, order: &Order, lead: Lead, after: Option<&[Cell]>) -> Vec<Statement> {
    let layout = snapshot.layouts.of(query.record_type);
    let condition = condition(snapshot, query, lead);
    let select = |(step, ordering): (Statement, String)| {
        let mut select = Statement::new(format!(r#"SELECT {} FROM "{}" t"#, order.place(), layout.table()));
        select.append(tail(step, &ordering, &condition));
        select
    };
    order.steps(after).into_iter().map(select).collect()
}

/// Writes the records with these ids, in their order.
fn write_records(snapshot: &mut Snapshot<'_>, query: &ListQuery, ids: &[&str], memory: &Memory, body: &mut Vec<u8>) -> StoreResult<()> {
    let layout = snapshot.layouts.of(query.record_type);
    let comma = |body: &mut Vec<u8>, index: usize| body.extend_from_slice(if index > 0 { b"," } else { b"" });
    if query.fields.is_empty() && query.include.is_empty() {
        let records = memory.records(snapshot, layout, ids)?;
        if query.search.is_some() {
            memory.tell(snapshot, layout, &records)?;
        }
        for (index, finished) in records.iter().enumerate() {
            comma(body, index);
            body.extend_from_slice(&finished.json);
            if let Some(search) = &query.search {
                // One more member, before the end of the object.
                body.pop();
                write_member(body, "highlight", Some(&search::highlight(search, finished.told())));
                body.push(b'}');
            }
        }
        return Ok(());
    }
    if ids.is_empty() {
        return Ok(());
    }
    let mut tail = Statement::new(r#" WHERE t."id" IN "#);
    tail.append(any_of(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()));
    let mut records = Records::load(
        snapshot.connection,
        snapshot.layouts,
        layout,
        &snapshot.today,
        tail,
        Lists::those(layout, |part| query.shows(part.field.name)),
    )?;
    records.arrange(ids);
    let shape = shaped(snapshot, query, &records)?;
    for (index, record) in records.iter().enumerate() {
        comma(body, index);
        write_record(body, record, &shape);
    }
    Ok(())
}

/// What follows the table in a step of a page: condition and order, without a limit.
pub(super) fn tail(step: Statement, ordering: &str, condition: &Statement) -> Statement {
    let mut tail = Statement::new(" WHERE ");
    tail.append(step);
    if !condition.is_empty() {
        tail.push(" AND ").append(condition.clone());
    }
    tail.push(if ordering.is_empty() { String::new() } else { format!(" ORDER BY {ordering}") });
    tail
}

/// How the database finds a page, in its own words: for each query of it, a line for each step.
pub fn plan(snapshot: &mut Snapshot<'_>, query: &ListQuery, walk: Option<&Walk>, memory: &Memory) -> StoreResult<Vec<String>> {
    let limit = query.limit.unwrap_or(USUAL);
    let total = total(snapshot, query, memory, true)?.map_or(0, |total| total.number);
    let lead = lead(snapshot, query, total, memory, limit)?;
    let order = Order::new(snapshot, snapshot.layouts.of(query.record_type), &query.sort, lead);
    let mut plan = Vec::new();
    for mut select in selects(snapshot, query, &order, lead, walk.map(|walk| walk.after.as_slice())) {
        select.limit(limit + 1);
        plan.extend(snapshot.connection.explain(select)?);
    }
    Ok(plan)
}

/// The shape of these records; of hits, with what tells where they were found.
pub(super) fn shaped(snapshot: &mut Snapshot<'_>, query: &ListQuery, records: &Records<'_>) -> StoreResult<Shape> {
    let mut shape = shape(snapshot, records, &query.fields, &query.include)?;
    if let Some(search) = &query.search {
        let ids: Vec<String> = records.iter().map(|record| record.id().to_owned()).collect();
        shape.highlights = Some(search::highlights(snapshot, records.layout, search, &ids)?);
    }
    Ok(shape)
}

/// The query, the place and the state that a cursor carries. What else was asked for must be what the cursor was given for.
pub fn resume(query: &ListQuery, cursor: &str, key: &[u8], database: &str) -> Result<(ListQuery, Walk, Pin), CursorError> {
    let cursor = Cursor::open(cursor, key, database)?;
    if cursor.path != query.record_type.path || !(query.canonical.is_empty() || query.canonical == cursor.query) {
        return Err(CursorError("belongs to another query; follow page.next as it is"));
    }
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(cursor.query.as_bytes()).into_owned().collect();
    let mut faults = Faults::default();
    let mut resumed = parse_query(query.record_type, &parameters, &mut faults);
    if !faults.is_empty() {
        return Err(CursorError("was given by another version of this server; begin anew"));
    }
    resumed.limit = query.limit.or(Some(cursor.limit));
    let walk = Walk { after: cursor.position(&resumed), total: cursor.total, total_is_exact: cursor.total_is_exact };
    Ok((resumed, walk, Pin { revision: Some(cursor.revision), day: Some(cursor.day.clone()) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editing;
    use crate::records::{BUNDLED, CATALOGUE};
    use crate::store::{Location, Reason, STATEMENTS_OF_THREAD, Store, StoreError};

    /// How many statements a page takes. The store looks for new revisions now and then, so the least of several runs counts.
    fn cost(store: &Store, parameters: &[(&str, &str)]) -> u64 {
        let record_type = CATALOGUE.get("commitment").expect("commitments are declared");
        let parameters: Vec<(String, String)> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let query = parse_query(record_type, &parameters, &mut Faults::default());
        let run = || {
            let before = STATEMENTS_OF_THREAD.get();
            let signing = Signing { key: store.signing_key(), database: store.identity(), path: "/v1/commitments" };
            // Without room for records, each is read each time; totals are remembered.
            let memory = Memory::new(0);
            let read = store.read(&Pin::default(), |snapshot| page(snapshot, &query, None, signing, &memory, false));
            assert!(read.expect("the page is read").is_some_and(|page| !page.body.is_empty()));
            STATEMENTS_OF_THREAD.get() - before
        };
        (0..5).map(|_| run()).min().unwrap_or_default()
    }

    #[test]
    fn a_page_takes_a_fixed_number_of_statements_whatever_its_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let location = Location::Sqlite(folder.path().join("test.db").display().to_string());
        let store = Store::open(&location, CATALOGUE).expect("a new database");
        let bundle = editing::Bundle::new(BUNDLED.to_owned()).expect("the bundle is JSON");
        let imported =
            store.write(Reason::default(), false, move |transaction| editing::import(transaction, CATALOGUE, &bundle, &mut |_| {}));
        imported.blocking_recv().expect("an answer").map_err(|error| format!("{error:?}")).expect("the bundle is good");

        let small = cost(&store, &[("limit", "2")]);
        assert_eq!(small, cost(&store, &[("limit", "25")]));
        // The page, its total, a statement for each list, the revision and the place of the next page: no more.
        let layouts = store.layouts();
        let lists = layouts.named("commitment").map_or(0, |layout| layout.parts.len()) as u64;
        assert!(small <= lists + 6, "{small} statements for {lists} lists");
        // The first two have parts, updates, departments and a meeting between them, as the rest have.
        let ids = "c-2021-nap,c-2022-doj-strategy,c-2022-ustr-strategy,c-2024-state-migrant-workers,c-2024-state-reaffirm";
        let included = |limit| [("id", ids), ("sort", "id"), ("include", "departments,meeting,progress_updates,parts"), ("limit", limit)];
        assert_eq!(cost(&store, &included("2")), cost(&store, &included("25")));
        let refused: Result<(), StoreError> = store.read(&Pin { revision: Some(0), day: None }, |snapshot| {
            assert_eq!(snapshot.revision, 0);
            Ok(())
        });
        refused.expect("the time before the first revision can be read");
    }
}
