//! The group of operations on the dataset and on the server.

/// The name of the group.
pub(crate) const TAG: &str = "dataset";
/// Its description.
pub(crate) const DESCRIPTION: &str = "The dataset as a whole, and the server.";
