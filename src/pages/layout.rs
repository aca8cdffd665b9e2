//! The layout of every page: head, header, notice of a past revision, the section about the page,
//! and footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::grouped;
use super::links::Links;
use super::report::{contact_address, report_link};
use super::{assets, edit};
use crate::model::Moment;
use crate::settings::Settings;
use crate::web::app::App;

/// A page without the layout around it.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    /// A sentence for search engines and link previews.
    pub description: String,
    /// Links to the content as data: the label and address of each, JSON first.
    pub data: Vec<(&'static str, String)>,
    /// The schema.org description.
    pub linked_data: Option<Json>,
    /// The id of the record on the page, for error reports.
    pub record_id: Option<String>,
    /// Whether that record was deleted or merged.
    pub is_gone: bool,
    pub body: Markup,
}

/// The main navigation: path and name of each entry.
const NAVIGATION: [(&str, &str); 8] = [
    ("/meetings", "Meetings"),
    ("/commitments", "Commitments"),
    ("/council", "Council"),
    ("/awards", "Awards"),
    ("/people", "People"),
    ("/organizations", "Organizations"),
    ("/documents", "Documents"),
    ("/changes", "Changes"),
];

/// Renders a page with the layout around it.
pub fn render(context: &PageContext<'_, '_>, page: Page) -> Markup {
    let (links, app) = (&context.links, context.app);
    let here = address(&context.path, &context.query());
    let head = html! {
        (head(app, links, &page.title, &page.description))
        link rel="canonical" href=(app.address(&here));
        @if context.is_past() {
            meta name="robots" content="noindex";
        }
        @for (label, address) in &page.data {
            link
                rel="alternate"
                type=(if label.contains("CSV") { "text/csv" } else { "application/json" })
                title=(label)
                href=(address);
        }
        @if let Some(data) = &page.linked_data {
            script type="application/ld+json" { (PreEscaped(json_in_script(data))) }
        }
    };
    let content = html! {
        @if let Some(session) = &context.session {
            (edit::bar(
                links,
                session,
                &edit::actions(links, session, &context.path, page.is_gone),
            ))
        }
        @if context.is_past() { (past_notice(context)) }
        main #content { (page.body) }
        (about_page(context, &page))
    };
    document(app, links, &context.path, head, &content)
}

/// Returns the heading of a page, with the breadcrumb above it and the actions beside it.
///
/// For signed-in record keepers, "Edit" and "Add" are among the actions.
pub fn page_header(breadcrumb: &Markup, title: &str, actions: &Markup) -> Markup {
    html! {
        header.page-header {
            (breadcrumb)
            h1 { (title) }
            div.page-actions { (actions) }
        }
    }
}

/// Returns the head elements that all pages share.
pub fn head(app: &App, links: &Links, title: &str, description: &str) -> Markup {
    let site = app.settings.short_title();
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title {
            (title)
            @if title != site { " · " (site) }
        }
        meta name="description" content=(description);
        meta name="color-scheme" content="light dark";
        link rel="stylesheet" href=(links.unpinned(&assets::style_address()));
        link
            rel="alternate"
            type="application/atom+xml"
            title="Changes"
            href=(links.unpinned("/v1/changes.atom"));
        link rel="icon" href=(links.unpinned("/icon.svg")) type="image/svg+xml";
        meta property="og:title" content=(title);
        meta property="og:description" content=(description);
        meta property="og:site_name" content=(site);
    }
}

/// Returns a document with the header and footer that all pages share.
pub fn document(app: &App, links: &Links, path: &str, head: Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(app.settings.locale.tag()) {
            head { (head) }
            body {
                a.skip href="#content" { "Skip to main content" }
                header.site {
                    a.title href=(links.to("/")) { (app.settings.short_title()) }
                    form.find action=(links.unpinned("/search")) role="search" {
                        label.hidden for="find" { "Search all records" }
                        input
                            #find
                            type="search"
                            name="q"
                            placeholder="Search all records"
                            maxlength="500";
                        button { "Search" }
                    }
                    nav aria-label="Main" {
                        ul {
                            @for (target, name) in NAVIGATION {
                                li {
                                    a href=(links.to(target)) aria-current=[current(path, target)] {
                                        (name)
                                    }
                                }
                            }
                        }
                    }
                }
                (content)
                (footer(&app.settings, links))
            }
        }
    }
}

/// Returns the `aria-current` of a navigation entry on the page at this path.
fn current(path: &str, target: &str) -> Option<&'static str> {
    (path == target).then_some("page")
}

/// Renders the name of the license, as a link if its URL is known.
pub fn license(settings: &Settings) -> Markup {
    let license = &settings.license;
    html! {
        @match &license.url {
            Some(url) => a href=(url) rel="license" { (license.name) },
            None => (license.name),
        }
    }
}

fn footer(settings: &Settings, links: &Links) -> Markup {
    html! {
        footer.site {
            p {
                @if let Some(publisher) = &settings.publisher {
                    "Published by " (publisher) ". "
                }
                @if settings.official {
                    "This is an official website."
                } @else {
                    "This is not an official government website."
                }
            }
            ul.inline {
                li {
                    a href=(links.to("/about")) { "About" }
                }
                li {
                    a href=(links.unpinned("/docs")) { "API documentation" }
                }
                li {
                    a href=(links.unpinned("/v1/changes.atom")) { "Feed of changes" }
                }
                @if let Some(contact) = &settings.contact {
                    li {
                        a href=(contact_address(contact)) { "Contact" }
                    }
                }
                li { "License: " (license(settings)) }
            }
        }
    }
}

/// Renders the notice that the page shows a past revision, with a link to the latest one.
fn past_notice(context: &PageContext<'_, '_>) -> Markup {
    let links = &context.links;
    html! {
        div.past role="status" {
            p {
                "You are viewing "
                strong { "revision " (grouped(&context.snapshot.revision.to_string())) }
                @if let Some((_, moment)) = links.pinned().filter(|(name, _)| name == "as_of") {
                    ", as of " (links.end_of_day(moment))
                } @else {
                    ", of " (links.date_text(&context.snapshot.today))
                }
                ". The latest is revision "
                (grouped(&context.latest_revision.to_string()))
                "."
            }
            a href=(links.latest().to(&address(&context.path, &context.unpinned_query()))) {
                "View the latest version"
            }
        }
    }
}

/// Returns the section about the page itself: its data, its permanent link, its citation, other
/// versions.
fn about_page(context: &PageContext<'_, '_>, page: &Page) -> Markup {
    if page.data.is_empty() && page.record_id.is_none() && context.is_present_only() {
        return Markup::default();
    }
    let (links, app) = (&context.links, context.app);
    let permanent = address(&context.path, &context.permanent_query());
    let report = page.record_id.as_ref().and_then(|id| {
        report_link(&app.settings, &app.address(&permanent), id, context.snapshot.revision)
    });
    html! {
        section.about-page aria-labelledby="about-page" {
            h2 #about-page { "About this page" }
            dl {
                @if !page.data.is_empty() {
                    div.on-screen {
                        dt { "Download" }
                        dd {
                            ul.inline {
                                @for (label, address) in &page.data {
                                    li {
                                        a href=(address) { (label) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if !context.is_present_only() {
                    div {
                        dt { "Permanent link" }
                        dd {
                            a href=(links.latest().to(&permanent)) { (app.address(&permanent)) }
                        }
                    }
                    div {
                        dt { "Cite" }
                        dd.cite {
                            @if page.title != app.settings.short_title() { (page.title) ". " }
                            cite { (app.settings.short_title()) }
                            ", revision "
                            (context.snapshot.revision)
                            ". "
                            (app.address(&permanent))
                        }
                    }
                    div.on-screen {
                        dt { "Earlier version" }
                        dd { (version_picker(context)) }
                    }
                }
                @if let Some(report) = report {
                    div.on-screen {
                        dt { "Something wrong?" }
                        dd {
                            a href=(report) { "Report an error" }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the forms that lead to the page at another date or revision.
fn version_picker(context: &PageContext<'_, '_>) -> Markup {
    let others = context.unpinned_query();
    let hidden = html! {
        @for (name, value) in others.iter().filter(|(name, _)| name != "limit") {
            input type="hidden" name=(name) value=(value);
        }
    };
    let action = context.links.unpinned(&context.path);
    let today = context.links.day(Moment::now().date_time());
    html! {
        div.versions-forms {
            form action=(action) {
                (hidden)
                label for="as-of" { "On" }
                input #as-of type="date" name="as_of" max=(today) required;
                button { "View" span.hidden { " the version of this date" } }
            }
            form action=(action) {
                (hidden)
                label for="at-revision" { "At revision" }
                input
                    #at-revision
                    type="number"
                    name="revision"
                    min="0"
                    max=(context.latest_revision)
                    value=(context.snapshot.revision)
                    required;
                button { "View" span.hidden { " this revision" } }
            }
        }
    }
}

/// Returns a path with a query.
pub fn address(path: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(query);
    format!("{path}?{}", serializer.finish())
}

/// Returns JSON that cannot close the script element around it.
fn json_in_script(data: &Json) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Renders the form of a search, in all types or in the chosen ones.
pub fn search_form(links: &Links, q: &str, chosen: Option<&str>) -> Markup {
    html! {
        form.filters.search action=(links.unpinned("/search")) {
            div {
                label for="q" { "Search for" }
                input #q type="search" name="q" maxlength="500" value=(q);
            }
            @if let Some(chosen) = chosen {
                input type="hidden" name="type" value=(chosen);
            }
            div.actions {
                button { "Search" }
            }
        }
    }
}
