//! Addresses and dates in pages: addresses below the path of the public URL and at the revision
//! that is being read, dates in the locale and times in the time zone of the settings.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::locale::end_of_day;
use crate::records::CATALOGUE;
use crate::settings::{Locale, Settings};

/// Writes the links and dates of a page.
#[derive(Clone, Debug)]
pub struct Links {
    /// The path of the public URL.
    base: String,
    /// The scheme and host of the public URL, if it is set.
    origin: Option<String>,
    /// The parameter that pins the page to the past, if any.
    pinned: Option<(String, String)>,
    locale: Locale,
    time_zone: Tz,
}

impl Links {
    /// Creates the links of a page with these parameters, one of which may pin it to the past.
    pub fn new(settings: &Settings, parameters: &[(String, String)]) -> Self {
        let public = settings.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let base = public.as_ref().map(|url| url.path().trim_end_matches('/').to_owned());
        let pinned = parameters
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "revision" | "as_of"))
            .cloned();
        Self {
            base: base.unwrap_or_default(),
            origin: public.map(|url| url.origin().ascii_serialization()),
            pinned,
            locale: settings.locale.clone(),
            time_zone: settings.time_zone,
        }
    }

    /// Returns the same links to the latest revision.
    #[must_use]
    pub fn latest(&self) -> Self {
        Self { pinned: None, ..self.clone() }
    }

    /// Returns the parameter that pins the page to the past.
    pub fn pinned(&self) -> Option<&(String, String)> {
        self.pinned.as_ref()
    }

    /// Returns the address of a path with this query, pinned like the page.
    pub fn with(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut address = format!("{}{path}", self.base);
        let pinned =
            self.pinned.iter().filter(|(name, _)| !query.iter().any(|(other, _)| other == name));
        let mut pairs = query
            .iter()
            .map(|(name, value)| (*name, *value))
            .chain(pinned.map(|(name, value)| (name.as_str(), value.as_str())));
        if let Some(first) = pairs.next() {
            let mut serializer = url::form_urlencoded::Serializer::new(String::new());
            serializer.append_pair(first.0, first.1).extend_pairs(pairs);
            address.push(if path.contains('?') { '&' } else { '?' });
            address.push_str(&serializer.finish());
        }
        address
    }

    /// Returns the address of a path, pinned like the page.
    pub fn to(&self, path: &str) -> String {
        self.with(path, &[])
    }

    /// Returns the address of a path that is never pinned.
    pub fn unpinned(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Returns the address of a record's page.
    pub fn page(&self, reference: &Json) -> String {
        self.to(&path_of(text(reference, "type"), text(reference, "id")))
    }

    /// Renders a record, a reference or an agent as a link; a label as text.
    pub fn link(&self, reference: &Json) -> Markup {
        self.link_as(reference, text(reference, "name"))
    }

    /// Renders a link to a record with another text.
    pub fn link_as(&self, reference: &Json, name: &str) -> Markup {
        html! {
            @if text(reference, "id").is_empty() { (name) } @else {
                a href=(self.page(reference)) { (name) }
            }
        }
    }

    /// Renders a link to a meeting, without the name of its body.
    pub fn meeting(&self, reference: &Json) -> Markup {
        let name = text(reference, "name");
        html! { a href=(self.page(reference)) title=(name) { (meeting_name(name)) } }
    }

    /// Renders a link to a source, with the absolute address for print if the public URL is set.
    pub fn source(&self, reference: &Json) -> Markup {
        let address = self.page(reference);
        let absolute = self.origin.as_ref().map(|origin| format!("{origin}{address}"));
        html! { a href=(address) data-address=[absolute] { (text(reference, "name")) } }
    }

    /// Renders several records or agents in one line.
    pub fn link_all(&self, references: &[Json]) -> Markup {
        html! {
            @for (index, reference) in references.iter().enumerate() {
                @if index > 0 { ", " }
                (self.link(reference))
            }
        }
    }

    /// Returns a partial date in words.
    pub fn date_text(&self, date: &str) -> String {
        self.locale.date(date)
    }

    /// Renders a partial date, for people and for programs.
    pub fn date(&self, date: &str) -> Markup {
        html! {
            @if !date.is_empty() {
                time datetime=(date) { (self.date_text(date)) }
            }
        }
    }

    /// Returns the day of a moment in the time zone of the settings.
    pub fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.time_zone).date_naive()
    }

    /// Renders a moment, or the day if it is the end of one.
    pub fn end_of_day(&self, moment: &str) -> Markup {
        let parsed = moment.parse::<DateTime<Utc>>().ok();
        let ended = parsed.map(|moment| (self.day(moment), moment));
        match ended.filter(|(day, at)| end_of_day(*day, self.time_zone) == Some(*at)) {
            Some((day, _)) => self.date(&day.to_string()),
            None => self.moment(moment),
        }
    }

    /// Renders a moment to the minute, in the time zone of the settings.
    pub fn moment(&self, moment: &str) -> Markup {
        html! {
            time datetime=(moment) { (self.locale.moment(moment, self.time_zone)) }
        }
    }
}

/// Returns the path of a record's page.
pub fn path_of(record_type: &str, id: &str) -> String {
    format!("/{}/{id}", CATALOGUE.get(record_type).map_or(record_type, |known| known.path))
}

/// Returns the text of a member, or an empty text.
pub fn text<'j>(json: &'j Json, member: &str) -> &'j str {
    json[member].as_str().unwrap_or_default()
}

/// Returns the entries of a list member, or none.
pub fn list<'j>(json: &'j Json, member: &str) -> &'j [Json] {
    json[member].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the number of entries in the whole list of which a response of the API is a page.
pub fn total(response: &Json) -> usize {
    response["page"]["total"].as_u64().and_then(|total| total.try_into().ok()).unwrap_or_default()
}

/// Returns the name of a meeting without that of its body: "2024 meeting", not "2024 meeting of the
/// task force".
fn meeting_name(name: &str) -> &str {
    match name.split_once(" of the ") {
        Some((short, _)) if short.ends_with("meeting") => short,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_the_names_of_meetings() {
        assert_eq!(meeting_name("2013 annual meeting of the Task Force"), "2013 annual meeting");
        assert_eq!(meeting_name("Launch of the strategy"), "Launch of the strategy");
    }
}
