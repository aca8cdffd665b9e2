//! Strict JSON parsing: no repeated members, limited depth.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::problem::MALFORMED_BODY;
use super::problem::Problem;
use crate::model::literal_faults;

const MAX_DEPTH: usize = 32;

/// Parses a JSON value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, Problem> {
    serde_json::from_str(check(bytes)?).map_err(malformed)
}

/// Checks that a body is strict JSON, and returns its text without a byte order mark.
pub(crate) fn check(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(malformed)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let faults = literal_faults(text);
    if !faults.is_empty() {
        return Err(Problem::body(faults.into_list()));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Strict(0)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(malformed)?;
    Ok(text)
}

/// The problem of a body that is not JSON.
pub(crate) fn malformed(why: impl fmt::Display) -> Problem {
    Problem::new(&MALFORMED_BODY, format!("The body is not valid JSON: {why}."))
}

/// Accepts a value at this depth.
struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0 > MAX_DEPTH {
            return Err(de::Error::custom(format!(
                "the body is nested more than {MAX_DEPTH} levels deep"
            )));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Strict(self.0 + 1))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = object.next_key::<Cow<'de, str>>()? {
            object.next_value_seed(Strict(self.0 + 1))?;
            if let Some(name) = names.replace(name) {
                return Err(de::Error::custom(format!(
                    "the member {name:?} occurs twice in one object"
                )));
            }
        }
        Ok(())
    }
}
