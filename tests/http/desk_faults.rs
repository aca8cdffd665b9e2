//! Forms report the faults that the API reports, at their fields.

use std::collections::BTreeSet;

use rstest::rstest;
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};
use taskforce::model::{Field, Kind, RecordType};
use taskforce::records::CATALOGUE;

use crate::desk::{Browser, inputs, set};
use crate::support::Database::{self, Postgres, Sqlite};
use crate::support::{Api, Response};

/// Texts that are typed into every field. Each is valid in some fields and a fault in others.
const TYPED: [&str; 39] = [
    "",
    " ",
    "Not A Slug",
    "not-a-slug-",
    "2/13/2024",
    "2024-02-30",
    "2024-13",
    "2024-02-13",
    "0000",
    "25:00",
    "14:30",
    "first",
    "1.5",
    "-1",
    "01",
    "0x1",
    "1,000",
    "1e400",
    "1e-400",
    "9007199254740993",
    "ftp://example.org",
    "javascript:alert(1)",
    "https://",
    "HTTPS://example.org/",
    "XX",
    "US",
    "US-ZZ",
    "en-",
    "EUX",
    "/nothing",
    "/name",
    "\u{7}",
    "a\u{0}b",
    "a\u{FFFE}b",
    "\u{200B}",
    "a\u{2028}b",
    "one\ntwo\none",
    "<b>“&amp;”</b>",
    "unknown word",
];

/// Marks a text that is a number in the body.
const NUMBER: &str = "number:";

/// The inputs of a form, and the record that they describe.
#[derive(Default)]
struct Typed {
    pairs: Vec<(String, String)>,
    record: Map<String, Json>,
    /// The references, which no text leads to a record.
    unclear: BTreeSet<String>,
}

impl Typed {
    /// Types a text into every field of a type.
    fn new(record_type: &'static RecordType, text: &str) -> Self {
        let mut typed = Self::default();
        if !text.trim().is_empty() {
            typed.pairs.push(("/id".to_owned(), text.to_owned()));
            typed.record.insert("id".to_owned(), text.into());
        }
        for field in record_type.all().iter().filter(|field| !field.read_only) {
            if field.name != "id" {
                let value = typed.fill(field.kind, &format!("/{}", field.name), text);
                typed.record.insert(field.name.to_owned(), value);
            }
        }
        typed
    }

    fn fill(&mut self, kind: Kind, at: &str, text: &str) -> Json {
        match kind {
            Kind::Object(object) => return self.object(object.fields, at, text),
            Kind::List(element) => return self.list(*element, at, text),
            _ => self.pairs.push((at.to_owned(), text.to_owned())),
        }
        match kind {
            _ if text.trim().is_empty() => Json::Null,
            Kind::Reference(_) | Kind::Agent(_) => {
                self.unclear.insert(at.to_owned());
                Json::Null
            }
            Kind::Integer(..) | Kind::Number => {
                // A number is sent as it is typed.
                let is_number = serde_json::from_str::<IgnoredAny>(text).is_ok()
                    && text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
                if is_number { format!("{NUMBER}{text}").into() } else { text.into() }
            }
            _ => text.into(),
        }
    }

    fn object(&mut self, fields: &[Field], at: &str, text: &str) -> Json {
        let members: Map<String, Json> = fields
            .iter()
            .map(|member| {
                let value = self.fill(member.kind, &format!("{at}/{}", member.name), text);
                (member.name.to_owned(), value)
            })
            .collect();
        if text.trim().is_empty() { Json::Null } else { members.into() }
    }

    fn list(&mut self, element: Kind, at: &str, text: &str) -> Json {
        self.pairs.push((at.to_owned(), String::new()));
        match element {
            Kind::Enumeration(_) => Json::Array(Vec::new()),
            Kind::Text(format) if !format.multiline => {
                self.pairs.last_mut().unwrap().1 = text.to_owned();
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.map(Json::from).collect()
            }
            _ => {
                let entry = self.fill(element, &format!("{at}/0"), text);
                let is_blank = text.trim().is_empty();
                Json::Array(if is_blank { Vec::new() } else { vec![entry] })
            }
        }
    }
}

/// Returns the ids of the fields with an error on a page.
fn wrong_fields(page: &Response) -> BTreeSet<String> {
    let ids = page.text.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    ids.filter_map(|id| id.strip_suffix("-error")).map(str::to_owned).collect()
}

/// Returns the id of the field for a pointer. A text with a line per entry is one field.
fn field_of(page: &Response, pointer: &str) -> String {
    let mut at = pointer;
    loop {
        let id = format!("f{}", at.replace('/', "-"));
        if at.is_empty() || page.text.contains(&format!(" id=\"{id}\"")) {
            return id;
        }
        at = &at[..at.rfind('/').unwrap_or_default()];
    }
}

/// Returns the pointers of the faults that the API reports, with the references, and whether these
/// are all. The API reports numbers that cannot be stored before it reads the rest of the body.
fn expected(
    api: &Api,
    key: &str,
    record_type: &RecordType,
    typed: &Typed,
    text: &str,
) -> (BTreeSet<String>, bool) {
    let path = format!("/v1/{}?dry_run=true", record_type.path);
    let body = Json::Object(typed.record.clone()).to_string();
    let body = body.replace(&format!("\"{NUMBER}{text}\""), text);
    let tried = api.change(key, "POST", &path, &[], &body);
    assert!([201, 422].contains(&tried.status), "{body}: {}", tried.text);
    let errors = tried.json()["errors"].clone();
    let errors = errors.as_array().into_iter().flatten();
    let is_complete = errors.clone().all(|error| error["code"] != "out-of-range");
    let pointers = errors.map(|error| error["pointer"].as_str().unwrap().to_owned());
    (pointers.chain(typed.unclear.iter().cloned()).collect(), is_complete)
}

#[rstest]
#[ignore = "takes 30 seconds"]
fn a_form_reports_every_fault_of_the_api_at_its_field(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let api = database.serve();
    let key = api.key();
    let browser = Browser::new(&api, &key);
    let too_long = ["x".repeat(501), "x".repeat(20_001)];
    for record_type in CATALOGUE.iter() {
        let form = format!("/edit/{}", record_type.path);
        let opened = inputs(&browser.get(&form).text);
        for text in TYPED.into_iter().chain(too_long.iter().map(String::as_str)) {
            let typed = Typed::new(record_type, text);
            let mut pairs = opened.clone();
            typed.pairs.iter().for_each(|(name, text)| set(&mut pairs, name, text));
            set(&mut pairs, "do", "preview");
            let page = browser.post(&form, &pairs);
            let place = format!("{form}: {text:?}");
            let (pointers, is_complete) = expected(&api, &key, record_type, &typed, text);
            let fields: BTreeSet<String> =
                pointers.iter().map(|pointer| field_of(&page, pointer)).collect();
            let wrong = wrong_fields(&page);
            if is_complete {
                assert_eq!(wrong, fields, "{place}: {pointers:?}");
            } else {
                assert!(fields.is_subset(&wrong), "{place}: {fields:?} are not in {wrong:?}");
            }
            assert_eq!(page.status, if wrong.is_empty() { 200 } else { 422 }, "{place}");
            for field in &wrong {
                assert!(page.text.contains(&format!("href=\"#{field}\"")), "{place}: {field}");
            }
            if !fields.is_empty() && !text.trim().is_empty() {
                keeps(&page, &typed, &place);
            }
        }
    }
    assert_eq!(api.revision(), 1);
}

/// Checks that a page has everything that was typed.
fn keeps(page: &Response, typed: &Typed, place: &str) {
    let plain = |text: &str| text.replace("\r\n", "\n");
    let shown: BTreeSet<(String, String)> =
        inputs(&page.text).iter().map(|(name, text)| (name.clone(), plain(text))).collect();
    for (name, text) in &typed.pairs {
        assert!(shown.contains(&(name.clone(), plain(text))), "{place}: {name} is lost");
    }
}
