//! Buckets of tokens, one a client: so many at once, so many again each second. A token that was
//! not used up is given back.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The buckets lie in as many drawers, so that threads seldom wait for one another.
const DRAWERS: usize = 16;

/// As many buckets may be in a drawer before those that are full again are thrown away.
const CROWDED: usize = 1_024;

/// What every client may do.
#[derive(Debug)]
pub(crate) struct Rates {
    each_second: f64,
    burst: f64,
    drawers: Vec<Mutex<Drawer>>,
    hash: RandomState,
}

#[derive(Debug)]
struct Drawer {
    buckets: HashMap<IpAddr, Bucket>,
    crowded: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    pub(crate) fn new(each_second: u32, burst: u32) -> Self {
        let drawers = (0..DRAWERS)
            .map(|_| Mutex::new(Drawer { buckets: HashMap::new(), crowded: CROWDED }))
            .collect();
        Self {
            each_second: f64::from(each_second),
            burst: f64::from(burst),
            drawers,
            hash: RandomState::new(),
        }
    }

    /// Takes a token and gives how many are left, or how long to wait for one.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> Result<f64, Duration> {
        let client = household(client);
        let mut drawer = self.drawer(client);
        drawer.tidy(|bucket| self.left(bucket, now) < self.burst);
        let bucket = drawer.buckets.entry(client).or_insert(Bucket { left: self.burst, at: now });
        *bucket = Bucket { left: self.left(bucket, now), at: now.max(bucket.at) };
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.left) / self.each_second));
        }
        bucket.left -= 1.0;
        Ok(bucket.left)
    }

    /// Gives a token back.
    pub(crate) fn give_back(&self, client: IpAddr) {
        let client = household(client);
        if let Some(bucket) = self.drawer(client).buckets.get_mut(&client) {
            bucket.left = (bucket.left + 1.0).min(self.burst);
        }
    }

    /// How long to wait for a token; zero where there is one.
    pub(crate) fn wait(&self, client: IpAddr, now: Instant) -> Duration {
        let client = household(client);
        let left = self
            .drawer(client)
            .buckets
            .get(&client)
            .map_or(self.burst, |bucket| self.left(bucket, now));
        Duration::from_secs_f64((1.0 - left).max(0.0) / self.each_second)
    }

    /// How many tokens a full bucket holds, and how long an empty one takes to fill.
    pub(crate) fn policy(&self) -> (f64, f64) {
        (self.burst, self.burst / self.each_second)
    }

    /// How long the bucket takes to fill from here.
    pub(crate) fn full_in(&self, left: f64) -> f64 {
        (self.burst - left) / self.each_second
    }

    fn left(&self, bucket: &Bucket, now: Instant) -> f64 {
        (bucket.left + now.saturating_duration_since(bucket.at).as_secs_f64() * self.each_second)
            .min(self.burst)
    }

    fn drawer(&self, client: IpAddr) -> MutexGuard<'_, Drawer> {
        #[expect(clippy::cast_possible_truncation, reason = "only the lower bits count")]
        let index = self.hash.hash_one(client) as usize % DRAWERS;
        self.drawers[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawer {
    /// Keeps the buckets that are in use, once there are many, so that memory is bounded by the
    /// clients of the last seconds.
    fn tidy(&mut self, in_use: impl Fn(&Bucket) -> bool) {
        if self.buckets.len() >= self.crowded {
            self.buckets.retain(|_, bucket| in_use(bucket));
            self.crowded = CROWDED.max(self.buckets.len() * 2);
        }
    }
}

/// Whoever has an IPv6 address has all of its network's.
fn household(client: IpAddr) -> IpAddr {
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
    fn a_bucket_empties_fills_and_is_its_clients_own() {
        let rates = Rates::new(10, 3);
        let now = Instant::now();
        assert_eq!([1, 2, 3].map(|_| rates.take(ONE, now).unwrap()), [2.0, 1.0, 0.0]);
        assert_eq!(rates.take(ONE, now), Err(Duration::from_millis(100)));
        assert_eq!(rates.wait(ONE, now), Duration::from_millis(100));
        rates.give_back(ONE);
        assert_eq!(rates.take(ONE, now), Ok(0.0));
        assert!(rates.take(ONE, now + Duration::from_millis(101)).is_ok());
        assert_eq!(rates.take("192.0.2.1".parse().unwrap(), now), Ok(2.0));
        assert_eq!(rates.take("2001:db8::1".parse().unwrap(), now), Ok(2.0));
        assert_eq!(rates.take("2001:db8::2".parse().unwrap(), now), Ok(1.0), "one network");
    }

    #[test]
    fn buckets_of_those_who_are_gone_are_thrown_away() {
        let rates = Rates::new(10, 3);
        let mut now = Instant::now();
        for number in 0..100_000_u32 {
            now += Duration::from_millis(1);
            rates.take(IpAddr::V4(number.into()), now).unwrap();
        }
        let kept: usize =
            rates.drawers.iter().map(|drawer| drawer.lock().unwrap().buckets.len()).sum();
        assert!(kept <= DRAWERS * CROWDED, "{kept}");
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate_allow(steps in prop::collection::vec(0_u64..500, 1..200)) {
            let rates = Rates::new(7, 5);
            let began = Instant::now();
            let (mut now, mut granted) = (began, 0_u32);
            for step in steps {
                now += Duration::from_millis(step);
                granted += u32::from(rates.take(ONE, now).is_ok());
                prop_assert!(f64::from(granted) <= 5.0 + (now - began).as_secs_f64() * 7.0 + 1e-6);
            }
        }
    }
}
