//! The chain of digests that shows tampering: each revision's digest covers the one before it and
//! what the revision did.
//!
//! What a version held is covered member by member, each with a salt, so that a member can be
//! redacted, salt and value, and the digests stay. All are SHA-256 in hexadecimal, over canonical
//! JSON:
//!
//! - of a member: `salt:value`, the salt being the HMAC of the member's name under the version's
//!   salt;
//! - of a version: an object with the digest of each member that holds something;
//! - of a reason: `salt:reason`, the salt being the revision's own, so that it can be redacted,
//!   too;
//! - of a revision: an object with `actor`, `changes`, `kind`, `previous`, `reason_digest`,
//!   `recorded_at`, `revision`; each change with `digest` (of the version; null where the record
//!   was removed), `id`, `into`, `operation`, `type`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::digest::{HmacSha256, Sha256Hex, hex, random_hex, sha256};
use crate::model::{Record, RecordType, canonical_members};

/// What is kept of a member to prove it by.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Member {
    /// The salt: the value must give the digest.
    Salt(String),
    /// The digest of a value that was redacted.
    Digest(String),
}

/// What is kept of each member, by name.
pub type Members = BTreeMap<String, Member>;

/// What proves a version.
#[derive(Clone, Debug)]
pub struct Seal {
    /// One salt for all its members.
    pub salt: String,
    /// The digest of the version.
    pub digest: String,
}

impl Seal {
    /// Seals a version as it is written.
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

/// The salts of the members that hold something.
pub fn members(record_type: &'static RecordType, record: &Record, salt: &str) -> Members {
    let key = HmacSha256::new(salt.as_bytes());
    let salt_of = |name: &str| Member::Salt(member_salt(&key, name));
    canonical_members(record_type, record)
        .into_iter()
        .map(|(name, _)| (name.to_owned(), salt_of(name)))
        .collect()
}

/// The salt of one of a version's members.
fn member_salt(key: &HmacSha256, name: &str) -> String {
    hex(&key.sign(name)[..16])
}

/// The digest of a version, by the digests of its members.
fn digest_of<K: Ord + Serialize>(members: &BTreeMap<K, String>) -> String {
    // Texts always have a JSON form.
    sha256(serde_json::to_vec(members).unwrap_or_default())
}

fn member_digest(salt: &str, value: &str) -> String {
    let mut digest = Sha256Hex::default();
    [salt, ":", value].iter().for_each(|part| digest.update(part));
    digest.finish()
}

/// The digest of a revision's reason, under the revision's salt.
pub fn reason_digest(salt: &str, reason: &str) -> String {
    sha256(format!("{salt}:{reason}"))
}

/// The digest of each member. None where a value stands for which nothing is kept, or is missing
/// where a salt is.
pub fn member_digests(
    kept: &Members,
    record_type: &'static RecordType,
    record: &Record,
) -> Option<BTreeMap<String, String>> {
    let values: BTreeMap<&str, String> =
        canonical_members(record_type, record).into_iter().collect();
    if values.keys().any(|name| !kept.contains_key(*name)) {
        return None;
    }
    kept.iter()
        .map(|(name, member)| match member {
            Member::Digest(digest) => Some((name.clone(), digest.clone())),
            Member::Salt(salt) => {
                values.get(name.as_str()).map(|value| (name.clone(), member_digest(salt, value)))
            }
        })
        .collect()
}

/// The digest of a version, by what is kept of its members.
pub fn version_digest(
    kept: &Members,
    record_type: &'static RecordType,
    record: &Record,
) -> Option<String> {
    let digests = member_digests(kept, record_type, record)?;
    Some(digest_of(&digests))
}

/// What a revision did to a record, as its digest covers it.
#[derive(Clone, Debug)]
pub struct SealedChange<'c> {
    /// The digest of the version; None where the record went.
    pub digest: Option<&'c str>,
    /// The record's id.
    pub id: &'c str,
    /// The record that it was merged into.
    pub into: Option<&'c str>,
    /// What was done.
    pub operation: &'c str,
    /// The record's type.
    pub record_type: &'c str,
}

/// A revision, as its digest covers it.
#[derive(Clone, Debug)]
pub struct SealedRevision<'r> {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub recorded_at: &'r str,
    /// Who made it.
    pub actor: &'r str,
    /// The digest of its reason; None where none was given.
    pub reason: Option<&'r str>,
    /// What kind of change it was.
    pub kind: Option<&'r str>,
    /// The digest of the revision before; None for the first.
    pub previous: Option<&'r str>,
}

impl SealedRevision<'_> {
    /// The digest of the revision and of what it did, in order.
    pub fn digest<'c>(&self, changes: impl Iterator<Item = SealedChange<'c>>) -> String {
        let mut digest = Sha256Hex::default();
        digest.update(format!("{{\"actor\":{},\"changes\":[", Json::from(self.actor)));
        for (index, change) in changes.enumerate() {
            let (id, into, operation) =
                (Json::from(change.id), Json::from(change.into), Json::from(change.operation));
            let (sealed, record_type) = (Json::from(change.digest), Json::from(change.record_type));
            let comma = if index > 0 { "," } else { "" };
            digest.update(format!(
                "{comma}{{\"digest\":{sealed},\"id\":{id},\"into\":{into},\"operation\":{operation},\"type\":{record_type}}}"
            ));
        }
        digest.update(format!(
            "],\"kind\":{},\"previous\":{},\"reason_digest\":{},\"recorded_at\":{},\"revision\":{}}}",
            Json::from(self.kind),
            Json::from(self.previous),
            Json::from(self.reason),
            Json::from(self.recorded_at),
            self.revision
        ));
        digest.finish()
    }
}
