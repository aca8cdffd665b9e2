//! Paths to fields in queries, such as `due`, `location.city` or `participants.role`.

use crate::model::text::{COUNTRY, REGION, SLUG};
use crate::model::{Field, Kind, RecordType};
use crate::store::index::{join, plain};

/// A field of a record, or a member of an object in it.
#[derive(Clone, Debug)]
pub struct FieldPath {
    /// The field of the record.
    pub field: &'static Field,
    /// The kind of the values. For a list, it is that of its entries.
    pub kind: Kind,
    /// The prefix of the names of columns.
    pub prefix: String,
    /// Whether the values are in the table of a list.
    pub in_list: bool,
}

/// The operator of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equals any of the values.
    Equals,
    /// Equals none of the values.
    Differs,
    /// Contains the text.
    Contains,
    /// Begins with the text.
    StartsWith,
    /// Is certainly greater.
    Greater,
    /// Is possibly greater or equal.
    AtLeast,
    /// Is certainly less.
    Less,
    /// Is possibly less or equal.
    AtMost,
    /// Is not null.
    Exists,
}

impl Operator {
    /// All operators with their names, which parameters have in brackets.
    pub const ALL: [(&'static str, Operator); 9] = [
        ("", Operator::Equals),
        ("ne", Operator::Differs),
        ("contains", Operator::Contains),
        ("starts_with", Operator::StartsWith),
        ("gt", Operator::Greater),
        ("gte", Operator::AtLeast),
        ("lt", Operator::Less),
        ("lte", Operator::AtMost),
        ("exists", Operator::Exists),
    ];

    /// Returns whether the operator applies to values of this kind.
    pub fn applies_to(self, kind: Kind) -> bool {
        match self {
            Operator::Exists => true,
            Operator::Equals | Operator::Differs => {
                !matches!(kind, Kind::Object(_) | Kind::List(_))
            }
            Operator::Contains | Operator::StartsWith => {
                matches!(kind, Kind::Text(_) | Kind::Label(_) | Kind::Enumeration(_))
            }
            _ => matches!(kind, Kind::Date | Kind::Moment | Kind::Integer(..) | Kind::Number),
        }
    }
}

impl FieldPath {
    /// Resolves a path. A field can be named by its alias.
    pub fn resolve(record_type: &'static RecordType, name: &str) -> Option<Self> {
        let mut steps = name.split('.');
        let first = steps.next()?;
        let all = record_type.all();
        let field = all
            .iter()
            .find(|field| field.name == first)
            .or_else(|| all.iter().find(|field| field.alias == Some(first)))
            .copied()?;
        let in_list = matches!(field.kind, Kind::List(_));
        let mut path = Self {
            field,
            kind: field.kind.element(),
            prefix: if in_list { String::new() } else { field.name.to_owned() },
            in_list,
        };
        for step in steps {
            let Kind::Object(object) = path.kind else { return None };
            let member = object.fields.iter().find(|member| member.name == step)?;
            path.kind = member.kind;
            path.prefix = join(&path.prefix, member.name);
        }
        Some(path)
    }

    /// Limits an agent to these types. Without any, all types match.
    #[must_use]
    pub fn with_agents(mut self, record_types: &'static [&'static str]) -> Self {
        if !record_types.is_empty() && matches!(self.kind, Kind::Agent(_)) {
            self.kind = Kind::Agent(record_types);
        }
        self
    }

    /// Returns all paths that a query of this type can filter by, including aliases.
    pub fn names(record_type: &'static RecordType) -> Vec<String> {
        let mut names = Vec::new();
        for field in record_type.all() {
            names.extend(field.alias.map(str::to_owned));
            add_names(field.name.to_owned(), field.kind.element(), &mut names);
        }
        names
    }

    /// Returns whether lists can be sorted by the values.
    pub fn sortable(&self) -> bool {
        !self.in_list
            && !matches!(
                self.kind,
                Kind::Object(_) | Kind::Agent(_) | Kind::Reference(_) | Kind::List(_)
            )
    }

    /// Returns the name of the column that a list is sorted by.
    pub fn sorted_column(&self) -> String {
        match self.kind {
            Kind::Text(format) if format.folded => join(&plain(&self.prefix), "folded"),
            _ => plain(&self.prefix),
        }
    }

    /// Returns whether the values can be counted as a facet.
    pub fn countable(&self) -> bool {
        match self.kind {
            Kind::Text(format) if std::ptr::eq(format, &SLUG) => {
                self.field.name != "id" && self.in_list
            }
            Kind::Text(format) => std::ptr::eq(format, &REGION) || std::ptr::eq(format, &COUNTRY),
            Kind::Enumeration(_) | Kind::PastDue { .. } | Kind::Reference(_) | Kind::Agent(_) => {
                true
            }
            _ => false,
        }
    }
}

fn add_names(name: String, kind: Kind, names: &mut Vec<String>) {
    if let Kind::Object(object) = kind {
        for member in object.fields {
            add_names(format!("{name}.{}", member.name), member.kind, names);
        }
    }
    names.push(name);
}
