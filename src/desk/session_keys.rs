//! What a contact proves itself with on the web: a site's token, a visitor's token, or the signed key in the
//! link to one session. Pure: no store, no HTTP.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::Value;
use uuid::Uuid;

use super::access::TokenKey;
use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::ids::UserId;
use crate::domain::text;

/// How long the link to a session opens it.
const LINK_SECONDS: i64 = 30 * 24 * 3600;
/// How long a visitor is known without coming back for a new token.
const VISITOR_SECONDS: i64 = 90 * 24 * 3600;
/// Longest e-mail address and username that are remembered, characters.
const WORD_MAX_CHARS: usize = 254;
/// Makes the links' key another one than the tokens', though both come from one secret.
const LINKS: &[u8] = b"relaydesk: links to sessions";

/// Who asks through the web's interface, and until when that is proven.
#[derive(Debug, Clone)]
pub struct ChatCaller {
    pub who: ChatWho,
    pub until: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatWho {
    /// The contact that a token names: all of its sessions are its own.
    Contact(WebContact),
    /// Whoever holds the link to this session: that one and no other.
    Link(Uuid),
}

/// A contact as its token describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebContact {
    pub user: UserId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
}

/// The keys that make and check all of it.
pub struct SessionKeys {
    tokens: TokenKey,
    links: String,
}

impl SessionKeys {
    /// # Errors
    /// Only if the library can not sign.
    pub fn new(secret: &str) -> Result<Self, Error> {
        Ok(Self {
            tokens: TokenKey::new(secret.to_owned()),
            links: sign(LINKS, secret)?,
        })
    }

    /// A token for an anonymous visitor.
    ///
    /// # Errors
    /// Only if the library can not sign.
    pub fn visitor_token(&self, user: &UserId, clock: &Clock) -> Result<String, Error> {
        self.tokens.issue(user, VISITOR_SECONDS, clock)
    }

    /// The contact that a valid token names.
    pub fn contact_of(&self, token: &str, clock: &Clock) -> Option<ChatCaller> {
        let claims = self.tokens.claims_of(token, clock)?;
        let contact = WebContact {
            user: UserId::parse(&claims.sub, "sub").ok()?,
            name: shown(&claims.name, text::NAME_MAX_CHARS),
            email: shown(&claims.email, WORD_MAX_CHARS),
            username: shown(&claims.username, WORD_MAX_CHARS),
        };
        Some(ChatCaller {
            who: ChatWho::Contact(contact),
            // A time beyond what the calendar holds is for ever.
            until: DateTime::from_timestamp(claims.exp, 0).unwrap_or(DateTime::<Utc>::MAX_UTC),
        })
    }

    /// The key in the link to a session: its id, the second in which it ends, and the signature of both.
    ///
    /// # Errors
    /// Only if the library can not sign.
    pub fn link_key(&self, session: Uuid, clock: &Clock) -> Result<String, Error> {
        let until = clock.now().timestamp().saturating_add(LINK_SECONDS);
        let signed = format!("{}.{until:x}", session.simple());
        let signature = sign(signed.as_bytes(), &self.links)?;
        Ok(format!("{signed}.{signature}"))
    }

    /// The holder of a link whose key is ours and has not expired.
    pub fn holder_of(&self, key: &str, clock: &Clock) -> Option<ChatCaller> {
        let (signed, signature) = key.rsplit_once('.')?;
        let secret = DecodingKey::from_secret(self.links.as_bytes());
        // Compares in constant time.
        let ours = crypto::verify(signature, signed.as_bytes(), &secret, Algorithm::HS256);
        if !ours.unwrap_or(false) {
            return None;
        }
        let (session, until) = signed.split_once('.')?;
        let session = Uuid::try_parse(session).ok()?;
        let until = DateTime::from_timestamp(i64::from_str_radix(until, 16).ok()?, 0)?;
        (until > clock.now()).then_some(ChatCaller {
            who: ChatWho::Link(session),
            until,
        })
    }
}

/// HMAC-SHA256, as base64 for addresses.
fn sign(message: &[u8], secret: &str) -> Result<String, Error> {
    let key = EncodingKey::from_secret(secret.as_bytes());
    crypto::sign(message, &key, Algorithm::HS256)
        .map_err(|error| Error::internal(format_args!("signing a key: {error}")))
}

/// A claim as it may be shown; what is no text, or blank, is none.
fn shown(claim: &Value, max: usize) -> Option<String> {
    let cleaned = text::without_control(claim.as_str()?).replace(['\n', '\t'], " ");
    let cut: String = cleaned.trim().chars().take(max).collect();
    (!cut.is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::time::Duration;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn clock() -> Clock {
        Clock::fake("2026-03-01T12:00:00Z".parse().unwrap())
    }

    fn keys() -> SessionKeys {
        SessionKeys::new(SECRET).unwrap()
    }

    fn token(claims: &Value) -> String {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
    }

    #[test]
    fn a_token_tells_of_its_contact_what_is_fit_to_be_shown() {
        let claims = json!({"sub": "a/b", "exp": 1_900_000_000, "name": " Ann\nLee ", "email": 5, "username": "", "x": []});
        let caller = keys().contact_of(&token(&claims), &clock()).unwrap();
        let contact = WebContact {
            user: UserId::parse("a/b", "sub").unwrap(),
            name: Some("Ann Lee".to_owned()),
            email: None,
            username: None,
        };
        assert_eq!(caller.who, ChatWho::Contact(contact));
        assert_eq!(caller.until.timestamp(), 1_900_000_000);
        for wrong in [
            json!({"sub": "a"}),
            json!({"exp": 1_900_000_000}),
            json!({"sub": "a", "exp": 1_700_000_000}),
            json!({"sub": "", "exp": 1_900_000_000}),
            json!({"sub": "a\u{0}", "exp": 1_900_000_000}),
            json!({"sub": 5, "exp": 1_900_000_000}),
        ] {
            let refused = keys().contact_of(&token(&wrong), &clock());
            assert!(refused.is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_link_opens_its_session_for_thirty_days() {
        let (keys, clock, session) = (keys(), clock(), Uuid::from_u128(7));
        let key = keys.link_key(session, &clock).unwrap();
        clock.advance(Duration::from_secs(30 * 24 * 3600 - 1));
        let holder = keys.holder_of(&key, &clock).unwrap();
        assert_eq!(holder.who, ChatWho::Link(session));
        clock.advance(Duration::from_secs(1));
        assert!(keys.holder_of(&key, &clock).is_none());
    }

    #[test]
    fn another_secret_and_a_token_are_no_key() {
        let (keys, clock) = (keys(), clock());
        let other = SessionKeys::new("another-secret-another-secret-32").unwrap();
        let key = other.link_key(Uuid::from_u128(7), &clock).unwrap();
        assert!(keys.holder_of(&key, &clock).is_none());
        let user = UserId::parse("a", "user_id").unwrap();
        let token = keys.visitor_token(&user, &clock).unwrap();
        assert!(keys.holder_of(&token, &clock).is_none());
        let own = keys.link_key(Uuid::from_u128(7), &clock).unwrap();
        assert!(keys.contact_of(&own, &clock).is_none());
    }

    proptest! {
        #[test]
        fn a_key_with_any_other_letter_opens_nothing(at in 0usize..86, letter in "[0-9a-zA-Z._-]") {
            let (keys, clock) = (keys(), clock());
            let key = keys.link_key(Uuid::from_u128(7), &clock).unwrap();
            let mut forged: Vec<char> = key.chars().collect();
            let at = at % forged.len();
            forged[at] = letter.chars().next().unwrap();
            let forged: String = forged.into_iter().collect();
            prop_assert_eq!(keys.holder_of(&forged, &clock).is_some(), forged == key);
        }

        #[test]
        fn whatever_comes_as_a_key_is_no_panic(key in ".{0,100}") {
            prop_assert!(keys().holder_of(&key, &clock()).is_none());
        }
    }
}
