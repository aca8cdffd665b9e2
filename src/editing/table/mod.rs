//! Tables: records of one type as the rows of a CSV text, with the columns that lists have as CSV.

mod cells;
mod header;
mod import;
mod lookup;

pub use cells::read_number;
pub use header::Table;
pub use import::{ChangedCell, TableChange, import_table};
