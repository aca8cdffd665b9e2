//! Values as HTML, each rendered by the kind of its field.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::labels::{cohort, figure, grouped, heading, place, plain, prose, topic};
use super::links::{Links, text};
use crate::model::{Field, Kind, text as forms};

/// Returns whether there is nothing to show.
pub fn is_unknown(value: &Json) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("")
}

/// Renders the value of a field.
pub fn value(links: &Links, field: &Field, json: &Json) -> Markup {
    match (field.name, json) {
        ("topics", Json::Array(topics)) => html! {
            ul.inline.topics {
                @for slug in topics {
                    li { (topic(slug.as_str().unwrap_or_default())) }
                }
            }
        },
        ("cohort", Json::String(name)) => html! { (cohort(name)) },
        // A year is a number without groups of digits.
        ("year", Json::Number(year)) => html! { (year) },
        _ => value_of_kind(links, field.kind, json),
    }
}

fn value_of_kind(links: &Links, kind: Kind, json: &Json) -> Markup {
    let word = json.as_str().unwrap_or_default();
    match kind {
        _ if json.is_null() => html! {
            span.unknown { "unknown" }
        },
        Kind::Text(form) if std::ptr::eq(form, &forms::URL) => external_link(word),
        Kind::Text(form) if std::ptr::eq(form, &forms::SLUG) => html! {
            (plain(word))
        },
        Kind::Text(form) if std::ptr::eq(form, &forms::LANGUAGE) => html! {
            (language(word))
        },
        Kind::Text(form) if std::ptr::eq(form, &forms::SHA256) => html! {
            code { (word) }
        },
        Kind::Text(form) if form.multiline => prose(word),
        Kind::Date => links.date(word),
        Kind::Moment => links.moment(word),
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

/// Returns the name of a common language, or else its tag.
fn language(tag: &str) -> &str {
    match tag {
        "ar" => "Arabic",
        "de" => "German",
        "en" => "English",
        "es" => "Spanish",
        "fr" => "French",
        "pt" => "Portuguese",
        "tl" => "Tagalog",
        "zh" => "Chinese",
        _ => tag,
    }
}

/// Renders a link to another website.
pub fn external_link(url: &str) -> Markup {
    html! {
        @if url.starts_with("https://") || url.starts_with("http://") {
            a.outside href=(url) rel="external nofollow noopener" { (url) }
        } @else { (url) }
    }
}

fn entries(links: &Links, element: Kind, json: &Json) -> Markup {
    let entries = json.as_array().map_or(&[][..], Vec::as_slice);
    let is_short = matches!(element, Kind::Text(_) | Kind::Reference(_) | Kind::Agent(_));
    let class = match element {
        Kind::Enumeration(_) => "inline listed",
        _ if is_short => "inline",
        _ => "plain",
    };
    html! {
        ul class=(class) {
            @for entry in entries {
                li { (value_of_kind(links, element, entry)) }
            }
        }
    }
}

/// Renders an entry of a list.
pub fn entry(links: &Links, field: &Field, json: &Json) -> Markup {
    value_of_kind(links, field.kind.element(), json)
}

/// Renders the known members of an object.
fn members(links: &Links, fields: &'static [Field], json: &Json) -> Markup {
    let known = fields.iter().filter(|field| !is_unknown(&json[field.name]));
    html! {
        ul.members {
            @for field in known {
                li {
                    span.label { (heading(field.name)) ": " }
                    (value(links, field, &json[field.name]))
                }
            }
        }
    }
}

/// Returns a value as one line of plain text.
pub fn in_brief(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Object(_) if !text(json, "name").is_empty() => text(json, "name").to_owned(),
        Json::Null => "unknown".to_owned(),
        other => other.to_string(),
    }
}
