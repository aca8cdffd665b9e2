//! Records as they are read: rows of their own table, and for the whole page the rows of each list, one statement a list.

use std::collections::HashMap;
use std::ops::Range;

use super::connection::AnyConnection;
use super::dialect::any_of;
use super::error::StoreResult;
use super::layout::{Layout, Layouts, Lists, Part, selection_of, width};
use super::names::{self, Referring};
use super::statement::{Row, Statement};
use crate::model::{Field, Kind};

/// Records of one type, in the order of the query that found them.
#[derive(Debug)]
pub struct Records<'l> {
    /// Where their values stand.
    pub layout: &'l Layout,
    rows: Vec<Row>,
    parts: Vec<PartRows>,
    /// The places of the rows, in the order in which the records are told.
    order: Vec<usize>,
}

/// Records whose lists one statement reads.
const LISTED: usize = 4_096;

/// The rows of one list, for all records of a page.
#[derive(Debug, Default)]
struct PartRows {
    rows: Vec<Row>,
    /// Which of them each record has, by its place among the records.
    of_record: Vec<Range<usize>>,
}

/// One record among others.
#[derive(Clone, Copy, Debug)]
pub struct RecordRow<'r> {
    records: &'r Records<'r>,
    place: usize,
    /// The values of the fields that are no lists, in the order of the fields, each as wide as its kind.
    pub row: &'r Row,
}

/// Which records to read.
#[derive(Debug)]
pub struct Wanted {
    tail: Statement,
    run: bool,
}

/// What follows `FROM` in their query; their table is `t`.
impl From<Statement> for Wanted {
    fn from(tail: Statement) -> Self {
        Self { tail, run: false }
    }
}

impl Wanted {
    /// Records that follow each other by their ids, with no other one between: their lists are one range each.
    pub fn run(tail: Statement) -> Self {
        Self { tail, run: true }
    }
}

impl<'l> Records<'l> {
    /// The records that a query finds, with these of their lists; the others are empty.
    pub fn load(
        connection: &mut AnyConnection,
        layouts: &'l Layouts,
        layout: &'l Layout,
        today: &str,
        wanted: impl Into<Wanted>,
        lists: Lists,
    ) -> StoreResult<Self> {
        let Wanted { tail, run } = wanted.into();
        let mut query = Statement::new(format!("SELECT {} FROM \"{}\" t", selection(layouts, layout, today), layout.table()));
        query.append(tail);
        let mut rows = query.rows(connection)?;
        let places: HashMap<&str, usize> = rows.iter().enumerate().filter_map(|(place, row)| Some((row.text(0)?, place))).collect();
        let (first, last) = (rows.first().and_then(|row| row.text(0)), rows.last().and_then(|row| row.text(0)));
        let mut theirs = Vec::new();
        match (first.filter(|_| run), last) {
            (Some(first), Some(last)) => {
                let mut between = Statement::new("BETWEEN ");
                between.bind(first).push(" AND ").bind(last);
                theirs.push(between);
            }
            _ => {
                let ids: Vec<String> = rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect();
                // Within what one statement may bind.
                theirs.extend(ids.chunks(LISTED).map(|ids| {
                    let mut among = Statement::new("IN ");
                    among.append(any_of(ids));
                    among
                }));
            }
        }
        let mut parts = Vec::with_capacity(layout.parts.len());
        for (place, part) in layout.parts.iter().enumerate() {
            parts.push(if rows.is_empty() || !lists.has(place) {
                PartRows { rows: Vec::new(), of_record: vec![0..0; rows.len()] }
            } else {
                PartRows::load(connection, layouts, part, &theirs, &places, today)?
            });
        }
        let mut referring = vec![Referring::new(&mut rows, own(layout).map(|field| field.kind), 0)];
        referring.extend(
            layout.parts.iter().zip(&mut parts).map(|(part, read)| Referring::new(&mut read.rows, std::iter::once(part.element), 1)),
        );
        names::fill(connection, layouts, &mut referring)?;
        Ok(Self { layout, order: (0..rows.len()).collect(), rows, parts })
    }

    /// Puts the records in the order of these ids.
    pub fn arrange(&mut self, ids: &[&str]) {
        let wanted: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        self.order.sort_by_key(|place| self.rows[*place].text(0).and_then(|id| wanted.get(id)).copied().unwrap_or(usize::MAX));
    }

    /// The records, in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = RecordRow<'_>> + ExactSizeIterator {
        self.order.iter().map(|place| RecordRow { records: self, place: *place, row: &self.rows[*place] })
    }
}

impl<'r> RecordRow<'r> {
    /// Where the record's values stand.
    pub fn layout(&self) -> &'r Layout {
        self.records.layout
    }

    /// The record's id.
    pub fn id(&self) -> &'r str {
        self.row.text(0).unwrap_or_default()
    }

    /// The column at which the value of a field begins in [`RecordRow::row`].
    pub fn column(&self, field: &str) -> usize {
        let before = self.layout().record_type.all().iter().take_while(|other| other.name != field);
        before.filter(|other| !matches!(other.kind, Kind::List(_))).map(|other| width(other.kind)).sum()
    }

    /// The rows of a list: the entry's values begin at column 1.
    pub fn entries(&self, list: usize) -> &'r [Row] {
        let part = &self.records.parts[list];
        &part.rows[part.of_record[self.place].clone()]
    }
}

impl PartRows {
    /// The rows of the records in these places, whose ids the conditions tell.
    fn load(
        connection: &mut AnyConnection,
        layouts: &Layouts,
        part: &Part,
        theirs: &[Statement],
        places: &HashMap<&str, usize>,
        today: &str,
    ) -> StoreResult<Self> {
        let mut columns = vec![format!(r#"p."{}""#, part.owner)];
        selection_of(part.element, "", "p", layouts, today, &mut columns);
        let mut rows = Vec::new();
        for theirs in theirs {
            let mut query = Statement::new(format!(r#"SELECT {} FROM "{}" p WHERE "#, columns.join(", "), part.table));
            if let Some(record_type) = part.shared {
                query.push_fmt(format_args!("p.\"record_type\" = '{record_type}' AND "));
            }
            query.push_fmt(format_args!(r#"p."{}" "#, part.owner)).append(theirs.clone());
            query.push_fmt(format_args!(r#" ORDER BY p."{}", p."position""#, part.owner));
            rows.extend(query.rows(connection)?);
        }
        let mut of_record = vec![0..0; places.len()];
        let mut begin = 0;
        for owned in rows.chunk_by(|one, next| one.text(0) == next.text(0)) {
            let end = begin + owned.len();
            if let Some(place) = owned.first().and_then(|row| places.get(row.text(0)?)) {
                of_record[*place] = begin..end;
            }
            begin = end;
        }
        Ok(Self { rows, of_record })
    }
}

/// The expressions of a record's own row: those of its fields that are no lists, in their order.
fn selection(layouts: &Layouts, layout: &Layout, today: &str) -> String {
    let mut expressions = Vec::new();
    own(layout).for_each(|field| selection_of(field.kind, field.name, "t", layouts, today, &mut expressions));
    expressions.join(", ")
}

/// The fields that stand in a record's own row.
fn own(layout: &Layout) -> impl Iterator<Item = &'static Field> {
    layout.record_type.all().iter().copied().filter(|field| !matches!(field.kind, Kind::List(_)))
}
