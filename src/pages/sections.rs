//! What the page of a record shows besides its facts.

use maud::Markup;

/// What a type shows besides facts, before and after them, and the fields that it shows there.
#[derive(Debug, Default)]
pub struct Sections {
    /// What stands under the name.
    pub lead: Markup,
    /// What stands before the facts.
    pub before: Markup,
    /// What stands after them.
    pub after: Markup,
    /// The fields that are shown there.
    pub shown_elsewhere: &'static [&'static str],
}
