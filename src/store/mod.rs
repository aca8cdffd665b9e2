//! x
pub mod connection;
pub mod error;
pub mod statement;
pub fn count_statement() {}
pub mod dialect; pub mod history; pub mod layout; pub mod migrations; pub mod records; pub mod transaction;
