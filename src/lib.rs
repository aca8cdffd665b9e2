//! The open-records server for the public record of a government task force.

pub mod cli;
pub mod editing;
pub mod formats;
pub mod http;
pub mod keys;
pub mod model;
pub mod reading;
pub mod records;
pub mod server;
pub mod settings;
pub mod specification;
pub mod store;

/// Random bytes in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", rand::random::<u8>())).collect()
}
