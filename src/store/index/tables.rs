//! The schema of the index tables, derived from the declarations: one table for each record type,
//! and one for each of its lists.
//!
//! They contain the values that filters, sorts and facets compare, in the form in which they are
//! compared. No record is read from them. A row is valid from `valid_from` until `superseded_at`,
//! and is replaced only when it changes.

use crate::model::{Catalogue, Choice, Field, Kind, LabelPart, RecordType};

/// The value of `superseded_at` of live rows. It is greater than any revision, and takes half as
/// much space in SQLite's files as the greatest 64-bit integer.
pub const LIVE: i64 = 2_147_483_647;

/// Returns the condition that a row is of the past. The indexes of past entries have the same
/// condition: SQLite uses them only if it is identical.
pub fn is_past() -> String {
    format!(r#""superseded_at" < {LIVE}"#)
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Text, compared byte by byte.
    Text,
    /// A 64-bit integer.
    Integer,
    /// A double-precision number.
    Number,
}

impl Data {
    /// Returns the SQL name of the type.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "bigint",
            Self::Number => "double precision",
        }
    }
}

/// A column of an index table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name of the column.
    pub name: String,
    /// The type of the column.
    pub data: Data,
    /// Whether the column has an index.
    pub indexed: bool,
}

/// The index tables of a record type.
#[derive(Debug)]
pub struct TypeIndex {
    /// The record type.
    pub record_type: &'static RecordType,
    /// The columns of fields that are not lists.
    pub columns: Vec<Column>,
    /// The tables of lists, in the order of the fields.
    pub lists: Vec<ListTable>,
}

/// The index table of a list.
#[derive(Debug)]
pub struct ListTable {
    /// The field.
    pub field: &'static Field,
    /// The kind of its entries.
    pub element: Kind,
    /// The name of the table.
    pub table: String,
    /// The columns of the record's enumerations, for filters by both a list and an enumeration.
    pub of_record: Vec<Column>,
    /// The columns of an entry.
    pub columns: Vec<Column>,
}

/// The index tables of all record types.
#[derive(Debug)]
pub struct Indexes(Vec<TypeIndex>);

impl Indexes {
    /// Creates the schema for these record types.
    pub fn new(catalogue: Catalogue) -> Self {
        Self(catalogue.iter().map(TypeIndex::new).collect())
    }

    /// Returns the index tables of a record type in the catalogue.
    pub fn of(&self, record_type: &'static RecordType) -> &TypeIndex {
        let at = self.0.iter().position(|index| std::ptr::eq(index.record_type, record_type));
        &self.0[at.unwrap_or_else(|| unreachable!("{} is not in the catalogue", record_type.name))]
    }

    /// Returns the index tables of the type with this name.
    pub fn named(&self, name: &str) -> Option<&TypeIndex> {
        self.0.iter().find(|index| index.record_type.name == name)
    }

    /// Returns the names of the types whose records are agents.
    pub fn agents(&self) -> impl Iterator<Item = &'static str> {
        let record_types = self.0.iter().map(|index| index.record_type);
        record_types.filter(|record_type| record_type.is_agent).map(|record_type| record_type.name)
    }

    /// Returns the index tables of all types, in the order of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = &TypeIndex> {
        self.0.iter()
    }

    /// Returns the types with computed names.
    pub fn labeled(&self) -> impl Iterator<Item = &'static RecordType> {
        self.iter().map(|index| index.record_type).filter(|record_type| record_type.label.is_some())
    }

    /// Returns the statements that create the tables and their indexes.
    pub fn ddl(&self, collation: &str, without_rowid: &str) -> Vec<String> {
        let mut statements = Vec::new();
        for index in &self.0 {
            index.ddl(collation, without_rowid, &mut statements);
            for list in &index.lists {
                list.ddl(collation, without_rowid, &mut statements);
            }
        }
        statements
    }
}

impl TypeIndex {
    fn new(record_type: &'static RecordType) -> Self {
        let mut columns = Vec::new();
        if record_type.label.is_some() {
            columns.extend([text("name", false), text("name_folded", true)]);
        }
        let mut lists = Vec::new();
        for field in record_type.written() {
            if let Kind::List(element) = field.kind {
                lists.push(ListTable::new(record_type, field, *element));
                continue;
            }
            let from = columns.len();
            columns_of(field.kind, field.name, &mut columns);
            for column in &mut columns[from..] {
                column.indexed |= match field.name {
                    "name" => column.name == "name_folded",
                    name => field.indexed || record_type.main_date.contains(&name),
                };
            }
        }
        columns.extend([
            Column { name: "revision".to_owned(), data: Data::Integer, indexed: false },
            text("created_at", false),
            text("updated_at", true),
        ]);
        Self { record_type, columns, lists }
    }

    /// Returns the name of the table of records.
    pub fn table(&self) -> &'static str {
        self.record_type.plural
    }

    /// Returns the table of a list.
    pub fn list(&self, field: &str) -> Option<&ListTable> {
        self.lists.iter().find(|list| list.field.name == field)
    }

    /// Returns whether an index returns records in the order of a column and then of ids.
    pub fn has_order(&self, column: &str) -> bool {
        column == "id" || self.columns.iter().any(|other| other.name == column && other.indexed)
    }

    fn ddl(&self, collation: &str, without_rowid: &str, statements: &mut Vec<String>) {
        let table = self.table();
        let mut sql = format!(
            r#"CREATE TABLE "{table}" ("record_key" bigint NOT NULL, "valid_from" bigint NOT NULL,
                "superseded_at" bigint NOT NULL, "id" text{collation} NOT NULL"#
        );
        for column in &self.columns {
            sql.push_str(&column.definition(collation));
        }
        sql.push_str(r#", PRIMARY KEY ("record_key", "superseded_at"))"#);
        sql.push_str(without_rowid);
        statements.push(sql);
        let ids = std::iter::once(("id", r#""id""#.to_owned()));
        let others = self.columns.iter().filter(|column| column.indexed);
        let others =
            others.map(|column| (column.name.as_str(), format!(r#""{}", "id""#, column.name)));
        // Indexes contain the validity, so they suffice for queries of any revision.
        for (name, columns) in ids.chain(others) {
            // Most references are null, and nothing is ordered by them.
            let known = if name.ends_with("_key") {
                format!(r#" WHERE "{name}" IS NOT NULL"#)
            } else {
                String::new()
            };
            statements.push(format!(
                r#"CREATE INDEX "{table}_{name}"
                    ON "{table}" ({columns}, "superseded_at", "valid_from", "record_key"){known}"#
            ));
        }
        // After a bulk import, all records have the same time. An order with mostly ties needs its
        // own index.
        statements.push(format!(
            r#"CREATE INDEX "{table}_latest" ON "{table}" ("updated_at" DESC, "id", "record_key")
                WHERE "superseded_at" = {LIVE}"#
        ));
    }
}

impl ListTable {
    fn new(record_type: &'static RecordType, field: &'static Field, element: Kind) -> Self {
        let mut columns = Vec::new();
        columns_of(element, "", &mut columns);
        for column in
            columns.iter_mut().filter(|column| matches!(column.name.as_str(), "value" | "label"))
        {
            column.indexed = true;
        }
        let of_record = enumerations(record_type)
            .map(|(field, _)| Column {
                name: enumeration_column(field.name),
                data: Data::Integer,
                indexed: false,
            })
            .collect();
        let table = format!("{}_{}", record_type.plural, field.name);
        Self { field, element, table, of_record, columns }
    }

    fn ddl(&self, collation: &str, without_rowid: &str, statements: &mut Vec<String>) {
        let table = &self.table;
        // With the main date and the id of the record, the index has its latest records first.
        let mut sql = format!(
            r#"CREATE TABLE "{table}" ("record_key" bigint NOT NULL, "valid_from" bigint NOT NULL,
                "position" bigint NOT NULL, "superseded_at" bigint NOT NULL,
                "main_date" text{collation}, "id" text{collation} NOT NULL"#
        );
        for column in self.of_record.iter().chain(&self.columns) {
            sql.push_str(&column.definition(collation));
        }
        sql.push_str(r#", PRIMARY KEY ("record_key", "superseded_at", "position"))"#);
        sql.push_str(without_rowid);
        statements.push(sql);
        let of_record: String =
            self.of_record.iter().map(|column| format!(r#", "{}""#, column.name)).collect();
        for column in self.columns.iter().filter(|column| column.indexed) {
            let name = &column.name;
            statements.push(format!(
                r#"CREATE INDEX "{table}_{name}"
                    ON "{table}" ("{name}", "main_date" DESC, "id", "superseded_at", "valid_from",
                    "record_key"{of_record})"#
            ));
            // Counts subtract past entries: see `ListIndexScan::count`.
            if !self.repeats() && name != "label" {
                statements.push(format!(
                    r#"CREATE INDEX "{table}_{name}_past" ON "{table}" ("{name}", "main_date")
                        WHERE {}"#,
                    is_past()
                ));
            }
        }
    }
}

impl Column {
    fn definition(&self, collation: &str) -> String {
        let collation = if self.data == Data::Text { collation } else { "" };
        format!(r#", "{}" {}{collation}"#, self.name, self.data.sql())
    }
}

/// Returns the name of the column of an object's member.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}_{name}") }
}

/// Returns the name of the column of a value. It is `value` for entries of a list of plain values.
pub fn plain(prefix: &str) -> String {
    if prefix.is_empty() { "value".to_owned() } else { prefix.to_owned() }
}

/// Returns the name of the column with the key of a referenced record or agent.
pub fn key_column(kind: Kind, prefix: &str) -> String {
    match kind {
        Kind::Reference(target) if prefix.is_empty() => format!("{target}_key"),
        _ if prefix.is_empty() => "agent_key".to_owned(),
        _ => format!("{prefix}_key"),
    }
}

/// Returns whether equality compares the digest of a value instead of its text, which is long.
pub fn has_digest(kind: Kind) -> bool {
    matches!(kind, Kind::Text(format) if format.folded && format.multiline)
}

/// Returns the name of the column that equality compares: the text, or its digest.
pub fn exact_column(kind: Kind, prefix: &str) -> String {
    if has_digest(kind) { join(&plain(prefix), "digest") } else { plain(prefix) }
}

fn text(name: &str, indexed: bool) -> Column {
    Column { name: name.to_owned(), data: Data::Text, indexed }
}

/// Adds the columns of a value of this kind.
pub fn columns_of(kind: Kind, prefix: &str, columns: &mut Vec<Column>) {
    match kind {
        Kind::Text(format) if format.folded => {
            columns.push(text(&exact_column(kind, prefix), false));
            columns.push(text(&join(&plain(prefix), "folded"), false));
        }
        Kind::Enumeration(_) | Kind::Date => columns.push(text(&plain(prefix), true)),
        Kind::Text(_) | Kind::Moment => columns.push(text(&plain(prefix), false)),
        // For a list within an entry, the number of its entries.
        Kind::Integer(..) | Kind::List(_) => {
            columns.push(Column { name: plain(prefix), data: Data::Integer, indexed: false });
        }
        Kind::Number => {
            columns.push(Column { name: plain(prefix), data: Data::Number, indexed: false })
        }
        Kind::Reference(_) => {
            columns.push(Column {
                name: key_column(kind, prefix),
                data: Data::Integer,
                indexed: true,
            });
        }
        Kind::Agent(_) => columns.extend([
            Column { name: key_column(kind, prefix), data: Data::Integer, indexed: true },
            text(&join(prefix, "label"), false),
            text(&join(prefix, "label_folded"), false),
        ]),
        Kind::Object(object) => {
            for member in object.fields {
                columns_of(member.kind, &join(prefix, member.name), columns);
            }
        }
        Kind::Type | Kind::Label(_) | Kind::PastDue { .. } => {}
    }
}

/// Returns the enumerations of a record type, with their choices.
pub fn enumerations(
    record_type: &'static RecordType,
) -> impl Iterator<Item = (&'static Field, &'static [Choice])> {
    record_type.written().filter_map(|field| match field.kind {
        Kind::Enumeration(choices) => Some((field, choices)),
        _ => None,
    })
}

/// Returns the name of the column of a record's enumeration in the tables of its lists.
pub fn enumeration_column(field: &str) -> String {
    format!("record_{field}")
}

/// Returns the number of a choice in such a column. Numbers take less space than texts.
pub fn choice_number(choices: &[Choice], value: &str) -> i64 {
    let at = choices.iter().position(|choice| choice.value == value).unwrap_or(choices.len());
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// Returns the SQL expression of a record's main date in the table with this alias.
pub fn main_date(record_type: &'static RecordType, alias: &str) -> String {
    let column = |name: &&str| match record_type.field(name).map(|field| field.kind) {
        Some(Kind::Integer(..)) => format!(r#"CAST({alias}."{name}" AS text)"#),
        _ => format!(r#"{alias}."{name}""#),
    };
    match record_type.main_date {
        [] => "CAST(NULL AS text)".to_owned(),
        [only] => column(only),
        several => {
            format!("coalesce({})", several.iter().map(column).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns the SQL expression of whether a date has certainly passed on this day, as 1 or 0.
pub fn past_due(date: &str, state: &str, ended: &[&str], alias: &str, today: &str) -> String {
    let ended: Vec<String> = ended.iter().map(|word| format!("'{word}'")).collect();
    let (year, month) = (&today[..4], &today[..7]);
    format!(
        r#"CAST(CASE WHEN {alias}."{date}" < '{today}' AND {alias}."{date}" NOT
            IN ('{year}', '{month}') AND {alias}."{state}" NOT IN ({}) THEN 1
            ELSE 0 END AS bigint)"#,
        ended.join(", ")
    )
}

/// Returns the fields that refer to the records whose names are part of a computed name.
pub fn named_fields(parts: &'static [LabelPart]) -> impl Iterator<Item = &'static str> {
    parts.iter().filter_map(|part| match part {
        LabelPart::NameOf(field) => Some(*field),
        _ => None,
    })
}
