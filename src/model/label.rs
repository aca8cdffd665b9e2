//! Computed names.

/// A part of a computed name.
#[derive(Debug)]
pub enum LabelPart {
    /// The name of what a field refers to.
    NameOf(&'static str),
    /// A fixed text, then a field's value; neither where the value is not known.
    With(&'static str, &'static str),
    /// A fixed text.
    Text(&'static str),
}
