//! The record as an SQLite database for analysts: plain tables named as the lists are, with their references and indexes,
//! and what each column means in the text of its table. A program that reads it needs to know nothing of this one.

use std::path::Path;

use super::{Origin, Walk};
use crate::model::{Agent, Field, Kind, RecordType};
use crate::store::connection::AnyConnection;
use crate::store::insert::Insert;
use crate::store::layout::{Layout, join, plain, reference, width};
use crate::store::records::RecordRow;
use crate::store::{Cell, Location, Purpose, Row, Snapshot, Statement, StoreError, StoreResult};

/// A table, as it is made.
struct Table {
    name: String,
    columns: Vec<Column>,
    key: Vec<String>,
    doc: String,
}

/// A column, as it is made.
struct Column {
    name: String,
    data: &'static str,
    /// The type whose records it refers to.
    target: Option<&'static str>,
    doc: String,
}

/// Writes the database into an empty file.
pub(super) fn write(snapshot: &mut Snapshot<'_>, records: &mut Walk<'_>, origin: &Origin<'_>, path: &Path) -> StoreResult<()> {
    let path = path.to_str().ok_or_else(|| StoreError::Internal("the path of the file is no text".to_owned()))?;
    let mut file = Location::Sqlite(path.to_owned()).connect(Purpose::Build)?;
    let layouts = snapshot.layouts;
    let mut tables: Vec<Table> = Vec::new();
    for layout in layouts.iter() {
        tables.push(Table::of_records(layout.record_type));
        for part in layout.record_type.all() {
            tables.extend(Table::of_list(layout, part).filter(|table| tables.iter().all(|other| other.name != table.name)));
        }
    }
    file.run(&format!("PRAGMA user_version = {}; BEGIN", origin.revision.min(i64::from(i32::MAX))))?;
    for table in &tables {
        file.run(&table.sql(layouts.iter().map(|layout| layout.record_type)))?;
    }
    write_about(&mut file, origin)?;
    write_revisions(&mut file, snapshot)?;
    for layout in layouts.iter() {
        write_records(&mut file, snapshot, records, layout, &tables)?;
    }
    // Indexes that are made last are made whole, and small.
    for table in &tables {
        for column in table.columns.iter().filter(|column| column.target.is_some() && !table.key.contains(&column.name)) {
            file.run(&format!(r#"CREATE INDEX "{0}_{1}" ON "{0}" ("{1}")"#, table.name, column.name))?;
        }
    }
    for layout in layouts.iter() {
        for date in layout.record_type.main_date {
            file.run(&format!(r#"CREATE INDEX "{0}_{date}" ON "{0}" ("{date}")"#, layout.table()))?;
        }
    }
    file.run("COMMIT")
}

fn write_records(
    file: &mut AnyConnection,
    snapshot: &mut Snapshot<'_>,
    records: &mut Walk<'_>,
    layout: &Layout,
    tables: &[Table],
) -> StoreResult<()> {
    let insert_into = |name: &str| {
        let table = tables.iter().find(|table| table.name == name);
        Insert::new(name, table.into_iter().flat_map(|table| table.columns.iter().map(|column| column.name.as_str())))
    };
    let mut own = insert_into(layout.table());
    let mut lists: Vec<Insert> = layout.parts.iter().map(|part| insert_into(&part.table)).collect();
    records.each(snapshot, layout, |record| {
        own.row(file, own_cells(record))?;
        for (index, part) in layout.parts.iter().enumerate() {
            for (position, entry) in record.entries(index).iter().enumerate() {
                let mut cells: Vec<Cell> = part.shared.map(Cell::from).into_iter().collect();
                cells.extend([Cell::from(record.id()), Cell::from(position as i64)]);
                cells_of(part.element, entry, &mut 1, &mut cells);
                lists[index].row(file, cells)?;
            }
        }
        Ok(())
    })?;
    own.finish(file)?;
    lists.into_iter().try_for_each(|list| list.finish(file))
}

/// What the file tells of itself.
fn write_about(file: &mut AnyConnection, origin: &Origin<'_>) -> StoreResult<()> {
    file.run("CREATE TABLE \"about\" (\n  \"name\" TEXT NOT NULL PRIMARY KEY,\n  \"value\" TEXT\n)")?;
    let settings = origin.settings;
    let (license, license_url) = origin.license();
    let revision = origin.revision.to_string();
    let cite_as = format!("{}, revision {revision}", settings.title);
    let mut insert = Insert::new("about", ["name", "value"]);
    for (name, value) in [
        ("title", Some(settings.title.as_str())),
        ("description", Some(&settings.description)),
        ("contact", Some(&settings.contact)),
        ("license", license),
        ("license_url", license_url),
        ("url", settings.public_url.as_deref()),
        ("revision", Some(&revision)),
        ("recorded_at", origin.recorded_at.as_deref()),
        ("cite_as", Some(&cite_as)),
    ] {
        insert.row(file, [Cell::from(name), Cell::Text(value.map(str::to_owned))])?;
    }
    insert.finish(file)
}

/// The revisions up to the one that is written, for citing and for joining with the `revision` of each record.
fn write_revisions(file: &mut AnyConnection, snapshot: &mut Snapshot<'_>) -> StoreResult<()> {
    const COLUMNS: [&str; 5] = ["revision", "recorded_at", "actor", "reason", "kind"];
    const BATCH: usize = 1_000;
    file.run(
        "CREATE TABLE \"revisions\" (\n  \"revision\" INTEGER NOT NULL PRIMARY KEY, -- The number of the revision.\n  \"recorded_at\" TEXT NOT NULL, -- When it was made (UTC).\n  \"actor\" TEXT NOT NULL, -- Who made it.\n  \"reason\" TEXT, -- Why.\n  \"kind\" TEXT -- What kind of change it is.\n)",
    )?;
    let mut insert = Insert::new("revisions", COLUMNS);
    let mut after = 0;
    loop {
        let mut select = Statement::new(format!("SELECT {} FROM revisions WHERE revision > ", COLUMNS.join(", ")));
        select.bind(after).push(" AND revision <= ").bind(snapshot.revision).push(" ORDER BY revision").limit(BATCH);
        let rows = select.rows(snapshot.connection)?;
        for row in &rows {
            insert.row(file, (0..COLUMNS.len()).map(|column| row.cell(column)))?;
        }
        after = rows.last().and_then(|row| row.integer(0)).unwrap_or(after);
        if rows.len() < BATCH {
            return insert.finish(file);
        }
    }
}

impl Table {
    fn of_records(record_type: &'static RecordType) -> Self {
        let mut columns = Vec::new();
        for field in record_type.all().iter().filter(|field| !matches!(field.kind, Kind::List(_) | Kind::Type)) {
            columns_of(field.kind, field.name, field.doc, &mut columns);
        }
        Self { name: record_type.plural.to_owned(), columns, key: vec!["id".to_owned()], doc: record_type.doc.to_owned() }
    }

    fn of_list(layout: &Layout, field: &Field) -> Option<Self> {
        let part = layout.part(field.name)?;
        let text = |name: &str, doc: String, target| Column { name: name.to_owned(), data: "TEXT", target, doc };
        let kind = layout.record_type.name;
        let mut columns: Vec<Column> =
            part.shared.map(|_| text("record_type", "The type of the record.".to_owned(), None)).into_iter().collect();
        // An id in a table that all types share refers to no table in particular.
        let owner = part.shared.is_none().then_some(kind);
        columns.push(text(&part.owner, "The record that the entry belongs to.".to_owned(), owner));
        columns.push(Column {
            name: "position".to_owned(),
            data: "INTEGER",
            target: None,
            doc: "Its place in the list, from 0.".to_owned(),
        });
        let key = columns.iter().map(|column| column.name.clone()).collect();
        columns_of(part.element, "", field.doc, &mut columns);
        Some(Self { name: part.table.clone(), columns, key, doc: field.doc.to_owned() })
    }

    fn sql(&self, record_types: impl Iterator<Item = &'static RecordType>) -> String {
        let tables: Vec<(&str, &str)> = record_types.map(|record_type| (record_type.name, record_type.plural)).collect();
        let mut sql = format!("CREATE TABLE \"{}\" ( -- {}\n", self.name, line(&self.doc));
        for column in &self.columns {
            let needed = if self.key.contains(&column.name) { " NOT NULL" } else { "" };
            let table = column.target.and_then(|target| tables.iter().find(|(name, _)| *name == target));
            let references = table.map(|(_, table)| format!(r#" REFERENCES "{table}" ("id")"#)).unwrap_or_default();
            sql.push_str(&format!("  \"{}\" {}{needed}{references}, -- {}\n", column.name, column.data, line(&column.doc)));
        }
        let key: Vec<String> = self.key.iter().map(|name| format!(r#""{name}""#)).collect();
        sql.push_str(&format!("  PRIMARY KEY ({})\n)", key.join(", ")));
        sql
    }
}

/// A text as a comment that ends with its line.
fn line(doc: &str) -> String {
    doc.replace('\n', " ")
}

fn columns_of(kind: Kind, prefix: &str, doc: &str, columns: &mut Vec<Column>) {
    let mut push = |name: String, data: &'static str, target: Option<&'static str>, doc: String| {
        columns.push(Column { name, data, target, doc });
    };
    match kind {
        Kind::Type => {}
        Kind::Reference(target) => push(reference(prefix, target), "TEXT", Some(target), format!("{doc} Its id.")),
        Kind::Agent => {
            push(
                join(prefix, "type"),
                "TEXT",
                None,
                format!("{doc} What it is: person, organization, or label where the source gives a name alone."),
            );
            for target in Agent::TARGETS {
                push(join(prefix, &format!("{target}_id")), "TEXT", Some(target), format!("{doc} The id of the {target}."));
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

/// The cells of a record's own row, in the order of its table's columns.
fn own_cells(record: RecordRow<'_>) -> Vec<Cell> {
    let (mut cells, mut at) = (Vec::new(), 0);
    for field in record.layout().record_type.all() {
        if !matches!(field.kind, Kind::List(_)) {
            cells_of(field.kind, record.row, &mut at, &mut cells);
        }
    }
    cells
}

/// Adds the cells of the value that begins at a column of a row that was read, and goes on to the next.
fn cells_of(kind: Kind, row: &Row, at: &mut usize, cells: &mut Vec<Cell>) {
    match kind {
        Kind::Type => {}
        Kind::Reference(_) => cells.push(row.cell(*at)),
        Kind::Agent => {
            let known = Agent::TARGETS.into_iter().enumerate().find(|(offset, _)| !row.is_null(*at + offset)).map(|(_, target)| target);
            let label = (!row.is_null(*at + Agent::TARGETS.len())).then_some("label");
            cells.push(Cell::Text(known.or(label).map(str::to_owned)));
            cells.extend((0..=Agent::TARGETS.len()).map(|offset| row.cell(*at + offset)));
        }
        Kind::Object(object) => {
            object.fields.iter().for_each(|member| cells_of(member.kind, row, at, cells));
            return;
        }
        _ => cells.push(row.cell(*at)),
    }
    *at += width(kind);
}
