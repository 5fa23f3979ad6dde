//! Passwords: made into Argon2id hashes and compared with them, a few at a time, so that a flood of sign-ins
//! takes neither the memory nor all cores.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::agent::Password;
use crate::domain::error::{Error, Kind};

/// Memory of one hash in KiB, passes over it and lanes: what OWASP recommends at least for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many are worked on at a time: 38 MiB at most.
const TURNS: usize = 2;
/// How many may wait for a turn; whoever comes after them is told to come again.
const PLACES: usize = 32;
/// The salt of the work done for an account that is not there.
const NOBODYS_SALT: [u8; 16] = *b"nobody signs in!";

pub struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A place in the queue.
pub struct Place(OwnedSemaphorePermit);

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Arc::new(Semaphore::new(TURNS)),
        }
    }
}

impl Passwords {
    /// # Errors
    /// `rate_limited` while too many wait.
    pub fn place(&self) -> Result<Place, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place
            .map(Place)
            .map_err(|_| Error::new(Kind::TooManyRequests, "rate_limited").with("seconds", 1))
    }

    /// Whether the password is the one of the hash. Without a hash it is not, after the same work.
    ///
    /// # Errors
    /// A hash in the store that is none.
    pub async fn fits(
        &self,
        place: Place,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        self.work(place, move || match hash {
            Some(hash) => {
                let known = PasswordHash::new(&hash).map_err(failed)?;
                Ok(argon2()?
                    .verify_password(password.as_bytes(), &known)
                    .is_ok())
            }
            None => hashed(&password, NOBODYS_SALT).map(|_| false),
        })
        .await
    }

    /// The hash to keep of a new password, in PHC form.
    ///
    /// # Errors
    /// `rate_limited` while too many wait.
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<String, Error> {
        self.work(self.place()?, move || hashed(password.as_str(), salt))
            .await
    }

    /// On a blocking thread. The turn ends with the work, also when the caller has gone away.
    async fn work<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(failed)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place.0));
            done
        });
        done.await.map_err(failed)?
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashed(password: &str, salt: [u8; 16]) -> Result<String, Error> {
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = argon2()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(failed)?;
    Ok(hash.to_string())
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("hashing a password: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let own = Password::parse("correct horse".to_owned(), "password").unwrap();
        let hash = passwords.hash(own, [1; 16]).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let fits = async |password: &str, hash: Option<&String>| {
            let place = passwords.place().unwrap();
            let fits = passwords.fits(place, password.to_owned(), hash.cloned());
            fits.await.unwrap()
        };
        assert!(fits("correct horse", Some(&hash)).await);
        assert!(!fits("correct horse ", Some(&hash)).await);
        assert!(!fits("correct horse", None).await);
    }

    #[test]
    fn a_flood_is_told_to_come_again() {
        let passwords = Passwords::default();
        let places: Vec<Place> = (0..PLACES).map(|_| passwords.place().unwrap()).collect();
        let refused = passwords.place().err().unwrap();
        assert_eq!(refused.code, "rate_limited");
        drop(places);
        assert!(passwords.place().is_ok());
    }
}
