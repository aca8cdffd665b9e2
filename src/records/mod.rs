//! The nine types of records that a task force's public record is made of: what each holds, and its own rules.
//! Each file is one declaration; storage, queries, formats and the specification follow from it.

mod award_recipients;
mod awards;
mod commitments;
mod council_members;
mod documents;
mod meetings;
mod organizations;
mod people;
mod progress_updates;
mod shared;

use crate::model::Catalogue;

/// Every type of records, in the order of a bundle.
pub static CATALOGUE: Catalogue = Catalogue(&[
    &organizations::ORGANIZATION,
    &people::PERSON,
    &documents::DOCUMENT,
    &awards::AWARD,
    &meetings::MEETING,
    &council_members::COUNCIL_MEMBER,
    &award_recipients::AWARD_RECIPIENT,
    &commitments::COMMITMENT,
    &progress_updates::PROGRESS_UPDATE,
]);

/// The records that a new database begins with: an import bundle.
pub static BUNDLED: &str = include_str!("../../records/records.json");
