//! Walks over lists, page after page.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::support::{Api, RESOURCES, each_database, ids};

each_database! {
    fn a_walk_gives_every_record_once_and_in_order(api: Api) {
        let dates = ["established", "", "issued", "established", "date", "announced_on", "presented_on", "made_on", "date"];
        for ((path, _, _), date) in RESOURCES.into_iter().zip(dates) {
            let whole = api.all(&format!("/v1/{path}?limit=200"));
            let mut sorts = vec!["name".to_owned(), "-name".to_owned(), "-updated_at,name".to_owned(), "-id".to_owned()];
            if !date.is_empty() {
                sorts.extend([format!("-{date}"), format!("{date},-name"), format!("note,-{date}")]);
            }
            for sort in sorts {
                let mut expected = whole.clone();
                expected.sort_by(|a, b| compare(a, b, &sort));
                for limit in [1, 7, 200] {
                    if limit == 1 && whole.len() > 60 && sort != "name" {
                        continue;
                    }
                    let walked = api.all(&format!("/v1/{path}?sort={sort}&limit={limit}"));
                    assert_eq!(ids(&walked), ids(&expected), "{path} by {sort}, {limit} a page");
                }
            }
        }
    }

    fn a_walk_sees_one_snapshot_whatever_is_written(api: Api) {
        let api = api.with_key();
        let before = ids(&api.all("/v1/organizations?sort=name&limit=200"));
        let mut walked = Vec::new();
        let mut next = Some("/v1/organizations?sort=name&limit=10".to_owned());
        let mut number = 0;
        while let Some(path) = next {
            let page = api.get(&path).ok();
            assert_eq!(page["page"]["total"], before.len());
            assert_eq!(page["revision"], 1);
            walked.extend(ids(page["data"].as_array().unwrap()));
            next = page["page"]["next"].as_str().map(str::to_owned);
            number += 1;
            for name in ["Aaa", "Zzz"] {
                api.write("POST", "/v1/organizations", &[], &json!({"name": format!("{name} {number}")})).expect(201);
            }
            if number == 1 {
                let last = before.last().unwrap();
                let patch = json!({"name": "Aaaa, once the last"});
                api.write("PATCH", &format!("/v1/organizations/{last}"), &[("if-match", "\"1\"")], &patch).ok();
            }
        }
        assert_eq!(walked, before);
        assert_eq!(api.get("/v1/organizations").ok()["page"]["total"], before.len() + 2 * number);
    }

    fn a_cursor_is_taken_as_it_is_or_refused(api: Api) {
        let next = api.get("/v1/people?limit=5&sort=name").ok()["page"]["next"].as_str().unwrap().to_owned();
        api.get("/v1/people?cursor=nonsense").problem(400, "invalid-cursor");
        let (path, cursor) = next.split_once("cursor=").unwrap();
        assert!(path.starts_with("/v1/people?"), "{next}");
        let answer = api.get(&format!("/v1/meetings?cursor={cursor}"));
        assert_eq!(answer.status, 400, "the cursor of another list: {}", answer.body);
        let link = api.get("/v1/people?limit=5&sort=name");
        assert!(link.header("link").contains("rel=\"next\""), "{:?}", link.headers);
    }
}

/// Nulls last, texts without case and accents, dates by first day and the less precise first, then the id.
fn compare(a: &Value, b: &Value, sort: &str) -> Ordering {
    for key in sort.split(',') {
        let (field, descending) = key.strip_prefix('-').map_or((key, false), |field| (field, true));
        let ordering = match (key_of(&a[field]), key_of(&b[field])) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) if descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    a["id"].as_str().cmp(&b["id"].as_str())
}

fn key_of(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let digits = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    Some(match text.len() {
        4 if digits => format!("{text}-01-01 a"),
        7 if digits => format!("{text}-01 b"),
        10 if digits => format!("{text} c"),
        _ => fold(text),
    })
}

/// The few letters with accents that the bundled records hold.
fn fold(text: &str) -> String {
    let plain = text.to_lowercase();
    plain.chars().map(|letter| match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }).collect()
}
