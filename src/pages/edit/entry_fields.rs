//! Form fields for lists of entries.

use maud::{Markup, html};

use super::draft::{lead, more};
use super::fields::FormView;
use super::reference_field::Targets;
use crate::model::{Field, Kind};
use crate::pages::labels::heading;

impl FormView<'_> {
    /// Renders the fields for the entries of a list, and a text for further ones.
    pub fn entries(
        &self,
        element: Kind,
        at: &str,
        label: &str,
        hint: &str,
        field: &Field,
    ) -> Markup {
        let count = self.draft.count(at);
        let noun = singular(&heading(field.name));
        self.group(
            at,
            label,
            hint,
            html! {
                input type="hidden" name=(at) value="";
                (self.place(at))
                @for index in 0..count {
                    @let entry = format!("{at}/{index}");
                    @let name = format!("{noun} {}", index + 1);
                    (self.place(&entry))
                    div.entry {
                        (self.kind(element, &entry, &name, "", field))
                        @let button = |act: &str, label: std::fmt::Arguments<'_>| {
                            self.button(format_args!("{act}:{entry}"), at, label)
                        };
                        p.order {
                            (button("remove", format_args!("Remove {name}")))
                            @if index > 0 { (button("up", format_args!("Move {name} up"))) }
                            @if index + 1 < count {
                                (button("down", format_args!("Move {name} down")))
                            }
                        }
                    }
                }
                (self.more(element, at, count, field))
            },
        )
    }

    /// Renders the text for further entries, and the button that adds them to the form.
    fn more(&self, element: Kind, at: &str, count: usize, field: &Field) -> Markup {
        let name = more(at);
        let nouns = plural(&heading(field.name));
        let main = lead(element);
        let kind = main.map_or(element, |main| main.kind);
        let hint = html! {
            "One per line: "
            @match (kind, main) {
                (Kind::Reference(_) | Kind::Agent(_), _) => {
                    "the name of " (Targets(kind)) ", or a part of it."
                }
                (_, Some(main)) => { "the " (heading(main.name).to_lowercase()) "." }
                _ => "a value."
            }
            @if main.is_some() { " The button opens the other fields of each." }
        };
        html! {
            (self.text(&name, &format!("{nouns} to add"), hint, 2))
            (self.button(
                format_args!("add:{at}"), &format!("{at}/{count}"),
                format_args!("Add {}", nouns.to_lowercase()),
            ))
        }
    }

    /// Renders the index that an entry had, for the sources that support it.
    fn place(&self, at: &str) -> Markup {
        let name = format!("{at}@was");
        if !self.draft.has_text(&name) {
            return Markup::default();
        }
        html! { input type="hidden" name=(name) value=(self.draft.get(&name)); }
    }
}

/// Returns the name of the entries of a list.
fn plural(heading: &str) -> String {
    match heading {
        "Accepted by" => "People".to_owned(),
        _ => heading.to_owned(),
    }
}

/// Returns the name of one entry of a list: `Participant` of `Participants`.
fn singular(heading: &str) -> String {
    match heading {
        "Accepted by" => "Person".to_owned(),
        _ => heading.strip_suffix('s').unwrap_or(heading).to_owned(),
    }
}
