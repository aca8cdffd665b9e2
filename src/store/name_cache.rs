//! A cache of live names, which fill the holes of documents.
//!
//! A name rarely changes, and a few names fill most holes. Only names of the present are cached.

use std::sync::Arc;

use quick_cache::{Weighter, sync};

/// The setting with the latest revision that changed, removed or redacted a name.
pub(super) const LAST_RENAME: &str = "last_rename";

/// Determines the size of the cache's hash tables.
const TYPICAL_BYTES: u64 = 128;

/// Names as JSON strings, by the latest revision that changed a name and the key of the record. New
/// names change no others, so cached names stay valid until the next rename.
pub(super) struct NameCache(sync::Cache<(i64, i64), Arc<str>, ByBytes>);

#[derive(Clone)]
struct ByBytes;

impl Weighter<(i64, i64), Arc<str>> for ByBytes {
    fn weight(&self, _: &(i64, i64), name: &Arc<str>) -> u64 {
        name.len() as u64 + 64
    }
}

impl NameCache {
    /// Creates a cache of at most this many bytes.
    pub(super) fn new(max_bytes: u64) -> Self {
        let typical = usize::try_from(max_bytes / TYPICAL_BYTES).unwrap_or(usize::MAX);
        Self(sync::Cache::with_weighter(typical, max_bytes, ByBytes))
    }

    /// Returns whether nothing is cached.
    pub(super) fn is_disabled(&self) -> bool {
        self.0.capacity() == 0
    }

    /// Returns the names of the present, as of the latest revision that changed a name.
    pub(super) fn names(&self, last_rename: i64) -> CachedNames<'_> {
        CachedNames { cache: self, last_rename }
    }
}

/// The names of the present.
#[derive(Clone, Copy)]
pub struct CachedNames<'c> {
    cache: &'c NameCache,
    last_rename: i64,
}

impl CachedNames<'_> {
    pub(super) fn get(&self, key: i64) -> Option<Arc<str>> {
        self.cache.0.get(&(self.last_rename, key))
    }

    pub(super) fn insert(&self, key: i64, name: Arc<str>) {
        self.cache.0.insert((self.last_rename, key), name);
    }
}
