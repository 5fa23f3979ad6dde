//! Staff signs in and out. Failures lock an account and an address for longer and longer; a try is counted
//! before it is made, so that many at once are no way around it.

use chrono::{DateTime, Duration, Utc};

use super::Desk;
use super::limits::{ClientAddress, network};
use super::staff::token_hash;
use crate::domain::agent::{Agent, EMAIL_MAX_CHARS, Email, PASSWORD_MAX_CHARS};
use crate::domain::error::{Error, Kind};
use crate::store::Tx;

/// How long a sign-in lasts.
pub const SIGNED_IN_FOR: Duration = Duration::days(30);
/// Failures in a row before an account is locked; an address may serve a whole office.
const FREE_OF_ACCOUNT: u32 = 5;
const FREE_OF_ADDRESS: u32 = 20;
/// The first lock; each further failure doubles it.
const FIRST_LOCK: Duration = Duration::minutes(1);
const LONGEST_LOCK: Duration = Duration::hours(1);
/// Failures are forgotten when the last one is this long ago.
pub(super) const FAILURES_KEPT: Duration = Duration::days(1);

/// What signing in brings.
pub struct SignedIn {
    /// Shown once; only its hash is kept.
    pub token: String,
    pub expires_at: DateTime<Utc>,
    pub agent: Agent,
}

impl Desk {
    /// An unknown address, a wrong password and a blocked account get the same answer after the same work.
    ///
    /// # Errors
    /// `invalid_credentials`; `locked` with the seconds to wait; `rate_limited` in a flood of sign-ins.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        address: ClientAddress,
    ) -> Result<SignedIn, Error> {
        let email = Email::folded(email);
        let too_long =
            |field: &str, max: usize| Err(Error::bad("field_too_long", field).with("max", max));
        if email.chars().count() > EMAIL_MAX_CHARS {
            return too_long("email", EMAIL_MAX_CHARS);
        }
        if password.chars().count() > PASSWORD_MAX_CHARS {
            return too_long("password", PASSWORD_MAX_CHARS);
        }
        let place = self.passwords.place()?;
        let keys = (account_key(&email), address_key(address));
        let counted = keys.clone();
        let lock_of_address = self
            .store
            .write(move |tx| {
                count(tx, &counted.0, FREE_OF_ACCOUNT)?;
                count(tx, &counted.1, FREE_OF_ADDRESS)
            })
            .await?;
        let asked = email.clone();
        let known = self.store.read(move |r| r.agent_of_email(&asked)).await?;
        let (agent, hash) = known.unzip();
        let hash = hash.flatten();
        let fits = self.passwords.fits(place, password, hash.clone()).await?;
        let agent = agent.filter(|agent| fits && !agent.is_blocked);
        let Some(agent) = agent else {
            tracing::info!("a sign-in was refused");
            return Err(refused());
        };
        let token = hex::encode(self.chance.bytes::<32>());
        let kept = token_hash(&token);
        self.store
            .write(move |tx| {
                // The password may have been changed while it was compared.
                let still = tx.agent_of_email(&email)?;
                if still.is_none_or(|(agent, now)| agent.is_blocked || now != hash) {
                    return Err(refused());
                }
                tx.clear_login_failures(&keys.0)?;
                tx.take_back_login_failure(&keys.1, lock_of_address)?;
                let expires_at = tx.now() + SIGNED_IN_FOR;
                tx.insert_staff_session(&kept, agent.id, expires_at)?;
                Ok(SignedIn {
                    token,
                    expires_at,
                    agent,
                })
            })
            .await
    }

    /// Revokes a token; the service's own can not be.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let hash = token_hash(token);
        self.store
            .write(move |tx| tx.delete_staff_session(&hash))
            .await
    }
}

fn refused() -> Error {
    Error::new(Kind::Unauthorized, "invalid_credentials")
}

pub(super) fn account_key(email: &str) -> String {
    format!("account:{email}")
}

fn address_key(address: ClientAddress) -> String {
    format!("address:{}", network(address.0))
}

/// Counts a try as failed until it has succeeded; the end of the lock it brings.
pub(super) fn count(tx: &mut Tx, key: &str, free: u32) -> Result<Option<DateTime<Utc>>, Error> {
    let now = tx.now();
    let known = tx.login_failures(key)?;
    let known = known.filter(|known| known.last_at > now - FAILURES_KEPT);
    let locked = known.as_ref().and_then(|known| known.locked_until);
    // A lock that seems longer than any was made before somebody set the clock back.
    let left = locked.map(|until| until - now);
    if let Some(left) = left.filter(|left| *left > Duration::zero() && *left <= LONGEST_LOCK) {
        let seconds = (left.num_milliseconds() + 999) / 1000;
        return Err(Error::new(Kind::TooManyRequests, "locked").with("seconds", seconds));
    }
    let failures = known.map_or(0, |known| known.failures).saturating_add(1);
    let until = lock(failures, free).map(|lock| now + lock);
    tx.set_login_failures(key, failures, until)?;
    Ok(until)
}

/// How long a number of failures locks: 1, 2, 4 … minutes, an hour at most.
fn lock(failures: u32, free: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(free)?;
    let factor = 1_i32.checked_shl(beyond).filter(|factor| *factor > 0);
    let lock = factor.and_then(|factor| FIRST_LOCK.checked_mul(factor));
    Some(lock.map_or(LONGEST_LOCK, |lock| lock.min(LONGEST_LOCK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_double_up_to_an_hour() {
        let minutes = |failures| lock(failures, 5).map(|lock| lock.num_minutes());
        let found: Vec<_> = (0..14).map(minutes).collect();
        let expected = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(Some);
        assert_eq!(found[..5], [None; 5]);
        assert_eq!(found[5..], expected);
        for failures in [36, 37, 100, u32::MAX] {
            assert_eq!(minutes(failures), Some(60), "{failures}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let key = |text: &str| address_key(ClientAddress(text.parse().unwrap()));
        assert_eq!(key("2001:db8::1"), key("2001:db8::2"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
