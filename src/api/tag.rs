//! The tag of operations on the dataset and the server.

pub(crate) const TAG: &str = "dataset";
pub(crate) const DESCRIPTION: &str = "The whole dataset, and the server.";
