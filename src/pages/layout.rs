//! What every page has: head, way in, banner of the past, foot with data, permanent link, citation
//! and the way to other times.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::context::PageContext;
use super::labels::{date_words, moment};
use super::links::Links;
use super::{assets, edit};
use crate::web::app::App;

/// What a page says of itself, and its content.
#[derive(Debug, Default)]
pub struct Page {
    /// What it is called.
    pub title: String,
    /// What it shows, in a sentence.
    pub description: String,
    /// The same as data: what each is called and where it is, JSON first.
    pub data: Vec<(&'static str, String)>,
    /// What machines are told, by schema.org.
    pub linked_data: Option<Json>,
    /// The content.
    pub body: Markup,
}

/// The ways into the record: path, name.
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

/// A whole page.
pub fn render(context: &PageContext<'_, '_>, page: Page) -> Markup {
    let (links, app) = (&context.links, context.app);
    let query = context.cursor.as_ref().map(|cursor| vec![("cursor".to_owned(), cursor.clone())]);
    let here = address(&context.path, query.as_ref().unwrap_or(&context.parameters));
    let permanent = address(&context.path, &with_revision(context));
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
            script type="application/ld+json" { (PreEscaped(in_script(data))) }
        }
    };
    document(
        app,
        links,
        &context.path,
        head,
        &html! {
            @if let Some(session) = &context.session {
                (edit::bar(links, session, &edit::actions(links, session, &context.path)))
            }
            @if context.is_past() { (banner(context)) }
            main #content { (page.body) }
            section.about-page aria-labelledby="about-page" {
                h2 #about-page { "This page" }
                dl {
                    @if !page.data.is_empty() {
                        div {
                            dt { "As data" }
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
                    @if !context.is_timeless() {
                        div {
                            dt { "Permanent link" }
                            dd {
                                a href=(links.latest().to(&permanent)) { (app.address(&permanent)) }
                            }
                        }
                        div {
                            dt { "How to cite" }
                            dd.cite {
                                (page.title)
                                ". "
                                cite { (app.settings.title) }
                                ", revision "
                                (context.snapshot.revision)
                                ". "
                                (app.address(&permanent))
                            }
                        }
                        div {
                            dt { "Another time" }
                            dd { (version_picker(context)) }
                        }
                    }
                }
            }
        },
    )
}

fn with_revision(context: &PageContext<'_, '_>) -> Vec<(String, String)> {
    let mut query: Vec<_> = context
        .parameters
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "as_of" | "revision"))
        .cloned()
        .collect();
    query.push(("revision".to_owned(), context.snapshot.revision.to_string()));
    query
}

/// What stands in the head of every page.
pub fn head(app: &App, links: &Links, title: &str, description: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title {
            (title)
            @if title != app.settings.title { " · " (app.settings.title) }
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
        meta property="og:site_name" content=(app.settings.title);
    }
}

/// A document with the head and foot that all pages share.
pub fn document(app: &App, links: &Links, path: &str, head: Markup, content: &Markup) -> Markup {
    let license = app.settings.license.as_slice();
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head) }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.site {
                    a.title href=(links.to("/")) { (app.settings.title) }
                    form.find action=(links.unpinned("/search")) role="search" {
                        label.hidden for="find" { "Search the record" }
                        input
                            #find
                            type="search"
                            name="q"
                            placeholder="Search the record"
                            maxlength="500";
                        button { "Search" }
                    }
                    nav aria-label="The record" {
                        ul {
                            @for (way, name) in NAVIGATION {
                                li {
                                    a   href=(links.to(way))
                                        aria-current=[(path == way).then_some("page")]
                                    { (name) }
                                }
                            }
                        }
                    }
                }
                (content)
                footer.site {
                    p { (app.settings.description) }
                    ul.inline {
                        li {
                            a href=(links.to("/about")) { "About this record" }
                        }
                        li {
                            a href=(links.unpinned("/docs")) { "API" }
                        }
                        li {
                            a href=(app.settings.contact) { "Contact" }
                        }
                        @if let [name, url, ..] = license {
                            li {
                                "Licence: "
                                a href=(url) rel="license" { (name) }
                            }
                        } @else if let [name] = license {
                            li { "Licence: " (name) }
                        }
                    }
                }
            }
        }
    }
}

/// Tells that the past is read, and leads back.
fn banner(context: &PageContext<'_, '_>) -> Markup {
    let query: Vec<_> = context
        .parameters
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "as_of" | "revision"))
        .cloned()
        .collect();
    html! {
        div.past role="status" {
            p {
                "You are reading the record as it stood at "
                strong { "revision " (context.snapshot.revision) }
                @if let Some((_, at)) = context.links.pinned().filter(|(name, _)| name == "as_of") {
                    " ("
                    (moment(at))
                    ")"
                } @else { ", " (date_words(&context.snapshot.today)) }
                ". The newest is revision "
                (context.newest)
                "."
            }
            a href=(context.links.latest().to(&address(&context.path, &query))) {
                "Read it as it is now"
            }
        }
    }
}

/// A form that turns to another revision or day.
fn version_picker(context: &PageContext<'_, '_>) -> Markup {
    let others = context
        .parameters
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "as_of" | "revision" | "limit"));
    let hidden = html! {
        @for (name, value) in others {
            input type="hidden" name=(name) value=(value);
        }
    };
    let action = context.links.unpinned(&context.path);
    html! {
        div.times {
            form action=(action) {
                (hidden)
                label for="to-day" { "as of the day" }
                input
                    #to-day
                    type="date"
                    name="as_of"
                    max=(crate::model::Moment::now().day())
                    required;
                button { "Go" }
            }
            form action=(action) {
                (hidden)
                label for="to-revision" { "at revision" }
                input
                    #to-revision
                    type="number"
                    name="revision"
                    min="0"
                    max=(context.newest)
                    value=(context.snapshot.revision)
                    required;
                button { "Go" }
            }
            a href=(context.links.latest().to("/changes")) { "All changes" }
        }
    }
}

/// A path with a query.
pub fn address(path: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(query);
    format!("{path}?{}", serializer.finish())
}

/// JSON that can stand in a script element: nothing in it can end the element.
fn in_script(data: &Json) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
