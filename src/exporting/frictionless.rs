//! A Frictionless data package that describes the CSV files, made from the declarations.

use serde::Serialize;

use super::Origin;
use crate::formats::csv::{Column, ColumnPart, columns};
use crate::model::{Kind, LABEL, RecordType, text};
use crate::records::CATALOGUE;

/// A data package: the description of a set of CSV files.
#[derive(Serialize)]
pub(super) struct Package<'o> {
    profile: &'static str,
    name: String,
    title: &'o str,
    description: &'o str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'o str>,
    licenses: [License<'o>; 1],
    resources: Vec<Resource>,
}

#[derive(Serialize)]
struct License<'o> {
    title: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'o str>,
}

/// A CSV file.
#[derive(Serialize)]
pub(super) struct Resource {
    profile: &'static str,
    name: &'static str,
    title: String,
    description: &'static str,
    path: String,
    format: &'static str,
    mediatype: &'static str,
    encoding: &'static str,
    bytes: u64,
    hash: String,
    dialect: Dialect,
    schema: Schema,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dialect {
    delimiter: &'static str,
    line_terminator: &'static str,
    quote_char: &'static str,
    double_quote: bool,
    header: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    fields: Vec<Field>,
    primary_key: [&'static str; 1],
    foreign_keys: Vec<ForeignKey>,
    missing_values: [&'static str; 1],
}

#[derive(Serialize)]
struct ForeignKey {
    fields: [String; 1],
    reference: ForeignReference,
}

#[derive(Serialize)]
struct ForeignReference {
    resource: &'static str,
    fields: [&'static str; 1],
}

#[derive(Serialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    constraints: Constraints,
}

/// Constraints on the values of a column.
#[derive(Default, PartialEq, Serialize)]
struct Constraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
}

impl Constraints {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn one_of(choices: impl IntoIterator<Item = &'static str>) -> Self {
        Self { choices: Some(choices.into_iter().collect()), ..Self::default() }
    }

    fn pattern(pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..Self::default() }
    }
}

/// The CSV file of a record type.
pub(super) struct CsvFile {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Returns the package.
pub(super) fn package<'o>(origin: &'o Origin<'_>, resources: Vec<Resource>) -> Package<'o> {
    let settings = origin.settings;
    let license = |title: &'o str, path| {
        // A license name in the Open Definition has no spaces; other names are only a title.
        let is_short = title
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        [License { title, name: is_short.then_some(title), path }]
    };
    let (name, url) = origin.license();
    Package {
        profile: "tabular-data-package",
        name: text::slug_of(&settings.title),
        title: &settings.title,
        description: &settings.description,
        version: origin.revision.to_string(),
        created: origin.recorded_at.as_deref(),
        homepage: settings.public_url.as_deref(),
        licenses: license(name, url),
        resources,
    }
}

/// Returns the description of a CSV file.
pub(super) fn resource(record_type: &'static RecordType, written: &CsvFile) -> Resource {
    let columns = columns(record_type, &[]);
    let foreign_key = |column: &Column| {
        let Kind::Reference(target) = column.field.kind else { return None };
        let target = CATALOGUE.get(target).filter(|_| column.part == ColumnPart::Id)?;
        let resource = if std::ptr::eq(target, record_type) { "" } else { target.plural };
        Some(ForeignKey {
            fields: [column.name.clone()],
            reference: ForeignReference { resource, fields: ["id"] },
        })
    };
    Resource {
        profile: "tabular-data-resource",
        name: record_type.plural,
        title: record_type.plural.replace('_', " "),
        description: record_type.doc,
        path: written.file.clone(),
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        bytes: written.bytes,
        hash: format!("sha256:{}", written.sha256),
        dialect: Dialect {
            delimiter: ",",
            line_terminator: "\r\n",
            quote_char: "\"",
            double_quote: true,
            header: true,
        },
        schema: Schema {
            fields: columns.iter().map(field).collect(),
            primary_key: ["id"],
            foreign_keys: columns.iter().filter_map(foreign_key).collect(),
            missing_values: [""],
        },
    }
}

fn field(column: &Column) -> Field {
    let own = column.field;
    let (kind, format, mut constraints) = match column.part {
        ColumnPart::Value => kind_of(own.kind),
        ColumnPart::Type => {
            let kind = own.kind.element();
            let types = kind.targets().iter().copied().chain([LABEL]);
            ("string", None, Constraints::one_of(types))
        }
        ColumnPart::Id => {
            ("string", None, Constraints { pattern: text::SLUG.pattern, ..Constraints::default() })
        }
        ColumnPart::Name => ("string", None, Constraints::default()),
    };
    // Required members of an object or agent are missing if it is null.
    constraints.required = column.part == ColumnPart::Value
        && column.name == own.name
        && !own.nullable()
        && !matches!(own.kind, Kind::List(_));
    let description = match column.part {
        ColumnPart::Value => format!("{}{}", own.doc, form_of_list(own.kind)),
        ColumnPart::Type => format!("{} Its type.", own.doc),
        ColumnPart::Id => format!("{} Its id.", own.doc),
        ColumnPart::Name => format!("{} Its name.", own.doc),
    };
    Field { name: column.name.clone(), kind, description, format, constraints }
}

/// Describes how the entries of a list are written in a cell.
fn form_of_list(kind: Kind) -> String {
    match kind {
        Kind::List(Kind::Object(_)) => " As JSON.".to_owned(),
        Kind::List(Kind::Reference(_)) => " Ids, separated by `; `.".to_owned(),
        Kind::List(Kind::Agent(record_types)) => {
            let forms: String = record_types.iter().map(|name| format!("`{name}:ID`, ")).collect();
            format!(
                " Entries are separated by `; `. Each is one of {forms}`{LABEL}:TEXT`. In an \
                entry, `;` is written `\\;` and `\\` is written `\\\\`."
            )
        }
        Kind::List(_) => " Values are separated by `; `. In a value, `;` is written `\\;` and \
            `\\` is written `\\\\`."
            .to_owned(),
        _ => String::new(),
    }
}

/// Returns the type of a column, its format if it is not the default, and its constraints.
fn kind_of(kind: Kind) -> (&'static str, Option<&'static str>, Constraints) {
    match kind {
        Kind::Integer(least, i64::MAX) => {
            ("integer", None, Constraints { minimum: Some(least), ..Constraints::default() })
        }
        Kind::Integer(least, most) => (
            "integer",
            None,
            Constraints { minimum: Some(least), maximum: Some(most), ..Constraints::default() },
        ),
        Kind::Number => ("number", None, Constraints::default()),
        Kind::Moment => ("datetime", Some("any"), Constraints::default()),
        Kind::PastDue { .. } => ("boolean", None, Constraints::default()),
        Kind::Enumeration(choices) => {
            ("string", None, Constraints::one_of(choices.iter().map(|choice| choice.value)))
        }
        // Dates in Frictionless always have a day.
        Kind::Date => ("string", None, Constraints::pattern("^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")),
        Kind::List(Kind::Object(_)) => ("array", None, Constraints::default()),
        // Frictionless patterns match the whole value.
        Kind::Text(format) => match format.pattern.filter(|pattern| pattern.ends_with('$')) {
            Some(pattern) => ("string", None, Constraints::pattern(pattern)),
            None => ("string", None, Constraints::default()),
        },
        _ => ("string", None, Constraints::default()),
    }
}
