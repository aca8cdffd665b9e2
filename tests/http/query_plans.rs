//! The plans of lists with many records: both databases use an index.

use std::sync::Arc;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use taskforce::editing;
use taskforce::model::Faults;
use taskforce::reading::{Position, ResultCache, Total, parse_query, plan};
use taskforce::records::CATALOGUE;
use taskforce::store::{Location, Pin, Reason, SqlValue, Store, Transaction};

use crate::fixtures::{self, Records};
use crate::sample;

/// Enough records for databases to prefer an index.
const MANY: usize = 10_000;

/// The filter on the first sort key bounds the range of the index.
const YEAR_IN_ORDER: &str = "year=2010&sort=-made_on";

/// Returns the lists of the examples in the documentation: a query, the position in it, and whether
/// the result is sorted.
fn lists() -> Vec<(&'static str, Option<Vec<SqlValue>>, bool)> {
    let deep = |value: &str| Some(vec![SqlValue::from(value), SqlValue::from("c-0006345")]);
    vec![
        ("", None, false),
        ("", Some(vec![SqlValue::from("c-0006345")]), false),
        ("sort=-due", None, false),
        ("sort=-due", deep("2015-03"), false),
        ("sort=due", Some(vec![SqlValue::Text(None), SqlValue::from("c-0006345")]), false),
        ("sort=name", deep("fund services for field offices (99)"), false),
        ("sort=-updated_at", deep("2026-05-03T00:00:01.000000Z"), false),
        ("department=state&sort=-due", None, false),
        ("department=state&sort=-due", deep("2015-03"), false),
        ("department=state&sort=-made_on,position", None, true),
        ("department=state&sort=name", None, false),
        ("topics=topic-17&sort=-due", None, true),
        ("meeting=m-0000040", None, false),
        ("meeting=m-0000040&sort=name", None, true),
        ("status=completed", None, false),
        ("status=completed&sort=-made_on", None, false),
        ("status=unknown", None, false),
        ("year=2010", None, true),
        (YEAR_IN_ORDER, None, true),
        ("updated_at[gte]=2026-05-01T00:00:00Z", None, false),
        ("updated_at[gte]=2026-10-28T00:00:59Z&sort=-updated_at", None, false),
    ]
}

/// Opens the database and imports sample records.
fn store_with(location: &Location, records: usize) -> Arc<Store> {
    let store = Store::open(location, CATALOGUE).unwrap();
    let bundle = editing::Bundle::new(sample::bundle(records)).unwrap();
    let import = move |transaction: &mut Transaction<'_>| {
        editing::import(transaction, CATALOGUE, &bundle, &mut |_| {})
    };
    let imported = store.write(Reason::default(), false, import).blocking_recv().unwrap();
    imported.unwrap_or_else(|error| panic!("{error:?}"));
    store
}

fn plans(location: &Location) -> Vec<(String, bool, Vec<String>)> {
    let store = store_with(location, MANY);
    let counts = ResultCache::default();
    let commitments = CATALOGUE.get("commitment").unwrap();
    lists()
        .into_iter()
        .map(|(text, after, sorted)| {
            let parameters: Vec<(String, String)> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let query = parse_query(commitments, &parameters, &mut Faults::default());
            let total = Total::exact(10_000);
            let walk = after.map(|after| Position { after, total, ..Position::default() });
            let plan = store
                .read(&Pin::default(), |snapshot| plan(snapshot, &query, walk.as_ref(), &counts))
                .unwrap();
            (format!("{text} {walk:?}"), sorted, plan)
        })
        .collect()
}

#[test]
fn sqlite_reads_every_page_from_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    let url = fixtures::sqlite(&file, Records::Bundled);
    for (query, sorted, plan) in plans(&Location::parse(&url).unwrap()) {
        let whole: Vec<&String> = plan
            .iter()
            .filter(|step| step.contains("SCAN") && !step.contains("INDEX") && *step != "SCAN s")
            .collect();
        assert!(whole.is_empty(), "{query} scans a whole table: {plan:#?}");
        assert_eq!(
            plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER")),
            sorted,
            "{query}: {plan:#?}"
        );
        let slow = |step: &&String| step.contains("EXISTS") && !step.contains("PRIMARY KEY");
        assert_eq!(plan.iter().find(slow), None, "{query} does not start from records: {plan:#?}");
        let bounded = plan.iter().any(|step| step.contains("made_on>? AND made_on<?"));
        assert_eq!(bounded, query.starts_with("year=2010"), "{query}: {plan:#?}");
    }
}

#[test]
#[ignore = "imports 10,000 records"]
fn postgres_reads_every_page_from_an_index() {
    let url = fixtures::postgres(Records::Bundled);
    for (query, _, plan) in plans(&Location::Postgres(url)) {
        let whole: Vec<&String> =
            plan.iter().filter(|step| step.contains("Seq Scan on commitments")).collect();
        assert!(whole.is_empty(), "{query} scans a whole table: {plan:#?}");
    }
}

// Without statistics, PostgreSQL sorts all records for each page.
#[test]
fn postgres_has_statistics_after_an_import_and_after_a_rebuild() {
    let url = fixtures::postgres(Records::Bundled);
    let store = store_with(&Location::Postgres(url.clone()), 1_000);
    let mut connection = PgConnection::establish(&url).unwrap();
    let mut tables = || {
        let count = "(SELECT count(DISTINCT tablename) FROM pg_stats WHERE tablename IN
            ('versions', 'commitments', 'commitments_topics', 'names', 'search_entries'))";
        diesel::select(sql::<BigInt>(count)).get_result::<i64>(&mut connection).unwrap()
    };
    assert_eq!(tables(), 5);
    // It creates the index tables again.
    assert_eq!(store.repair(&mut |_, _| {}).unwrap(), Vec::<String>::new());
    assert_eq!(tables(), 5);
}
