//! Broadcasts out: the outbox's carrier of messages to everybody, one chat a turn, slower than the bot may so that
//! answers get through; and what their owner sees of them. Whom they go to is the desk's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Manner, Place};
use super::failure::Failure;
use super::group::Group;
use super::private::{Private, STORE_PAUSE, Trouble, dropped, is_out, later};
use super::private_words::{keyboard, shown};
use crate::delivery::{Carrier, Job, Outcome, Receipt, Scope};
use crate::desk::broadcasts::{BROADCAST, Leaflet, Round};
use crate::desk::private::Line;
use crate::domain::attachment::AttachmentKind;
use crate::domain::broadcast::{Fate, Turn};
use crate::domain::error::Error;
use crate::domain::ids::BroadcastId;

/// Messages in a time, of the 25 that the bot sends in all.
const RATE: (u32, Duration) = (20, Duration::from_secs(1));
/// How often its owner is shown how far it is.
const TELL_EVERY: Duration = Duration::from_secs(3);
/// How long it rests when the bot itself is refused.
const NO_ACCESS_PAUSE: Duration = Duration::from_secs(30);
/// How often Telegram may fail at one chat until it is left behind: some minutes.
const TRIES: u32 = 12;

/// The carrier of broadcasts.
pub struct Broadcasts {
    group: Arc<Group>,
    /// Monotonic time at which its owner was told last.
    told: Mutex<Option<Duration>>,
    /// Something had its turn since the start.
    began: AtomicBool,
}

impl Carrier for Broadcasts {
    fn name(&self) -> &'static str {
        BROADCAST
    }

    fn parallel(&self) -> usize {
        1
    }

    fn lane_limit(&self) -> Option<(u32, Duration)> {
        Some(RATE)
    }

    /// Nobody gets it twice.
    fn passes_over(&self) -> bool {
        true
    }

    /// It takes as long as it takes.
    fn max_age(&self) -> Duration {
        Duration::MAX
    }

    fn joins(&self, _: &Job) -> bool {
        false
    }

    async fn join(&self, _: Vec<Job>) -> Option<(String, Value)> {
        None
    }

    async fn carry(&self, job: Job) -> Outcome {
        let Ok(round) = Round::deserialize(&job.payload) else {
            return Outcome::Refused {
                reason: "a broadcast that can not be read".into(),
            };
        };
        // What an earlier process sent just before counts on Telegram's side still.
        if !self.began.swap(true, Ordering::Relaxed) && round.tally.done() > 0 {
            self.group.desk.clock().sleep(RATE.1).await;
        }
        match self.turn(round, &job).await {
            Ok(outcome) => outcome,
            Err(error) => later(Scope::Lane, Some(STORE_PAUSE), error.to_string()),
        }
    }
}

impl Broadcasts {
    pub fn new(group: Arc<Group>) -> Self {
        Self {
            group,
            told: Mutex::default(),
            began: AtomicBool::default(),
        }
    }

    /// An error means that nothing was sent.
    async fn turn(&self, round: Round, job: &Job) -> Result<Outcome, Error> {
        let desk = &self.group.desk;
        let (chat, fate) = match desk.broadcast_turn(round, job.uncertain).await? {
            (Turn::Over, _) | (Turn::Send(_), None) => return self.over(round).await,
            (Turn::PassOver(chat, fate), _) => (chat, fate),
            (Turn::Send(chat), Some(leaflet)) => {
                let failure = match post(&self.group, chat, &leaflet).await {
                    Ok(_) => return Ok(self.next(round, chat, Fate::Sent).await),
                    Err(failure) => failure,
                };
                match self.judge(chat, failure, job.attempts).await? {
                    Ok(fate) => (chat, fate),
                    // What rests is not waited for where it is to end anyway.
                    Err(_) if desk.broadcast_is_stopping(round).await? => {
                        return self.over(round).await;
                    }
                    Err(rest) => return Ok(rest),
                }
            }
        };
        Ok(self.next(round, chat, fate).await)
    }

    /// What a failure means for this chat; or that the same is tried again.
    async fn judge(
        &self,
        chat: i64,
        failure: Failure,
        attempts: u32,
    ) -> Result<Result<Fate, Outcome>, Error> {
        let reason = failure.to_string();
        if is_out(&failure) {
            self.group.desk.bot_out(chat, true, None).await?;
            return Ok(Ok(Fate::Out));
        }
        Ok(match failure {
            Failure::Flood(pause) => Err(later(Scope::Lane, Some(pause), reason)),
            Failure::NotSent(_) => Err(later(Scope::Lane, None, reason)),
            Failure::NoAccess(_) if is_about_the_bot(&reason) => {
                self.group.doubt.notify_one();
                Err(later(Scope::Lane, Some(NO_ACCESS_PAUSE), reason))
            }
            Failure::Unavailable(_) if attempts < TRIES => Err(later(Scope::Job, None, reason)),
            Failure::Uncertain(_) => {
                tracing::warn!(
                    reason,
                    "nobody knows whether a broadcast arrived in a chat; it is passed over"
                );
                Ok(Fate::Unknown)
            }
            _ => {
                tracing::info!(reason, "a broadcast does not reach a chat");
                Ok(Fate::Failed)
            }
        })
    }

    /// The next has its turn. It may have been sent, so no trouble is one from here on.
    async fn next(&self, round: Round, chat: i64, fate: Fate) -> Outcome {
        let tally = round.tally.with(chat, fate);
        let round = Round { tally, ..round };
        if self.is_time_to_tell()
            && let Err(error) = self.group.desk.broadcast_told(round).await
        {
            tracing::warn!(%error, "how far a broadcast is can not be shown");
        }
        Outcome::Progress {
            receipt: None,
            payload: round.to_value(),
        }
    }

    fn is_time_to_tell(&self) -> bool {
        let now = self.group.desk.clock().monotonic();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let due = told.is_none_or(|at| at + TELL_EVERY <= now);
        if due {
            *told = Some(now);
        }
        due
    }

    async fn over(&self, round: Round) -> Result<Outcome, Error> {
        self.group.desk.broadcast_over(round).await?;
        Ok(Outcome::Delivered(None))
    }
}

/// Refusals of the bot itself: 401 and 404. Any other is about one chat, and must not hold everybody up.
fn is_about_the_bot(reason: &str) -> bool {
    ["Unauthorized", "Not Found"]
        .iter()
        .any(|words| reason.starts_with(words))
}

/// Sends what everybody gets into one chat.
async fn post(group: &Group, chat: i64, leaflet: &Leaflet) -> Result<Receipt, Failure> {
    let (place, manner) = (Place { chat, topic: None }, Manner::default());
    group.pace.take(1).await;
    match &leaflet.file {
        None => {
            let text = shown(&leaflet.text);
            group.client.send_line(place, text, &manner).await
        }
        Some((kind, id)) => {
            let method = method_of(*kind);
            let words = (id.as_str(), leaflet.text.as_str());
            group.client.send_known(method, place, words, &manner).await
        }
    }
}

/// The method that sends a file of this kind, and that method's name for it.
fn method_of(kind: AttachmentKind) -> (&'static str, &'static str) {
    match kind {
        AttachmentKind::Photo => ("sendPhoto", "photo"),
        AttachmentKind::Video => ("sendVideo", "video"),
        AttachmentKind::Animation => ("sendAnimation", "animation"),
        AttachmentKind::Audio => ("sendAudio", "audio"),
        AttachmentKind::Voice => ("sendVoice", "voice"),
        _ => ("sendDocument", "document"),
    }
}

impl Private {
    /// Shows an owner what everybody would get, and then asks.
    pub(super) async fn preview(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let Some((id, then)) = job.payload.get("then").and_then(|then| {
            let then = Line::deserialize(then).ok()?;
            Some((broadcast_of(job)?, then))
        }) else {
            return self.line(chat, job).await;
        };
        let Some(leaflet) = self.group.desk.draft_leaflet(id).await? else {
            return Ok(dropped("a draft that was given up"));
        };
        let then = match post(&self.group, chat, &leaflet).await {
            Ok(_) => then,
            // Nothing is asked then: everybody else would be refused, too.
            Err(
                failure @ (Failure::Refused(_)
                | Failure::PhotoRefused { .. }
                | Failure::LinkRefused(_)
                | Failure::TooBig(_)),
            ) => Line {
                text: format!("⚠️ {failure}"),
                ..Line::default()
            },
            Err(failure) => return Err(failure.into()),
        };
        Ok(Outcome::Progress {
            receipt: None,
            payload: json!(then),
        })
    }

    /// Shows an owner how far a broadcast is, in the place of what was shown before.
    pub(super) async fn progress(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let Some(id) = broadcast_of(job) else {
            return Ok(dropped("the progress of nothing"));
        };
        let Some(line) = self.group.desk.broadcast_progress(id).await? else {
            return Ok(dropped("the broadcast is gone"));
        };
        if let Some(post) = line.edits {
            let (text, keyboard) = (shown(&line.text), keyboard(&line.buttons));
            self.group.pace.take(1).await;
            let client = &self.group.client;
            match client.edit_line((chat, post), text, &keyboard).await {
                Ok(()) | Err(Failure::NotModified(_)) => return Ok(Outcome::Delivered(None)),
                Err(Failure::Refused(reason)) => {
                    tracing::debug!(reason, "progress can not be changed; it is said anew");
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        let said = self.say(chat, &line, false).await?;
        if let Some(post) = said.message_ids.first() {
            self.group.desk.broadcast_post(id, *post).await?;
        }
        Ok(Outcome::Delivered(None))
    }
}

fn broadcast_of(job: &Job) -> Option<BroadcastId> {
    let id = job.payload.get("broadcast")?.as_i64()?;
    Some(BroadcastId(id))
}
