//! The filters of a list as a plain form: each a choice of the values that occur, with how often
//! they do under the other filters.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair};
use super::labels::{capital, plain};
use super::series::counted;
use crate::model::RecordType;
use crate::web::problem::Problem;

/// A filter that a form offers.
#[derive(Debug)]
pub struct Filter {
    /// The parameter.
    pub name: &'static str,
    /// The facet that tells its values.
    pub facet: &'static str,
    /// What it is called.
    pub label: &'static str,
}

impl Filter {
    /// A filter by the values of a facet.
    pub const fn new(name: &'static str, facet: &'static str, label: &'static str) -> Self {
        Self { name, facet, label }
    }
}

/// A filter with the values that can be chosen.
#[derive(Debug)]
pub struct Choices {
    filter: &'static Filter,
    chosen: Option<String>,
    values: Vec<(String, String, u64)>,
}

/// What can be chosen. The values of a filter that is set are counted without it, so that another
/// can be chosen at once.
pub fn choices(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    filters: &'static [Filter],
    parameters: &[Pair],
    facets: &Json,
) -> Result<Vec<Choices>, Problem> {
    let mut all = Vec::with_capacity(filters.len());
    for filter in filters {
        let chosen =
            parameters.iter().find(|(name, _)| name == filter.name).map(|(_, value)| value.clone());
        let mut values = counted(&facets[filter.facet]);
        if chosen.is_some() {
            let mut others: Vec<Pair> = parameters
                .iter()
                .filter(|(name, _)| name != filter.name && name != "facets" && name != "limit")
                .cloned()
                .collect();
            others.extend([
                ("facets".to_owned(), filter.facet.to_owned()),
                ("limit".to_owned(), "1".to_owned()),
            ]);
            values = counted(&context.list(record_type, &others)?["facets"][filter.facet]);
        }
        if filter.facet == "year" {
            values.sort_by(|one, other| other.0.cmp(&one.0));
        }
        all.push(Choices { filter, chosen, values });
    }
    Ok(all)
}

/// The form, and a way out of what is chosen.
pub fn form(
    context: &PageContext<'_, '_>,
    choices: &[Choices],
    (text, label): (&str, &str),
    parameters: &[Pair],
) -> Markup {
    let links = &context.links;
    let set =
        choices.iter().any(|choice| choice.chosen.is_some()) || given(parameters, text).is_some();
    html! {
        form.filters action=(links.unpinned(&context.path)) aria-label="Narrow the list" {
            div {
                label for="f-text" { (label) }
                input
                    #f-text
                    type="search"
                    name=(text)
                    maxlength="500"
                    value=[given(parameters, text)];
            }
            @for Choices { filter, chosen, values } in {
                choices
                    .iter()
                    .filter(|choice| {
                        !choice.values.is_empty() || choice.chosen.is_some()
                    })
            } {
                div {
                    label for={ "f-" (filter.name) } { (filter.label) }
                    select id={ "f-" (filter.name) } name=(filter.name) {
                        option value="" { "Any" }
                        @if let Some(other) = {
                            chosen
                                .as_ref()
                                .filter(|chosen| {
                                    !values
                                        .iter()
                                        .any(|(value, ..)| filter_value(value) == **chosen)
                                })
                        } {
                            option value=(other) selected { (plain(other)) }
                        }
                        @for (value, name, count) in values {
                            @let value = filter_value(value);
                            option value=(value) selected[chosen.as_deref() == Some(value.as_str())] {
                                (read(&value, name))
                                " ("
                                (count)
                                ")"
                            }
                        }
                    }
                }
            }
            @if let Some((name, value)) = links.pinned() {
                input type="hidden" name=(name) value=(value);
            }
            div.actions {
                button { "Show" }
                @if set {
                    a href=(links.to(&context.path)) { "All" }
                }
            }
        }
    }
}

/// A comma in a value of a filter stands for itself.
pub fn filter_value(value: &str) -> String {
    value.replace(',', "\\,")
}

fn given<'p>(parameters: &'p [Pair], name: &str) -> Option<&'p str> {
    parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// How a value reads: by its name, else as plain words.
fn read(value: &str, name: &str) -> String {
    match value {
        "true" => "Yes".to_owned(),
        "false" => "No".to_owned(),
        _ if name == value => capital(&plain(name)),
        _ => name.to_owned(),
    }
}
