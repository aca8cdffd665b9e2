//! The list of all record types.

use super::{
    award_recipients, awards, commitments, council_members, documents, meetings, organizations,
    people, progress_updates,
};
use crate::model::Catalogue;

/// The record types used in examples of the specification.
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

/// All record types, in the order of a bundle.
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
    use crate::model::{Counted, Field, Kind, LabelPart, RecordType, Referrers};
    use crate::records::AGENT;

    #[test]
    fn declares_the_types_of_agents_as_agents() {
        for record_type in CATALOGUE.iter() {
            let is_agent = AGENT.targets().contains(&record_type.name);
            assert_eq!(record_type.is_agent, is_agent, "{}", record_type.name);
        }
    }

    #[test]
    fn declares_every_field_that_a_declaration_names() {
        for record_type in CATALOGUE.iter() {
            for name in named_fields(record_type) {
                let mut names = name.split('.');
                let field = names.next().and_then(|name| record_type.field(name));
                let member = |kind: Kind, name: &str| match kind.element() {
                    Kind::Object(object) => object.fields.iter().find(|field| field.name == name),
                    _ => None,
                };
                let found = names.try_fold(field.unwrap_or_else(|| missing(record_type, name)), {
                    |field, name| member(field.kind, name)
                });
                assert!(found.is_some(), "{}.{name}", record_type.name);
            }
        }
    }

    #[test]
    fn declares_every_type_that_a_field_refers_to() {
        for record_type in CATALOGUE.iter() {
            let RecordType { name, plural, path, schema, doc, .. } = record_type;
            assert!(
                [name, plural, path, schema, doc].iter().all(|text| !text.is_empty()),
                "{name}"
            );
            each_field(record_type.all(), &mut |fields, field| {
                for target in field.kind.element().targets() {
                    assert!(CATALOGUE.get(target).is_some(), "{}: {target}", field.name);
                }
                if let Some(credited_as) = field.credited_as {
                    assert!(fields.iter().any(|other| other.name == credited_as), "{}", field.name);
                }
            });
            for backlink in record_type.backlinks {
                let Referrers::Field(name, field) = backlink.from else { continue };
                let referrer = CATALOGUE.get(name).unwrap_or_else(|| missing(record_type, name));
                let field = referrer.field(field).unwrap_or_else(|| missing(referrer, field));
                assert!(field.kind.targets().contains(&record_type.name), "{}", backlink.name);
            }
        }
    }

    fn missing<T>(record_type: &RecordType, name: &str) -> T {
        panic!("{} names {name}, which is not declared", record_type.name)
    }

    /// Returns the names of fields in the properties of a record type.
    fn named_fields(record_type: &'static RecordType) -> Vec<&'static str> {
        let mut names = [record_type.main_date, record_type.wanted, record_type.chains].concat();
        for (start, end) in record_type.intervals.iter().chain(&record_type.term) {
            names.extend([start, end]);
        }
        names.extend(record_type.aliases.iter().flat_map(|alias| alias.fields));
        names.extend(record_type.statistics.iter().filter_map(|statistic| match statistic.of {
            Counted::Field(name) | Counted::AgentType(name) => Some(name),
            Counted::Year => None,
        }));
        for part in record_type.label.unwrap_or_default() {
            match part {
                LabelPart::NameOf(name) | LabelPart::With(_, name) => names.push(name),
                LabelPart::Text(_) => {}
            }
        }
        names.extend(record_type.short_name);
        if let Some(publication) = record_type.publication {
            names.push(publication.state);
            names.extend(publication.urls);
        }
        for field in record_type.all() {
            if let Kind::PastDue { date, state, .. } = field.kind {
                names.extend([date, state]);
            }
        }
        names
    }

    fn each_field(
        fields: &[&'static Field],
        visit: &mut dyn FnMut(&[&'static Field], &'static Field),
    ) {
        for field in fields {
            visit(fields, field);
            if let Kind::Object(object) = field.kind.element() {
                each_field(&object.fields.iter().collect::<Vec<_>>(), visit);
            }
        }
    }

    #[test]
    fn takes_examples_from_declared_types() {
        for name in [EXAMPLES.any, EXAMPLES.agent, EXAMPLES.event, EXAMPLES.gap] {
            assert!(CATALOGUE.get(name).is_some(), "{name}");
        }
    }
}
