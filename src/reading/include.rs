//! What an answer includes with its records: full records in place of references, and what refers to them.

use std::collections::HashMap;

use crate::formats::json::{Shape, referred_ids, write_record, write_reference};
use crate::model::{Kind, RecordType};
use crate::store::dialect::any_of;
use crate::store::layout::{Lists, name_expression, reference};
use crate::store::records::Records;
use crate::store::{Snapshot, Statement, StoreError, StoreResult};

/// Every name that `include` takes for records of this type.
pub fn includable(record_type: &'static RecordType) -> Vec<&'static str> {
    let fields = record_type.all().iter().filter(|field| refers(field.kind)).map(|field| field.name);
    fields.chain(record_type.backlinks.iter().map(|backlink| backlink.name)).collect()
}

fn refers(kind: Kind) -> bool {
    match kind {
        Kind::Reference(_) | Kind::Agent => true,
        Kind::Object(object) => object.fields.iter().any(|member| refers(member.kind)),
        Kind::List(element) => refers(*element),
        _ => false,
    }
}

/// The shape of an answer: the fields asked for, and all that they include, read for the whole page.
pub(super) fn shape(
    snapshot: &mut Snapshot<'_>,
    records: &Records<'_>,
    fields: &[&'static str],
    include: &[&'static str],
) -> StoreResult<Shape> {
    let mut shape = Shape { fields: fields.to_vec(), ..Shape::default() };
    let record_type = records.layout.record_type;
    shape.expanded = include.iter().copied().filter(|name| record_type.field(name).is_some()).collect();
    if !shape.fields.is_empty() {
        // What is to be included is shown.
        let more: Vec<&'static str> = shape.expanded.iter().copied().filter(|name| !shape.fields.contains(name)).collect();
        shape.fields.extend(more);
    }
    let mut ids = HashMap::new();
    records.iter().for_each(|record| referred_ids(record, &shape.expanded, &mut ids));
    for (target, ids) in ids {
        let Some(layout) = snapshot.layouts.named(target) else { continue };
        for ids in ids.chunks(512) {
            let mut tail = Statement::new(r#" WHERE t."id" IN "#);
            tail.append(any_of(ids));
            let found = Records::load(snapshot.connection, snapshot.layouts, layout, &snapshot.today, tail, Lists::ALL)?;
            for record in found.iter() {
                let mut full = Vec::new();
                write_record(&mut full, record, &Shape::default());
                shape.records.insert((target, record.id().to_owned()), full);
            }
        }
    }
    let ids: Vec<String> = records.iter().map(|record| record.id().to_owned()).collect();
    for backlink in record_type.backlinks.iter().filter(|backlink| include.contains(&backlink.name) && !ids.is_empty()) {
        let found = match backlink.name {
            "roles" => roles_of_all(snapshot, record_type, &ids)?,
            "cited_by" => cited_by(snapshot, &ids)?,
            _ => referring(snapshot, backlink.record_type, backlink.field, &ids)?,
        };
        shape.backlinks.push((backlink.name, found));
    }
    Ok(shape)
}

/// The full records of a type that refer to each id by a field, in the order of the source.
fn referring(snapshot: &mut Snapshot<'_>, record_type: &str, field: &str, ids: &[String]) -> StoreResult<HashMap<String, Vec<u8>>> {
    let layouts = snapshot.layouts;
    let layout =
        layouts.named(record_type).ok_or_else(|| StoreError::Internal(format!("a backlink names the unknown type {record_type}")))?;
    let target = layout.record_type.field(field).map_or("", |field| field.kind.targets().first().copied().unwrap_or_default());
    let column = reference(field, target);
    let mut tail = Statement::new(format!(r#" WHERE t."{column}" IN "#));
    tail.append(any_of(ids));
    let position =
        if layout.columns.iter().any(|column| column.name == "position") { r#"t."position" IS NULL, t."position", "# } else { "" };
    tail.push_fmt(format_args!(r#" ORDER BY {position}t."id""#));
    let found = Records::load(snapshot.connection, layouts, layout, &snapshot.today, tail, Lists::ALL)?;
    let mut by_id: HashMap<String, Vec<u8>> = HashMap::new();
    for record in found.iter() {
        let owner = record.row.text(record.column(field)).unwrap_or_default().to_owned();
        let list = by_id.entry(owner).or_default();
        list.push(if list.is_empty() { b'[' } else { b',' });
        write_record(list, record, &Shape::default());
    }
    by_id.values_mut().for_each(|list| list.push(b']'));
    Ok(by_id)
}

fn roles_of_all(snapshot: &mut Snapshot<'_>, record_type: &'static RecordType, ids: &[String]) -> StoreResult<HashMap<String, Vec<u8>>> {
    let mut by_id = HashMap::new();
    for (id, roles) in super::roles::roles_of(snapshot, record_type, ids)? {
        let mut list = vec![b'['];
        for (index, role) in roles.iter().enumerate() {
            if index > 0 {
                list.push(b',');
            }
            role.write(&mut list);
        }
        list.push(b']');
        by_id.insert(id, list);
    }
    Ok(by_id)
}

/// References to the records that have a document as a source or refer to it in another way.
fn cited_by(snapshot: &mut Snapshot<'_>, ids: &[String]) -> StoreResult<HashMap<String, Vec<u8>>> {
    let layouts = snapshot.layouts;
    let mut union = Statement::default();
    for (layout, part, column) in layouts.references_to("document") {
        let record_type = layout.record_type;
        let name = name_expression(record_type, layouts);
        union.push(if union.is_empty() { "" } else { " UNION " });
        let (alias, join) = match part {
            None => ("t", String::new()),
            Some(part) => {
                let shared = part.shared.map_or(String::new(), |shared| format!(r#" AND p."record_type" = '{shared}'"#));
                ("p", format!(r#" JOIN "{}" p ON p."{}" = t."id"{shared}"#, part.table, part.owner))
            }
        };
        union.push_fmt(format_args!(
            r#"SELECT {alias}."{}" AS cited, '{}' AS type, t."id" AS id, {name} AS name FROM "{}" t{join} WHERE {alias}."{}" IN "#,
            column.name,
            record_type.name,
            layout.table(),
            column.name
        ));
        union.append(any_of(ids));
    }
    union.push(" ORDER BY 1, 2, 3");
    let mut by_id: HashMap<String, Vec<u8>> = HashMap::new();
    for row in union.rows(snapshot.connection)? {
        let list = by_id.entry(row.text(0).unwrap_or_default().to_owned()).or_default();
        list.push(if list.is_empty() { b'[' } else { b',' });
        write_reference(list, row.text(1).unwrap_or_default(), row.text(2).unwrap_or_default(), row.text(3).unwrap_or_default());
    }
    by_id.values_mut().for_each(|list| list.push(b']'));
    Ok(by_id)
}
