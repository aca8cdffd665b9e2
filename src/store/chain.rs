//! The chain of digests that reveals tampering. Each revision's digest covers its changes and the
//! digest of the revision before it.
//!
//! Each member of a version has its own salted digest. Redacting a member removes its value and
//! salt, and its digest stays. Digests are SHA-256 in hexadecimal, over canonical JSON:
//!
//! - member: `salt:value`, with the HMAC of the member's name under the version's salt as its salt;
//! - version: an object with the digest of each member that has a value;
//! - reason: `salt:reason`, with a salt for each revision, so that it can be redacted too;
//! - revision: an object with `actor`, `changes`, `kind`, `previous`, `reason_digest`,
//!   `recorded_at` and `revision`. Each change has `digest` (that of the version; null if the
//!   record was removed), `id`, `into`, `operation` and `type`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{HmacSha256, Sha256Hex, hex, random_hex, sha256};
use crate::model::{Record, RecordType, canonical_members};

/// The stored proof of one member of a version.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Member {
    /// The salt of the member. Its digest is computed from the salt and the value.
    Salt(String),
    /// The digest of a value that was redacted.
    Digest(String),
}

/// The proofs of members, by name.
pub type Members = BTreeMap<String, Member>;

/// The stored proof of a version.
#[derive(Clone, Debug)]
pub struct Seal {
    /// The salt from which the salts of its members are derived.
    pub salt: String,
    /// The digest of the version.
    pub digest: String,
}

impl Seal {
    /// Creates a seal with a random salt.
    pub fn new(record_type: &'static RecordType, record: &Record) -> Self {
        let salt = random_hex(16);
        let key = HmacSha256::new(salt.as_bytes());
        let digests: BTreeMap<&str, String> = canonical_members(record_type, record)
            .into_iter()
            .map(|(name, value)| (name, member_digest(&member_salt(&key, name), &value)))
            .collect();
        Self { digest: digest_of(&digests), salt }
    }
}

/// Returns the salts of the members that have a value.
pub fn members(record_type: &'static RecordType, record: &Record, salt: &str) -> Members {
    let key = HmacSha256::new(salt.as_bytes());
    let salt_of = |name: &str| Member::Salt(member_salt(&key, name));
    canonical_members(record_type, record)
        .into_iter()
        .map(|(name, _)| (name.to_owned(), salt_of(name)))
        .collect()
}

fn member_salt(key: &HmacSha256, name: &str) -> String {
    hex(&key.sign(name)[..16])
}

/// Returns the digest of a version from the digests of its members.
fn digest_of<K: Ord + Serialize>(members: &BTreeMap<K, String>) -> String {
    // Serializing strings cannot fail.
    sha256(serde_json::to_vec(members).unwrap_or_default())
}

fn member_digest(salt: &str, value: &str) -> String {
    let mut digest = Sha256Hex::default();
    [salt, ":", value].iter().for_each(|part| digest.update(part));
    digest.finish()
}

/// Returns the digest of a revision's reason under the revision's salt.
pub fn reason_digest(salt: &str, reason: &str) -> String {
    sha256(format!("{salt}:{reason}"))
}

/// Returns the digest of each member. Returns `None` if a value has no proof or a salt has no
/// value.
pub fn member_digests(
    proofs: &Members,
    record_type: &'static RecordType,
    record: &Record,
) -> Option<BTreeMap<String, String>> {
    let values: BTreeMap<&str, String> =
        canonical_members(record_type, record).into_iter().collect();
    if values.keys().any(|name| !proofs.contains_key(*name)) {
        return None;
    }
    proofs
        .iter()
        .map(|(name, member)| match member {
            Member::Digest(digest) => Some((name.clone(), digest.clone())),
            Member::Salt(salt) => {
                values.get(name.as_str()).map(|value| (name.clone(), member_digest(salt, value)))
            }
        })
        .collect()
}

/// Returns the digest of a version from the proofs of its members.
pub fn version_digest(
    proofs: &Members,
    record_type: &'static RecordType,
    record: &Record,
) -> Option<String> {
    let digests = member_digests(proofs, record_type, record)?;
    Some(digest_of(&digests))
}

/// A change to a record, as covered by the digest of its revision. Members are in alphabetical
/// order.
#[derive(Clone, Debug, Serialize)]
pub struct SealedChange<'c> {
    /// The digest of the version. `None` if the record was removed.
    pub digest: Option<&'c str>,
    /// The id of the record.
    pub id: &'c str,
    /// The id of the record that this one was merged into.
    pub into: Option<&'c str>,
    /// The name of the operation.
    pub operation: &'c str,
    /// The name of the record's type.
    #[serde(rename = "type")]
    pub record_type: &'c str,
}

/// A revision, as covered by its digest. Members are in alphabetical order.
#[derive(Clone, Debug, Serialize)]
pub struct SealedRevision<'r> {
    /// The name of the key, or of the part of the program, that made it.
    pub actor: &'r str,
    /// The changes, in order.
    pub changes: Vec<SealedChange<'r>>,
    /// The kind of change.
    pub kind: Option<&'r str>,
    /// The digest of the previous revision. `None` for the first one.
    pub previous: Option<&'r str>,
    /// The digest of its reason, if it has one.
    pub reason_digest: Option<&'r str>,
    /// The time of the revision.
    pub recorded_at: &'r str,
    /// Its number.
    pub revision: i64,
}

impl SealedRevision<'_> {
    /// Returns the digest of the revision.
    pub fn digest(&self) -> String {
        // Serializing strings and numbers cannot fail.
        sha256(serde_json::to_vec(self).unwrap_or_default())
    }
}
