//! Who asks, and what they may: every action of the desk begins with this.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::clock::Clock;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::UserId;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// `USER_AUTH=open`: the app is trusted to name its user.
    Trusted,
    /// The user a valid token names.
    User(UserId),
}

impl Caller {
    /// # Errors
    /// `forbidden` when the caller is somebody else.
    pub fn may_act_as(&self, user: &UserId) -> Result<(), Error> {
        match self {
            // Everybody may see who somebody is on Telegram; an app has no business with it.
            Self::Trusted if user.is_of_telegram() => {
                Err(Error::new(Kind::Forbidden, "forbidden").on("user_id"))
            }
            Self::Trusted => Ok(()),
            Self::User(own) if own == user => Ok(()),
            Self::User(_) => Err(Error::new(Kind::Forbidden, "forbidden").on("user_id")),
        }
    }
}

/// How callers prove who they are: the settings `USER_AUTH` and `JWT_SECRET`.
#[derive(Clone)]
pub enum Access {
    Open,
    Token(TokenKey),
}

/// The secret that signs user tokens (HS256).
#[derive(Clone)]
pub struct TokenKey(String);

/// What a token says of its user. What is optional may be anything: a site's claims are not ours to refuse.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Claims {
    pub sub: String,
    /// Seconds since 1970.
    pub exp: i64,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub name: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub email: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub username: Value,
}

impl Access {
    /// The caller behind a request with this bearer token.
    ///
    /// # Errors
    /// `unauthorized` in token mode without a valid, unexpired token.
    pub fn caller(&self, bearer: Option<&str>, clock: &Clock) -> Result<Caller, Error> {
        match self {
            Self::Open => Ok(Caller::Trusted),
            Self::Token(key) => bearer
                .and_then(|token| key.user_of(token, clock))
                .map(Caller::User)
                .ok_or_else(|| Error::new(Kind::Unauthorized, "unauthorized")),
        }
    }
}

impl TokenKey {
    /// Shorter ones can be guessed from a single token.
    pub const MIN_BYTES: usize = 32;

    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// A token for a user, valid for `seconds`.
    ///
    /// # Errors
    /// Only if the library can not sign.
    pub fn issue(&self, user: &UserId, seconds: i64, clock: &Clock) -> Result<String, Error> {
        let claims = Claims {
            sub: user.to_string(),
            exp: clock.now().timestamp().saturating_add(seconds),
            ..Claims::default()
        };
        encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &EncodingKey::from_secret(self.0.as_bytes()),
        )
        .map_err(|error| Error::internal(format_args!("signing a token: {error}")))
    }

    fn user_of(&self, token: &str, clock: &Clock) -> Option<UserId> {
        let claims = self.claims_of(token, clock)?;
        UserId::parse(&claims.sub, "sub").ok()
    }

    /// What a valid token says that has not expired.
    pub fn claims_of(&self, token: &str, clock: &Clock) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["exp", "sub"]);
        // The library asks the machine for the time; ours is the clock's.
        rules.validate_exp = false;
        rules.validate_aud = false;
        let key = DecodingKey::from_secret(self.0.as_bytes());
        let claims = decode::<Claims>(token, &key, &rules).ok()?.claims;
        (claims.exp > clock.now().timestamp()).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn user(id: &str) -> UserId {
        UserId::parse(id, "user_id").unwrap()
    }

    #[test]
    fn a_user_acts_only_as_itself() {
        assert!(Caller::Trusted.may_act_as(&user("a")).is_ok());
        assert!(Caller::User(user("a")).may_act_as(&user("a")).is_ok());
        for other in ["b", "A", "a ", "aa"] {
            let refused = Caller::User(user("a"))
                .may_act_as(&user(other))
                .unwrap_err();
            assert_eq!(refused.kind, Kind::Forbidden);
        }
    }

    #[test]
    fn who_is_known_from_telegram_is_nobody_an_app_may_name() {
        let person = UserId::of_telegram(42);
        let refused = Caller::Trusted.may_act_as(&person).unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden);
        assert!(Caller::User(person.clone()).may_act_as(&person).is_ok());
        assert!(Caller::Trusted.may_act_as(&user("42")).is_ok());
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        let key = TokenKey::new("0123456789abcdef0123456789abcdef".to_owned());
        let access = Access::Token(key.clone());
        let token = key.issue(&user("a/b"), 60, &clock).unwrap();
        assert_eq!(
            access.caller(Some(&token), &clock).unwrap(),
            Caller::User(user("a/b"))
        );
        clock.advance(Duration::from_secs(60));
        assert_eq!(
            access.caller(Some(&token), &clock).unwrap_err().kind,
            Kind::Unauthorized
        );
    }

    #[test]
    fn forged_and_strange_tokens_are_nobody() {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        let key = TokenKey::new("0123456789abcdef0123456789abcdef".to_owned());
        let other = TokenKey::new("another-secret-another-secret-32".to_owned());
        let forged = other.issue(&user("a"), 60, &clock).unwrap();
        let real = key.issue(&user("a"), 60, &clock).unwrap();
        let tampered = format!("{real}x");
        // {"alg":"none"}.{"sub":"a","exp":9999999999}.
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.";
        let access = Access::Token(key);
        for token in [
            None,
            Some(""),
            Some("a.b.c"),
            Some(&*forged),
            Some(&*tampered),
            Some(none),
        ] {
            assert!(access.caller(token, &clock).is_err(), "{token:?}");
        }
    }
}
