//! A token bucket for each client.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of shards, so that threads rarely wait for each other.
const SHARDS: usize = 16;

/// The number of buckets in a shard above which full ones are removed.
const CLEANUP_THRESHOLD: usize = 1_024;

#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_second: f64,
    burst: f64,
    shards: Vec<Mutex<Shard>>,
    hash: RandomState,
}

#[derive(Debug)]
struct Shard {
    buckets: HashMap<IpAddr, Bucket>,
    cleanup_threshold: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    updated_at: Instant,
}

impl RateLimiter {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let shards = (0..SHARDS)
            .map(|_| {
                Mutex::new(Shard { buckets: HashMap::new(), cleanup_threshold: CLEANUP_THRESHOLD })
            })
            .collect();
        Self {
            per_second: f64::from(per_second),
            burst: f64::from(burst),
            shards,
            hash: RandomState::new(),
        }
    }

    /// Takes a token. Returns the number of remaining tokens, or the time until the next one.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> Result<f64, Duration> {
        let client = client_prefix(client);
        let mut shard = self.shard(client);
        shard.remove_full(|bucket| self.tokens(bucket, now) < self.burst);
        let bucket =
            shard.buckets.entry(client).or_insert(Bucket { tokens: self.burst, updated_at: now });
        *bucket =
            Bucket { tokens: self.tokens(bucket, now), updated_at: now.max(bucket.updated_at) };
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(bucket.tokens)
    }

    pub(crate) fn refund(&self, client: IpAddr) {
        let client = client_prefix(client);
        if let Some(bucket) = self.shard(client).buckets.get_mut(&client) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        }
    }

    /// Returns the time until a token is available.
    pub(crate) fn wait_time(&self, client: IpAddr, now: Instant) -> Duration {
        let client = client_prefix(client);
        let tokens = self
            .shard(client)
            .buckets
            .get(&client)
            .map_or(self.burst, |bucket| self.tokens(bucket, now));
        Duration::from_secs_f64((1.0 - tokens).max(0.0) / self.per_second)
    }

    /// Returns the size of a bucket and the number of seconds until an empty one is full.
    pub(crate) fn policy(&self) -> (f64, f64) {
        (self.burst, self.burst / self.per_second)
    }

    /// Returns the number of seconds until a bucket with this many tokens is full.
    pub(crate) fn refill_time(&self, tokens: f64) -> f64 {
        (self.burst - tokens) / self.per_second
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        (bucket.tokens
            + now.saturating_duration_since(bucket.updated_at).as_secs_f64() * self.per_second)
            .min(self.burst)
    }

    fn shard(&self, client: IpAddr) -> MutexGuard<'_, Shard> {
        #[expect(clippy::cast_possible_truncation, reason = "only the lower bits count")]
        let index = self.hash.hash_one(client) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Removes full buckets above the threshold, so that memory is bounded by the number of recent
    /// clients.
    fn remove_full(&mut self, in_use: impl Fn(&Bucket) -> bool) {
        if self.buckets.len() >= self.cleanup_threshold {
            self.buckets.retain(|_, bucket| in_use(bucket));
            self.cleanup_threshold = CLEANUP_THRESHOLD.max(self.buckets.len() * 2);
        }
    }
}

/// Returns the address, or the /64 prefix of an IPv6 address, since a client has all addresses in
/// it.
fn client_prefix(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        IpAddr::V4(_) => client,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn limits_each_client_separately() {
        let limiter = RateLimiter::new(10, 3);
        let now = Instant::now();
        assert_eq!([1, 2, 3].map(|_| limiter.take(ONE, now).unwrap()), [2.0, 1.0, 0.0]);
        assert_eq!(limiter.take(ONE, now), Err(Duration::from_millis(100)));
        assert_eq!(limiter.wait_time(ONE, now), Duration::from_millis(100));
        limiter.refund(ONE);
        assert_eq!(limiter.take(ONE, now), Ok(0.0));
        assert!(limiter.take(ONE, now + Duration::from_millis(101)).is_ok());
        assert_eq!(limiter.take("192.0.2.1".parse().unwrap(), now), Ok(2.0));
        assert_eq!(limiter.take("2001:db8::1".parse().unwrap(), now), Ok(2.0));
        assert_eq!(limiter.take("2001:db8::2".parse().unwrap(), now), Ok(1.0), "one network");
    }

    #[test]
    fn removes_buckets_of_idle_clients() {
        let limiter = RateLimiter::new(10, 3);
        let mut now = Instant::now();
        for number in 0..100_000_u32 {
            now += Duration::from_millis(1);
            limiter.take(IpAddr::V4(number.into()), now).unwrap();
        }
        let count: usize =
            limiter.shards.iter().map(|shard| shard.lock().unwrap().buckets.len()).sum();
        assert!(count <= SHARDS * CLEANUP_THRESHOLD, "{count}");
    }

    fn steps() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(0_u64..500, 1..200)
    }

    proptest! {
        #[test]
        fn never_grants_more_than_burst_and_rate(steps in steps()) {
            let limiter = RateLimiter::new(7, 5);
            let began = Instant::now();
            let (mut now, mut granted) = (began, 0_u32);
            for step in steps {
                now += Duration::from_millis(step);
                granted += u32::from(limiter.take(ONE, now).is_ok());
                prop_assert!(f64::from(granted) <= 5.0 + (now - began).as_secs_f64() * 7.0 + 1e-6);
            }
        }
    }
}
