//! Digests and random secrets as hexadecimal text.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// An incremental SHA-256 digest.
#[derive(Clone, Debug, Default)]
pub struct Sha256Hex(Sha256);

impl Sha256Hex {
    /// Adds data.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// Returns the digest.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Returns the SHA-256 of bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// An HMAC-SHA-256 key.
#[derive(Clone, Debug)]
pub struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    /// Prepares a key, which can have any length.
    pub fn new(key: &[u8]) -> Self {
        let keyed = Hmac::new_from_slice(key);
        Self(keyed.unwrap_or_else(|_| unreachable!("HMAC takes keys of any length")))
    }

    /// Returns the code of a message under the key.
    pub fn sign(&self, message: impl AsRef<[u8]>) -> Vec<u8> {
        self.0.clone().chain_update(message).finalize().into_bytes().to_vec()
    }
}

/// Returns random bytes in hexadecimal.
pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    rand::fill(&mut random[..]);
    hex(&random)
}

/// Returns bytes in lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}
