//! An export as an SQLite database for analysts: plain tables named like the lists, with foreign
//! keys, indexes, and the meaning of each column as a comment in its table.

use std::path::Path;

use super::{Origin, RecordReader};
use serde_json::Value as Json;

use crate::formats::json::to_value;
use crate::model::{Field, Kind, LABEL, RecordType};
use crate::store::connection::AnyConnection;
use crate::store::index::{TypeIndex, join, plain};
use crate::store::insert::Insert;
use crate::store::{Location, Purpose, Snapshot, SqlValue, Statement, StoreError, StoreResult};

/// A table to create.
struct Table {
    name: String,
    columns: Vec<Column>,
    key: Vec<String>,
    doc: String,
}

/// A column to create.
struct Column {
    name: String,
    data: &'static str,
    /// The type of the records that it refers to.
    target: Option<&'static str>,
    doc: String,
}

/// Writes the database into an empty file.
pub(super) fn write(
    snapshot: &mut Snapshot<'_>,
    records: &mut RecordReader<'_>,
    origin: &Origin<'_>,
    path: &Path,
) -> StoreResult<()> {
    let path = path
        .to_str()
        .ok_or_else(|| StoreError::Internal("the path of the file is not UTF-8".to_owned()))?;
    let mut file = Location::Sqlite(path.to_owned()).connect(Purpose::Build)?;
    let indexes = snapshot.indexes;
    let mut tables: Vec<Table> = Vec::new();
    for index in indexes.iter() {
        tables.push(Table::of_records(index.record_type));
        for field in index.record_type.all() {
            tables.extend(
                Table::of_list(index.record_type, field)
                    .filter(|table| tables.iter().all(|other| other.name != table.name)),
            );
        }
    }
    file.run(&format!(
        "PRAGMA user_version = {}; BEGIN",
        origin.revision.min(i64::from(i32::MAX))
    ))?;
    for table in &tables {
        file.run(&table.sql(indexes.iter().map(|index| index.record_type)))?;
    }
    write_about(&mut file, origin)?;
    write_revisions(&mut file, snapshot)?;
    for index in indexes.iter() {
        write_records(&mut file, snapshot, records, index, &tables)?;
    }
    // Indexes created after the rows are smaller.
    for table in &tables {
        for column in table
            .columns
            .iter()
            .filter(|column| column.target.is_some() && !table.key.contains(&column.name))
        {
            file.run(&format!(
                r#"CREATE INDEX "{0}_{1}" ON "{0}" ("{1}")"#,
                table.name, column.name
            ))?;
        }
    }
    for index in indexes.iter() {
        for date in index.record_type.main_date {
            file.run(&format!(r#"CREATE INDEX "{0}_{date}" ON "{0}" ("{date}")"#, index.table()))?;
        }
    }
    file.run("COMMIT")
}

fn write_records(
    file: &mut AnyConnection,
    snapshot: &mut Snapshot<'_>,
    records: &mut RecordReader<'_>,
    index: &TypeIndex,
    tables: &[Table],
) -> StoreResult<()> {
    let insert_into = |name: &str| {
        let table = tables.iter().find(|table| table.name == name);
        Insert::new(
            name,
            table
                .into_iter()
                .flat_map(|table| table.columns.iter().map(|column| column.name.as_str())),
        )
    };
    let record_type = index.record_type;
    let (lists, own): (Vec<&Field>, Vec<&Field>) =
        record_type.all().iter().copied().partition(|field| matches!(field.kind, Kind::List(_)));
    let mut own_rows = insert_into(index.table());
    let mut list_rows: Vec<Insert> =
        lists.iter().map(|field| insert_into(&list_table(record_type, field).0)).collect();
    records.each(snapshot, index, |document| {
        let record = to_value(&document.json)?;
        let mut values = Vec::new();
        own.iter().for_each(|field| push_values(field.kind, &record[field.name], &mut values));
        own_rows.row(file, values)?;
        for (field, rows) in lists.iter().zip(&mut list_rows) {
            let entries = record[field.name].as_array().ok_or_else(|| {
                StoreError::Internal(format!("`{}` of a record is not a list", field.name))
            })?;
            for (position, entry) in (0_i64..).zip(entries) {
                let is_shared = list_table(record_type, field).1;
                let mut values: Vec<SqlValue> =
                    is_shared.then(|| SqlValue::from(record_type.name)).into_iter().collect();
                values.extend([
                    SqlValue::Text(record["id"].as_str().map(str::to_owned)),
                    SqlValue::from(position),
                ]);
                push_values(field.kind.element(), entry, &mut values);
                rows.row(file, values)?;
            }
        }
        Ok(())
    })?;
    own_rows.finish(file)?;
    list_rows.into_iter().try_for_each(|rows| rows.finish(file))
}

/// Returns the table of a list, and whether all record types share it.
fn list_table(record_type: &RecordType, field: &Field) -> (String, bool) {
    match field.shared_table {
        Some(table) => (table.to_owned(), true),
        None => (format!("{}_{}", record_type.plural, field.name), false),
    }
}

/// Writes the description of the dataset.
fn write_about(file: &mut AnyConnection, origin: &Origin<'_>) -> StoreResult<()> {
    file.run(
        "CREATE TABLE \"about\" (\n  \"name\" TEXT NOT NULL PRIMARY KEY,\n  \"value\" TEXT\n)",
    )?;
    let settings = origin.settings;
    let (license, license_url) = origin.license();
    let revision = origin.revision.to_string();
    let cite_as = format!("{}, revision {revision}", settings.title);
    let mut insert = Insert::new("about", ["name", "value"]);
    for (name, value) in [
        ("title", Some(settings.title.as_str())),
        ("description", Some(&settings.description)),
        ("contact", settings.contact.as_deref()),
        ("license", Some(license)),
        ("license_url", license_url),
        ("url", settings.public_url.as_deref()),
        ("revision", Some(&revision)),
        ("recorded_at", origin.recorded_at.as_deref()),
        ("cite_as", Some(&cite_as)),
    ] {
        insert.row(file, [SqlValue::from(name), SqlValue::Text(value.map(str::to_owned))])?;
    }
    insert.finish(file)
}

/// Writes the revisions up to the exported one, for citations and joins.
fn write_revisions(file: &mut AnyConnection, snapshot: &mut Snapshot<'_>) -> StoreResult<()> {
    const COLUMNS: [&str; 5] = ["revision", "recorded_at", "actor", "reason", "kind"];
    const BATCH: usize = 1_000;
    file.run(
        "CREATE TABLE \"revisions\" (\n  \"revision\" INTEGER NOT NULL PRIMARY KEY, -- The number \
        of the revision.\n  \"recorded_at\" TEXT NOT NULL, -- The time of the revision (UTC).\n  \
        \"actor\" TEXT NOT NULL, -- The author.\n  \"reason\" TEXT, -- The reason.\n  \"kind\" \
        TEXT -- The kind of change.\n)",
    )?;
    let mut insert = Insert::new("revisions", COLUMNS);
    let mut after = 0;
    loop {
        let mut select = Statement::new(format!(
            "SELECT {} FROM revisions WHERE revision > ",
            COLUMNS.join(", ")
        ));
        select
            .bind(after)
            .push(" AND revision <= ")
            .bind(snapshot.revision)
            .push(" ORDER BY revision")
            .limit(BATCH);
        let rows = select.rows(snapshot.connection())?;
        for row in &rows {
            insert.row(file, (0..COLUMNS.len()).map(|column| row.value(column)))?;
        }
        match rows.last() {
            Some(last) if rows.len() == BATCH => after = last.required_integer(0)?,
            _ => return insert.finish(file),
        }
    }
}

impl Table {
    fn of_records(record_type: &'static RecordType) -> Self {
        let mut columns = Vec::new();
        for field in record_type
            .all()
            .iter()
            .filter(|field| !matches!(field.kind, Kind::List(_) | Kind::Type))
        {
            columns_of(field.kind, field.name, field.doc, &mut columns);
        }
        Self {
            name: record_type.plural.to_owned(),
            columns,
            key: vec!["id".to_owned()],
            doc: record_type.doc.to_owned(),
        }
    }

    fn of_list(record_type: &'static RecordType, field: &Field) -> Option<Self> {
        let Kind::List(element) = field.kind else { return None };
        let (name, is_shared) = list_table(record_type, field);
        let text = |name: &str, doc: &str, target| Column {
            name: name.to_owned(),
            data: "TEXT",
            target,
            doc: doc.to_owned(),
        };
        let mut columns: Vec<Column> = is_shared
            .then(|| text("record_type", "The type of the record.", None))
            .into_iter()
            .collect();
        // The ids in a shared table belong to several tables.
        let (owner, target) = if is_shared {
            ("record_id".to_owned(), None)
        } else {
            (format!("{}_id", record_type.name), Some(record_type.name))
        };
        columns.push(text(&owner, "The record that the entry belongs to.", target));
        let doc = "The position in the list, starting at 0.".to_owned();
        columns.push(Column { name: "position".to_owned(), data: "INTEGER", target: None, doc });
        let key = columns.iter().map(|column| column.name.clone()).collect();
        columns_of(*element, "", field.doc, &mut columns);
        Some(Self { name, columns, key, doc: field.doc.to_owned() })
    }

    fn sql(&self, record_types: impl Iterator<Item = &'static RecordType>) -> String {
        let tables: Vec<(&str, &str)> =
            record_types.map(|record_type| (record_type.name, record_type.plural)).collect();
        let mut sql = format!("CREATE TABLE \"{}\" ( -- {}\n", self.name, line(&self.doc));
        for column in &self.columns {
            let needed = if self.key.contains(&column.name) { " NOT NULL" } else { "" };
            let table =
                column.target.and_then(|target| tables.iter().find(|(name, _)| *name == target));
            let references = table
                .map(|(_, table)| format!(r#" REFERENCES "{table}" ("id")"#))
                .unwrap_or_default();
            sql.push_str(&format!(
                "  \"{}\" {}{needed}{references}, -- {}\n",
                column.name,
                column.data,
                line(&column.doc)
            ));
        }
        let key: Vec<String> = self.key.iter().map(|name| format!(r#""{name}""#)).collect();
        sql.push_str(&format!("  PRIMARY KEY ({})\n)", key.join(", ")));
        sql
    }
}

/// Returns a text that fits in a line comment.
fn line(doc: &str) -> String {
    doc.replace('\n', " ")
}

fn columns_of(kind: Kind, prefix: &str, doc: &str, columns: &mut Vec<Column>) {
    let mut push = |name: String, data: &'static str, target: Option<&'static str>, doc: String| {
        columns.push(Column { name, data, target, doc });
    };
    match kind {
        Kind::Type => {}
        Kind::Reference(target) => {
            push(reference(prefix, target), "TEXT", Some(target), format!("{doc} Its id."))
        }
        Kind::Agent(record_types) => {
            push(
                join(prefix, "type"),
                "TEXT",
                None,
                format!("{doc} Its type: {}, {LABEL} (a name only).", record_types.join(", ")),
            );
            for target in record_types {
                push(
                    join(prefix, &format!("{target}_id")),
                    "TEXT",
                    Some(*target),
                    format!("{doc} The id of the {target}."),
                );
            }
            push(join(prefix, "name"), "TEXT", None, format!("{doc} Its name."));
        }
        Kind::Object(object) => {
            for member in object.fields {
                columns_of(member.kind, &join(prefix, member.name), member.doc, columns);
            }
        }
        Kind::Integer(..) => push(plain(prefix), "INTEGER", None, doc.to_owned()),
        Kind::PastDue { .. } => push(plain(prefix), "INTEGER", None, format!("{doc} 1 or 0.")),
        Kind::Number => push(plain(prefix), "REAL", None, doc.to_owned()),
        Kind::List(_) => push(plain(prefix), "TEXT", None, format!("{doc} A JSON array.")),
        _ => push(plain(prefix), "TEXT", None, doc.to_owned()),
    }
}

/// Returns the name of the column with the id of a referenced record.
fn reference(prefix: &str, target: &str) -> String {
    if prefix.is_empty() { format!("{target}_id") } else { format!("{prefix}_id") }
}

/// Appends the column values of a field, in the order of [`columns_of`].
fn push_values(kind: Kind, value: &Json, values: &mut Vec<SqlValue>) {
    let text = |value: &Json| SqlValue::Text(value.as_str().map(str::to_owned));
    match kind {
        Kind::Type => {}
        Kind::Reference(_) => values.push(text(&value["id"])),
        Kind::Agent(record_types) => {
            values.push(text(&value["type"]));
            for target in record_types {
                let is_target = value["type"] == **target;
                values.push(if is_target { text(&value["id"]) } else { SqlValue::Text(None) });
            }
            values.push(text(&value["name"]));
        }
        Kind::Object(object) => object
            .fields
            .iter()
            .for_each(|member| push_values(member.kind, &value[member.name], values)),
        Kind::Integer(..) => values.push(SqlValue::Integer(value.as_i64())),
        Kind::PastDue { .. } => values.push(SqlValue::Integer(value.as_bool().map(i64::from))),
        Kind::Number => values.push(SqlValue::Number(value.as_f64())),
        Kind::List(_) => {
            let entries = value.as_array().filter(|entries| !entries.is_empty());
            values.push(SqlValue::Text(entries.map(|_| value.to_string())));
        }
        _ => values.push(text(value)),
    }
}
