//! Compares the API with the last released document. Within a version of the API, changes must be
//! backward compatible.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

/// A comparison of two documents, which collects the incompatible changes with their places.
struct Comparison<'d> {
    released: &'d Json,
    current: &'d Json,
    seen: HashSet<(String, String, bool)>,
    broken: Vec<String>,
}

/// The direction in which the values of a schema are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

fn broken(released: &Json, current: &Json) -> Vec<String> {
    let mut comparison = Comparison { released, current, seen: HashSet::new(), broken: Vec::new() };
    for (path, operations) in members(&released["paths"]) {
        for (method, operation) in members(operations) {
            comparison.operation(
                &format!("{} {path}", method.to_uppercase()),
                operation,
                &current["paths"][path][method],
            );
        }
    }
    comparison.broken
}

fn members(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn entries(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn resolve<'d>(document: &'d Json, json: &'d Json) -> &'d Json {
    json["$ref"]
        .as_str()
        .and_then(|place| document.pointer(place.trim_start_matches('#')))
        .unwrap_or(json)
}

impl<'d> Comparison<'d> {
    fn check(&mut self, holds: bool, at: &str, what: &str) {
        if !holds {
            self.broken.push(format!("{at}: {what}"));
        }
    }

    fn operation(&mut self, at: &str, old: &'d Json, new: &'d Json) {
        if new.is_null() {
            return self.check(false, at, "was removed");
        }
        let key = |document: &'d Json, parameter: &'d Json| {
            let parameter = resolve(document, parameter);
            (
                parameter["in"].as_str().unwrap_or_default(),
                parameter["name"].as_str().unwrap_or_default(),
            )
        };
        let (released, current) = (self.released, self.current);
        for parameter in entries(&old["parameters"]) {
            let (place, name) = key(released, parameter);
            let at = format!("{at}, the {place} parameter {name}");
            match entries(&new["parameters"])
                .iter()
                .find(|other| key(current, other) == (place, name))
            {
                None => self.check(false, &at, "was removed"),
                Some(other) => self.schema(
                    &at,
                    &resolve(released, parameter)["schema"],
                    &resolve(current, other)["schema"],
                    Direction::Request,
                ),
            }
        }
        for parameter in
            entries(&new["parameters"]).iter().map(|parameter| resolve(current, parameter))
        {
            let needed =
                entries(&old["parameters"]).iter().map(|old| resolve(released, old)).any(|old| {
                    (&old["in"], &old["name"]) == (&parameter["in"], &parameter["name"])
                        && old["required"] == true
                });
            self.check(
                parameter["required"] != true || needed,
                at,
                &format!("now requires the parameter {}", parameter["name"]),
            );
        }
        self.check(
            !old["requestBody"].is_null() || new["requestBody"]["required"] != true,
            at,
            "now requires a body",
        );
        self.content(
            &format!("{at}, the body"),
            &old["requestBody"],
            &new["requestBody"],
            Direction::Request,
        );
        for (status, response) in members(&old["responses"]) {
            let at = format!("{at}, the response {status}");
            let other = resolve(current, &new["responses"][status]);
            if status.starts_with('2') {
                self.check(!other.is_null(), &at, "was removed");
            }
            self.content(&at, resolve(released, response), other, Direction::Response);
        }
    }

    fn content(&mut self, at: &str, old: &'d Json, new: &'d Json, direction: Direction) {
        for (media_type, content) in members(&old["content"]) {
            let other = &new["content"][media_type];
            self.check(
                new.is_null() || !other.is_null(),
                at,
                &format!("is no longer {media_type}"),
            );
            self.schema(at, &content["schema"], &other["schema"], direction);
        }
    }

    fn schema(&mut self, at: &str, old: &'d Json, new: &'d Json, direction: Direction) {
        if let (Some(from), Some(to)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.seen.insert((from.to_owned(), to.to_owned(), direction == Direction::Request))
        {
            return;
        }
        let (old, new) = (resolve(self.released, old), resolve(self.current, new));
        if old.is_null() || new.is_null() {
            return;
        }
        self.types(at, old, new, direction);
        if direction == Direction::Request {
            self.bounds(at, old, new);
        }
        let required = |schema: &Json, name: &str| {
            entries(&schema["required"]).iter().any(|other| other == name)
        };
        for (name, property) in members(&old["properties"]) {
            let at = format!("{at}, {name}");
            match new["properties"].get(name) {
                None => self.check(false, &at, "was removed"),
                Some(other) => self.schema(&at, property, other, direction),
            }
            self.check(
                direction == Direction::Request || !required(old, name) || required(new, name),
                &at,
                "is no longer always present",
            );
        }
        for (name, _) in members(&new["properties"]) {
            self.check(
                direction == Direction::Response || required(old, name) || !required(new, name),
                &format!("{at}, {name}"),
                "is now required",
            );
        }
        self.schema(&format!("{at}[]"), &old["items"], &new["items"], direction);
        self.schema(
            &format!("{at}{{}}"),
            &old["additionalProperties"],
            &new["additionalProperties"],
            direction,
        );
        for (index, part) in entries(&old["allOf"]).iter().enumerate() {
            match new["allOf"].get(index) {
                None => self.check(false, at, "lost one of its parts"),
                Some(other) => self.schema(at, part, other, direction),
            }
        }
        for (index, choice) in entries(&old["oneOf"]).iter().enumerate() {
            match new["oneOf"].get(index) {
                None => self.check(false, at, "lost one of its alternatives"),
                Some(other) => self.schema(at, choice, other, direction),
            }
        }
    }

    fn types(&mut self, at: &str, old: &Json, new: &Json, direction: Direction) {
        let types = |schema: &Json| match &schema["type"] {
            Json::Array(types) => types.clone(),
            Json::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let (before, after) = (types(old), types(new));
        let (had, has) =
            if direction == Direction::Request { (&before, &after) } else { (&after, &before) };
        self.check(
            before.is_empty() == after.is_empty() && had.iter().all(|kind| has.contains(kind)),
            at,
            "has a different type",
        );
        let words = entries(&old["enum"]);
        let accepts_all =
            new["enum"].is_null() || words.iter().all(|word| entries(&new["enum"]).contains(word));
        self.check(
            direction == Direction::Response
                || (accepts_all && (!words.is_empty() || new["enum"].is_null())),
            at,
            "accepts fewer values",
        );
    }

    fn bounds(&mut self, at: &str, old: &Json, new: &Json) {
        for (bound, sign) in [
            ("maximum", 1.0),
            ("maxLength", 1.0),
            ("maxItems", 1.0),
            ("minimum", -1.0),
            ("minLength", -1.0),
            ("minItems", -1.0),
        ] {
            let number = |schema: &Json| {
                schema[bound].as_f64().map_or(f64::INFINITY, |number| number * sign)
            };
            self.check(number(new) >= number(old), at, &format!("has a narrower {bound}"));
        }
    }
}

fn document(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

const RELEASED: &str = include_str!("../../openapi/released.json");

#[test]
fn the_api_is_compatible_with_the_last_release() {
    let found = broken(&document(RELEASED), &document(include_str!("../../openapi/openapi.json")));
    assert!(
        found.is_empty(),
        "the API is no longer compatible with the release:\n{}",
        found.join("\n")
    );
}

/// The message for an incompatible change, its place, and the change.
type Breaking = (&'static str, String, fn(&mut Json));

#[test]
fn finds_incompatible_changes_of_the_api() {
    let released = document(RELEASED);
    let schema = |name: &str, rest: &str| format!("/components/schemas/{name}{rest}");
    let changes: [Breaking; 9] = [
        ("was removed", "/paths/~1v1~1meetings".to_owned(), |path| {
            drop(path.as_object_mut().unwrap().remove("get"))
        }),
        ("was removed", "/paths/~1v1~1meetings/get/parameters".to_owned(), |list| {
            drop(list.as_array_mut().unwrap().pop())
        }),
        ("now requires the parameter", "/paths/~1v1~1meetings/get/parameters".to_owned(), |list| {
            list.as_array_mut()
                .unwrap()
                .push(json!({ "name": "new", "in": "query", "required": true }));
        }),
        (
            "is no longer text/csv",
            "/paths/~1v1~1meetings/get/responses/200/content".to_owned(),
            |content| {
                content.as_object_mut().unwrap().shift_remove("text/csv");
            },
        ),
        ("was removed", schema("Meeting", "/properties"), |properties| {
            drop(properties.as_object_mut().unwrap().shift_remove("date"))
        }),
        ("is no longer always present", schema("Meeting", "/required"), |required| {
            drop(required.as_array_mut().unwrap().pop())
        }),
        ("is now required", schema("MeetingInput", "/required"), |required| {
            required.as_array_mut().unwrap().push(json!("date"))
        }),
        (
            "accepts fewer values",
            schema("MeetingInput", "/properties/status/oneOf/0/enum"),
            |words| drop(words.as_array_mut().unwrap().pop()),
        ),
        ("has a different type", schema("Commitment", "/properties/overdue/type"), |kind| {
            *kind = json!("string")
        }),
    ];
    for (message, place, change) in changes {
        let mut current = released.clone();
        change(
            current.pointer_mut(&place).unwrap_or_else(|| panic!("{place} is not in the document")),
        );
        let found = broken(&released, &current);
        assert!(found.iter().any(|line| line.contains(message)), "{place}: {found:?}");
    }
    assert!(broken(&released, &released).is_empty());
}
