//! Addresses in pages: below the path of the public URL, and with the state of the record that is
//! being read.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::records::CATALOGUE;

/// Makes the links of a page.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The path of the public URL.
    base: String,
    /// The parameter that turns to the past, where the page is of the past.
    kept: Option<(String, String)>,
}

impl Links {
    /// Links below the path of this public URL that keep the time which these parameters turn to.
    pub fn new(public_url: Option<&str>, parameters: &[(String, String)]) -> Self {
        let base = public_url
            .and_then(|url| url::Url::parse(url).ok())
            .map(|url| url.path().trim_end_matches('/').to_owned());
        let kept = parameters
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "revision" | "as_of"))
            .cloned();
        Self { base: base.unwrap_or_default(), kept }
    }

    /// The same links, to the record as it is now.
    #[must_use]
    pub fn latest(&self) -> Self {
        Self { base: self.base.clone(), kept: None }
    }

    /// The parameter that turns to the past.
    pub fn pinned(&self) -> Option<&(String, String)> {
        self.kept.as_ref()
    }

    /// The address of a path, with this query and the time that is kept.
    pub fn with(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut address = format!("{}{path}", self.base);
        let kept =
            self.kept.iter().filter(|(name, _)| !query.iter().any(|(other, _)| other == name));
        let mut pairs = query
            .iter()
            .map(|(name, value)| (*name, *value))
            .chain(kept.map(|(name, value)| (name.as_str(), value.as_str())));
        if let Some(first) = pairs.next() {
            let mut serializer = url::form_urlencoded::Serializer::new(String::new());
            serializer.append_pair(first.0, first.1).extend_pairs(pairs);
            address.push(if path.contains('?') { '&' } else { '?' });
            address.push_str(&serializer.finish());
        }
        address
    }

    /// The address of a path at the time that is kept.
    pub fn to(&self, path: &str) -> String {
        self.with(path, &[])
    }

    /// The address of a file of the program's own, whatever the time.
    pub fn unpinned(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of a record's page.
    pub fn page(&self, reference: &Json) -> String {
        self.to(&path_of(text(reference, "type"), text(reference, "id")))
    }

    /// A record, a reference to one or an agent, as a link; a label as text.
    pub fn link(&self, reference: &Json) -> Markup {
        self.link_as(reference, text(reference, "name"))
    }

    /// A link to a record under another name.
    pub fn link_as(&self, reference: &Json, name: &str) -> Markup {
        html! {
            @if text(reference, "id").is_empty() { (name) } @else {
                a href=(self.page(reference)) { (name) }
            }
        }
    }
}

/// The path of a record's page: that of the record in the API, without the version.
pub fn path_of(record_type: &str, id: &str) -> String {
    format!("/{}/{id}", CATALOGUE.get(record_type).map_or(record_type, |known| known.path))
}

/// A member with a text, or nothing.
pub fn text<'j>(json: &'j Json, member: &str) -> &'j str {
    json[member].as_str().unwrap_or_default()
}

/// The entries of a list, or none.
pub fn list<'j>(json: &'j Json, member: &str) -> &'j [Json] {
    json[member].as_array().map_or(&[], Vec::as_slice)
}
