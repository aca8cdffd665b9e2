//! The texts of a form, by the JSON pointer of their field.
//!
//! A draft keeps texts as they were typed, so that invalid input is not lost. For a reference,
//! `POINTER@id` is the chosen record and `POINTER@name` its name.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::editing::read_number;
use crate::model::{Fault, Field, Kind, LABEL, Place, RecordType};

/// The texts of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft(BTreeMap<String, String>);

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// One text with one entry per line.
    Lines,
    /// A check box for each value.
    Checks,
    /// A group of fields for each entry.
    Entries,
}

impl ListForm {
    /// Returns the form of a list with entries of this kind.
    pub fn of(element: Kind) -> Self {
        match element {
            Kind::Text(format) if !format.multiline => Self::Lines,
            Kind::Enumeration(_) => Self::Checks,
            _ => Self::Entries,
        }
    }
}

/// Returns the fields of a type that are in its form.
pub fn fields(record_type: &'static RecordType) -> impl Iterator<Item = &'static Field> {
    record_type.all().iter().copied().filter(|field| !field.read_only && field.name != "id")
}

impl Draft {
    /// Creates the draft from the pairs that a form sent. Larger indexes than their number are
    /// forged, and left out, because a list has an entry for every index below its largest.
    pub fn sent(pairs: &[(String, String)]) -> Self {
        let is_possible = |name: &str| {
            let mut indexes = name.split(['/', '@']).filter_map(|step| step.parse::<usize>().ok());
            indexes.all(|index| index < pairs.len())
        };
        let is_of_field = |name: &str| name.starts_with(['/', '@']) && is_possible(name);
        let of_fields = pairs.iter().filter(|(name, _)| is_of_field(name));
        // Browsers send line breaks as CRLF.
        Self(of_fields.map(|(name, text)| (name.clone(), text.replace("\r\n", "\n"))).collect())
    }

    /// Returns the draft for a record.
    pub fn of(record_type: &'static RecordType, record: &Json) -> Self {
        let mut draft = Self::default();
        for field in fields(record_type) {
            draft.fill(field.kind, &format!("/{}", field.name), &record[field.name]);
        }
        draft
    }

    /// Writes a value into the draft.
    pub fn fill(&mut self, kind: Kind, at: &str, value: &Json) {
        match kind {
            Kind::Object(object) => object.fields.iter().for_each(|member| {
                self.fill(member.kind, &format!("{at}/{}", member.name), &value[member.name]);
            }),
            Kind::Reference(_) | Kind::Agent(_) => self.fill_reference(kind, at, value),
            Kind::List(element) => self.fill_list(*element, at, value),
            _ => self.set(at, text_of(value)),
        }
    }

    fn fill_reference(&mut self, kind: Kind, at: &str, value: &Json) {
        // In bundles, a reference may be an id alone.
        let name = value["name"].as_str().or(value["id"].as_str()).or(value.as_str());
        let name = name.unwrap_or_default();
        let id = match (kind, value["type"].as_str(), value["id"].as_str()) {
            (Kind::Agent(_), Some(LABEL), _) => format!("{LABEL}:"),
            (Kind::Agent(_), Some(form), Some(id)) => format!("{form}:{id}"),
            (_, _, Some(id)) => id.to_owned(),
            _ => value.as_str().unwrap_or_default().to_owned(),
        };
        self.choose(at, id, name.to_owned());
    }

    fn fill_list(&mut self, element: Kind, at: &str, value: &Json) {
        let entries = value.as_array().map_or(&[][..], Vec::as_slice);
        match ListForm::of(element) {
            ListForm::Lines => {
                let lines: Vec<String> = entries.iter().map(text_of).collect();
                self.set(at, lines.join("\n"));
            }
            ListForm::Checks => {
                self.set(at, String::new());
                entries.iter().for_each(|entry| self.set(&check(at, &text_of(entry)), "on".into()));
            }
            ListForm::Entries => {
                self.set(at, String::new());
                for (index, entry) in entries.iter().enumerate() {
                    self.fill(element, &format!("{at}/{index}"), entry);
                }
            }
        }
    }

    /// Returns the text at a pointer, or an empty text.
    pub fn get(&self, at: &str) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }

    /// Sets the text at a pointer.
    pub fn set(&mut self, at: &str, text: String) {
        self.0.insert(at.to_owned(), text);
    }

    /// Removes the text at a pointer from the draft, and returns it.
    pub fn take(&mut self, at: &str) -> String {
        self.0.remove(at).unwrap_or_default()
    }

    /// Sets the record that a reference leads to, by its id and its name.
    pub fn choose(&mut self, at: &str, id: String, name: String) {
        self.set(&format!("{at}@id"), id);
        self.set(&format!("{at}@name"), name.clone());
        self.set(at, name);
    }

    /// Returns whether there is a text at a pointer, which may be empty.
    pub fn has_text(&self, at: &str) -> bool {
        self.0.contains_key(at)
    }

    /// Returns whether the form had a field.
    pub fn has(&self, at: &str) -> bool {
        self.0.contains_key(at) || self.below(at).next().is_some()
    }

    /// Returns the texts at a pointer and below it.
    pub fn part(&self, at: &str) -> BTreeMap<&str, &str> {
        let is_within = |name: &str| {
            name.strip_prefix(at)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
        };
        self.all().filter(|(name, _)| is_within(name)).collect()
    }

    /// Replaces the texts at a pointer and below it with those of another draft.
    pub fn replace(&mut self, at: &str, other: &Self) {
        let old: Vec<String> = self.part(at).into_keys().map(str::to_owned).collect();
        old.iter().for_each(|name| drop(self.0.remove(name)));
        let new = other.part(at).into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        self.0.extend(new);
    }

    /// Returns all texts, for hidden inputs.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn below<'d>(&'d self, at: &str) -> impl Iterator<Item = (&'d str, &'d str)> + use<'d> {
        let prefix = format!("{at}/");
        self.0
            .range(prefix.clone()..)
            .take_while(move |(name, _)| name.starts_with(&prefix))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the number of entries of a list.
    pub fn count(&self, list: &str) -> usize {
        self.below(list).filter_map(|(name, _)| index_in(name, list)).max().map_or(0, |at| at + 1)
    }

    /// Returns whether nothing is typed at a pointer. The preset choice of a select does not count.
    fn is_blank(&self, kind: Kind, at: &str) -> bool {
        match kind {
            Kind::Object(object) => object.fields.iter().all(|member| {
                let is_preset = member
                    .default
                    .is_some_and(|preset| self.get(&format!("{at}/{}", member.name)) == preset);
                is_preset || self.is_blank(member.kind, &format!("{at}/{}", member.name))
            }),
            Kind::List(element) => match ListForm::of(*element) {
                ListForm::Lines => self.get(at).trim().is_empty(),
                ListForm::Checks => !self.0.keys().any(|name| name.starts_with(&check(at, ""))),
                ListForm::Entries => (0..self.count(at))
                    .all(|index| self.is_blank(*element, &format!("{at}/{index}"))),
            },
            _ => self.get(at).trim().is_empty(),
        }
    }

    /// Removes the entries of lists in which nothing is typed.
    pub fn compact(&mut self, kind: Kind, at: &str) {
        match kind {
            Kind::Object(object) => {
                let members = object.fields.iter();
                members
                    .for_each(|member| self.compact(member.kind, &format!("{at}/{}", member.name)));
            }
            Kind::List(element) if ListForm::of(*element) == ListForm::Entries => {
                let count = self.count(at);
                let entry = |index: usize| format!("{at}/{index}");
                (0..count).for_each(|index| self.compact(*element, &entry(index)));
                let is_filled = |index: &usize| !self.is_blank(*element, &entry(*index));
                let filled: Vec<usize> = (0..count).filter(is_filled).collect();
                if filled.len() < count {
                    self.renumber(at, |index| filled.binary_search(&index).ok());
                }
            }
            _ => {}
        }
    }

    /// Turns the texts for further entries into entries, one per line.
    pub fn add_lines(&mut self, kind: Kind, at: &str) {
        match kind {
            Kind::Object(object) => {
                let members = object.fields.iter();
                members.for_each(|member| {
                    self.add_lines(member.kind, &format!("{at}/{}", member.name));
                });
            }
            Kind::List(element) if ListForm::of(*element) == ListForm::Entries => {
                let lines = self.take(&more(at));
                let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
                let member =
                    lead(*element).map_or_else(String::new, |lead| format!("/{}", lead.name));
                let count = self.count(at);
                for (index, line) in (count..).zip(lines) {
                    self.set(&format!("{at}/{index}{member}"), line.to_owned());
                }
                (0..count).for_each(|index| self.add_lines(*element, &format!("{at}/{index}")));
            }
            _ => {}
        }
    }

    /// Adds an empty entry to a list.
    pub fn add(&mut self, list: &str) {
        let index = self.count(list);
        self.set(&format!("{list}/{index}"), String::new());
    }

    /// Removes an entry of a list.
    pub fn remove(&mut self, list: &str, index: usize) {
        self.renumber(list, |at| match at {
            at if at == index => None,
            at if at > index => Some(at - 1),
            at => Some(at),
        });
    }

    /// Exchanges two entries of a list.
    pub fn swap(&mut self, list: &str, one: usize, other: usize) {
        if one.max(other) < self.count(list) {
            self.renumber(list, |at| {
                Some(if at == one {
                    other
                } else if at == other {
                    one
                } else {
                    at
                })
            });
        }
    }

    fn renumber(&mut self, list: &str, number: impl Fn(usize) -> Option<usize>) {
        let moved: Vec<(String, String)> =
            self.below(list).map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        moved.iter().for_each(|(name, _)| drop(self.0.remove(name)));
        for (name, text) in moved {
            let Some(index) = index_in(&name, list) else { continue };
            let rest = &name[list.len() + 1 + index.to_string().len()..];
            if let Some(to) = number(index) {
                self.0.insert(format!("{list}/{to}{rest}"), text);
            }
        }
    }

    /// Returns the record that the draft describes: its fields over those of `base`. Adds a fault
    /// for each text that is not a number.
    pub fn record(
        &self,
        record_type: &'static RecordType,
        base: &Json,
        faults: &mut Vec<Fault>,
    ) -> Json {
        let mut record = base.as_object().cloned().unwrap_or_default();
        for field in fields(record_type) {
            let at = format!("/{}", field.name);
            if self.has(&at) {
                let value = self.value(field.kind, &at, &base[field.name], faults);
                record.insert(field.name.to_owned(), value);
            }
        }
        Json::Object(record)
    }

    /// Returns the value that the draft describes at a pointer.
    pub fn value(&self, kind: Kind, at: &str, base: &Json, faults: &mut Vec<Fault>) -> Json {
        let text = self.get(at);
        match kind {
            Kind::Object(object) => {
                let members: Map<String, Json> = object
                    .fields
                    .iter()
                    .map(|member| {
                        let at = format!("{at}/{}", member.name);
                        let value = self.value(member.kind, &at, &base[member.name], faults);
                        (member.name.to_owned(), value)
                    })
                    .collect();
                let is_blank = self.is_blank(kind, at);
                if is_blank { Json::Null } else { Json::Object(members) }
            }
            Kind::Reference(_) | Kind::Agent(_) => self.reference(kind, at),
            Kind::List(element) => self.list(*element, at, base, faults),
            _ if text.trim().is_empty() => Json::Null,
            Kind::Integer(..) | Kind::Number => read_number(text.trim()).unwrap_or_else(|why| {
                let place = Place::Pointer(at.to_owned());
                faults.push(Fault { place, code: why.code, message: why.message, hint: why.hint });
                Json::Null
            }),
            _ => text.into(),
        }
    }

    fn reference(&self, kind: Kind, at: &str) -> Json {
        let (id, name) = (self.get(&format!("{at}@id")), self.get(at));
        match (kind, id.split_once(':')) {
            _ if id.is_empty() => Json::Null,
            (Kind::Agent(_), Some((LABEL, _))) => {
                Json::from_iter([("type", LABEL), ("name", name)])
            }
            (Kind::Agent(_), Some((form, id))) => {
                Json::from_iter([("type", form), ("id", id), ("name", name)])
            }
            _ => Json::from_iter([("id", id), ("name", name)]),
        }
    }

    fn list(&self, element: Kind, at: &str, base: &Json, faults: &mut Vec<Fault>) -> Json {
        match (ListForm::of(element), element) {
            (ListForm::Lines, _) => {
                let lines = self.get(at).lines().map(str::trim).filter(|line| !line.is_empty());
                lines.map(Json::from).collect()
            }
            (ListForm::Checks, Kind::Enumeration(choices)) => {
                // Those that were chosen before keep their order.
                let before = base.as_array().map_or(&[][..], Vec::as_slice);
                let is_checked = |value: &str| self.0.contains_key(&check(at, value));
                let kept = before.iter().filter_map(Json::as_str).filter(|value| is_checked(value));
                let is_new = |value: &&str| !before.iter().any(|other| other == value);
                let new = choices.iter().map(|choice| choice.value).filter(is_new);
                kept.chain(new.filter(|value| is_checked(value))).map(Json::from).collect()
            }
            _ => (0..self.count(at))
                .map(|index| self.value(element, &format!("{at}/{index}"), &base[index], faults))
                .collect(),
        }
    }
}

/// Returns the name of the check box of a value.
pub fn check(list: &str, value: &str) -> String {
    format!("{list}@check-{value}")
}

/// Returns the name of the text for further entries of a list.
pub fn more(list: &str) -> String {
    format!("{list}@more")
}

/// Returns the member of an object that a line for a new entry fills in: the first required
/// reference, or else the first required text or number, or else the first member.
pub fn lead(kind: Kind) -> Option<&'static Field> {
    let Kind::Object(object) = kind else { return None };
    let required = || object.fields.iter().filter(|member| member.required);
    let is_reference = |member: &&Field| matches!(member.kind, Kind::Reference(_) | Kind::Agent(_));
    let is_typed = |member: &&Field| !matches!(member.kind, Kind::Enumeration(_));
    required().find(is_reference).or_else(|| required().find(is_typed)).or(object.fields.first())
}

fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the index of the entry of a list that a pointer leads into.
fn index_in(name: &str, list: &str) -> Option<usize> {
    let rest = &name[list.len() + 1..];
    let end = rest.find(['/', '@']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::CATALOGUE;

    fn draft(pairs: &[(&str, &str)]) -> Draft {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Draft::sent(&pairs.iter().map(own).collect::<Vec<_>>())
    }

    #[test]
    fn every_bundled_record_is_unchanged_by_its_form() {
        let bundle: Json = serde_json::from_str(&crate::records::BUNDLED).unwrap();
        for record_type in CATALOGUE.iter() {
            let mut draft = Draft::default();
            for record in bundle[record_type.plural].as_array().unwrap() {
                draft = Draft::of(record_type, record);
                fields(record_type).for_each(|field| {
                    draft.compact(field.kind, &format!("/{}", field.name));
                });
                let mut faults = Vec::new();
                let read = draft.record(record_type, record, &mut faults);
                assert_eq!(Draft::of(record_type, &read), draft, "{record}");
                assert_eq!(faults, []);
            }
            assert!(draft.all().count() > 0);
        }
    }

    #[test]
    fn adds_removes_and_swaps_entries_with_their_fields() {
        let mut list =
            draft(&[("/l/0/a", "0"), ("/l/1@id", "1"), ("/l/1/b/0", "b"), ("/l/3/a", "3")]);
        assert_eq!(list.count("/l"), 4);
        list.swap("/l", 0, 1);
        assert_eq!(
            (list.get("/l/1/a"), list.get("/l/0@id"), list.get("/l/0/b/0")),
            ("0", "1", "b")
        );
        list.remove("/l", 1);
        assert_eq!((list.get("/l/2/a"), list.count("/l")), ("3", 3));
        list.add("/l");
        assert_eq!(list.count("/l"), 4);
    }

    #[test]
    fn drops_entries_with_forged_indexes() {
        let list = draft(&[("/l/0", "a"), ("/l/18446744073709551615", "b"), ("/l/9@id", "c")]);
        assert_eq!((list.count("/l"), list.all().count()), (1, 1));
    }

    #[test]
    fn each_line_of_further_entries_becomes_an_entry() {
        let record_type = CATALOGUE.get("meeting").unwrap();
        let mut sent = draft(&[
            ("/participants/0/agent", "First"),
            ("/participants@more", " Second \n\nThird"),
            ("/sources@more", "A release"),
        ]);
        for field in fields(record_type) {
            sent.add_lines(field.kind, &format!("/{}", field.name));
        }
        let agents = [0, 1, 2].map(|index| sent.get(&format!("/participants/{index}/agent")));
        assert_eq!(agents, ["First", "Second", "Third"]);
        assert_eq!((sent.get("/sources/0/document"), sent.all().count()), ("A release", 4));
    }

    #[test]
    fn ignores_entries_without_text() {
        let record_type = CATALOGUE.get("commitment").unwrap();
        let mut sent = draft(&[
            ("/figures/0/value", ""),
            ("/figures/0/qualifier", "exactly"),
            ("/figures/1/value", "x"),
            ("/figures/1/unit", "USD"),
        ]);
        sent.compact(record_type.field("figures").unwrap().kind, "/figures");
        let mut faults = Vec::new();
        let record = sent.record(record_type, &json!({}), &mut faults);
        assert_eq!(record["figures"][0]["unit"], "USD");
        assert_eq!(faults[0].place, Place::Pointer("/figures/0/value".to_owned()));
    }
}
