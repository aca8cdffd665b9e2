//! The list of all record types.

use super::{
    award_recipients, awards, commitments, council_members, documents, meetings, organizations,
    people, progress_updates,
};
use crate::model::Catalogue;

/// The record types whose records the examples of the specification show.
#[derive(Debug)]
pub struct Examples {
    /// An example of any record.
    pub any: &'static str,
    /// An example of an agent.
    pub agent: &'static str,
    /// An example of a record in which an agent has a role.
    pub event: &'static str,
    /// An example of a record with a gap.
    pub gap: &'static str,
}

/// The record types of the examples.
pub static EXAMPLES: Examples =
    Examples { any: "award", agent: "person", event: "meeting", gap: "commitment" };

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

#[cfg(test)]
mod tests {
    use super::{CATALOGUE, EXAMPLES};
    use crate::records::AGENT;

    #[test]
    fn declares_the_types_of_agents_as_agents() {
        for record_type in CATALOGUE.iter() {
            let is_agent = AGENT.targets().contains(&record_type.name);
            assert_eq!(record_type.is_agent, is_agent, "{}", record_type.name);
        }
    }

    #[test]
    fn takes_examples_from_declared_types() {
        for name in [EXAMPLES.any, EXAMPLES.agent, EXAMPLES.event, EXAMPLES.gap] {
            assert!(CATALOGUE.get(name).is_some(), "{name}");
        }
    }
}
