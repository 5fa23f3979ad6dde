//! One send to FCM HTTP v1 and what its answer means, told by Google's error codes and never by its
//! wording alone. Nothing here knows the outbox or who a device belongs to.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::token::{NoToken, ServiceAccount, Tokens};
use crate::domain::clock::Clock;

/// How long a connection, and a whole send, may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub connect: Duration,
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// FCM's answer to one send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// FCM will deliver it.
    Accepted,
    /// There is no such device any more, or never was.
    NoDevice(String),
    /// This message, or this device, never.
    Refused(String),
    /// Not now.
    Busy {
        after: Option<Duration>,
        reason: String,
    },
    /// FCM did not answer, or with a failure of its own.
    Down {
        after: Option<Duration>,
        reason: String,
    },
    /// Google turns the service account away: no push leaves until somebody mends that.
    NoAccount(String),
    /// The token endpoint can not be reached: no push leaves until it can.
    NoToken(String),
}

/// A client for one project.
pub struct Fcm {
    client: Client,
    clock: Clock,
    tokens: Tokens,
    send_url: String,
}

impl Fcm {
    /// # Errors
    /// The system's TLS can not be set up.
    pub fn new(
        account: ServiceAccount,
        api_url: &str,
        patience: Patience,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            // A redirect would carry the message, or the assertion, somewhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let send_url = format!(
            "{}/v1/projects/{}/messages:send",
            api_url.trim_end_matches('/'),
            account.project_id
        );
        Ok(Self {
            tokens: Tokens::new(account, client.clone(), clock.clone()),
            client,
            clock,
            send_url,
        })
    }

    /// Sends one `message` object. A token that FCM no longer takes is replaced once.
    pub async fn send(&self, message: &Value) -> Verdict {
        let first = match self.tokens.token().await {
            Ok(token) => token,
            Err(none) => return without_token(none),
        };
        let answer = self.post(&first, message).await;
        if !answer.turned_away() {
            return answer.verdict;
        }
        self.tokens.forget(&first).await;
        match self.tokens.token().await {
            Ok(fresh) => self.post(&fresh, message).await.verdict,
            Err(none) => without_token(none),
        }
    }

    async fn post(&self, token: &Arc<str>, message: &Value) -> Answer {
        let sent = self
            .client
            .post(&self.send_url)
            .bearer_auth(token)
            .json(&json!({ "message": message }))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Answer::none(&error),
        };
        let status = answer.status();
        let after = retry_after(answer.headers(), &self.clock);
        match answer.bytes().await {
            Ok(body) => Answer {
                status: Some(status),
                verdict: judge(status, after, &body),
            },
            // The status has come: an accepted message is accepted, whatever became of its name.
            Err(_) if status.is_success() => Answer {
                status: Some(status),
                verdict: Verdict::Accepted,
            },
            Err(error) => Answer::none(&error),
        }
    }
}

struct Answer {
    status: Option<StatusCode>,
    verdict: Verdict,
}

impl Answer {
    fn none(error: &reqwest::Error) -> Self {
        Self {
            status: None,
            verdict: Verdict::Down {
                after: None,
                reason: words(error),
            },
        }
    }

    /// The bearer token was not taken. (Apple's refusal is a 401 too, of another code.)
    fn turned_away(&self) -> bool {
        self.status == Some(StatusCode::UNAUTHORIZED)
            && matches!(self.verdict, Verdict::NoAccount(_))
    }
}

fn without_token(none: NoToken) -> Verdict {
    match none {
        NoToken::Refused(code) => Verdict::NoAccount(code),
        NoToken::Unreachable(reason) => Verdict::NoToken(reason),
    }
}

/// Google's error body; whatever is missing is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Failure {
    error: Details,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    message: String,
    status: String,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    /// On FCM's own details.
    error_code: String,
    /// On `google.rpc.BadRequest`.
    field_violations: Vec<Violation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Violation {
    field: String,
}

impl Details {
    /// FCM's code where there is one, else the general one of Google's; nothing that is no code, for it is
    /// shown to everybody.
    fn code(&self) -> &str {
        let own = self.details.iter().map(|detail| detail.error_code.as_str());
        own.chain([self.status.as_str()])
            .find(|code| {
                !code.is_empty() && code.chars().all(|c| c == '_' || c.is_ascii_uppercase())
            })
            .filter(|code| code.len() <= 64)
            .unwrap_or_default()
    }

    /// FCM has one code for a broken message and for a broken token. Where it names no field, this
    /// sentence is the only mark.
    fn names_the_token(&self) -> bool {
        let mut fields = self.details.iter().flat_map(|d| &d.field_violations);
        fields.any(|violation| violation.field == "message.token")
            || self
                .message
                .starts_with("The registration token is not a valid FCM registration token")
    }
}

fn judge(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Verdict {
    if status.is_success() {
        return Verdict::Accepted;
    }
    let failure: Failure = serde_json::from_slice(body).unwrap_or_default();
    let code = failure.error.code();
    let reason = format!("HTTP {} {code}", status.as_u16());
    let reason = reason.trim_end().to_owned();
    match code {
        "UNREGISTERED" => return Verdict::NoDevice(reason),
        "INVALID_ARGUMENT" if failure.error.names_the_token() => return Verdict::NoDevice(reason),
        "SENDER_ID_MISMATCH" | "THIRD_PARTY_AUTH_ERROR" => return Verdict::Refused(reason),
        "PERMISSION_DENIED" | "UNAUTHENTICATED" => return Verdict::NoAccount(reason),
        _ => {}
    }
    match status.as_u16() {
        429 => Verdict::Busy { after, reason },
        408 | 500..=599 => Verdict::Down { after, reason },
        401 => Verdict::NoAccount(reason),
        // A page of some proxy, or of a wrong address: FCM has not spoken.
        _ if code.is_empty() => Verdict::Down { after, reason },
        _ => Verdict::Refused(reason),
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some((date.to_utc() - clock.now()).to_std().unwrap_or_default())
}

/// What went wrong on the way, without the address: it may hold a secret of a proxy.
pub(super) fn words(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "could not connect"
    } else {
        "the connection was cut"
    };
    what.to_owned()
}

#[cfg(test)]
#[path = "fcm_tests.rs"]
pub(super) mod tests;
