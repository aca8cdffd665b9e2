//! Values in words: dates as precise as they are, places, figures, the words of enumerations.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::links::text;
use crate::model::{Kind, RecordType};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date in words, no more precise than it is.
pub fn date_words(date: &str) -> String {
    let mut parts = date.splitn(3, '-');
    let year = parts.next().unwrap_or_default();
    let month = parts
        .next()
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let day = parts.next().and_then(|day| day.parse::<u8>().ok());
    match (month, day) {
        (Some(month), Some(day)) => format!("{day} {month} {year}"),
        (Some(month), None) => format!("{month} {year}"),
        _ => year.to_owned(),
    }
}

/// A date, for people and for machines.
pub fn date(date: &str) -> Markup {
    html! {
        @if !date.is_empty() {
            time datetime=(date) { (date_words(date)) }
        }
    }
}

/// A moment, to the minute.
pub fn moment(moment: &str) -> Markup {
    let (day, time) = moment.split_once('T').unwrap_or((moment, ""));
    html! {
        time datetime=(moment) {
            (date_words(day))
            @if let Some(minute) = time.get(..5) { ", " (minute) " UTC" }
        }
    }
}

/// A word of an enumeration or a slug, as it is read: `in_progress` is "in progress".
pub fn plain(word: &str) -> String {
    word.replace(['_', '-'], " ")
}

/// A name of a field, as it heads a fact.
pub fn heading(name: &str) -> String {
    let plain = match name {
        "url" => return "Address".to_owned(),
        "archived_url" => return "Archived copy".to_owned(),
        "sha256" => return "SHA-256".to_owned(),
        _ => plain(name),
    };
    capital(&plain)
}

/// The text, beginning with a capital letter.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A number and what it counts: `1 commitment`, `3 commitments`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { one } else { many })
}

/// A cohort in words: `cohort-2015-12` is that of December 2015.
pub fn cohort(cohort: &str) -> String {
    match cohort
        .strip_prefix("cohort-")
        .filter(|date| date.parse::<crate::model::PartialDate>().is_ok())
    {
        Some(date) => format!("Cohort of {}", date_words(date)),
        None => capital(&plain(cohort)),
    }
}

/// What records of a type are called, several of them.
pub fn several(record_type: &RecordType) -> String {
    plain(record_type.plural)
}

/// Digits in groups of three.
pub fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, ""), |(whole, rest)| (whole, rest));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !rest.is_empty() {
        grouped.push('.');
        grouped.push_str(rest);
    }
    grouped
}

/// A place in one line.
pub fn place(place: &Json) -> String {
    let region = text(place, "region");
    let region = rust_iso3166::iso3166_2::from_code(region).map_or(region, |known| known.name);
    let country = text(place, "country");
    let country = match country {
        "US" => "United States",
        code => rust_iso3166::from_alpha2(code).map_or(code, |known| known.name),
    };
    // "Washington, District of Columbia, United States" needs no country to be understood.
    let country = if country == "United States" && !region.is_empty() { "" } else { country };
    let mut parts = vec![text(place, "name"), text(place, "city"), region, country];
    parts.retain(|part| !part.is_empty());
    // A state that is named and coded is one place.
    parts.dedup();
    parts.join(", ")
}

/// A figure, as its source qualifies it.
pub fn figure(figure: &Json) -> Markup {
    let number = grouped(&figure["value"].to_string());
    let unit = text(figure, "unit");
    let money = unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase());
    let told = match unit {
        "USD" => format!("${number}"),
        "percent" => format!("{number}%"),
        _ if money => format!("{unit} {number}"),
        _ => format!("{number} {unit}"),
    };
    let qualifier = match text(figure, "qualifier") {
        "exactly" | "" => String::new(),
        word => format!("{} ", plain(word)),
    };
    html! {
        strong { (qualifier) (told) }
        @if !text(figure, "note").is_empty() {
            " "
            span.note { (text(figure, "note")) }
        }
    }
}

/// What a word of a field's enumeration means.
pub fn meaning(record_type: &'static RecordType, field: &str, word: &str) -> Option<&'static str> {
    match record_type.field(field)?.kind.element() {
        Kind::Enumeration(choices) => {
            choices.iter().find(|choice| choice.value == word).map(|choice| choice.doc)
        }
        _ => None,
    }
}

/// Where a commitment stands, as a mark that needs no colour to be understood.
pub fn status(word: &str) -> Markup {
    html! {
        @if !word.is_empty() {
            span class={ "status " (word) } { (plain(word)) }
        }
    }
}

/// Long text in paragraphs.
pub fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in text.split('\n').filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (paragraph) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_as_precisely_as_it_is_known() {
        assert_eq!(date_words("2024"), "2024");
        assert_eq!(date_words("2020-10"), "October 2020");
        assert_eq!(date_words("2024-02-03"), "3 February 2024");
    }

    #[test]
    fn figures_and_places_read_as_people_write_them() {
        let told = figure(
            &serde_json::json!({ "value": 75_000_000, "unit": "USD", "qualifier": "more_than", "note": "<b>" }),
        );
        assert_eq!(
            told.into_string(),
            "<strong>more than $75,000,000</strong> <span class=\"note\">&lt;b&gt;</span>"
        );
        assert_eq!(cohort("cohort-2015-12"), "Cohort of December 2015");
        assert_eq!(grouped("-1234567.25"), "-1,234,567.25");
        assert_eq!(
            place(&serde_json::json!({ "city": "Washington", "region": "US-DC", "country": "US" })),
            "Washington, District of Columbia"
        );
    }
}
