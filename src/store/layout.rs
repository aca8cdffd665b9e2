//! Where each value of a record stands in tables: derived from the record types, never written down twice.
//!
//! A record has a row in the table named by its plural. A list has a table of its own, with a row for each entry. What is
//! compared in folded form has a second column for that form, so that both databases sort and search the same letters.

use crate::model::{Agent, Catalogue, Field, Kind, LabelPart, Record, RecordType, Value, text};

use super::statement::Cell;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Text, compared byte by byte.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Numbers of double precision.
    Number,
}

impl Data {
    /// The type as SQL names it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "bigint",
            Self::Number => "double precision",
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub data: Data,
    /// The type of the records whose ids it holds.
    pub target: Option<&'static str>,
}

/// The tables of a record type.
#[derive(Debug)]
pub struct Layout {
    /// The record type.
    pub record_type: &'static RecordType,
    /// The columns of its written fields, in their order.
    pub columns: Vec<Column>,
    /// The tables of its lists, in the order of the fields.
    pub parts: Vec<Part>,
}

/// The table of a list.
#[derive(Debug)]
pub struct Part {
    /// The field.
    pub field: &'static Field,
    /// The kind of its entries.
    pub element: Kind,
    /// The table.
    pub table: String,
    /// The column that holds the id of the record that the entry belongs to.
    pub owner: String,
    /// The value of `record_type`, where records of all types share the table.
    pub shared: Option<&'static str>,
    /// The columns of an entry.
    pub columns: Vec<Column>,
}

/// Which lists of records are to be read, by their places among the parts: the others are empty, or not wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists(u64);

impl Lists {
    /// All.
    pub const ALL: Self = Self(u64::MAX);

    /// Those that are wanted.
    pub fn those(layout: &Layout, wanted: impl Fn(&Part) -> bool) -> Self {
        Self(layout.parts.iter().enumerate().filter(|(_, part)| wanted(part)).fold(0, |lists, (place, _)| lists | bit(place)))
    }

    /// Those of a record.
    pub fn of(layout: &Layout, record: &Record) -> Self {
        Self::those(layout, |part| !record.value(layout.record_type, part.field.name).is_empty())
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the list in this place may have entries.
    pub fn has(self, place: usize) -> bool {
        self.0 & bit(place) != 0
    }
}

/// Lists beyond the bits that there are share the last.
fn bit(place: usize) -> u64 {
    1 << place.min(63)
}

/// Every layout of a catalogue.
#[derive(Debug)]
pub struct Layouts(Vec<Layout>);

impl Layouts {
    /// The layouts of these record types.
    pub fn new(catalogue: Catalogue) -> Self {
        Self(catalogue.iter().map(Layout::new).collect())
    }

    /// The layout of a record type.
    pub fn of(&self, record_type: &'static RecordType) -> &Layout {
        let at = self.0.iter().position(|layout| std::ptr::eq(layout.record_type, record_type));
        &self.0[at.unwrap_or_default()]
    }

    /// The layout of the type of this name.
    pub fn named(&self, name: &str) -> Option<&Layout> {
        self.0.iter().find(|layout| layout.record_type.name == name)
    }

    /// The layouts, in the order of a bundle.
    pub fn iter(&self) -> impl Iterator<Item = &Layout> {
        self.0.iter()
    }

    /// Every table that has a history, with the columns that the program writes in it.
    pub fn tables(&self) -> Vec<(String, Vec<Column>)> {
        let text = |name: &str| Column { name: name.to_owned(), data: Data::Text, target: None };
        let integer = |name: &str| Column { name: name.to_owned(), data: Data::Integer, target: None };
        let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
        for layout in &self.0 {
            let mut columns = vec![text("id")];
            columns.extend(layout.columns.iter().cloned());
            columns.extend([integer("revision"), text("created_at"), text("updated_at")]);
            tables.push((layout.table().to_owned(), columns));
            for part in &layout.parts {
                if tables.iter().any(|(name, _)| *name == part.table) {
                    continue;
                }
                let mut columns: Vec<Column> = part.shared.map(|_| text("record_type")).into_iter().collect();
                columns.extend([text(&part.owner), integer("position"), integer("revision")]);
                columns.extend(part.columns.iter().cloned());
                tables.push((part.table.clone(), columns));
            }
        }
        tables
    }

    /// Every column that refers to a record of this type: the layout, the part (none: the record's own table) and the column.
    pub fn references_to(&self, target: &str) -> Vec<(&Layout, Option<&Part>, &Column)> {
        let refers = |column: &&Column| column.target == Some(target);
        let mut found = Vec::new();
        for layout in &self.0 {
            found.extend(layout.columns.iter().filter(refers).map(|column| (layout, None, column)));
            for part in &layout.parts {
                found.extend(part.columns.iter().filter(refers).map(|column| (layout, Some(part), column)));
            }
        }
        found
    }
}

impl Layout {
    fn new(record_type: &'static RecordType) -> Self {
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for field in record_type.written() {
            match field.kind {
                Kind::List(element) => parts.push(Part::new(record_type, field, *element)),
                kind => columns.extend(columns_of(kind, field.name)),
            }
        }
        Self { record_type, columns, parts }
    }

    /// The table of the records.
    pub fn table(&self) -> &'static str {
        self.record_type.plural
    }

    /// The part of a field, where it is a list.
    pub fn part(&self, field: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.field.name == field)
    }
}

impl Part {
    fn new(record_type: &'static RecordType, field: &'static Field, element: Kind) -> Self {
        let shared = matches!(field.name, "sources" | "documents").then_some(record_type.name);
        let (table, owner) = match (shared, field.name) {
            (Some(_), "sources") => ("source_links".to_owned(), "record_id".to_owned()),
            (Some(_), _) => ("document_links".to_owned(), "record_id".to_owned()),
            (None, name) => (format!("{}_{name}", record_type.plural), format!("{}_id", record_type.name)),
        };
        Self { field, element, table, owner, shared, columns: columns_of(element, "") }
    }
}

/// The name of a column for a member of what stands under the prefix.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}_{name}") }
}

/// The name of the column that holds a value; `value` for the entries of a list of plain values.
pub fn plain(prefix: &str) -> String {
    if prefix.is_empty() { "value".to_owned() } else { prefix.to_owned() }
}

/// The name of the column that holds the id of a referred record.
pub fn reference(prefix: &str, target: &str) -> String {
    if prefix.is_empty() { format!("{target}_id") } else { format!("{prefix}_id") }
}

/// The columns in which a value of this kind is stored.
pub fn columns_of(kind: Kind, prefix: &str) -> Vec<Column> {
    let column = |name: String, data: Data| Column { name, data, target: None };
    match kind {
        Kind::Text(format) if format.folded => vec![column(plain(prefix), Data::Text), column(join(&plain(prefix), "folded"), Data::Text)],
        Kind::Text(_) | Kind::Enumeration(_) | Kind::Date | Kind::Moment | Kind::List(_) => vec![column(plain(prefix), Data::Text)],
        Kind::Integer(..) => vec![column(plain(prefix), Data::Integer)],
        Kind::Number => vec![column(plain(prefix), Data::Number)],
        Kind::Reference(target) => vec![Column { name: reference(prefix, target), data: Data::Text, target: Some(target) }],
        Kind::Agent => Agent::TARGETS
            .into_iter()
            .map(|target| Column { name: join(prefix, &format!("{target}_id")), data: Data::Text, target: Some(target) })
            .chain([column(join(prefix, "label"), Data::Text), column(join(prefix, "label_folded"), Data::Text)])
            .collect(),
        Kind::Object(object) => object.fields.iter().flat_map(|member| columns_of(member.kind, &join(prefix, member.name))).collect(),
        Kind::Type | Kind::Label(_) | Kind::PastDue { .. } => Vec::new(),
    }
}

/// Adds the cells of a value, in the order of [`columns_of`].
pub fn cells_of(kind: Kind, value: &Value, cells: &mut Vec<Cell>) {
    let text = |value: &Value| Cell::Text(value.as_text().map(str::to_owned));
    match (kind, value) {
        (Kind::Text(format), value) if format.folded => {
            cells.push(text(value));
            cells.push(Cell::Text(value.as_text().map(text::fold)));
        }
        (Kind::Integer(..), Value::Integer(number)) => cells.push(Cell::Integer(Some(*number))),
        (Kind::Number, Value::Number(number)) => cells.push(Cell::Number(Some(*number))),
        (Kind::Moment, Value::Moment(moment)) => cells.push(Cell::from(moment.to_string())),
        (Kind::Integer(..), _) => cells.push(Cell::Integer(None)),
        (Kind::Number, _) => cells.push(Cell::Number(None)),
        (Kind::Agent, Value::Agent(agent)) => cells.extend(match agent {
            Agent::Person(id) => [Cell::from(id.as_str()), Cell::Text(None), Cell::Text(None), Cell::Text(None)],
            Agent::Organization(id) => [Cell::Text(None), Cell::from(id.as_str()), Cell::Text(None), Cell::Text(None)],
            Agent::Label(name) => [Cell::Text(None), Cell::Text(None), Cell::from(name.as_str()), Cell::from(text::fold(name))],
        }),
        (Kind::Agent, _) => cells.extend([Cell::Text(None), Cell::Text(None), Cell::Text(None), Cell::Text(None)]),
        (Kind::Object(object), Value::Object(members)) => {
            for (member, value) in object.fields.iter().zip(members) {
                cells_of(member.kind, value, cells);
            }
        }
        (Kind::Object(object), _) => {
            for member in object.fields {
                cells_of(member.kind, &Value::Null, cells);
            }
        }
        // A list inside an entry of a list: words only, as a JSON array.
        (Kind::List(_), Value::List(entries)) => {
            let words: Vec<&str> = entries.iter().filter_map(Value::as_text).collect();
            cells.push(Cell::Text((!words.is_empty()).then(|| serde_json::json!(words).to_string())));
        }
        (Kind::Type | Kind::Label(_) | Kind::PastDue { .. }, _) => {}
        (_, value) => cells.push(text(value)),
    }
}

/// How many columns of a query's result a value takes.
pub fn width(kind: Kind) -> usize {
    match kind {
        Kind::Type => 0,
        Kind::Reference(_) => 2,
        Kind::Agent => 3,
        Kind::Object(object) => object.fields.iter().map(|member| width(member.kind)).sum(),
        _ => 1,
    }
}

/// Adds the expressions that read a value of this kind from the table with this alias: as many as its [`width`].
///
/// The columns for the names of what is referred to are left empty, for `store::names` to fill.
pub fn selection_of(kind: Kind, prefix: &str, alias: &str, layouts: &Layouts, today: &str, out: &mut Vec<String>) {
    match kind {
        Kind::Type => {}
        Kind::Reference(target) => {
            out.push(format!(r#"{alias}."{}""#, reference(prefix, target)));
            out.push("NULL".to_owned());
        }
        Kind::Agent => {
            out.extend(Agent::TARGETS.map(|target| format!(r#"{alias}."{}""#, join(prefix, &format!("{target}_id")))));
            out.push(format!(r#"{alias}."{}""#, join(prefix, "label")));
        }
        Kind::Object(object) => {
            for member in object.fields {
                selection_of(member.kind, &join(prefix, member.name), alias, layouts, today, out);
            }
        }
        Kind::Label(parts) => out.push(label(parts, alias, "name", layouts)),
        Kind::PastDue { date, state, ended } => out.push(past_due(date, state, ended, alias, today)),
        _ => out.push(format!(r#"{alias}."{}""#, plain(prefix))),
    }
}

/// The name of a record of this type, by the column that holds its id; `name_folded` gives it as it is compared.
pub fn name_of(target: &str, id: &str, name: &str, layouts: &Layouts) -> String {
    let table = layouts.named(target).map_or("", |layout| layout.table());
    format!(r#"(SELECT n."{name}" FROM "{table}" n WHERE n."id" = {id})"#)
}

/// What a record is called, stored or computed, as an expression over its table, which is `t`.
pub fn name_expression(record_type: &'static RecordType, layouts: &Layouts) -> String {
    record_type.label.map_or_else(|| r#"t."name""#.to_owned(), |parts| label(parts, "t", "name", layouts))
}

/// A computed name, as an expression over the table with this alias.
pub fn label(parts: &[LabelPart], alias: &str, name: &str, layouts: &Layouts) -> String {
    let folded = name.ends_with("folded");
    let quote = |text: &str| format!("'{}'", (if folded { text::fold(text) } else { text.to_owned() }).replace('\'', "''"));
    let expressions: Vec<String> = parts
        .iter()
        .map(|part| match part {
            LabelPart::Text(text) => quote(text),
            LabelPart::With(text, field) => format!(r#"coalesce({} || CAST({alias}."{field}" AS text), '')"#, quote(text)),
            LabelPart::NameOf(field) => {
                // Only references and agents are named in labels; the columns tell which of the two a field is.
                let ids = layouts.iter().filter_map(|layout| layout.record_type.label.map(|own| (layout, own)));
                let layout = ids.into_iter().find(|(_, own)| std::ptr::eq(own.as_ptr(), parts.as_ptr())).map(|(layout, _)| layout);
                let kind = layout.and_then(|layout| layout.record_type.field(field)).map_or(Kind::Agent, |field| field.kind);
                let mut names: Vec<String> = kind
                    .targets()
                    .iter()
                    .map(|target| {
                        let column =
                            if matches!(kind, Kind::Agent) { join(field, &format!("{target}_id")) } else { reference(field, target) };
                        name_of(target, &format!(r#"{alias}."{column}""#), name, layouts)
                    })
                    .collect();
                if matches!(kind, Kind::Agent) {
                    names.push(format!(r#"{alias}."{field}_{}""#, if folded { "label_folded" } else { "label" }));
                }
                format!("coalesce({}, '')", names.join(", "))
            }
        })
        .collect();
    format!("({})", expressions.join(" || "))
}

/// The date that a record is dated by, as an expression over the table with this alias.
pub fn main_date(record_type: &'static RecordType, alias: &str) -> String {
    let column = |name: &&str| match record_type.field(name).map(|field| field.kind) {
        Some(Kind::Integer(..)) => format!(r#"CAST({alias}."{name}" AS text)"#),
        _ => format!(r#"{alias}."{name}""#),
    };
    match record_type.main_date {
        [only] => column(only),
        several => format!("coalesce({})", several.iter().map(column).collect::<Vec<_>>().join(", ")),
    }
}

/// Whether a date has certainly passed on this day, as 1 or 0.
fn past_due(date: &str, state: &str, ended: &[&str], alias: &str, today: &str) -> String {
    let ended: Vec<String> = ended.iter().map(|word| format!("'{word}'")).collect();
    let (year, month) = (&today[..4], &today[..7]);
    format!(
        r#"CAST(CASE WHEN {alias}."{date}" < '{today}' AND {alias}."{date}" NOT IN ('{year}', '{month}') AND {alias}."{state}" NOT IN ({}) THEN 1 ELSE 0 END AS bigint)"#,
        ended.join(", ")
    )
}
