//! A value of any kind of field, as HTML: what the field table says of it decides how it reads.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{capital, date, figure, grouped, moment, place, plain, prose};
use super::links::{Links, text};
use crate::model::{Field, Kind, text as forms};

/// Whether there is nothing to show.
pub fn is_unknown(value: &Json) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("")
}

/// The value of a field.
pub fn value(links: &Links, kind: Kind, json: &Json) -> Markup {
    let word = json.as_str().unwrap_or_default();
    match kind {
        _ if json.is_null() => html! {
            span.unknown { "unknown" }
        },
        Kind::Text(form) if std::ptr::eq(form, &forms::URL) => outside(word),
        Kind::Text(form) if std::ptr::eq(form, &forms::SLUG) => html! {
            (plain(word))
        },
        Kind::Text(form) if std::ptr::eq(form, &forms::SHA256) => html! {
            code { (word) }
        },
        Kind::Text(form) if form.multiline => prose(word),
        Kind::Date => date(word),
        Kind::Moment => moment(word),
        Kind::Number => html! {
            (grouped(&json.to_string()))
        },
        Kind::Enumeration(choices) => {
            let meaning =
                choices.iter().find(|choice| choice.value == word).map(|choice| choice.doc);
            html! {
                span title=[meaning] { (plain(word)) }
            }
        }
        Kind::Reference(_) | Kind::Agent(_) => links.link(json),
        Kind::Object(object) if object.name == "Place" => html! {
            (place(json))
        },
        Kind::Object(object) if object.name == "Figure" => figure(json),
        Kind::Object(object) => members(links, object.fields, json),
        Kind::List(element) => entries(links, *element, json),
        Kind::PastDue { .. } => html! {
            (if json.as_bool() == Some(true) { "yes" } else { "no" })
        },
        _ => html! {
            (json.as_str().map_or_else(|| json.to_string(), str::to_owned))
        },
    }
}

/// A link that leads out of the record.
pub fn outside(url: &str) -> Markup {
    html! {
        @if url.starts_with("https://") || url.starts_with("http://") {
            a.outside href=(url) rel="external nofollow noopener" { (url) }
        } @else { (url) }
    }
}

fn entries(links: &Links, element: Kind, json: &Json) -> Markup {
    let entries = json.as_array().map_or(&[][..], Vec::as_slice);
    let short = matches!(
        element,
        Kind::Text(_) | Kind::Enumeration(_) | Kind::Reference(_) | Kind::Agent(_)
    );
    html! {
        ul class=(if short { "inline" } else { "plain" }) {
            @for entry in entries {
                li { (value(links, element, entry)) }
            }
        }
    }
}

/// The members of an object that are known, one after the other.
fn members(links: &Links, fields: &'static [Field], json: &Json) -> Markup {
    let known = fields.iter().filter(|field| !is_unknown(&json[field.name]));
    html! {
        ul.members {
            @for field in known {
                li {
                    span.label { (capital(&plain(field.name))) ": " }
                    (value(links, field.kind, &json[field.name]))
                }
            }
        }
    }
}

/// A value in one line of plain text, for tables of differences and descriptions.
pub fn in_brief(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Object(_) if !text(json, "name").is_empty() => text(json, "name").to_owned(),
        Json::Null => "unknown".to_owned(),
        other => other.to_string(),
    }
}
