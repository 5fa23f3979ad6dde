//! Carries a push from the outbox to FCM and says in the outbox's words what came of it.
//! A push cut off after it left may come twice: better than never.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::fcm::{Fcm, Patience, Verdict};
use super::{PushSettings, payload};
use crate::delivery::{Carrier, Job, Outcome, Scope};
use crate::desk::health::Part;
use crate::desk::pushing::PushContent;
use crate::desk::{Desk, PUSH};
use crate::domain::device::Device;
use crate::domain::error::Error;
use crate::domain::ids::{DeviceId, MessageId};

/// How long everything pauses before a refused service account is tried again.
const ACCOUNT_PAUSE: Duration = Duration::from_secs(60);
/// The name of this trouble in the desk's health.
const SOURCE: &str = "fcm";

/// The carrier of pushes.
pub struct Sender {
    desk: Arc<Desk>,
    fcm: Fcm,
    public_url: Option<String>,
}

/// What FCM said to a push on trial.
#[derive(Debug)]
pub struct Tested {
    pub device: DeviceId,
    pub said: Result<(), String>,
}

impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.said {
            Ok(()) => write!(f, "device {}: accepted by FCM", self.device),
            Err(reason) => write!(f, "device {}: {reason}", self.device),
        }
    }
}

impl Sender {
    /// # Errors
    /// The system's TLS can not be set up.
    pub fn new(settings: PushSettings, desk: Arc<Desk>) -> Result<Self, Error> {
        let fcm = Fcm::new(
            settings.account,
            &settings.api_url,
            Patience::default(),
            desk.clock().clone(),
        )
        .map_err(Error::internal)?;
        Ok(Self {
            desk,
            fcm,
            public_url: settings.public_url,
        })
    }

    /// Sends one push to each device, at once and past the outbox, and changes nothing here.
    pub async fn test(&self, devices: &[Device]) -> Vec<Tested> {
        let mut tested = Vec::with_capacity(devices.len());
        for device in devices {
            let content = PushContent {
                token: device.token.clone(),
                user: device.user.clone(),
                message_id: MessageId(0),
                text: self.word("push-test"),
                kinds: Vec::new(),
                photo: None,
                badge: 0,
                last_error: None,
            };
            tested.push(Tested {
                device: device.id,
                said: said(self.send(&content).await),
            });
        }
        tested
    }

    async fn send(&self, content: &PushContent) -> Verdict {
        let media = payload::media_key(&content.kinds)
            .map(|(key, count)| payload::media_word(&self.word(key), count))
            .unwrap_or_default();
        let words = payload::Words {
            title: &self.word("push-title"),
            media: &media,
        };
        let message = payload::message(content, &words, self.public_url.as_deref());
        self.fcm.send(&message).await
    }

    fn word(&self, key: &str) -> String {
        self.desk.texts().get(self.desk.locale(), key, &[])
    }

    async fn carry_to(&self, message: MessageId, device: DeviceId) -> Result<Outcome, Error> {
        let Some(content) = self.desk.push_content(message, device).await? else {
            return Ok(dropped("the device or the message is gone"));
        };
        let verdict = self.send(&content).await;
        self.tell_health(&verdict);
        match &verdict {
            Verdict::NoDevice(_) => self.desk.device_unregistered(device).await?,
            Verdict::Refused(reason) => {
                let reason = Some(reason.clone());
                self.desk.device_answered(device, reason).await?;
            }
            // Most have no error to take back, and then there is nothing to write.
            Verdict::Accepted if content.last_error.is_some() => {
                self.desk.device_answered(device, None).await?;
            }
            _ => {}
        }
        Ok(outcome(verdict))
    }

    /// A limit that is reached says nothing about how FCM is doing.
    fn tell_health(&self, verdict: &Verdict) {
        if !matches!(verdict, Verdict::Busy { .. }) {
            self.desk.health().set(Part::Push, SOURCE, trouble(verdict));
        }
    }
}

impl Carrier for Sender {
    fn name(&self) -> &'static str {
        PUSH
    }

    fn parallel(&self) -> usize {
        16
    }

    fn twice_is_harmless(&self) -> bool {
        true
    }

    async fn join(&self, _jobs: Vec<Job>) -> Option<(String, serde_json::Value)> {
        None
    }

    async fn carry(&self, job: Job) -> Outcome {
        let (Some(message), Some(device)) = (job.message, job.device) else {
            return dropped("the device or the message is gone");
        };
        let carried = self.carry_to(message, device).await;
        carried.unwrap_or_else(|error| retry(Scope::Job, None, error.to_string()))
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Accepted => Outcome::Delivered(None),
        Verdict::NoDevice(reason) => Outcome::Dropped { reason },
        Verdict::Refused(reason) => Outcome::Refused { reason },
        Verdict::Busy { after, reason } | Verdict::Down { after, reason } => {
            retry(Scope::Job, after, reason)
        }
        Verdict::NoAccount(reason) => retry(Scope::Carrier, Some(ACCOUNT_PAUSE), reason),
        Verdict::NoToken(reason) => retry(Scope::Carrier, None, reason),
    }
}

fn retry(scope: Scope, after: Option<Duration>, reason: String) -> Outcome {
    Outcome::Retry {
        scope,
        after,
        reason,
    }
}

fn dropped(reason: &str) -> Outcome {
    Outcome::Dropped {
        reason: reason.to_owned(),
    }
}

/// What an operator should know and do; shown to everybody at `/ready`, so without names.
fn trouble(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::NoAccount(code) => Some(format!(
            "Google refuses the service account ({code}): check that the key at FCM_SERVICE_ACCOUNT_PATH is not \
             revoked, that its account may send (role Firebase Cloud Messaging API Admin), that the API is on in \
             the project, and that this machine's clock is right; pushes wait for 24 hours"
        )),
        Verdict::NoToken(reason) => Some(format!(
            "Google's token address does not answer ({reason}): check that this machine can reach the token_uri of \
             the service account; pushes wait for 24 hours"
        )),
        Verdict::Down { reason, .. } => Some(format!(
            "FCM does not answer ({reason}): check that this machine can reach FCM_API_URL; each push is repeated \
             for 24 hours"
        )),
        Verdict::Accepted | Verdict::NoDevice(_) | Verdict::Refused(_) | Verdict::Busy { .. } => {
            None
        }
    }
}

fn said(verdict: Verdict) -> Result<(), String> {
    match verdict {
        Verdict::Accepted => Ok(()),
        Verdict::NoDevice(reason) => Err(format!("no such device any more ({reason})")),
        Verdict::Refused(reason) => Err(format!("refused ({reason})")),
        Verdict::Busy { reason, .. } => Err(format!("asked to wait ({reason})")),
        other => Err(trouble(&other).unwrap_or_default()),
    }
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
