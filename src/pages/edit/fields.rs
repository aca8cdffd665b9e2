//! Form fields, made from the declarations.

use std::collections::BTreeMap;

use maud::{Markup, Render, html};

use super::choices::Candidate;
use super::draft::{Draft, ListForm, check};
use crate::model::{Choice, Fault, Field, Kind, Place, RecordType};
use crate::pages::labels::{capital, heading, plain};

/// The state of a form that its fields show.
pub struct FormView<'f> {
    /// The texts.
    pub draft: &'f Draft,
    /// The faults, by the pointer of the field.
    pub faults: BTreeMap<String, Vec<&'f Fault>>,
    /// The candidates for references that are not clear, by the pointer of the reference.
    pub candidates: &'f BTreeMap<String, Vec<Candidate>>,
    /// Notices for fields that were changed in the meantime, by pointer.
    pub notices: &'f BTreeMap<String, Markup>,
    /// Whether it belongs to a release, to which new records can be added.
    pub is_release: bool,
    /// The value of the buttons that find the records of references.
    pub find: &'static str,
    /// The address that the form is sent to.
    pub action: String,
}

/// The id of the element for a pointer.
#[derive(Clone, Copy)]
pub struct ElementId<'p>(pub &'p str);

impl Render for ElementId<'_> {
    fn render_to(&self, buffer: &mut String) {
        buffer.push('f');
        self.0.replace(['/', '@'], "-").render_to(buffer);
    }
}

/// Returns the pointer of the form field for a fault. Lists in one text, references and values have
/// one field.
pub fn field_of(record_type: &'static RecordType, pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(1);
    let Some(field) = steps.next().and_then(|name| record_type.field(name)) else {
        return String::new();
    };
    let (mut kind, mut at) = (field.kind, format!("/{}", field.name));
    for step in steps {
        match kind {
            Kind::Object(object) => {
                let Some(member) = object.fields.iter().find(|member| member.name == step) else {
                    break;
                };
                kind = member.kind;
            }
            Kind::List(element) if ListForm::of(*element) == ListForm::Entries => kind = *element,
            _ => break,
        }
        at = format!("{at}/{step}");
    }
    at
}

/// Returns the faults by the field that they belong to.
pub fn by_field<'f>(
    record_type: &'static RecordType,
    faults: &'f [Fault],
) -> BTreeMap<String, Vec<&'f Fault>> {
    let mut by_field: BTreeMap<String, Vec<&Fault>> = BTreeMap::new();
    for fault in faults {
        let at = match &fault.place {
            // Inputs that do not belong to the record have other pointers.
            Place::Pointer(pointer) if pointer.starts_with('/') => field_of(record_type, pointer),
            place => place.name().to_owned(),
        };
        by_field.entry(at).or_default().push(fault);
    }
    by_field
}

/// Returns a text with quotation marks instead of Markdown's backticks.
fn quoted(doc: &str) -> String {
    let mut parts = doc.split('`');
    let mut quoted = parts.next().unwrap_or_default().to_owned();
    for (part, mark) in parts.zip(['“', '”'].into_iter().cycle()) {
        quoted.push(mark);
        quoted.push_str(part);
    }
    quoted
}

impl FormView<'_> {
    /// Renders the field for a value.
    pub fn field(&self, field: &Field, at: &str) -> Markup {
        // The server makes the id of a new record from its name.
        let is_needed = field.required && field.name != "id";
        let needed = if is_needed { "" } else { " (optional)" };
        let label = format!("{}{needed}", heading(field.name));
        self.kind(field.kind, at, &label, &quoted(field.doc), field)
    }

    /// Renders the field for a value of a kind.
    pub fn kind(&self, kind: Kind, at: &str, label: &str, hint: &str, field: &Field) -> Markup {
        match kind {
            Kind::Object(object) => self.group(
                at,
                label,
                hint,
                html! {
                    @for member in object.fields {
                        (self.field(member, &format!("{at}/{}", member.name)))
                    }
                },
            ),
            Kind::List(element) => match (ListForm::of(*element), *element) {
                (ListForm::Lines, _) => {
                    self.text(at, label, format_args!("{hint} One per line."), 3)
                }
                (ListForm::Checks, Kind::Enumeration(choices)) => {
                    self.checks(at, label, hint, choices)
                }
                _ => self.entries(*element, at, label, hint, field),
            },
            Kind::Enumeration(choices) => self.select(at, label, hint, choices, field),
            Kind::Reference(_) | Kind::Agent(_) => self.reference(kind, at, label, hint),
            Kind::Text(format) if format.multiline => self.text(at, label, hint, 5),
            Kind::Date => {
                let hint = format_args!("{hint} As 2024-02-13, 2024-02 or 2024.");
                self.line(at, label, hint, "short")
            }
            Kind::Integer(..) | Kind::Number => self.line(at, label, hint, "short"),
            _ => self.line(at, label, hint, "long"),
        }
    }

    /// Returns whether a field has a fault.
    pub fn is_wrong(&self, at: &str) -> bool {
        self.faults.contains_key(at)
    }

    /// Renders the messages of a field.
    fn messages(&self, at: &str) -> Markup {
        let faults = self.faults.get(at);
        if faults.is_none() && !self.notices.contains_key(at) {
            return Markup::default();
        }
        html! {
            @if let Some(notice) = self.notices.get(at) { (notice) }
            @if let Some(faults) = faults {
                p.error id={ (ElementId(at)) "-error" } {
                    @for fault in faults {
                        span.hidden { "Error: " }
                        (sentence(fault))
                        " "
                    }
                }
            }
        }
    }

    /// Renders the ids of the elements that describe a field.
    pub fn described_by(&self, at: &str) -> impl Render {
        let id = ElementId(at);
        html! {
            (id) "-hint"
            @if self.is_wrong(at) { " " (id) "-error" }
        }
    }

    /// Renders the elements above a field.
    pub fn above(&self, at: &str, label: &str, hint: impl Render) -> Markup {
        let id = ElementId(at);
        html! {
            label for=(id) { (label) }
            p.hint id={ (id) "-hint" } { (hint) }
            (self.messages(at))
        }
    }

    /// Renders a field for a text of one line.
    pub fn short(&self, at: &str, label: &str, hint: &str) -> Markup {
        self.line(at, label, hint, "long")
    }

    fn line(&self, at: &str, label: &str, hint: impl Render, width: &str) -> Markup {
        let is_wrong = self.is_wrong(at);
        html! {
            div.field.wrong[is_wrong] {
                (self.above(at, label, hint))
                input
                    id=(ElementId(at))
                    class=(width)
                    name=(at)
                    value=(self.draft.get(at))
                    autocomplete="off"
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[is_wrong.then_some("true")];
            }
        }
    }

    /// Renders a field for a text of several lines.
    pub fn text(&self, at: &str, label: &str, hint: impl Render, rows: usize) -> Markup {
        let is_wrong = self.is_wrong(at);
        html! {
            div.field.wrong[is_wrong] {
                (self.above(at, label, hint))
                textarea
                    id=(ElementId(at))
                    name=(at)
                    rows=(rows)
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[is_wrong.then_some("true")]
                // HTML parsers remove the first line break.
                { "\n" (self.draft.get(at)) }
            }
        }
    }

    fn select(
        &self,
        at: &str,
        label: &str,
        hint: &str,
        choices: &[Choice],
        field: &Field,
    ) -> Markup {
        let chosen = Some(self.draft.get(at)).filter(|chosen| !chosen.is_empty());
        let chosen = chosen.or(field.default).unwrap_or_default();
        let is_known = chosen.is_empty() || choices.iter().any(|choice| choice.value == chosen);
        let is_wrong = self.is_wrong(at);
        html! {
            div.field.wrong[is_wrong] {
                (self.above(at, label, hint))
                select
                    id=(ElementId(at))
                    name=(at)
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[is_wrong.then_some("true")]
                {
                    @if field.default.is_none() {
                        option value="" { "Not recorded" }
                    }
                    @if !is_known {
                        option value=(chosen) selected { (chosen) }
                    }
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == chosen] {
                            (capital(&plain(choice.value))) " – " (choice.doc)
                        }
                    }
                }
            }
        }
    }

    /// Renders a group of fields.
    pub fn group(&self, at: &str, label: &str, hint: &str, content: Markup) -> Markup {
        let id = ElementId(at);
        html! {
            fieldset.field.wrong[self.is_wrong(at)]
                id=(id) tabindex="-1" aria-describedby=(self.described_by(at))
            {
                legend { (label) }
                p.hint id={ (id) "-hint" } { (hint) }
                (self.messages(at))
                (content)
            }
        }
    }

    fn checks(&self, at: &str, label: &str, hint: &str, choices: &[Choice]) -> Markup {
        self.group(
            at,
            label,
            hint,
            html! {
                input type="hidden" name=(at) value="";
                @for choice in choices {
                    @let name = check(at, choice.value);
                    p.check {
                        input
                            type="checkbox"
                            id=(ElementId(&name))
                            name=(name)
                            checked[!self.draft.get(&name).is_empty()];
                        label for=(ElementId(&name)) {
                            (capital(&plain(choice.value))) " – " (choice.doc)
                        }
                    }
                }
            },
        )
    }

    /// Renders a button that changes the form, and returns to a place in it.
    pub fn button(&self, act: impl Render, place: &str, label: impl Render) -> Markup {
        html! {
            button.minor
                name="do"
                value=(act)
                formaction={ (self.action) "#" (ElementId(place)) }
            { (label) }
        }
    }
}

/// Returns a fault as a sentence, with its hint.
pub fn sentence(fault: &Fault) -> String {
    // A table has no fields to fill in, so its messages stay.
    let is_of_form = !matches!(fault.place, Place::Cell(..));
    let message = match fault.code {
        "required" if is_of_form => "Enter a value. This field is required".to_owned(),
        "empty" if fault.message.starts_with("has no values") => {
            "Fill in at least one of these fields".to_owned()
        }
        _ => {
            let message = quoted(&fault.message);
            let is_bare =
                ["is ", "has ", "does ", "contains ", "stands ", "refers ", "lies ", "names "]
                    .iter()
                    .any(|verb| message.starts_with(verb));
            if is_bare { format!("This {message}") } else { capital(&message) }
        }
    };
    let is_shown = !is_of_form || !["required", "empty"].contains(&fault.code);
    match fault.hint.as_deref().filter(|_| is_shown) {
        Some(hint) => format!("{message}. Instead: {hint}."),
        None => format!("{message}."),
    }
}
