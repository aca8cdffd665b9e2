//! Form fields, made from the declarations.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::choices::{Candidate, NEW, named_only};
use super::draft::{Draft, ListForm, check};
use crate::model::{Choice, Fault, Field, Kind, LABEL, Place, RecordType};
use crate::pages::labels::{capital, heading, plain, with_article};

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
    /// The address that the form is sent to.
    pub action: String,
}

/// Returns the id of the element for a pointer.
pub fn element_id(pointer: &str) -> String {
    format!("f{}", pointer.replace(['/', '@'], "-"))
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

impl FormView<'_> {
    /// Renders the field for a value.
    pub fn field(&self, field: &Field, at: &str) -> Markup {
        let needed = if field.required { "" } else { " (optional)" };
        let label = format!("{}{needed}", heading(field.name));
        self.kind(field.kind, at, &label, field.doc, field)
    }

    fn kind(&self, kind: Kind, at: &str, label: &str, hint: &str, field: &Field) -> Markup {
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
                (ListForm::Lines, _) => self.text(at, label, &format!("{hint} One per line."), 3),
                (ListForm::Checks, Kind::Enumeration(choices)) => {
                    self.checks(at, label, hint, choices)
                }
                _ => self.entries(*element, at, label, hint, field),
            },
            Kind::Enumeration(choices) => self.select(at, label, hint, choices, field),
            Kind::Reference(_) | Kind::Agent(_) => self.reference(kind, at, label, hint),
            Kind::Text(format) if format.multiline => self.text(at, label, hint, 5),
            Kind::Date => {
                self.line(at, label, &format!("{hint} As 2024-02-13, 2024-02 or 2024."), "short")
            }
            Kind::Integer(..) | Kind::Number => self.line(at, label, hint, "short"),
            _ => self.line(at, label, hint, "long"),
        }
    }

    /// Renders the messages of a field.
    fn messages(&self, at: &str) -> Markup {
        let id = element_id(at);
        html! {
            @if let Some(notice) = self.notices.get(at) { (notice) }
            @if let Some(faults) = self.faults.get(at) {
                p.error id={ (id) "-error" } {
                    @for fault in faults {
                        span.hidden { "Error: " }
                        (sentence(fault))
                        " "
                    }
                }
            }
        }
    }

    fn described_by(&self, at: &str) -> String {
        let id = element_id(at);
        let error =
            if self.faults.contains_key(at) { format!(" {id}-error") } else { String::new() };
        format!("{id}-hint{error}")
    }

    fn above(&self, at: &str, label: &str, hint: &str) -> Markup {
        let id = element_id(at);
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

    fn line(&self, at: &str, label: &str, hint: &str, width: &str) -> Markup {
        html! {
            div.field.wrong[self.faults.contains_key(at)] {
                (self.above(at, label, hint))
                input
                    id=(element_id(at))
                    class=(width)
                    name=(at)
                    value=(self.draft.get(at))
                    autocomplete="off"
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[self.faults.contains_key(at).then_some("true")];
            }
        }
    }

    fn text(&self, at: &str, label: &str, hint: &str, rows: usize) -> Markup {
        html! {
            div.field.wrong[self.faults.contains_key(at)] {
                (self.above(at, label, hint))
                textarea
                    id=(element_id(at))
                    name=(at)
                    rows=(rows)
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[self.faults.contains_key(at).then_some("true")]
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
        html! {
            div.field.wrong[self.faults.contains_key(at)] {
                (self.above(at, label, hint))
                select
                    id=(element_id(at))
                    name=(at)
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[self.faults.contains_key(at).then_some("true")]
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

    fn group(&self, at: &str, label: &str, hint: &str, content: Markup) -> Markup {
        let id = element_id(at);
        html! {
            fieldset id=(id) tabindex="-1" aria-describedby=(self.described_by(at))
                class=(if self.faults.contains_key(at) { "field wrong" } else { "field" })
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
                            id=(element_id(&name))
                            name=(name)
                            checked[!self.draft.get(&name).is_empty()];
                        label for=(element_id(&name)) {
                            (capital(&plain(choice.value))) " – " (choice.doc)
                        }
                    }
                }
            },
        )
    }

    fn entries(&self, element: Kind, at: &str, label: &str, hint: &str, field: &Field) -> Markup {
        let count = self.draft.count(at);
        let one = |index: usize| format!("{} {}", singular(&heading(field.name)), index + 1);
        self.group(at, label, hint, html! {
            input type="hidden" name=(at) value="";
            (self.place(at))
            @for index in 0..count {
                @let entry = format!("{at}/{index}");
                (self.place(&entry))
                div.entry {
                    (self.kind(element, &entry, &one(index), "", field))
                    p.order {
                        (self.button(&format!("remove:{entry}"), at, &format!("Remove {}", one(index))))
                        @if index > 0 {
                            (self.button(&format!("up:{entry}"), at, &format!("Move {} up", one(index))))
                        }
                        @if index + 1 < count {
                            (self.button(&format!("down:{entry}"), at, &format!("Move {} down", one(index))))
                        }
                    }
                }
            }
            (self.button(&format!("add:{at}"), &format!("{at}/{count}"), &format!("Add {}", one(count))))
        })
    }

    /// Renders the index that an entry had, for the sources that support it.
    fn place(&self, at: &str) -> Markup {
        let name = format!("{at}@was");
        html! {
            @if self.draft.has_text(&name) {
                input type="hidden" name=(name) value=(self.draft.get(&name));
            }
        }
    }

    /// Renders a button that changes the form, and returns to a place in it.
    fn button(&self, act: &str, place: &str, label: &str) -> Markup {
        html! {
            button.minor
                name="do"
                value=(act)
                formaction={ (self.action) "#" (element_id(place)) }
            { (label) }
        }
    }

    /// Renders a field for a record, found by its name.
    pub fn reference(&self, kind: Kind, at: &str, label: &str, hint: &str) -> Markup {
        let (id, name) = (format!("{at}@id"), format!("{at}@name"));
        let targets: Vec<String> = kind.targets().iter().map(|target| plain(target)).collect();
        let hint = format!(
            "{hint} Type the name of {} {}, or a part of it.",
            if targets[0].starts_with(['a', 'o']) { "an" } else { "a" },
            targets.join(" or ")
        );
        html! {
            div.field.wrong[self.faults.contains_key(at)] {
                (self.above(at, label, &hint))
                input
                    id=(element_id(at))
                    name=(at)
                    value=(self.draft.get(at))
                    autocomplete="off"
                    aria-describedby=(self.described_by(at))
                    aria-invalid=[self.faults.contains_key(at).then_some("true")];
                " "
                (self.button("find", at, "Find"))
                input type="hidden" name=(id) value=(self.draft.get(&id));
                input type="hidden" name=(name) value=(self.draft.get(&name));
                @if let Some(chosen) = self.chosen(at) {
                    p.hint { "Chosen: " (chosen) }
                }
                @if let Some(candidates) = self.candidates.get(at) {
                    (self.pick(kind, at, candidates))
                }
            }
        }
    }

    /// Returns the chosen record of a reference, unless its text was changed since.
    fn chosen(&self, at: &str) -> Option<&str> {
        let id = self.draft.get(&format!("{at}@id"));
        let is_chosen =
            !id.is_empty() && self.draft.get(at) == self.draft.get(&format!("{at}@name"));
        is_chosen.then(|| id.strip_suffix(':').map_or(id, |_| "a name without a record"))
    }

    fn pick(&self, kind: Kind, at: &str, candidates: &[Candidate]) -> Markup {
        let name = format!("{at}@pick");
        let typed = self.draft.get(at);
        html! {
            fieldset.pick {
                legend { "Which one is “" (typed) "”?" }
                @for (index, candidate) in candidates.iter().enumerate() {
                    p.check {
                        input type="radio" id={ (element_id(&name)) "-" (index) }
                            name=(name) value=(candidate.value());
                        label for={ (element_id(&name)) "-" (index) } {
                            (candidate.name) " "
                            span.note { (plain(candidate.record_type)) " " (candidate.id) }
                        }
                    }
                }
                @if candidates.is_empty() {
                    p { "No record has this in its name. Check the spelling, or add the record first." }
                }
                @if self.is_release {
                    @for record_type in named_only(kind) {
                        @let id = format!("{}-{}", element_id(&name), record_type.path);
                        p.check {
                            input type="radio" id=(id) name=(name)
                                value={ (NEW) (record_type.name) };
                            label for=(id) {
                                "Add " (with_article(record_type)) " with the name “" (typed) "” to the release"
                            }
                        }
                    }
                }
                @if matches!(kind, Kind::Agent(_)) {
                    p.check {
                        input type="radio" id={ (element_id(&name)) "-label" }
                            name=(name) value=(LABEL);
                        label for={ (element_id(&name)) "-label" } {
                            "None of these: record the name “" (typed) "” alone"
                        }
                    }
                }
            }
        }
    }
}

/// Returns a fault as a sentence, with its hint.
pub fn sentence(fault: &Fault) -> String {
    let message = match fault.code {
        "required" => "Enter a value. This field is required".to_owned(),
        "empty" if fault.message.starts_with("has no values") => {
            "Fill in at least one of these fields".to_owned()
        }
        _ => {
            let is_bare = ["is ", "has ", "contains ", "stands ", "refers ", "lies ", "names "]
                .iter()
                .any(|verb| fault.message.starts_with(verb));
            if is_bare { format!("This {}", fault.message) } else { capital(&fault.message) }
        }
    };
    match fault.hint.as_deref().filter(|_| !["required", "empty"].contains(&fault.code)) {
        Some(hint) => format!("{message}. Instead: {hint}."),
        None => format!("{message}."),
    }
}

/// Returns the name of one entry of a list: `Participant` of `Participants`.
fn singular(plural: &str) -> String {
    match plural {
        "Accepted by" => "Person".to_owned(),
        _ => plural.strip_suffix('s').unwrap_or(plural).to_owned(),
    }
}
