//! Values in words: places, figures, counts, and the words of enumerations and slugs.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::links::text;
use crate::model::{Kind, PartialDate, RecordType};
use crate::records::CATALOGUE;

/// Returns a word of an enumeration or a slug in readable form: `in_progress` is "in progress".
pub fn plain(word: &str) -> String {
    match word {
        "co_chair" => "co-chair".to_owned(),
        _ => word.replace(['_', '-'], " "),
    }
}

/// Words that have capital letters inside a topic.
const PROPER_NAMES: [(&str, &str); 8] = [
    ("department of state", "Department of State"),
    ("presidential award", "Presidential Award"),
    ("national action plan", "National Action Plan"),
    ("national strategy", "National Strategy"),
    ("native", "Native"),
    ("american", "American"),
    ("indian country", "Indian Country"),
    ("united states", "United States"),
];

/// Returns a topic as a phrase: `national-action-plan` is "National Action Plan".
pub fn topic(slug: &str) -> String {
    let mut phrase = format!(" {} ", plain(slug));
    for (lower, proper) in PROPER_NAMES {
        phrase = phrase.replace(&format!(" {lower} "), &format!(" {proper} "));
    }
    phrase.trim().to_owned()
}

/// Returns the name of a field as the heading of a fact.
pub fn heading(name: &str) -> String {
    let plain = match name {
        "agent" => return "Name".to_owned(),
        "url" => return "Web address".to_owned(),
        "archived_url" => return "Archived copy".to_owned(),
        "sha256" => return "SHA-256".to_owned(),
        "parent" => return "Part of".to_owned(),
        "follows" => return "Continues".to_owned(),
        "made_on" => return "Date made".to_owned(),
        "due" => return "Due date".to_owned(),
        "status_date" => return "Date of status".to_owned(),
        "short_name" => return "Abbreviation".to_owned(),
        "stands_in_for" => return "In place of".to_owned(),
        _ => plain(name),
    };
    capital(&plain)
}

/// Returns the text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Returns the heading of a fact within a sentence. An abbreviation remains in capital letters.
pub fn lower(heading: &str) -> String {
    let is_abbreviation = heading.chars().nth(1).is_some_and(char::is_uppercase);
    if is_abbreviation { heading.to_owned() } else { heading.to_lowercase() }
}

/// Returns a number with its noun: `1 commitment`, `3 commitments`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { one } else { many })
}

/// Returns the noun for one record of a type, and for several.
pub fn nouns(record_type: &RecordType) -> (String, String) {
    match record_type.name {
        "council_member" => ("appointment".to_owned(), "appointments".to_owned()),
        name => (plain(name), plain(record_type.plural)),
    }
}

/// Returns the noun for one record of a type with its article: `an award`.
pub fn with_article(record_type: &RecordType) -> String {
    format!("{} {}", article(record_type.name), plain(record_type.name))
}

/// Returns the indefinite article before a word.
pub fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Returns the noun for a record of the type with this name.
pub fn type_name(name: &str) -> String {
    CATALOGUE.get(name).map_or_else(|| plain(name), |record_type| nouns(record_type).0)
}

/// Returns the name of a cohort: `cohort-2015-12` is the "2015 cohort".
pub fn cohort(cohort: &str) -> String {
    match cohort.strip_prefix("cohort-").map(str::parse::<PartialDate>) {
        Some(Ok(date)) => format!("{} cohort", &date.to_string()[..4]),
        _ => capital(&plain(cohort)),
    }
}

/// Groups digits by threes, except in exponential notation.
pub fn grouped(number: &str) -> String {
    if number.contains(['e', 'E']) {
        return number.to_owned();
    }
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

/// Returns a place in one line.
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

/// Renders a figure with the qualifier that its source uses.
pub fn figure(figure: &Json) -> Markup {
    let number = grouped(&figure["value"].to_string());
    let unit = text(figure, "unit");
    let money = unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase());
    let amount = match unit {
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
        strong { (qualifier) (amount) }
        @if !text(figure, "note").is_empty() {
            " "
            span.note { (text(figure, "note")) }
        }
    }
}

/// Returns the statuses of commitments, in the order of their life.
pub fn statuses() -> impl Iterator<Item = &'static str> {
    let status = CATALOGUE.get("commitment").and_then(|commitment| commitment.field("status"));
    let choices = status.map_or(&[][..], |field| match field.kind {
        Kind::Enumeration(choices) => choices,
        _ => &[],
    });
    choices.iter().map(|choice| choice.value)
}

/// Sorts entries by the status that each has, in the order of its life.
pub fn sort_by_status<T>(entries: &mut [T], status_of: impl Fn(&T) -> &str) {
    entries.sort_by_key(|entry| statuses().position(|status| status == status_of(entry)));
}

/// Renders a status as a tag that needs no color to be understood.
pub fn status(word: &str) -> Markup {
    html! {
        @if !word.is_empty() {
            span class={ "status " (word) } { (plain(word)) }
        }
    }
}

/// Renders long text in paragraphs.
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
    fn writes_figures_and_places_as_people_do() {
        let amount = figure(
            &serde_json::json!({ "value": 75_000_000, "unit": "USD", "qualifier": "more_than",
                "note": "<b>" }),
        );
        assert_eq!(
            amount.into_string(),
            "<strong>more than $75,000,000</strong> <span class=\"note\">&lt;b&gt;</span>"
        );
        assert_eq!(grouped("-1234567.25"), "-1,234,567.25");
        assert_eq!(grouped("1.25e-6"), "1.25e-6");
        assert_eq!(
            place(&serde_json::json!({ "city": "Washington", "region": "US-DC", "country": "US" })),
            "Washington, District of Columbia"
        );
    }

    #[test]
    fn writes_topics_as_phrases_with_capital_letters_in_names() {
        assert_eq!(topic("survivor-engagement"), "survivor engagement");
        assert_eq!(
            topic("commitments-to-advance-the-national-action-plan"),
            "commitments to advance the National Action Plan"
        );
        assert_eq!(topic("native-communities"), "Native communities");
        assert_eq!(topic("alternatives"), "alternatives");
    }

    #[test]
    fn sorts_by_status_in_the_order_of_a_commitments_life() {
        let mut words = ["unknown", "completed", "announced", "in_progress"];
        sort_by_status(&mut words, |word| word);
        assert_eq!(words, ["announced", "in_progress", "completed", "unknown"]);
    }
}
