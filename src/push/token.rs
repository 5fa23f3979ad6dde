//! The service account and the access token it buys: a signed JWT (RFC 7523) for a bearer token.
//! Nothing here knows a message or a device.
//!
//! Why not gcp_auth: it answers "token request failed" to a refused account and to a 503 alike, tries
//! five times inside one call without a time-out, and asks the machine's clock. An operator must be told
//! which of the two it is, and the outbox repeats by itself.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, StatusCode, Url};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::DecodePrivateKey;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::domain::clock::Clock;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Longest life Google allows an assertion, in seconds.
const ASSERTION_LIFE: i64 = 3600;
/// A token this near its end is replaced, so that it does not end on the way.
const MARGIN: Duration = Duration::from_secs(60);

/// A Google service account, checked.
#[derive(Clone)]
pub struct ServiceAccount {
    pub project_id: String,
    client_email: String,
    token_uri: Url,
    key_id: Option<String>,
    key: EncodingKey,
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceAccount({})", self.project_id)
    }
}

/// Reads and checks the file that the Firebase console hands out.
///
/// # Errors
/// Words for an operator: what is wrong with the file.
pub fn read_service_account(path: &Path) -> Result<ServiceAccount, String> {
    let raw = std::fs::read(path).map_err(|error| format!("can not be read: {error}"))?;
    ServiceAccount::parse(&raw)
}

/// The fields that matter; Google writes more.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    project_id: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key: String,
    private_key_id: Option<String>,
    #[serde(default)]
    token_uri: String,
}

impl ServiceAccount {
    /// Checks the content of the file.
    ///
    /// # Errors
    /// Words for an operator: what is wrong. They never quote the file, which holds a secret.
    pub fn parse(raw: &[u8]) -> Result<Self, String> {
        let fields: Fields = serde_json::from_slice(raw).map_err(|error| {
            format!(
                "is not the JSON of a service account (line {}, column {})",
                error.line(),
                error.column()
            )
        })?;
        if fields.kind != "service_account" {
            return Err(
                "is not a service account: its \"type\" is not \"service_account\"; \
                        make a key under Project settings, Service accounts in the Firebase console"
                    .to_owned(),
            );
        }
        // The id becomes a part of an address.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        if fields.project_id.is_empty() || !fields.project_id.chars().all(plain) {
            return Err("has no \"project_id\", or not one of a project".to_owned());
        }
        if !fields.client_email.contains('@') {
            return Err("has no \"client_email\", or not an address".to_owned());
        }
        let token_uri = Url::parse(&fields.token_uri)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or("has no \"token_uri\", or not an http or https address")?;
        Ok(Self {
            key: signing_key(&fields.private_key)?,
            project_id: fields.project_id,
            client_email: fields.client_email,
            key_id: fields.private_key_id,
            token_uri,
        })
    }

    fn assertion(&self, clock: &Clock) -> Result<String, jsonwebtoken::errors::Error> {
        let now = clock.now().timestamp();
        let mut header = Header::new(Algorithm::RS256);
        header.kid.clone_from(&self.key_id);
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_uri.as_str(),
            "iat": now,
            "exp": now + ASSERTION_LIFE,
        });
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// Google writes PKCS #8; older tools rewrite it as PKCS #1.
fn signing_key(pem: &str) -> Result<EncodingKey, String> {
    let key = RsaPrivateKey::from_pkcs8_pem(pem)
        .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
        .map_err(|_| "has no \"private_key\" that is an RSA key in PEM form")?;
    let der = key
        .to_pkcs1_der()
        .map_err(|_| "has a \"private_key\" that can not be used")?;
    let key = EncodingKey::from_rsa_der(der.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &json!({}), &key)
        .map_err(|_| "has a \"private_key\" that can not sign: it needs 2048 bits at least")?;
    Ok(key)
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// Google refuses the account; the code it gives, such as `invalid_grant`.
    Refused(String),
    /// Nobody knows: no answer, or none that says so.
    Unreachable(String),
}

/// The token in use, shared by all sends.
pub struct Tokens {
    account: ServiceAccount,
    client: Client,
    clock: Clock,
    held: Mutex<Option<Held>>,
}

struct Held {
    token: Arc<str>,
    /// Monotonic.
    until: Duration,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

impl Tokens {
    pub fn new(account: ServiceAccount, client: Client, clock: Clock) -> Self {
        Self {
            account,
            client,
            clock,
            held: Mutex::new(None),
        }
    }

    /// A token that is good for a minute at least. Who comes while one is fetched waits for that one.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub async fn token(&self) -> Result<Arc<str>, NoToken> {
        let mut held = self.held.lock().await;
        if let Some(held) = &*held
            && self.clock.monotonic() < held.until
        {
            return Ok(held.token.clone());
        }
        let granted = self.fetch().await?;
        let token: Arc<str> = granted.access_token.into();
        let life = Duration::from_secs(granted.expires_in).saturating_sub(MARGIN);
        *held = Some(Held {
            token: token.clone(),
            until: self.clock.monotonic().saturating_add(life),
        });
        Ok(token)
    }

    /// Throws `token` away, unless another took its place meanwhile.
    pub async fn forget(&self, token: &str) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| &*held.token == token) {
            *held = None;
        }
    }

    async fn fetch(&self) -> Result<Granted, NoToken> {
        let assertion = self
            .account
            .assertion(&self.clock)
            .map_err(|error| NoToken::Refused(error.to_string()))?;
        let answer = self
            .client
            .post(self.account.token_uri.clone())
            .form(&[("grant_type", GRANT), ("assertion", &assertion)])
            .send()
            .await
            .map_err(|error| NoToken::Unreachable(super::fcm::words(&error)))?;
        let status = answer.status();
        let body = answer
            .bytes()
            .await
            .map_err(|error| NoToken::Unreachable(super::fcm::words(&error)))?;
        if refuses(status) {
            return Err(NoToken::Refused(code_of(&body, status)));
        }
        serde_json::from_slice(&body)
            .map_err(|_| NoToken::Unreachable(format!("HTTP {} without a token", status.as_u16())))
    }
}

/// Too many requests and a request that took too long are not the account's fault.
fn refuses(status: StatusCode) -> bool {
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// The code of RFC 6749, section 5.2; only what looks like one, for it is shown to everybody.
fn code_of(body: &[u8], status: StatusCode) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body)
        .map(|refusal| refusal.error)
        .ok()
        .filter(|code| code.len() <= 40 && code.chars().all(|c| c == '_' || c.is_ascii_lowercase()))
        .unwrap_or_else(|| format!("HTTP {}", status.as_u16()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
pub(super) mod tests;
