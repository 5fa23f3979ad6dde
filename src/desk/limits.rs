//! How much one address and one user may ask of the server.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::Desk;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::UserId;

/// The address a request came from, seen through trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The house's time as the limiters read it.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, Ticks, NoOpMiddleware<Nanos>>;

/// Limits a minute, with bursts of a quarter; `None` is no limit.
pub struct Limits {
    addresses: Option<Limiter<IpAddr>>,
    users: Option<Limiter<UserId>>,
    visitors: Option<Limiter<IpAddr>>,
    ticks: Ticks,
}

/// Of so many requests that an address may make, one may ask for a new visitor: nobody needs many.
const REQUESTS_A_VISITOR: u32 = 20;

impl Limits {
    /// Requests a minute and address, and messages a minute and user; 0 is no limit.
    pub fn new(per_address: u32, per_user: u32, clock: Clock) -> Self {
        let ticks = Ticks(clock);
        Self {
            addresses: limiter(per_address, &ticks),
            users: limiter(per_user, &ticks),
            visitors: limiter(per_address.div_ceil(REQUESTS_A_VISITOR), &ticks),
            ticks,
        }
    }

    /// # Errors
    /// `rate_limited` with the seconds to wait.
    pub fn request_from(&self, address: ClientAddress) -> Result<(), Error> {
        match &self.addresses {
            Some(limiter) => self.check(limiter, &network(address.0)),
            None => Ok(()),
        }
    }

    /// # Errors
    /// `rate_limited` with the seconds to wait.
    pub fn message_of(&self, user: &UserId) -> Result<(), Error> {
        match &self.users {
            Some(limiter) => self.check(limiter, user),
            None => Ok(()),
        }
    }

    /// # Errors
    /// `rate_limited` with the seconds to wait.
    pub fn visitor_from(&self, address: ClientAddress) -> Result<(), Error> {
        match &self.visitors {
            Some(limiter) => self.check(limiter, &network(address.0)),
            None => Ok(()),
        }
    }

    /// Forgets who has been quiet, so that memory follows the crowd of the last minute.
    pub fn forget_quiet(&self) {
        for limiter in self.addresses.iter().chain(&self.visitors) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        if let Some(limiter) = &self.users {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &Limiter<K>,
        key: &K,
    ) -> Result<(), Error> {
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.ticks.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::new(Kind::TooManyRequests, "rate_limited").with("seconds", seconds.max(1))
        })
    }
}

impl Desk {
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_minute: u32, ticks: &Ticks) -> Option<Limiter<K>> {
    let quota = quota(per_minute)?;
    Some(RateLimiter::new(
        quota,
        DefaultKeyedStateStore::default(),
        ticks.clone(),
    ))
}

fn quota(per_minute: u32) -> Option<Quota> {
    let rate = NonZeroU32::new(per_minute)?;
    let burst = NonZeroU32::new(per_minute.div_ceil(4))?;
    Some(Quota::per_minute(rate).allow_burst(burst))
}

/// An IPv6 household has 2^64 addresses: they count as one.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_address: u32, per_user: u32) -> (Limits, Clock) {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        (Limits::new(per_address, per_user, clock.clone()), clock)
    }

    fn from(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    #[test]
    fn a_quarter_goes_at_once_and_the_next_is_told_when_to_come() {
        let (limits, clock) = limits(20, 0);
        for _ in 0..5 {
            limits.request_from(from("192.0.2.1")).unwrap();
        }
        let refused = limits.request_from(from("192.0.2.1")).unwrap_err();
        assert_eq!(refused.kind, Kind::TooManyRequests);
        assert_eq!(refused.arg("seconds"), Some("3"));
        limits.request_from(from("192.0.2.2")).unwrap();
        clock.advance(std::time::Duration::from_secs(3));
        limits.request_from(from("192.0.2.1")).unwrap();
        assert!(limits.request_from(from("192.0.2.1")).is_err());
    }

    #[test]
    fn new_visitors_are_far_fewer_than_requests() {
        let (limits, clock) = limits(600, 0);
        for _ in 0..8 {
            limits.visitor_from(from("192.0.2.1")).unwrap();
        }
        let refused = limits.visitor_from(from("192.0.2.1")).unwrap_err();
        assert_eq!(refused.arg("seconds"), Some("2"));
        limits.request_from(from("192.0.2.1")).unwrap();
        limits.visitor_from(from("192.0.2.2")).unwrap();
        clock.advance(std::time::Duration::from_secs(2));
        limits.visitor_from(from("192.0.2.1")).unwrap();
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let (limits, _) = limits(1, 0);
        limits.request_from(from("2001:db8::1")).unwrap();
        assert!(limits.request_from(from("2001:db8::2")).is_err());
        limits.request_from(from("2001:db8:0:1::1")).unwrap();
    }

    #[test]
    fn zero_is_no_limit() {
        let (limits, _) = limits(0, 0);
        let user = UserId::parse("a", "user_id").unwrap();
        for _ in 0..10_000 {
            limits.request_from(from("192.0.2.1")).unwrap();
            limits.message_of(&user).unwrap();
        }
    }
}
