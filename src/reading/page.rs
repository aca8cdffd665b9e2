//! Reads a page of a list: records, their total, facets, and the cursor of the next page.

use super::condition::{Condition, DrivingIndex};
use super::cursor::{CursorError, Position, Signing};
use super::envelope::{Envelope, LIST_START, PageInfo, Total};
use super::include::shape;
use super::order::Order;
use super::query::{DEFAULT_LIMIT, ListQuery, parse_query};
use super::resolve::resolve;
use super::result_cache::ResultCache;
use super::search::{self, Hit, ListSearch};
use super::selection::{ListIndexScan, records, where_all};
use super::short_pages::cache_total;
use crate::formats::json::{Shape, write_record};
use crate::model::Faults;
use crate::store::{Document, Matches, Snapshot, SqlValue, Statement, StoreResult};

/// A page as JSON.
#[derive(Debug)]
pub struct Page {
    /// The JSON text of the list.
    pub body: Vec<u8>,
    /// The URL of the next page.
    pub next: Option<String>,
}

/// Reads a page.
pub fn page(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    position: Option<&Position>,
    signing: Signing<'_>,
    results: &ResultCache,
) -> StoreResult<Page> {
    let query = &*resolve(snapshot, query, results)?;
    let (record_type, limit) = (query.record_type, query.limit.unwrap_or(DEFAULT_LIMIT));
    let indexes = snapshot.indexes;
    let index = indexes.of(record_type);
    if query.search.is_some() {
        snapshot.plan_for_values()?;
    }
    let total = match position {
        Some(position) => position.total,
        None => match results.cached_total(query, snapshot.latest).filter(|_| !snapshot.past) {
            Some(number) => Total { number, is_exact: true },
            None => {
                let total = total(snapshot, query, results)?;
                cache_total(snapshot, query, results, total.number)?;
                total
            }
        },
    };
    let facets = match query.facets.as_slice() {
        [] => None,
        names => {
            let condition = condition(snapshot, query, DrivingIndex::Filter);
            Some(results.facets(snapshot, index, names, &condition)?)
        }
    };
    let after = position.map(|position| position.after.as_slice());
    let (documents, next) = find(snapshot, query, after, total.upper_bound(), results, limit)?;
    let shape = record_shape(snapshot, query, &documents)?;

    let mut body = Vec::with_capacity(32_768);
    body.extend_from_slice(LIST_START);
    for (index, document) in documents.iter().enumerate() {
        body.extend_from_slice(if index > 0 { b"," } else { b"" });
        write_record(&mut body, document, &shape)?;
    }
    let next = next.map(|after| {
        let (query, pin) = (query.canonical.clone(), snapshot.pin());
        Position { query, limit, after, total, pin }.url(record_type.path, signing)
    });
    let page = PageInfo::new(limit, total, next.clone());
    Envelope { page, facets, revision: snapshot.revision }.end_list(&mut body)?;
    Ok(Page { body, next })
}

/// Returns the SQL of all conditions of a query on the records `t`. Each begins with `AND`.
pub(super) fn condition(
    snapshot: &Snapshot<'_>,
    query: &ListQuery,
    driving: DrivingIndex,
) -> Statement {
    let index = snapshot.indexes.of(query.record_type);
    // A filter on the first sort key limits the range of the order's index too.
    let is_on_first_key = |condition: &Condition| {
        query.sort.first().is_some_and(|first| condition.tests(query.record_type, &first.path))
    };
    let mut condition = where_all(snapshot, index, &query.conditions, |condition| {
        if is_on_first_key(condition) { DrivingIndex::Filter } else { driving }
    });
    if let Some(list_search) = list_search(snapshot, query) {
        condition.push(" AND ").append(list_search.membership(snapshot));
    }
    condition
}

/// Returns the search of a query, if it has one.
pub(super) fn list_search<'s>(
    snapshot: &Snapshot<'s>,
    query: &'s ListQuery,
) -> Option<ListSearch<'s>> {
    let index = snapshot.indexes.of(query.record_type);
    query.search.as_ref().map(|search| ListSearch { index, search, conditions: &query.conditions })
}

/// Counts the matching records.
pub(super) fn total(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    results: &ResultCache,
) -> StoreResult<Total> {
    match list_search(snapshot, query) {
        Some(list_search) => list_search.count(snapshot, results),
        None => {
            let index = snapshot.indexes.of(query.record_type);
            let number = results.total(snapshot, index, &query.conditions)?;
            Ok(Total { number, is_exact: true })
        }
    }
}

/// Finds the next records in the order of a query, at most `limit` of `total`. If there are more,
/// it also returns the position of the last one.
pub(super) fn find(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    after: Option<&[SqlValue]>,
    total: i64,
    results: &ResultCache,
    limit: usize,
) -> StoreResult<(Vec<Document>, Option<Vec<SqlValue>>)> {
    // One more record shows whether there are more.
    let wanted = limit + 1;
    if let Some(list_search) = list_search(snapshot, query).filter(|_| query.sort.is_empty()) {
        // Searching stops when all counted hits are found.
        let all = usize::try_from(total).unwrap_or(usize::MAX);
        let wanted = if after.is_none() { wanted.min(all) } else { wanted };
        let hits = list_search.find(snapshot, results, after, wanted)?;
        let keys: Vec<i64> = hits.iter().take(limit).map(|hit| hit.key).collect();
        let documents = snapshot.documents(query.record_type, &keys)?;
        let last = hits.get(limit).and(hits.get(limit.saturating_sub(1)));
        return Ok((documents, last.map(Hit::position)));
    }
    let (order, selects) = selects(snapshot, query, after, total, results, wanted)?;
    if selects.is_empty() {
        // No date meets all conditions.
        return Ok((Vec::new(), None));
    }
    let select = concatenated(snapshot, selects, wanted);
    let matches = Matches { select, sort_keys: order.len(), wanted };
    let (mut documents, stored) = snapshot.matches(query.record_type, matches)?;
    let last = if documents.len() > limit { stored.position(limit - 1) } else { None };
    documents.truncate(limit);
    Ok((documents, last))
}

/// Returns one query for at least the wanted number of rows of several queries in sequence.
fn concatenated(snapshot: &Snapshot<'_>, mut selects: Vec<Statement>, wanted: usize) -> Statement {
    let limit = |select: &mut Statement| snapshot.database().limit_at_least(select, wanted);
    selects.iter_mut().for_each(limit);
    if selects.len() == 1 {
        return selects.pop().unwrap_or_default();
    }
    let mut union = Statement::default();
    for select in selects {
        union
            .push(if union.is_empty() { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" })
            .append(select)
            .push(") s");
    }
    limit(&mut union);
    union
}

/// Returns the queries that find the next records, in sequence. They select keys and positions, and
/// read only indexes if these have the order.
fn selects(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    after: Option<&[SqlValue]>,
    total: i64,
    results: &ResultCache,
    wanted: usize,
) -> StoreResult<(Order, Vec<Statement>)> {
    let indexes = snapshot.indexes;
    let index = indexes.of(query.record_type);
    if query.search.is_none()
        && let Some(scan) =
            ListIndexScan::of(index, &query.conditions).filter(ListIndexScan::is_distinct)
        && let Some(order) = Order::of_entries(index, &query.sort, &scan.dates)
    {
        let selects = order.selects(&scan.entries(snapshot, index), after);
        return Ok((order, selects));
    }
    let driving = if query.conditions.is_empty() && query.search.is_none() {
        DrivingIndex::Order
    } else {
        results.driving_index(snapshot, index, total, wanted)?
    };
    if driving == DrivingIndex::Order && !query.conditions.is_empty() && query.search.is_none() {
        snapshot.plan_for_values()?;
    }
    let order = Order::new(snapshot, index, &query.sort, driving);
    let mut found = records(snapshot, index);
    let condition = condition(snapshot, query, driving);
    if driving == DrivingIndex::Filter && snapshot.database().is_postgres() {
        // PostgreSQL would test records in order, and expects to find enough of them early.
        found.push(r#" AND t."record_key" = ANY(ARRAY(SELECT t."record_key""#);
        found.append(records(snapshot, index)).append(condition).push("))");
    } else {
        found.append(condition);
    }
    let selects = order.selects(&found, after);
    Ok((order, selects))
}

/// Returns the lines of the database's plan for a page.
pub fn plan(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    position: Option<&Position>,
    results: &ResultCache,
) -> StoreResult<Vec<String>> {
    let query = &*resolve(snapshot, query, results)?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let total = total(snapshot, query, results)?.upper_bound();
    let after = position.map(|position| position.after.as_slice());
    let (_, selects) = selects(snapshot, query, after, total, results, limit + 1)?;
    match selects.as_slice() {
        [] => Ok(Vec::new()),
        _ => {
            let select = concatenated(snapshot, selects, limit + 1);
            snapshot.connection().explain(select)
        }
    }
}

/// Returns the shape of the records on a page. Hits have the member `highlight` too.
pub(super) fn record_shape(
    snapshot: &mut Snapshot<'_>,
    query: &ListQuery,
    documents: &[Document],
) -> StoreResult<Shape> {
    let mut shape = shape(snapshot, query.record_type, documents, &query.fields, &query.include)?;
    if let Some(search) = &query.search {
        let keys: Vec<i64> = documents.iter().map(|document| document.key).collect();
        shape.highlights = Some(search::highlights(snapshot, query.record_type, search, &keys)?);
    }
    Ok(shape)
}

/// Opens a cursor: returns its query and its position. Other parameters of the request must be
/// those of the cursor.
pub fn resume(
    query: &ListQuery,
    cursor: &str,
    key: &[u8],
    database: &str,
) -> Result<(ListQuery, Position), CursorError> {
    let position = Position::open(cursor, query.record_type.path, key, database)?;
    if !(query.canonical.is_empty() || query.canonical == position.query) {
        return Err(CursorError("belongs to another query; use `page.next` unchanged"));
    }
    let mut faults = Faults::default();
    let mut resumed = parse_query(query.record_type, &position.parameters(), &mut faults);
    if !faults.is_empty() {
        return Err(CursorError(
            "was created by another version of this server; start from the first page",
        ));
    }
    resumed.limit = query.limit.or(Some(position.limit));
    Ok((resumed, position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editing;
    use crate::model::RecordType;
    use crate::reading::short_pages::{MAX_SKIPPED, is_short};
    use crate::reading::{Include, Item, item};
    use crate::records::{BUNDLED, CATALOGUE};
    use crate::store::{Length, Location, Pin, Reason, STATEMENTS_OF_THREAD, Store, StoreError};

    fn store(folder: &tempfile::TempDir) -> std::sync::Arc<Store> {
        let location = Location::Sqlite(folder.path().join("test.db").display().to_string());
        let store = Store::open(&location, CATALOGUE).expect("a new database");
        import(&store, BUNDLED.clone());
        store
    }

    fn import(store: &Store, bundle: String) {
        let bundle = editing::Bundle::new(bundle).expect("the bundle is JSON");
        let imported = store.write(Reason::default(), false, move |transaction| {
            editing::import(transaction, CATALOGUE, &bundle, &mut |_| {})
        });
        imported
            .blocking_recv()
            .expect("the writer responds")
            .map_err(|error| format!("{error:?}"))
            .expect("the bundle is valid");
    }

    /// Counts the statements of a read, except the beginning and the end of its transaction.
    fn cost<T>(store: &Store, read: impl Fn(&mut Snapshot<'_>) -> StoreResult<T>) -> u64 {
        let before = STATEMENTS_OF_THREAD.get();
        store.read::<_, StoreError>(&Pin::default(), read).expect("it is read");
        STATEMENTS_OF_THREAD.get() - before - 2
    }

    fn cost_of_page(
        store: &Store,
        record_type: &'static RecordType,
        parameters: &[(&str, &str)],
        position: Option<&Position>,
    ) -> u64 {
        let parameters: Vec<(String, String)> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let query = parse_query(record_type, &parameters, &mut Faults::default());
        let signing =
            Signing { key: store.signing_key(), database: store.identity(), path: "/v1/x" };
        let results = ResultCache::default();
        cost(store, |snapshot| page(snapshot, &query, position, signing, &results))
    }

    #[test]
    fn a_page_reads_its_documents_and_names_with_one_statement_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        // Two more read the revision and the total.
        for record_type in CATALOGUE.iter() {
            for limit in ["1", "25", "200"] {
                assert!(
                    cost_of_page(&store, record_type, &[("limit", limit)], None) <= 4,
                    "{} {limit}",
                    record_type.name
                );
            }
            assert!(
                cost_of_page(&store, record_type, &[("sort", "-updated_at,name")], None) <= 4,
                "{}",
                record_type.name
            );
            if let [date, ..] = record_type.main_date {
                let position = Position {
                    after: vec![SqlValue::from("2012"), SqlValue::from("x")],
                    total: Total::exact(10),
                    ..Position::default()
                };
                assert!(
                    cost_of_page(&store, record_type, &[("sort", date)], Some(&position)) <= 3,
                    "{}",
                    record_type.name
                );
            }
        }
        let commitments = CATALOGUE.get("commitment").expect("commitments are declared");
        // One more resolves ids, and one counts the past entries that a short read would skip.
        assert!(
            cost_of_page(
                &store,
                commitments,
                &[("department", "state"), ("sort", "-made_on")],
                None
            ) <= 6
        );
        let ids = "c-2021-nap,c-2022-doj-strategy,c-2022-ustr-strategy,\
            c-2024-state-migrant-workers,c-2024-state-reaffirm";
        let included = |limit| {
            [
                ("id", ids),
                ("sort", "id"),
                ("include", "departments,meeting,progress_updates,parts"),
                ("limit", limit),
            ]
        };
        let few = cost_of_page(&store, commitments, &included("2"), None);
        assert_eq!(few, cost_of_page(&store, commitments, &included("25"), None));
    }

    #[test]
    fn a_write_does_not_hide_a_rename_by_another_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let server = store(&folder);
        let location = Location::Sqlite(folder.path().join("test.db").display().to_string());
        let other = Store::open(&location, CATALOGUE).expect("a database");
        let commitments = CATALOGUE.get("commitment").expect("commitments are declared");
        let organization = |id: &str, name: &str| {
            format!(r#"{{"organizations":[{{"id":"{id}","name":"{name}"}}]}}"#)
        };
        import(&server, organization("office", "First"));
        let shown = r#"{"commitments":[{"id":"shown","name":"A","departments":["office"]}]}"#;
        import(&server, shown.to_owned());
        let read = || {
            let find =
                |snapshot: &mut Snapshot<'_>| item::find(snapshot, commitments, "shown", &[], &[]);
            match server.read::<_, StoreError>(&Pin::default(), find).expect("it is read") {
                Item::Found(body, _) => String::from_utf8(body.into()).expect("JSON is text"),
                other => panic!("{other:?}"),
            }
        };
        assert!(read().contains("First"));
        import(&other, organization("office", "Second"));
        import(&server, organization("office-2", "Another"));
        assert!(read().contains("Second"));
    }

    #[test]
    fn reads_a_record_or_a_page_with_one_statement() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let signing =
            Signing { key: store.signing_key(), database: store.identity(), path: "/v1/x" };
        let results = ResultCache::default();
        for (name, id) in [
            ("commitment", "c-2021-nap"),
            ("organization", "state"),
            ("council_member", "appt-2015-minh-dang"),
        ] {
            let record_type = CATALOGUE.get(name).expect("it is declared");
            let record = |snapshot: &mut Snapshot<'_>| match item::find(
                snapshot,
                record_type,
                id,
                &[],
                &[],
            )? {
                Item::Found(body, _) => Ok(body.to_vec()),
                other => panic!("{other:?}"),
            };
            let query = parse_query(record_type, &[], &mut Faults::default());
            let list = |snapshot: &mut Snapshot<'_>| {
                page(snapshot, &query, None, signing, &results).map(|page| page.body)
            };
            for read in [&record as &dyn Fn(&mut Snapshot<'_>) -> StoreResult<Vec<u8>>, &list] {
                let brief = || {
                    store.read_optimistically::<_, StoreError>(Length::Short, &Pin::default(), read)
                };
                // The first read caches names and the total.
                let first = brief().expect("it is read");
                let before = STATEMENTS_OF_THREAD.get();
                assert_eq!(brief().expect("it is read"), first, "{name}");
                assert_eq!(STATEMENTS_OF_THREAD.get() - before, 1, "{name}");
                // A transaction has a beginning, a revision and an end.
                assert_eq!(cost(&store, read), 2, "{name}");
                let whole = store.read::<_, StoreError>(&Pin::default(), read);
                assert_eq!(whole.expect("it is read"), first, "{name}");
            }
            let include = [Include { name: "sources", inner: Vec::new() }];
            let included = |snapshot: &mut Snapshot<'_>| {
                item::find(snapshot, record_type, id, &[], &include).map(drop)
            };
            assert!(cost(&store, included) <= 6, "{name}");
        }
    }

    #[test]
    fn a_page_of_a_range_is_short_once_its_total_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let signing =
            Signing { key: store.signing_key(), database: store.identity(), path: "/v1/x" };
        let results = ResultCache::default();
        let commitments = CATALOGUE.get("commitment").expect("commitments are declared");
        let query = |text: &str| {
            let parameters: Vec<(String, String)> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let mut faults = Faults::default();
            let query = parse_query(commitments, &parameters, &mut faults);
            assert!(faults.is_empty(), "{text}");
            query
        };
        let is_short = |text| is_short(&query(text), &store, &results);
        let read = |text: &str| {
            let query = query(text);
            let body = |snapshot: &mut Snapshot<'_>| {
                page(snapshot, &query, None, signing, &results).map(|page| page.body)
            };
            store.read_optimistically::<_, StoreError>(Length::Long, &Pin::default(), body)
        };
        let range = "department=justice&sort=-made_on";
        for text in [range, "department=justice&sort=-made_on&made_on[gte]=2014&made_on[lt]=2022"] {
            assert!(!is_short(text), "{text}");
            let first = read(text).expect("it is read");
            assert!(is_short(text), "{text}");
            assert_eq!(read(text).expect("it is read"), first, "{text}");
        }
        for text in [
            "department=justice",
            "department=justice&sort=name",
            "department=justice&sort=made_on",
            "department=justice&status=completed&sort=-made_on",
            "department=justice&topics=training&sort=-made_on",
            "department=justice&sort=-made_on&facets=status",
            "department=justice&sort=-made_on&revision=1",
        ] {
            read(text).expect("it is read");
            assert!(!is_short(text), "{text}");
        }
        for text in ["", "sort=-made_on"] {
            assert!(is_short(text), "{text}");
        }
        import(&store, r#"{"organizations":[{"id":"office","name":"Office"}]}"#.to_owned());
        assert!(!is_short(range), "at a new revision, the total is not known");
        let commitments = |count: usize, status: &str| {
            let commitment = |number| {
                format!(
                    r#"{{"id":"many-{number}","name":"Many","departments":["office"],
                        "status":"{status}"}}"#
                )
            };
            let commitments: Vec<String> = (0..count).map(commitment).collect();
            import(&store, format!(r#"{{"commitments":[{}]}}"#, commitments.join(",")));
        };
        let range = "department=office&sort=-made_on";
        commitments(MAX_SKIPPED, "announced");
        for (past, short) in [(MAX_SKIPPED - 1, true), (1, false)] {
            commitments(past, if short { "completed" } else { "announced" });
            read(range).expect("it is read");
            assert_eq!(is_short(range), short, "{past} more past entries");
        }
    }

    #[test]
    fn reads_again_if_another_server_writes_in_the_meantime() {
        let folder = tempfile::tempdir().expect("a folder");
        let server = store(&folder);
        let location = Location::Sqlite(folder.path().join("test.db").display().to_string());
        let other = Store::open(&location, CATALOGUE).expect("a database");
        let organizations = CATALOGUE.get("organization").expect("organizations are declared");
        let results = ResultCache::default();
        let query = parse_query(organizations, &[], &mut Faults::default());
        let reads = std::cell::Cell::new(0);
        let total = |snapshot: &mut Snapshot<'_>| {
            reads.set(reads.get() + 1);
            // Both reads need the names.
            let name = snapshot.names(&[1])?.remove(&1).unwrap_or_default();
            if reads.get() == 1 {
                let bundle = r#"{"organizations":[{"id":"office","name":"Office"}]}"#;
                import(&other, bundle.to_owned());
            }
            Ok((name, total(snapshot, &query, &results)?.number, snapshot.revision))
        };
        let read =
            || server.read_optimistically::<_, StoreError>(Length::Short, &Pin::default(), total);
        let (_, number, revision) = read().expect("it is read");
        assert_eq!((reads.get(), revision), (2, 2));
        let (_, again, _) = read().expect("it is read");
        assert_eq!((reads.get(), again), (3, number));
    }
}
