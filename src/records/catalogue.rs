//! The list of all record types.

use super::{
    award_recipients, awards, commitments, council_members, documents, meetings, organizations,
    people, progress_updates,
};
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
