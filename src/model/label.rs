//! Names that are computed from other values.

/// A part of a computed name.
#[derive(Debug)]
pub enum LabelPart {
    /// The name of the record that a field refers to.
    NameOf(&'static str),
    /// A fixed text followed by the value of a field. Left out if the field has no value.
    With(&'static str, &'static str),
    /// A fixed text.
    Text(&'static str),
}
