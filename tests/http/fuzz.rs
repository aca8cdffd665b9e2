//! Generated input: nothing panics, no accepted input fails in the store, and rejected input has no
//! effect. `PROPTEST_CASES=20000 cargo test --test http fuzz` tries more cases.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use serde_json::{Value as Json, json};
use taskforce::editing::{self, Bundle, EditError};
use taskforce::model::{Faults, PartialDate, RecordType};
use taskforce::reading::{
    GlobalSearch, ResultCache, Signing, global_search, page, parameter_names, parse_query, resume,
};
use taskforce::records::{BUNDLED, CATALOGUE};
use taskforce::store::{Location, Pin, Reason, Snapshot, Store, StoreError, Transaction};

use crate::bad_requests::{get, raw};
use crate::fixtures::{self, Records};
use crate::support::{Api, LISTS};

static BUNDLE: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(&BUNDLED).unwrap());

/// Opens a database with the bundled records.
fn store(url: &str) -> Arc<Store> {
    Store::open(&Location::parse(url).unwrap(), CATALOGUE).unwrap()
}

fn on_each_database(check: impl Fn(&Arc<Store>)) {
    let folder = tempfile::tempdir().unwrap();
    check(&store(&fixtures::sqlite(&folder.path().join("record.db"), Records::Bundled)));
    check(&store(&fixtures::postgres(Records::Bundled)));
}

/// Tries generated values, a fraction of the usual number.
fn try_one_in<S: Strategy>(share: u32, strategy: &S, check: impl Fn(S::Value) -> TestCaseResult) {
    let usual = ProptestConfig::default();
    let config =
        ProptestConfig { failure_persistence: None, cases: usual.cases.div_ceil(share), ..usual };
    TestRunner::new(config).run(strategy, check).unwrap();
}

fn try_all<S: Strategy>(strategy: &S, check: impl Fn(S::Value) -> TestCaseResult) {
    try_one_in(1, strategy, check);
}

fn record_type() -> impl Strategy<Value = &'static RecordType> {
    (0..CATALOGUE.iter().count()).prop_map(|index| CATALOGUE.iter().nth(index).unwrap())
}

/// Generates values that a client might send: valid, nearly valid, and arbitrary.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "announced",
            "held",
            "true",
            "false",
            "2024",
            "2024-02",
            "2024-02-13",
            "2024-02-30",
            "1",
            "-1",
            "0",
            "9223372036854775807",
            "1e308",
            "0.1",
            "state",
            "pitf",
            "organization:state",
            "a,b",
            "a\\,b",
            "\\",
            ",",
            "",
            "name",
            "-name",
            "-made_on,name",
            "2026-11-24T00:00:00Z",
            "US-MA",
            "%",
            "_",
            "'",
            "\"",
            "\u{1}",
            "é",
            "\u{10FFFF}",
            "İ",
            "ß",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9,\\\\-]{0,30}",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "\\PC{0,20}",
        any::<String>(),
    ]
}

#[rustfmt::skip]
fn query() -> impl Strategy<Value = (&'static RecordType, Vec<(String, String)>)> {
    record_type().prop_flat_map(|record_type| {
        let names = parameter_names(record_type);
        let name = prop_oneof![
            8 => (prop::sample::select(names),
                prop::sample::select(vec!["", "", "[ne]", "[contains]", "[starts_with]", "[gt]",
                    "[gte]", "[lt]", "[lte]", "[exists]", "[", "]", "[]"]))
                .prop_map(|(name, operator)| format!("{name}{operator}")),
            1 => any::<String>(),
        ];
        (Just(record_type), prop::collection::vec((name, value()), 0..5))
    })
}

#[test]
fn responds_to_every_request() {
    let counts = ResultCache::default();
    on_each_database(|store| {
        try_all(&query(), |(record_type, parameters)| {
            let mut faults = Faults::default();
            let query = parse_query(record_type, &parameters, &mut faults);
            if faults.is_empty() && query.cursor.is_none() {
                let signing =
                    Signing { key: store.signing_key(), database: store.identity(), path: "/v1/x" };
                let read =
                    |snapshot: &mut Snapshot<'_>| page(snapshot, &query, None, signing, &counts);
                let response = store
                    .read(&Pin::default(), read)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert!(serde_json::from_slice::<Json>(&response.body).is_ok());
            }
            Ok(())
        });
    });
}

/// Generates query strings: parameters in every notation, and arbitrary text.
fn query_string() -> impl Strategy<Value = String> {
    let names = [
        "q", "limit", "cursor", "sort", "fields", "facets", "include", "format", "revision",
        "as_of", "after", "type", "name", "from",
    ];
    let name = prop_oneof![4 => prop::sample::select(names.to_vec()).prop_map(str::to_owned),
        1 => "[!-~]{0,12}"];
    let written = prop_oneof![
        value().prop_map(
            |value| url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>()
        ),
        prop::collection::vec(any::<u8>(), 0..20)
            .prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02x}")).collect()),
        "[!-~]{0,30}",
        "(%[0-9a-fA-F]{0,2}|[+&=;a]){0,12}",
    ];
    let pair = (
        name,
        prop::sample::select(vec!["=", "=", "=", "", "[ne]=", "%5Bcontains%5D=", "==", "&"]),
        written,
    );
    prop::collection::vec(
        pair.prop_map(|(name, sign, value)| format!("{name}{sign}{value}").replace('#', "%23")),
        0..4,
    )
    .prop_map(|pairs| pairs.join("&"))
}

#[test]
fn responds_to_every_query_string() {
    let paths = [
        "/v1/search",
        "/v1/changes",
        "/v1/changes.atom",
        "/v1/statistics",
        "/v1/gaps",
        "/v1/export",
        "/",
        "/search",
        "/changes",
        "/docs",
    ];
    let mut paths: Vec<String> = paths.map(str::to_owned).into();
    for (list, _) in LISTS {
        paths.extend([
            format!("/v1/{list}"),
            format!("/v1/{list}/state"),
            format!("/v1/{list}/state/history"),
            format!("/{list}"),
        ]);
    }
    for api in [Api::sqlite(&[]), Api::postgres(&[])] {
        try_one_in(4, &(prop::sample::select(paths.clone()), query_string()), |(path, query)| {
            let response = raw(&api, &get(&format!("{path}?{query}")));
            // Pages redirect to the address without empty parameters.
            let is_page = !path.starts_with("/v1/");
            let expected = [200, 304, 308, 400, 404, 406, 410].contains(&response.status)
                || (is_page && response.status == 303);
            prop_assert!(expected, "{path}?{query}: {} {}", response.status, response.text);
            prop_assert!(
                response.status != 400
                    || !response.code.is_empty()
                    || response.text.contains("<html")
            );
            Ok(())
        });
        assert!(!api.log().contains("internal error"), "{}", api.log());
    }
}

/// Generates search queries: words of the dataset with search syntax, and arbitrary text.
fn typed() -> impl Strategy<Value = String> {
    let words = [
        "trafficking",
        "state",
        "d'souza",
        "u.s.",
        "106-386",
        "traff",
        "maría",
        "of",
        "a",
        "2024",
        "ß",
        "İ",
        "東京",
        "e\u{301}",
        "\u{200b}",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        4 => prop::sample::select(vec![" ", " ", "-", "\"", "*", "'", ".", ",", "“", "”", "(", ":",
            "^", "&", "|", "!", "<->", "\\", "%", "_", "\0", "NEAR", "\t"]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[test]
fn responds_to_every_search_query() {
    let counts = ResultCache::default();
    on_each_database(|store| {
        try_one_in(4, &(typed(), record_type(), any::<bool>()), |(q, record_type, all)| {
            let types = if all { CATALOGUE.iter().collect() } else { vec![record_type] };
            let Some(search) = GlobalSearch::new(&q, types, 20, &mut Faults::default()) else {
                prop_assert!(q.chars().count() > 500);
                return Ok(());
            };
            let signing = Signing {
                key: store.signing_key(),
                database: store.identity(),
                path: "/v1/search",
            };
            let read = |snapshot: &mut Snapshot<'_>| {
                global_search(snapshot, &search, None, signing, "", &counts)
            };
            let response = store
                .read(&Pin::default(), read)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let page: Json = serde_json::from_slice(&response.body)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            for hit in page["data"].as_array().unwrap() {
                // The marks are the only markup, and every mark is closed.
                let shown = hit["highlight"].as_str().unwrap_or_default();
                prop_assert_eq!(shown.matches("<mark>").count(), shown.matches("</mark>").count());
                prop_assert!(
                    !shown.replace("<mark>", "").replace("</mark>", "").contains(['<', '>']),
                    "{shown}"
                );
            }
            Ok(())
        });
    });
}

#[test]
fn rejects_forged_cursors() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&fixtures::sqlite(&folder.path().join("record.db"), Records::Bundled));
    let commitments =
        CATALOGUE.iter().find(|record_type| record_type.plural == "commitments").unwrap();
    let of = |parameters: &[(&str, &str)]| {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        parse_query(commitments, &parameters, &mut Faults::default())
    };
    let signing =
        Signing { key: store.signing_key(), database: store.identity(), path: "/v1/commitments" };
    let first = of(&[("limit", "2"), ("sort", "-due")]);
    let counts = ResultCache::default();
    let read = |snapshot: &mut Snapshot<'_>| page(snapshot, &first, None, signing, &counts);
    let next = store.read(&Pin::default(), read).unwrap().next.unwrap();
    let given = next.split_once("cursor=").unwrap().1.to_owned();
    let open = |cursor: &str| {
        resume(&of(&[("cursor", "x")]), cursor, store.signing_key(), store.identity()).is_ok()
    };
    assert!(open(&given));
    let altered = {
        let given = given.clone();
        (0..given.len(), any::<char>()).prop_map(move |(place, letter)| {
            let mut letters: Vec<char> = given.chars().collect();
            letters[place] = letter;
            letters.into_iter().collect::<String>()
        })
    };
    let cut = {
        let given = given.clone();
        (0..given.len(), 0..given.len())
            .prop_map(move |(from, to)| given[from.min(to)..from.max(to)].to_owned())
    };
    try_all(&prop_oneof![altered, cut, "[A-Za-z0-9_-]{0,400}", any::<String>()], |cursor| {
        prop_assert!(cursor == given || !open(&cursor), "{cursor} is accepted");
        Ok(())
    });
}

#[test]
fn accepts_partial_dates_of_the_calendar_only() {
    let dates = prop_oneof![
        "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?",
        "(17|18|19|20|21|22)[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9]",
        "[0-9-]{0,12}",
        any::<String>(),
    ];
    try_all(&dates, |text| {
        let right = match text.len() {
            4 => chrono::NaiveDate::parse_from_str(&format!("{text}-01-01"), "%Y-%m-%d"),
            7 => chrono::NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d"),
            _ => chrono::NaiveDate::parse_from_str(&text, "%Y-%m-%d"),
        };
        let digits = text.bytes().enumerate().all(|(place, byte)| {
            if place == 4 || place == 7 { byte == b'-' } else { byte.is_ascii_digit() }
        });
        let right = right.is_ok()
            && digits
            && [4, 7, 10].contains(&text.len())
            && ("1700"..="2200").contains(&&text[..4]);
        match text.parse::<PartialDate>() {
            Ok(date) => {
                prop_assert!(right, "{text:?} is accepted");
                prop_assert_eq!(date.as_str(), &text);
                prop_assert!(
                    date.first_day() <= date.last_day() && date.first_day().starts_with(&text)
                );
            }
            Err(_) => prop_assert!(!right, "{text:?} is rejected"),
        }
        Ok(())
    });
}

/// Generates JSON values of any kind, mostly small.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(|number| json!(number)),
        value().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map(
                prop_oneof![
                    "[a-z_]{1,12}",
                    Just("id".to_owned()),
                    Just("type".to_owned()),
                    Just("name".to_owned())
                ],
                inner,
                0..4
            )
            .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Generates a place in a document: each number selects a member or an entry at the place before
/// it.
fn place() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..5)
}

fn put(value: &mut Json, place: &[prop::sample::Index], what: Json) {
    let Some((first, rest)) = place.split_first() else {
        *value = what;
        return;
    };
    match value {
        Json::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(first.index(members.len())).unwrap().clone();
            put(&mut members[&name], rest, what);
        }
        Json::Array(entries) if !entries.is_empty() => {
            let length = entries.len();
            put(&mut entries[first.index(length)], rest, what);
        }
        other => *other = what,
    }
}

#[test]
fn imports_or_rejects_every_mutated_bundle() {
    on_each_database(|store| {
        // Each is a bundle of hundreds of records.
        try_one_in(16, &prop::collection::vec((place(), anything()), 1..4), |changes| {
            let mut bundle = BUNDLE.clone();
            for (place, what) in changes {
                put(&mut bundle, &place, what);
            }
            let bundle = Bundle::new(bundle.to_string()).unwrap();
            let import = move |transaction: &mut Transaction<'_>| {
                editing::import(transaction, CATALOGUE, &bundle, &mut |_| {})
            };
            if let Err(EditError::Store(error)) =
                store.write(Reason::default(), true, import).blocking_recv().unwrap()
            {
                return Err(TestCaseError::fail(error.to_string()));
            }
            let revision = store.read(&Pin::default(), |snapshot: &mut Snapshot<'_>| {
                Ok::<_, StoreError>(snapshot.revision)
            });
            prop_assert_eq!(revision.unwrap(), 1);
            Ok(())
        });
    });
}
