//! The form field for a reference, with the records that may be meant.

use maud::{Markup, Render, html};

use super::choices::{Candidate, NEW, OFFERED, named_only};
use super::fields::{ElementId, FormView};
use crate::model::{Kind, LABEL};
use crate::pages::labels::{article, plain, with_article};

/// The types that a reference may lead to, in words: "a person or organization".
pub struct Targets(pub Kind);

impl Render for Targets {
    fn render_to(&self, buffer: &mut String) {
        for (index, target) in self.0.targets().iter().enumerate() {
            buffer.push_str(if index == 0 { article(target) } else { " or" });
            buffer.push(' ');
            plain(target).render_to(buffer);
        }
    }
}

impl FormView<'_> {
    /// Renders a field for a record, found by its name.
    pub fn reference(&self, kind: Kind, at: &str, label: &str, hint: &str) -> Markup {
        let (id, name) = (format!("{at}@id"), format!("{at}@name"));
        let (text, chosen) = (self.draft.get(at), self.draft.get(&id));
        let known = self.draft.get(&name);
        let is_wrong = self.is_wrong(at);
        let hint = html! {
            (hint)
            @if !hint.is_empty() { " " }
            "Type the name of " (Targets(kind)) ", or a part of it."
        };
        html! {
            div.field.wrong[is_wrong] {
                (self.above(at, label, hint))
                input
                    id=(ElementId(at))
                    name=(at)
                    value=(text)
                    autocomplete="off"
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[is_wrong.then_some("true")];
                " "
                (self.button(self.find, at, "Find"))
                input type="hidden" name=(id) value=(chosen);
                input type="hidden" name=(name) value=(known);
                // Nothing is chosen if the text was changed since.
                @if !chosen.is_empty() && text == known {
                    p.hint {
                        "Chosen: "
                        @if chosen.ends_with(':') { "a name without a record" } @else { (chosen) }
                    }
                }
                @if let Some(candidates) = self.candidates.get(at) {
                    (self.pick(kind, at, candidates))
                }
            }
        }
    }

    fn pick(&self, kind: Kind, at: &str, candidates: &[Candidate]) -> Markup {
        let name = format!("{at}@pick");
        let typed = self.draft.get(at);
        let by_type = || candidates.chunk_by(|one, next| one.record_type == next.record_type);
        let offered = by_type().flat_map(|of_type| of_type.iter().take(OFFERED));
        let has_more = by_type().any(|of_type| of_type.len() > OFFERED);
        html! {
            fieldset.pick {
                legend { "Which one is “" (typed) "”?" }
                @for (index, candidate) in offered.enumerate() {
                    p.check {
                        input type="radio" id={ (ElementId(&name)) "-" (index) }
                            name=(name) value=(candidate.value());
                        label for={ (ElementId(&name)) "-" (index) } {
                            (candidate.name) " "
                            span.note { (plain(candidate.record_type)) " " (candidate.id) }
                        }
                    }
                }
                @if has_more {
                    p { "These are not all. Write more of the name to see others." }
                }
                @if candidates.is_empty() {
                    p {
                        "No record has this in its name. Check the spelling, or add the record \
                         first."
                    }
                }
                @if self.is_release {
                    @for record_type in named_only(kind) {
                        p.check {
                            input type="radio" id={ (ElementId(&name)) "-" (record_type.path) }
                                name=(name) value={ (NEW) (record_type.name) };
                            label for={ (ElementId(&name)) "-" (record_type.path) } {
                                "Add " (with_article(record_type)) " with the name “" (typed)
                                "” to the release"
                            }
                        }
                    }
                }
                @if matches!(kind, Kind::Agent(_)) {
                    p.check {
                        input type="radio" id={ (ElementId(&name)) "-label" }
                            name=(name) value=(LABEL);
                        label for={ (ElementId(&name)) "-label" } {
                            "None of these: record the name “" (typed) "” alone"
                        }
                    }
                }
            }
        }
    }
}
