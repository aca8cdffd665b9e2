//! Paging of lists: the range of entries on a page, and links to the previous and the next page.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::context::{PageContext, Pair};
use super::labels::{count, grouped};
use super::layout::address;
use super::respond::START;
use crate::model::{Faults, RecordType};
use crate::reading::{DEFAULT_LIMIT, MAX_LIMIT, parse_query};
use crate::web::cursors::resume_query;
use crate::web::problem::Problem;

/// The maximum number of entries that are read to find the previous page. Beyond it, pages link to
/// the first page instead.
const MAX_STEPS_BACK: usize = 5_000;

/// The entries that a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The number of the first entry.
    pub start: usize,
    /// The number of entries.
    pub shown: usize,
    pub total: usize,
    pub total_is_exact: bool,
    pub limit: usize,
}

impl Window {
    /// Creates the window of a response of the API.
    pub fn new(start: usize, shown: usize, response: &Json) -> Self {
        let page = &response["page"];
        let number = |member: &str| {
            page[member].as_u64().and_then(|number| number.try_into().ok()).unwrap_or(usize::MAX)
        };
        Self {
            start,
            shown,
            total: number("total"),
            total_is_exact: page["total_is_exact"] != false,
            limit: number("limit"),
        }
    }

    /// Returns the entries in words: "Showing 26–50 of 54 commitments".
    pub fn text(&self, one: &str, several: &str) -> String {
        let total = count(self.total, one, several);
        let total = if self.total_is_exact { total } else { format!("more than {total}") };
        if self.shown == self.total || self.shown == 0 {
            return total;
        }
        let last = self.start + self.shown - 1;
        let group = |number: usize| grouped(&number.to_string());
        if self.shown == 1 {
            return format!("Showing {} of {total}", group(last));
        }
        format!("Showing {}–{} of {total}", group(self.start), group(last))
    }
}

/// The addresses of the previous and the next page.
#[derive(Debug, Default)]
pub struct Neighbors {
    /// The previous page, or the first page, with the text of its link.
    pub previous: Option<(String, &'static str)>,
    pub next: Option<String>,
}

impl Neighbors {
    /// Renders the links.
    pub fn render(&self) -> Markup {
        html! {
            @if self.previous.is_some() || self.next.is_some() {
                nav.pagination aria-label="Pages" {
                    @if let Some((address, text)) = &self.previous {
                        a href=(address) rel="prev" { (text) }
                    }
                    @if let Some(address) = &self.next {
                        a href=(address) rel="next" { "Next page" }
                    }
                }
            }
        }
    }
}

/// Returns the address of the next page, from a response of the API.
pub fn next_page(
    context: &PageContext<'_, '_>,
    response: &Json,
    window: &Window,
) -> Option<String> {
    let (_, query) = response["page"]["next"].as_str()?.split_once('?')?;
    let start = window.start + window.shown;
    Some(context.links.unpinned(&format!("{}?{query}&{START}={start}", context.path)))
}

/// Returns the previous and the next page of a list.
pub fn neighbors(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    query: &[Pair],
    own_sort: &str,
    response: &Json,
    window: &Window,
) -> Result<Neighbors, Problem> {
    let next = next_page(context, response, window);
    if window.start <= 1 {
        return Ok(Neighbors { previous: None, next });
    }
    let skipped = (window.start - 1).saturating_sub(window.limit);
    let previous = match skipped {
        0 => (first_page(context, own_sort), "Previous page"),
        1..=MAX_STEPS_BACK => match cursor_after(context, record_type, query, skipped)? {
            Some(cursor) => {
                let pairs = [
                    ("cursor".to_owned(), cursor),
                    ("limit".to_owned(), window.limit.to_string()),
                    (START.to_owned(), (skipped + 1).to_string()),
                ];
                let path = context.links.unpinned(&context.path);
                (address(&path, &pairs), "Previous page")
            }
            None => (first_page(context, own_sort), "First page"),
        },
        _ => (first_page(context, own_sort), "First page"),
    };
    Ok(Neighbors { previous: Some(previous), next })
}

/// Returns the address of the first page, at the revision of the cursor.
pub fn first_page(context: &PageContext<'_, '_>, own_sort: &str) -> String {
    let is_implied = |(name, value): &&Pair| {
        name == "facets"
            || name == "sort" && value == own_sort
            || name == "limit" && *value == DEFAULT_LIMIT.to_string()
    };
    let mut query = context.unpinned_query();
    query.retain(|pair| !is_implied(&pair));
    let is_past = context.snapshot.revision < context.latest_revision;
    if is_past && !context.is_present_only() {
        query.push(("revision".to_owned(), context.snapshot.revision.to_string()));
    }
    context.links.unpinned(&address(&context.path, &query))
}

/// Returns the cursor after this many records of a list.
fn cursor_after(
    context: &mut PageContext<'_, '_>,
    record_type: &'static RecordType,
    query: &[Pair],
    records: usize,
) -> Result<Option<String>, Problem> {
    let mut left = records;
    let mut cursor: Option<String> = None;
    while left > 0 {
        let step = left.min(MAX_LIMIT);
        let mut query: Vec<Pair> =
            query.iter().filter(|(name, _)| name != "limit").cloned().collect();
        query.push(("limit".to_owned(), step.to_string()));
        let mut parsed = parse_query(record_type, &query, &mut Faults::default());
        parsed.cursor = cursor.take();
        let position = resume_query(context.app, &mut parsed)?;
        let found = context.list_after(record_type, &query, position.as_ref())?;
        let next = found["page"]["next"].as_str().and_then(|next| next.split_once("cursor="));
        let Some((_, next)) = next else { return Ok(None) };
        cursor = Some(next.to_owned());
        left -= step;
    }
    Ok(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_the_range_of_entries_on_a_page() {
        let page = |total: u64, is_exact: bool| {
            let page = [("total", Json::from(total)), ("total_is_exact", Json::from(is_exact))];
            Json::from_iter([("page", page.into_iter().collect::<Json>())])
        };
        let text = |start, shown, response: &Json| {
            Window::new(start, shown, response).text("commitment", "commitments")
        };
        assert_eq!(text(26, 25, &page(54, true)), "Showing 26–50 of 54 commitments");
        assert_eq!(text(51, 1, &page(51, true)), "Showing 51 of 51 commitments");
        assert_eq!(text(1, 3, &page(3, true)), "3 commitments");
        assert_eq!(
            text(1, 25, &page(10_000, false)),
            "Showing 1–25 of more than 10,000 commitments"
        );
    }
}
