//! A bundle as it was sent: its text and the byte ranges of its records. Records are parsed one at
//! a time, so that a large bundle needs little more memory than its text.

use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::model::{Catalogue, Faults, Pointer, RecordType, literal_faults, nearest};

/// A bundle that has been checked only for JSON syntax.
#[derive(Debug)]
pub struct Bundle {
    text: String,
    lists: Vec<List>,
    is_object: bool,
}

/// A member of a bundle.
#[derive(Debug)]
struct List {
    name: String,
    /// The byte ranges of its records. None if it is not a list.
    records: Option<Vec<Range<usize>>>,
}

impl Bundle {
    /// Parses a bundle, which may begin with a byte order mark. Returns the reason if it is not
    /// JSON.
    pub fn new(mut text: String) -> Result<Self, String> {
        if text.starts_with('\u{FEFF}') {
            text.drain(..'\u{FEFF}'.len_utf8());
        }
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let lists = if text.trim_start().starts_with('{') {
            deserializer.deserialize_map(Members(&text)).map(Some)
        } else {
            serde::Deserialize::deserialize(&mut deserializer).map(|_: IgnoredAny| None)
        };
        let lists = lists
            .and_then(|lists| deserializer.end().map(|()| lists))
            .map_err(|error| error.to_string())?;
        Ok(Self { is_object: lists.is_some(), lists: lists.unwrap_or_default(), text })
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of records.
    pub fn count(&self) -> usize {
        self.lists.iter().filter_map(|list| list.records.as_ref()).map(Vec::len).sum()
    }

    /// Returns the faults of literals that cannot be stored. They must be reported before the
    /// records are parsed.
    pub(super) fn literal_faults(&self) -> Faults {
        literal_faults(&self.text)
    }

    /// Returns the faults in the structure of the bundle.
    pub fn faults(&self, catalogue: Catalogue) -> Faults {
        let mut faults = Faults::default();
        if !self.is_object {
            let hint = Some("{\"meetings\": […], …}".to_owned());
            faults.at(
                &Pointer::Root,
                "wrong-type",
                "a bundle must be an object of lists of records",
                hint,
            );
        }
        for List { name, records } in &self.lists {
            if catalogue.by_plural(name).is_none() {
                let hint = nearest(name, catalogue.iter().map(|record_type| record_type.plural))
                    .map(str::to_owned);
                faults.at(
                    &Pointer::Root.member(name),
                    "unknown-field",
                    format!("a bundle has no member {name:?}"),
                    hint,
                );
            } else if records.is_none() {
                faults.at(
                    &Pointer::Root.member(name),
                    "wrong-type",
                    "must be a list of records",
                    None,
                );
            }
        }
        faults
    }

    /// Returns the records of a type. Each is parsed when the iterator reaches it.
    pub(super) fn records(
        &self,
        record_type: &RecordType,
    ) -> impl Iterator<Item = serde_json::Result<Json>> + '_ {
        let list = self.lists.iter().find(|list| list.name == record_type.plural);
        let places = list.and_then(|list| list.records.as_deref()).unwrap_or_default();
        places.iter().map(|place| serde_json::from_str(&self.text[place.clone()]))
    }
}

/// Reads the members of the object in this text.
struct Members<'t>(&'t str);

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<List>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Vec<List>, A::Error> {
        let mut lists: Vec<List> = Vec::new();
        while let Some((name, value)) = object.next_entry::<String, &RawValue>()? {
            if lists.iter().any(|list| list.name == name) {
                return Err(A::Error::custom(format!(
                    "the member {name:?} occurs twice in one object"
                )));
            }
            let mut records = None;
            if value.get().starts_with('[') {
                let entries: Vec<&RawValue> =
                    serde_json::from_str(value.get()).map_err(A::Error::custom)?;
                let place = |entry: &RawValue| {
                    let start = entry.get().as_ptr() as usize - self.0.as_ptr() as usize;
                    start..start + entry.get().len()
                };
                records = Some(entries.into_iter().map(place).collect());
            }
            lists.push(List { name, records });
        }
        Ok(lists)
    }
}

#[cfg(test)]
mod tests {
    use super::Bundle;
    use crate::records::CATALOGUE;

    #[test]
    fn reports_a_record_that_is_nested_too_deeply() {
        let record_type = CATALOGUE.iter().next().unwrap();
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let bundle =
            Bundle::new(format!("{{\"{}\": [{{}}, {deep}]}}", record_type.plural)).unwrap();
        let is_read: Vec<bool> = bundle.records(record_type).map(|record| record.is_ok()).collect();
        assert_eq!(is_read, [true, false]);
    }
}
