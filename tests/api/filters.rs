//! Filters and facets, compared with plain ones over the whole list.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Api, RESOURCES, each_database, ids};

/// The first and the last day that a partial date may be, as texts that compare.
fn interval(date: &str) -> (String, String) {
    match date.len() {
        4 => (format!("{date}-01-01"), format!("{date}-12-31")),
        7 => (format!("{date}-01"), format!("{date}-31")),
        _ => (date.to_owned(), date.to_owned()),
    }
}

/// What the record's date is, against the one asked for.
fn dated(record: &Value, field: &str, operator: &str, asked: &str) -> bool {
    let Some(date) = record[field].as_str() else { return false };
    let ((first, last), (from, to)) = (interval(date), interval(asked));
    match operator {
        "[gt]" => first > to,
        "[gte]" => last >= from,
        "[lt]" => last < from,
        "[lte]" => first <= to,
        _ => from <= first && last <= to,
    }
}

#[track_caller]
fn agree(api: &Api, path: &str, query: &str, model: impl Fn(&Value) -> bool) -> usize {
    let expected: Vec<Value> = api.all(&format!("/v1/{path}?limit=200")).into_iter().filter(model).collect();
    let found = api.all(&format!("/v1/{path}?limit=200&{query}"));
    let (mut found, mut expected) = (ids(&found), ids(&expected));
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{path}?{query}");
    expected.len()
}

fn holds(list: &Value, id: &str) -> bool {
    list.as_array().unwrap().iter().any(|entry| entry == id || entry["id"] == id)
}

each_database! {
    fn dates_are_filtered_as_intervals(api: Api) {
        for (path, field) in [("meetings", "date"), ("documents", "issued"), ("commitments", "made_on"), ("commitments", "due"), ("award-recipients", "presented_on")] {
            for asked in ["2013", "2015-12", "2020-10-20", "2024", "2024-02", "2024-02-13"] {
                for operator in ["", "[gt]", "[gte]", "[lt]", "[lte]"] {
                    agree(&api, path, &format!("{field}{operator}={asked}"), |record| dated(record, field, operator, asked));
                }
            }
        }
        assert!(agree(&api, "meetings", "date=2024", |record| dated(record, "date", "", "2024")) > 0);
        agree(&api, "meetings", "year=2024", |record| dated(record, "date", "", "2024"));
        agree(&api, "award-recipients", "year=2024", |record| record["year"] == 2024);
    }

    fn texts_are_filtered_without_case_and_accents(api: Api) {
        let lower = |record: &Value, field: &str| record[field].as_str().unwrap_or_default().to_lowercase();
        assert!(agree(&api, "organizations", "name[starts_with]=DEPARTMENT%20of", |r| lower(r, "name").starts_with("department of")) > 3);
        assert!(agree(&api, "documents", "name[contains]=TRAFFICKING", |r| lower(r, "name").contains("trafficking")) > 3);
        agree(&api, "organizations", "name=Department%20of%20State", |r| r["name"] == "Department of State");
        agree(&api, "organizations", "name[ne]=Department%20of%20State", |r| r["name"] != "Department of State");
        assert!(agree(&api, "organizations", "short_name[ne]=DOS", |r| r["short_name"] != "DOS") > 3, "null is different");
        agree(&api, "documents", "name[contains]=%25", |r| lower(r, "name").contains('%'));
        agree(&api, "documents", "name[contains]=_", |r| lower(r, "name").contains('_'));
        agree(&api, "organizations", "kind=department,agency", |r| r["kind"] == "department" || r["kind"] == "agency");
    }

    fn existence_is_filtered_on_every_field(api: Api) {
        for (path, _, _) in RESOURCES {
            let first = api.get(&format!("/v1/{path}?limit=1")).ok()["data"][0].clone();
            for field in first.as_object().unwrap().keys().filter(|field| *field != "type" && *field != "revision") {
                let known = |record: &Value| !record[field].is_null() && record[field].as_array().is_none_or(|list| !list.is_empty());
                agree(&api, path, &format!("{field}[exists]=true"), known);
                agree(&api, path, &format!("{field}[exists]=false"), |record| !known(record));
            }
        }
    }

    fn lists_and_references_are_filtered_by_what_they_hold(api: Api) {
        let states = agree(&api, "commitments", "departments=state", |r| holds(&r["departments"], "state"));
        assert!(states > 0);
        agree(&api, "commitments", "department=state,labor", |r| holds(&r["departments"], "state") || holds(&r["departments"], "labor"));
        let topics = api.all("/v1/commitments?limit=200&topics[exists]=true");
        let topic = topics[0]["topics"][0].as_str().unwrap();
        assert!(agree(&api, "commitments", &format!("topics={topic}"), |r| holds(&r["topics"], topic)) > 0);
        agree(&api, "commitments", &format!("topics={topic}&departments=state"), |r| holds(&r["topics"], topic) && holds(&r["departments"], "state"));
        let meeting = "pitf-2024-02-13";
        assert!(agree(&api, "commitments", "meeting=pitf-2024-02-13", |r| r["meeting"]["id"] == meeting) > 0);
        agree(&api, "progress-updates", "meeting[ne]=pitf-2024-02-13", |r| r["meeting"]["id"] != meeting);
    }

    fn agents_are_filtered_by_id_or_with_their_type(api: Api) {
        let recipients = api.all("/v1/award-recipients?limit=200");
        let recipient = &recipients.iter().find(|r| r["recipient"]["type"] == "person").unwrap()["recipient"]["id"];
        let id = recipient.as_str().unwrap();
        for query in [format!("recipient={id}"), format!("recipient=person:{id}"), format!("person={id}")] {
            assert!(agree(&api, "award-recipients", &query, |r| r["recipient"]["id"] == id) > 0);
        }
        agree(&api, "award-recipients", &format!("recipient=organization:{id}"), |_| false);
        let meeting = api.get("/v1/meetings/pitf-2024-02-13").ok();
        for participant in meeting["participants"].as_array().unwrap() {
            let Some(id) = participant["agent"]["id"].as_str() else { continue };
            let took_part = |r: &Value| r["participants"].as_array().unwrap().iter().any(|p| p["agent"]["id"] == id || p["on_behalf_of"]["id"] == id);
            assert!(agree(&api, "meetings", &format!("participant={id}"), took_part) > 0);
        }
    }

    fn the_members_on_a_day_are_those_whose_known_term_may_include_it(api: Api) {
        for day in ["2016-01-01", "2018-06-01", "2019-06-30", "2020-07-31", "2020-08-01", "2022-12-31", "2024-02-13"] {
            let serving = |r: &Value| {
                let begun = r["term_start"].as_str().is_some_and(|start| interval(start).0.as_str() <= day);
                begun && r["term_end"].as_str().is_none_or(|end| interval(end).1.as_str() >= day)
            };
            agree(&api, "council-members", &format!("on={day}"), serving);
        }
    }

    fn facets_count_what_the_list_holds(api: Api) {
        for (path, fields) in [("commitments", "status,kind,departments,topics,pillars,overdue,year"), ("organizations", "kind,parent"), ("meetings", "status,year,organization"), ("documents", "kind,year")] {
            for filter in ["", "&name[contains]=of"] {
                let whole = api.all(&format!("/v1/{path}?limit=200{filter}"));
                let answer = api.get(&format!("/v1/{path}?limit=1&facets={fields}{filter}")).ok();
                for field in fields.split(',') {
                    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
                    for value in whole.iter().flat_map(|record| values(record, field)) {
                        *expected.entry(value).or_default() += 1;
                    }
                    let counts = answer["facets"][field].as_array().unwrap();
                    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let found: BTreeMap<String, u64> = counts.iter().map(|c| (text(&c["value"]), c["count"].as_u64().unwrap())).collect();
                    assert_eq!(found, expected, "{path} {field} {filter}");
                    assert_eq!(found.len(), counts.len());
                }
            }
        }
    }
}

/// What a record counts for in a facet.
fn values(record: &Value, field: &str) -> Vec<String> {
    if field == "year" {
        let date = ["date", "made_on", "issued"].iter().find_map(|name| record[name].as_str());
        return date.map(|date| date[..4].to_owned()).into_iter().collect();
    }
    let one = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => value["id"].as_str().map(str::to_owned),
        other => Some(other.to_string()),
    };
    match &record[field] {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    }
}
