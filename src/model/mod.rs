//! Fields, kinds of values and record types, and the rules for values. Depends on no database, no
//! HTTP and no particular record type.

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
mod strict;
mod suggest;
pub mod text;
mod value;
pub mod words;

pub use agent::{Agent, LABEL};
pub use canonical::canonical_members;
pub use changed::changed;
pub use fault::{Fault, FaultBody, Faults, Place};
pub use kind::{
    Choice, Field, InvalidFormat, Kind, MAX_SAFE_INTEGER, ObjectType, Rule, TextFormat,
};
pub use label::LabelPart;
pub use literals::literal_faults;
pub use moment::Moment;
pub use number::number;
pub use parse::{
    MAX_LIST_LENGTH, REMOVE_ENTRY, check_interval, parse_members, parse_readable, parse_record,
    resolves,
};
pub use partial_date::PartialDate;
pub use pointer::Pointer;
pub use record::Record;
pub use record_type::{
    Alias, Backlink, Catalogue, Counted, Publication, RecordType, Referrers, Statistic,
};
pub use references::each_reference;
pub use strict::check_json;
pub use suggest::{nearest, snake_case, synonym};
pub use value::Value;
