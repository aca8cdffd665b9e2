//! The record as a whole: how it is searched, how it changed, what it amounts to, what is missing, how it is brought in and taken out.

mod changes;
mod export;
mod gaps;
mod import;
mod search;
mod statistics;

use super::Parts;

/// The group of these operations, and of those around the record.
pub(super) const TAG: &str = "record";

/// Tells its operations and schemas.
pub(super) fn tell(parts: &mut Parts) {
    parts.tag(TAG, "The record as a whole, and the server.");
    search::tell(parts);
    changes::tell(parts);
    export::tell(parts);
    statistics::tell(parts);
    gaps::tell(parts);
    import::tell(parts);
}
