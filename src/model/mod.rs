//! What a record type is made of: fields, kinds of values, and the rules that a value must meet.
//! This module knows no database, no HTTP and no particular record; `records` declares with it,
//! everything else reads it.

mod agent;
mod canonical;
mod changed;
mod fault;
mod fold;
mod kind;
mod label;
mod literals;
mod moment;
pub mod number;
mod parse;
mod partial_date;
mod pointer;
mod record;
mod record_type;
mod references;
mod suggest;
pub mod text;
mod value;
pub mod words;

pub use agent::{Agent, LABEL};
pub use canonical::canonical_members;
pub use changed::changed;
pub use fault::{Fault, FaultBody, Faults, Place};
pub use kind::{Choice, Field, GREATEST, Kind, ObjectType, Rule, TextFormat, WrongForm};
pub use label::LabelPart;
pub use literals::literal_faults;
pub use moment::Moment;
pub use number::number;
pub use parse::{
    LIST_LENGTH, check_interval, parse_members, parse_readable, parse_record, resolves,
};
pub use partial_date::PartialDate;
pub use pointer::Pointer;
pub use record::Record;
pub use record_type::{
    Backlink, Catalogue, Counted, Publication, RecordType, Referrers, Statistic,
};
pub use references::each_reference;
pub use suggest::{custom, nearest, snake_case};
pub use value::Value;
