//! The sections that a type adds to the page of a record.

use maud::Markup;

/// The sections of a type around the facts.
#[derive(Debug, Default)]
pub struct Sections {
    /// Below the name.
    pub lead: Markup,
    pub before_facts: Markup,
    pub after_facts: Markup,
    /// The fields that these sections show, so that the facts leave them out.
    pub shown_elsewhere: &'static [&'static str],
}
