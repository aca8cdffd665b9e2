//! Random queries on all fields of all types: filters are compared with a simple model, lists are
//! paged in any order, and CSV is compared with JSON.

use rstest::rstest;
use std::cmp::Ordering;

use serde_json::{Value as Json, json};
use taskforce::model::{Kind, PartialDate, RecordType, text};
use taskforce::reading::{FieldPath, Operator};
use taskforce::records::CATALOGUE;

use crate::random::Random;
use crate::support::Database::{self, Postgres, Sqlite};

/// The number of queries for each type.
const TRIES: usize = 45;

/// Returns records that are hard to compare, in addition to the bundled ones.
pub fn records_hard_to_compare() -> Json {
    let names = [
        "Ångström",
        "ANGSTROM",
        "angstrom-2",
        "ﬁle",
        "D’Souza",
        "D'Souza",
        "o'neil, \"jr\"",
        "=1+1",
        "＝1+1",
        "'=1+1",
        "a;=b\\; c",
        "100%",
        "a_b",
        "東京",
        "ß",
        "İstanbul",
        "Zz",
        "zZ",
    ];
    let dates = [
        "2020",
        "2020-02",
        "2020-02-29",
        "2019-12-31",
        "2021-01-01",
        "2020-12",
        "2020-12-31",
        "1700",
        "2200",
    ];
    let commitments: Vec<Json> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "id": format!("h-{index}"), "name": name, "text": format!("{name}\nline two, with \
                a comma; and more"), "due": dates[index % dates.len()],
                "made_on": dates[(index * 2 + 1) % dates.len()],
                "position": (index % 3 > 0).then_some(index % 5),
                "departments": if index % 2 == 0 { json!(["state"]) } else { json!([]) },
                "programs": [format!("{name}, Inc.")],
                "partners": [{ "type": "label", "name": name }], "places": [{ "city": name }],
                "figures": [{ "value": index as f64 - 2.5, "unit": "people" }],
                "status": (["announced", "completed", "unknown"][index % 3]),
            })
        })
        .collect();
    let people: Vec<Json> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({ "id": format!("h-{index}"), "name": name,
                "family_name": name })
        })
        .collect();
    json!({ "commitments": commitments, "people": people })
}

/// Returns the values at a path in a record, with each entry of lists and without nulls.
fn leaves<'j>(record: &'j Json, path: &str) -> Vec<&'j Json> {
    let mut found = vec![record];
    for step in path.split('.') {
        found = found.into_iter().map(|value| &value[step]).flat_map(entries).collect();
    }
    found.retain(|value| !value.is_null());
    found
}

fn entries(value: &Json) -> Vec<&Json> {
    value.as_array().map_or_else(|| vec![value], |entries| entries.iter().collect())
}

/// Returns a value as it is written in a query.
fn written(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(_) => {
            value["id"].as_str().or(value["name"].as_str()).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

fn date(text: &str) -> PartialDate {
    text.parse().unwrap()
}

/// Returns whether a value matches an operator.
fn meets(kind: Kind, value: &Json, operator: Operator, wanted: &[String]) -> bool {
    let first = wanted[0].as_str();
    let own = written(value);
    let ordering = || match kind {
        Kind::Integer(..) | Kind::Number => {
            value.as_f64().partial_cmp(&first.parse::<f64>().ok()).unwrap_or(Ordering::Equal)
        }
        _ => own.as_str().cmp(first),
    };
    match (operator, kind) {
        (Operator::Equals, Kind::Date) => wanted.iter().any(|wanted| {
            date(&own).first_day() >= date(wanted).first_day()
                && date(&own).last_day() <= date(wanted).last_day()
        }),
        (Operator::Equals, Kind::Number) => {
            wanted.iter().any(|wanted| value.as_f64() == wanted.parse().ok())
        }
        (Operator::Equals, _) => wanted.contains(&own),
        (Operator::Contains, _) => text::fold(&own).contains(&text::fold(first)),
        (Operator::StartsWith, _) => text::fold(&own).starts_with(&text::fold(first)),
        (Operator::Greater, Kind::Date) => date(&own).first_day() > date(first).last_day(),
        (Operator::AtLeast, Kind::Date) => date(&own).last_day() >= date(first).first_day(),
        (Operator::Less, Kind::Date) => date(&own).last_day() < date(first).first_day(),
        (Operator::AtMost, Kind::Date) => date(&own).first_day() <= date(first).last_day(),
        (Operator::Greater, _) => ordering() == Ordering::Greater,
        (Operator::AtLeast, _) => ordering() != Ordering::Less,
        (Operator::Less, _) => ordering() == Ordering::Less,
        (Operator::AtMost, _) => ordering() != Ordering::Greater,
        (Operator::Differs | Operator::Exists, _) => unreachable!("handled for the entire record"),
    }
}

struct Filter {
    path: String,
    kind: Kind,
    operator: Operator,
    wanted: Vec<String>,
}

impl Filter {
    fn any(
        random: &mut Random,
        record_type: &'static RecordType,
        records: &[Json],
    ) -> Option<(Self, String)> {
        let names: Vec<String> =
            FieldPath::names(record_type).into_iter().filter(|name| name != "revision").collect();
        let path = random.choose(&names)?.clone();
        let resolved = FieldPath::resolve(record_type, &path)?;
        if resolved.field.alias == Some(path.as_str()) {
            return None;
        }
        let operators: Vec<(&str, Operator)> = Operator::ALL
            .into_iter()
            .filter(|(_, operator)| operator.applies_to(resolved.kind))
            .collect();
        let (word, operator) = *random.choose(&operators)?;
        let known: Vec<String> = records
            .iter()
            .flat_map(|record| leaves(record, &path))
            .map(written)
            .filter(|value| !value.is_empty())
            .collect();
        let wanted = match operator {
            Operator::Exists => vec![["true", "false"][random.below(2)].to_owned()],
            Operator::Contains | Operator::StartsWith => {
                let value = random.choose(&known)?.clone();
                let from = if operator == Operator::Contains {
                    random.below(value.chars().count())
                } else {
                    0
                };
                let part: String = value.chars().skip(from).take(1 + random.below(6)).collect();
                vec![if random.below(2) == 0 { part.to_uppercase() } else { part }]
            }
            Operator::Equals | Operator::Differs => (0..=random.below(2))
                .map(|_| random.choose(&known).cloned())
                .collect::<Option<_>>()?,
            _ => vec![random.choose(&known)?.clone()],
        };
        if wanted.iter().any(|value| value.is_empty() || value.len() > 400) {
            return None;
        }
        let name = if word.is_empty() { path.clone() } else { format!("{path}[{word}]") };
        let lists = matches!(operator, Operator::Equals | Operator::Differs);
        let value = wanted
            .iter()
            .map(|value| if lists { value.replace(',', "\\,") } else { value.clone() })
            .collect::<Vec<_>>()
            .join(",");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .finish();
        Some((Self { path, kind: resolved.kind, operator, wanted }, query))
    }

    fn holds(&self, record: &Json) -> bool {
        let values = leaves(record, &self.path);
        let any =
            |operator| values.iter().any(|value| meets(self.kind, value, operator, &self.wanted));
        match self.operator {
            Operator::Exists => (self.wanted[0] == "true") != values.is_empty(),
            Operator::Differs => !any(Operator::Equals),
            operator => any(operator),
        }
    }
}

/// Compares two records by one key. Unknown values come last in both directions.
fn by_key(a: &Json, b: &Json, path: &str, kind: Kind, descending: bool) -> Ordering {
    let value = |record| leaves(record, path).first().copied();
    let (a, b) = match (value(a), value(b)) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return b.is_some().cmp(&a.is_some()),
    };
    let ordering = match kind {
        Kind::Integer(..) | Kind::Number => a.as_f64().partial_cmp(&b.as_f64()).unwrap(),
        Kind::PastDue { .. } => a.as_bool().cmp(&b.as_bool()),
        _ => text::fold(&written(a)).cmp(&text::fold(&written(b))),
    };
    if descending { ordering.reverse() } else { ordering }
}

#[rstest]
fn queries_return_the_records_of_a_plain_model(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(
        api.change(&key, "POST", "/v1/import", &[], &records_hard_to_compare().to_string()).status,
        200
    );
    let mut random = Random::new(20_241_124);
    let mut selective = 0;
    for record_type in CATALOGUE.iter() {
        let records = api.all(&format!("/v1/{}?limit=200", record_type.path));
        let sortable: Vec<String> = FieldPath::names(record_type)
            .into_iter()
            .filter(|name| {
                FieldPath::resolve(record_type, name)
                    .is_some_and(|path| path.sortable() && path.field.name != "type")
            })
            .collect();
        for _ in 0..TRIES {
            let filters: Vec<(Filter, String)> = (0..=random.below(2))
                .filter_map(|_| Filter::any(&mut random, record_type, &records))
                .collect();
            if filters.len() == 2
                && filters[0].1.split('=').next() == filters[1].1.split('=').next()
            {
                continue;
            }
            let keys: Vec<(String, bool)> = (0..=random.below(2))
                .map(|_| (random.choose(&sortable).unwrap().clone(), random.below(2) == 0))
                .collect();
            if keys.len() == 2 && keys[0].0 == keys[1].0 {
                continue;
            }
            let mut expected: Vec<&Json> = records
                .iter()
                .filter(|record| filters.iter().all(|(filter, _)| filter.holds(record)))
                .collect();
            expected.sort_by(|a, b| {
                let by_keys = keys.iter().map(|(path, descending)| {
                    by_key(
                        a,
                        b,
                        path,
                        FieldPath::resolve(record_type, path).unwrap().kind,
                        *descending,
                    )
                });
                by_keys
                    .fold(Ordering::Equal, Ordering::then)
                    .then_with(|| a["id"].as_str().cmp(&b["id"].as_str()))
            });
            selective += usize::from(!expected.is_empty() && expected.len() < records.len());
            let sort = keys
                .iter()
                .map(|(path, descending)| format!("{}{path}", if *descending { "-" } else { "" }))
                .collect::<Vec<_>>()
                .join(",");
            let filters =
                filters.iter().map(|(_, query)| query.as_str()).collect::<Vec<_>>().join("&");
            let limit = [1 + random.below(9), 200][usize::from(expected.len() > 30)];
            let query =
                format!("/v1/{}?sort={sort}&limit={limit}&fields=id&{filters}", record_type.path);
            let found = api.all(query.trim_end_matches('&'));
            let ids = |records: &[&Json]| {
                records
                    .iter()
                    .map(|record| record["id"].as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(ids(&found.iter().collect::<Vec<_>>()), ids(&expected), "{query}");
        }
    }
    assert!(selective > 100, "only {selective} queries distinguish records");
}

/// Tests the ranges of one index that a list entry with conditions on the main date is read from.
#[rstest]
fn pages_a_list_entry_within_dates_in_order(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    let mut bundle = records_hard_to_compare();
    for (index, commitment) in bundle["commitments"].as_array_mut().unwrap().iter_mut().enumerate()
    {
        commitment["departments"] = json!(["state"]);
        if index % 6 == 5 {
            commitment["made_on"] = Json::Null;
        }
    }
    assert_eq!(api.change(&key, "POST", "/v1/import", &[], &bundle.to_string()).status, 200);
    let records = api.all("/v1/commitments?limit=200");
    let mut filters: Vec<(Filter, String)> = Vec::new();
    let operators = Operator::ALL.into_iter();
    for (word, operator) in operators.filter(|(_, operator)| operator.applies_to(Kind::Date)) {
        let values: &[&str] = match operator {
            Operator::Exists => &["true", "false"],
            _ => &["2020", "2020-02", "2020-02-29", "2021-01-01", "1700", "2020-12,2020"],
        };
        for value in values {
            let wanted: Vec<String> = match operator {
                Operator::Equals | Operator::Differs => {
                    value.split(',').map(str::to_owned).collect()
                }
                _ => vec![value.split(',').next().unwrap().to_owned()],
            };
            let name = if word.is_empty() { String::new() } else { format!("[{word}]") };
            let query = format!("made_on{name}={}", wanted.join(","));
            let path = "made_on".to_owned();
            filters.push((Filter { path, kind: Kind::Date, operator, wanted }, query));
        }
    }
    for (number, (one, first)) in filters.iter().enumerate() {
        for (other, second) in filters.iter().skip(number + 1) {
            if first.split('=').next() == second.split('=').next() {
                continue;
            }
            let descending = number % 2 == 0;
            let mut expected: Vec<&Json> = records
                .iter()
                .filter(|record| {
                    record["departments"][0]["id"] == "state"
                        && one.holds(record)
                        && other.holds(record)
                })
                .collect();
            expected.sort_by(|a, b| {
                by_key(a, b, "made_on", Kind::Date, descending)
                    .then_with(|| a["id"].as_str().cmp(&b["id"].as_str()))
            });
            let query = format!(
                "/v1/commitments?departments=state&{first}&{second}&sort={}made_on&fields=id",
                if descending { "-" } else { "" }
            );
            let ids: Vec<&Json> = expected.iter().map(|record| &record["id"]).collect();
            let found = api.all(&format!("{query}&limit={}", 1 + number % 4));
            assert_eq!(found.iter().map(|one| &one["id"]).collect::<Vec<_>>(), ids, "{query}");
            let total = api.get(&format!("{query}&limit=1")).json()["page"]["total"].take();
            assert_eq!(total, json!(expected.len()), "{query}");
        }
    }
}

/// Tests the counts of a list entry with conditions on enumerations, which use one index.
#[rstest]
fn counts_a_list_entry_with_enumerations(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let modes = [json!("virtual"), json!("in_person"), json!(null)];
    let meetings: Vec<Json> = (0..12)
        .map(|index| {
            json!({ "id": format!("h-{index}"), "name": "M", "organization": "pitf",
                "mode": modes[index % 3], "status": (["held", "postponed"][index % 2]),
                "topics": [(["even", "odd"][index / 2 % 2])] })
        })
        .collect();
    api.import(&json!({ "meetings": meetings }).to_string());
    for topic in ["even", "odd"] {
        for (query, field, negative, values) in [
            ("mode=virtual", "mode", false, ["virtual"].as_slice()),
            ("mode[ne]=virtual", "mode", true, &["virtual"]),
            ("mode[ne]=virtual,in_person", "mode", true, &["virtual", "in_person"]),
            ("status=held,postponed", "status", false, &["held", "postponed"]),
            ("status[ne]=held", "status", true, &["held"]),
        ] {
            let is_match = |meeting: &&Json| {
                meeting["topics"] == json!([topic])
                    && meeting[field].as_str().is_some_and(|value| values.contains(&value))
                        != negative
            };
            let expected = meetings.iter().filter(is_match).count();
            for sort in ["id", "-date", "name"] {
                let query = format!("/v1/meetings?topics={topic}&{query}&sort={sort}&limit=2");
                assert_eq!(api.all(&query).len(), expected, "{query}");
                let total = api.get(&query).json()["page"]["total"].take();
                assert_eq!(total, json!(expected), "{query}");
            }
        }
    }
}

#[rstest]
fn csv_has_the_values_of_json(#[values(Sqlite, Postgres)] database: Database) {
    let api = database.serve();
    let key = api.key();
    assert_eq!(
        api.change(&key, "POST", "/v1/import", &[], &records_hard_to_compare().to_string()).status,
        200
    );
    for record_type in CATALOGUE.iter() {
        let records = api.all(&format!("/v1/{}?limit=200", record_type.path));
        let table = api.get(&format!("/v1/{}?format=csv", record_type.path)).text;
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let columns = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), records.len());
        for (row, record) in rows.iter().zip(&records) {
            let cell = |name: &str| {
                let cell =
                    row.get(columns.iter().position(|column| column == name).unwrap()).unwrap();
                let is_formula = |rest: &&str| {
                    rest.trim_start_matches('\'')
                        .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
                };
                cell.strip_prefix('\'').filter(is_formula).unwrap_or(cell).to_owned()
            };
            for field in record_type.all() {
                compare(field.kind, field.name, &record[field.name], &cell);
            }
        }
    }
}

/// Returns the entries of a list in a cell.
fn list_of(cell: &str) -> Vec<String> {
    let mut entries = vec![String::new()];
    let mut characters = cell.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => entries.last_mut().unwrap().extend(characters.next()),
            ';' => {
                entries.push(characters.next().filter(|space| *space != ' ').into_iter().collect())
            }
            other => entries.last_mut().unwrap().push(other),
        }
    }
    if cell.is_empty() { Vec::new() } else { entries }
}

fn compare(kind: Kind, name: &str, value: &Json, cell: &dyn Fn(&str) -> String) {
    let plain = |value: &Json| if value.is_null() { String::new() } else { written(value) };
    match kind {
        Kind::Reference(_) => {
            assert_eq!(
                (cell(&format!("{name}_id")), cell(&format!("{name}_name"))),
                (plain(&value["id"]), plain(&value["name"]))
            )
        }
        Kind::Agent(_) => {
            for member in ["type", "id", "name"] {
                assert_eq!(cell(&format!("{name}_{member}")), plain(&value[member]));
            }
        }
        Kind::Object(object) => object.fields.iter().for_each(|member| {
            compare(member.kind, &format!("{name}_{}", member.name), &value[member.name], cell)
        }),
        Kind::List(Kind::Object(_)) if *value == json!([]) => assert_eq!(cell(name), ""),
        Kind::List(Kind::Object(_)) => {
            assert_eq!(serde_json::from_str::<Json>(&cell(name)).unwrap(), *value)
        }
        Kind::List(element) => {
            let listed =
                entries(value).into_iter().map(|entry| match (element, entry["type"].as_str()) {
                    (Kind::Agent(_), Some("label")) => format!("label:{}", written(&entry["name"])),
                    (Kind::Agent(_), Some(target)) => format!("{target}:{}", written(entry)),
                    _ => written(entry),
                });
            assert_eq!(list_of(&cell(name)), listed.collect::<Vec<_>>(), "{name}");
        }
        _ => assert_eq!(cell(name), plain(value), "{name}"),
    }
}
