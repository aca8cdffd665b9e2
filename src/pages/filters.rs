//! The filters of a list: a form that works without scripts, and a chip for each active filter.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair, pairs};
use super::labels::{capital, grouped, heading, plain, topic};
use super::layout::address;
use super::links::{list, text};
use super::series::counted;
use crate::model::{Kind, RecordType};
use crate::reading::FieldPath;
use crate::records::CATALOGUE;
use crate::web::parameters::value;
use crate::web::problem::Problem;

/// A filter that a form offers.
#[derive(Debug)]
pub struct Filter {
    /// The parameter, and the facet that counts its values.
    pub name: &'static str,
    pub label: &'static str,
}

impl Filter {
    /// Creates a filter.
    pub const fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label }
    }
}

/// A filter with its values: each as in the parameter, with its name and its number of records.
#[derive(Debug)]
pub struct Choices {
    filter: &'static Filter,
    chosen: Option<String>,
    values: Vec<(String, String, u64)>,
}

/// Parameters that do not filter records.
const NO_FILTERS: [&str; 10] = [
    "sort", "facets", "limit", "fields", "include", "revision", "as_of", "cursor", "format", "bom",
];

/// Returns the parameters that filter records.
pub fn active(parameters: &[Pair]) -> Vec<Pair> {
    let is_filter = |(name, _): &&Pair| !NO_FILTERS.contains(&name.as_str());
    parameters.iter().filter(is_filter).cloned().collect()
}

/// Returns the values of each filter. Those of an active filter are counted without it, so that
/// another value can be chosen at once.
pub fn choices(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    filters: &'static [Filter],
    parameters: &[Pair],
    facets: &Json,
) -> Result<Vec<Choices>, Problem> {
    let mut all = Vec::with_capacity(filters.len());
    for filter in filters {
        let facet = filter.name;
        let chosen = value(parameters, facet).map(str::to_owned);
        let mut values = if chosen.is_some() {
            let others = parameters.iter().filter(|(name, _)| name != facet).cloned();
            let query: Vec<Pair> =
                others.chain(pairs(&[("facets", facet), ("limit", "1")])).collect();
            counted(&context.list(record_type, &query)?["facets"][facet])
        } else {
            counted(&facets[facet])
        };
        if facet == "year" {
            values.sort_by(|one, other| other.0.cmp(&one.0));
        } else if facet.ends_with(".region") {
            values.sort();
        }
        for (value, name, _) in &mut values {
            *name = readable(record_type, facet, value, name);
            // Commas separate values in a parameter.
            *value = value.replace(',', "\\,");
        }
        if let Some(value) = &chosen
            && values.iter().all(|(other, ..)| other != value)
        {
            let name = name_of(context, record_type, facet, value)?;
            values.insert(0, (value.clone(), name, 0));
        }
        all.push(Choices { filter, chosen, values });
    }
    Ok(all)
}

/// Renders the form, which is collapsed on narrow screens.
pub fn form(
    context: &PageContext<'_, '_>,
    choices: &[Choices],
    (text, label): (&str, &str),
    parameters: &[Pair],
) -> Markup {
    let links = &context.links;
    let number = active(parameters).len();
    html! {
        details.fold {
            summary {
                "Filter"
                @if number > 0 { " (" (number) " active)" }
            }
            form.filters action=(links.unpinned(&context.path)) aria-label="Filter the list" {
                div {
                    label for="f-text" { (label) }
                    input
                        #f-text
                        type="search"
                        name=(text)
                        maxlength="500"
                        value=[value(parameters, text)];
                }
                @for choice in choices.iter().filter(|choice| !choice.values.is_empty()) {
                    (select(choice))
                }
                @if let Some((name, value)) = links.pinned() {
                    input type="hidden" name=(name) value=(value);
                }
                div.actions {
                    button { "Apply" }
                }
            }
        }
    }
}

impl Choices {
    /// Returns the name of the chosen value, if it is among the values.
    fn chosen_name(&self) -> Option<&str> {
        let chosen = self.chosen.as_ref()?;
        self.values.iter().find(|(value, ..)| value == chosen).map(|(_, name, _)| name.as_str())
    }
}

fn select(choice: &Choices) -> Markup {
    let Choices { filter, chosen, values } = choice;
    html! {
        div {
            label for={ "f-" (filter.name) } { (filter.label) }
            select id={ "f-" (filter.name) } name=(filter.name) {
                option value="" { "Any" }
                @for (value, name, number) in values {
                    option value=(value) selected[chosen.as_ref() == Some(value)] {
                        (name) " (" (grouped(&number.to_string())) ")"
                    }
                }
            }
        }
    }
}

/// Renders a chip for each active filter, with a link that removes it.
pub fn chips(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    choices: &[Choices],
    parameters: &[Pair],
) -> Result<Markup, Problem> {
    let filters = active(parameters);
    let mut chips: Vec<(String, String, String)> = Vec::with_capacity(filters.len());
    for pair in &filters {
        let (name, value) = pair;
        let choice = choices.iter().find(|choice| choice.filter.name == name);
        let label = match choice {
            Some(choice) => choice.filter.label.to_owned(),
            None => label_of(name),
        };
        let value = match choice.and_then(Choices::chosen_name) {
            Some(name) => name.to_owned(),
            None => name_of(context, record_type, name, value)?,
        };
        let others: Vec<Pair> = filters.iter().filter(|other| *other != pair).cloned().collect();
        chips.push((label, value, context.links.to(&address(&context.path, &others))));
    }
    Ok(html! {
        @if !chips.is_empty() {
            ul.chips aria-label="Active filters" {
                @for (label, value, without) in &chips {
                    li {
                        a href=(without) {
                            span.hidden { "Remove filter " }
                            (label) ": " strong { (value) }
                            span.remove aria-hidden="true" { " ×" }
                        }
                    }
                }
                @if chips.len() > 1 {
                    li {
                        a href=(context.links.to(&context.path)) { "Remove all" }
                    }
                }
            }
        }
    })
}

/// Returns the label of a parameter that the form does not offer: `due[lte]` is "Due date, at
/// most".
fn label_of(parameter: &str) -> String {
    let (field, operator) = parameter.split_once('[').unwrap_or((parameter, ""));
    let label = match field {
        "q" => "Words".to_owned(),
        _ => heading(field.rsplit('.').next().unwrap_or(field)),
    };
    let operator = match operator.trim_end_matches(']') {
        "" => return label,
        "ne" => "not",
        "gt" => "after",
        "gte" => "from",
        "lt" => "before",
        "lte" => "up to",
        "contains" => "contains",
        "starts_with" => "starts with",
        "exists" => "recorded",
        other => return format!("{label} ({other})"),
    };
    format!("{label} {operator}")
}

/// Returns a value of a filter in readable form. Ids become the names of their records.
fn name_of(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    parameter: &str,
    value: &str,
) -> Result<String, Problem> {
    let (field, operator) = parameter.split_once('[').unwrap_or((parameter, ""));
    let kind = kind_of(record_type, field);
    let is_id = matches!(operator.trim_end_matches(']'), "" | "ne");
    let types: &[&str] = match kind {
        Some(Kind::Reference(name)) if is_id => &[name],
        Some(Kind::Agent(_)) if is_id => &["person", "organization"],
        None if is_id && matches!(field, "person" | "organization" | "participant") => {
            &["person", "organization"]
        }
        _ => &[],
    };
    for record_type in types.iter().filter_map(|name| CATALOGUE.get(name)) {
        let query = pairs(&[("id", value), ("fields", "id,name"), ("limit", "10")]);
        let found = match context.list(record_type, &query) {
            Ok(found) => found,
            // A value that is not an id, such as a short name, is shown as it was sent.
            Err(_) => continue,
        };
        let names: Vec<&str> = list(&found, "data").iter().map(|one| text(one, "name")).collect();
        if !names.is_empty() {
            return Ok(names.join(" or "));
        }
    }
    if matches!(kind, Some(Kind::Date)) && is_date(value) {
        return Ok(context.links.date_text(value));
    }
    Ok(readable(record_type, field, value, value))
}

fn is_date(value: &str) -> bool {
    value.parse::<crate::model::PartialDate>().is_ok()
}

/// Returns the kind of the values that a parameter compares.
fn kind_of(record_type: &'static RecordType, field: &str) -> Option<Kind> {
    FieldPath::resolve(record_type, field).map(|path| path.kind.element())
}

/// Returns a value in readable form: its name, or else plain words.
fn readable(record_type: &'static RecordType, field: &str, value: &str, name: &str) -> String {
    if name != value {
        return name.to_owned();
    }
    if field == "topics" || field.ends_with(".topics") {
        return capital(&topic(value));
    }
    if field.ends_with(".region") {
        let known = rust_iso3166::iso3166_2::from_code(value);
        return known.map_or(value, |region| region.name).to_owned();
    }
    match (value, kind_of(record_type, field)) {
        ("true", _) => "Yes".to_owned(),
        ("false", _) => "No".to_owned(),
        (_, Some(Kind::Enumeration(_) | Kind::Reference(_))) => {
            capital(&plain(&value.replace(',', " or ")))
        }
        _ if field == "cohort" => super::labels::cohort(value),
        _ => value.to_owned(),
    }
}
