//! Private chats out: the outbox's carrier into chats with people. Answers are carried step by step like posts, lines
//! take the place of the post that was pressed, and whoever keeps the bot out is written to no more.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Manner, Place};
use super::failure::Failure;
use super::group::Group;
use super::private_words::{keyboard, shown};
use super::render::{self, Spoken};
use super::sending;
use super::steps::{Plan, Step};
use crate::delivery::{Carrier, Job, Outcome, Receipt, Scope};
use crate::desk::broadcasts::PROGRESS;
use crate::desk::private::{Line, PRIVATE, chat_of};
use crate::domain::error::Error;
use crate::domain::ids::MessageId;

/// Telegram lets through about a message a second, and a few at once.
const RATE: (u32, Duration) = (5, Duration::from_secs(5));
/// Chats that are written to at the same time.
const PARALLEL: usize = 8;
/// An answer is worth as much here as in the group.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long everything rests when the bot itself is refused.
const NO_ACCESS_PAUSE: Duration = Duration::from_secs(30);
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(5);
/// Words by which Telegram says that a person can not be written to.
const OUT: [&str; 5] = [
    "blocked by the user",
    "user is deactivated",
    "initiate conversation",
    "chat not found",
    "peer_id_invalid",
];

/// The carrier of private chats.
pub struct Private {
    pub(super) group: Arc<Group>,
}

pub enum Trouble {
    Telegram(Failure),
    Store(Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Telegram(failure)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Carrier for Private {
    fn name(&self) -> &'static str {
        PRIVATE
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }

    fn lane_limit(&self) -> Option<(u32, Duration)> {
        Some(RATE)
    }

    fn cost(&self, job: &Job) -> u32 {
        let plan = Plan::stored(&job.payload);
        let step = plan.and_then(|plan| plan.steps.front().map(Step::parts));
        step.unwrap_or(1)
    }

    fn max_age(&self) -> Duration {
        MAX_AGE
    }

    fn joins(&self, _: &Job) -> bool {
        false
    }

    async fn join(&self, _: Vec<Job>) -> Option<(String, Value)> {
        None
    }

    async fn carry(&self, job: Job) -> Outcome {
        let Some(chat) = chat_of(&job.lane) else {
            return Outcome::Refused {
                reason: "a private message in a lane of no chat".into(),
            };
        };
        let carried = match job.kind.as_str() {
            "line" => self.line(chat, &job).await,
            "answer" | "files" => self.answer(chat, &job).await,
            "edited" => self.edited(&job).await,
            "closed" => self.closed(chat, &job).await,
            "bell" => self.bell(chat, &job).await,
            "commands" => self.commands(chat, &job).await,
            "chart" => self.chart(chat, &job).await,
            "preview" => self.preview(chat, &job).await,
            PROGRESS => self.progress(chat, &job).await,
            _ => Ok(dropped("a kind nobody knows")),
        };
        match carried {
            Ok(outcome) => outcome,
            Err(Trouble::Store(error)) => later(Scope::Lane, Some(STORE_PAUSE), error.to_string()),
            Err(Trouble::Telegram(failure)) => self.failed(chat, failure).await,
        }
    }
}

impl Private {
    pub fn new(group: Arc<Group>) -> Self {
        Self { group }
    }

    /// Words of the bot's own, in the place of the post they came of where that still stands.
    pub(super) async fn line(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let Ok(mut line) = Line::deserialize(&job.payload) else {
            return Ok(Outcome::Refused {
                reason: "a line that can not be read".into(),
            });
        };
        let Some(post) = line.edits else {
            let said = self.say(chat, &line, false).await?;
            return Ok(Outcome::Delivered(Some(said)));
        };
        let (text, keyboard) = (shown(&line.text), keyboard(&line.buttons));
        self.group.pace.take(1).await;
        let edited = self.group.client.edit_line((chat, post), text, &keyboard);
        match edited.await {
            Ok(()) | Err(Failure::NotModified(_)) => Ok(Outcome::Delivered(None)),
            // It is gone, or has a file and no text: said anew.
            Err(Failure::Refused(reason)) => {
                tracing::debug!(reason, "a post can not be changed; it is said anew");
                line.edits = None;
                Ok(Outcome::Progress {
                    receipt: None,
                    payload: json!(line),
                })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn answer(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let plan = match Plan::stored(&job.payload) {
            Some(plan) => plan,
            None => self.planned(job).await?,
        };
        let Some(step) = plan.steps.front().cloned() else {
            return Ok(dropped("the message is gone, or says nothing"));
        };
        let place = Place { chat, topic: None };
        match sending::send(&self.group, place, &step, &Manner::default()).await {
            Ok(receipt) => Ok(sent(plan, receipt)),
            Err(failure) => replaced(plan, &step, failure),
        }
    }

    async fn planned(&self, job: &Job) -> Result<Plan, Error> {
        let at = |name: &str| {
            let value = job.payload.get(name).and_then(Value::as_u64);
            value.and_then(|value| usize::try_from(value).ok())
        };
        let (from, to) = (at("from").unwrap_or(0), at("to").unwrap_or(usize::MAX));
        let Some(mut spoken) = self.spoken(job.message).await? else {
            return Ok(Plan::default());
        };
        let parts = spoken.attachments.into_iter().take(to).skip(from);
        spoken.attachments = parts.collect();
        if from > 0 {
            spoken.text.clear();
        }
        // Shown to staff: the files alone, and whose they are.
        if let Some(who) = job.payload.get("who").and_then(Value::as_str) {
            spoken.agent = Some(who.to_owned());
            spoken.text.clear();
        }
        let words = !spoken.text.trim().is_empty();
        let says = job.message.filter(|_| words).map(|message| message.0);
        Ok(Plan {
            says: says.into_iter().collect(),
            ..Plan::new(render::private(&spoken))
        })
    }

    async fn spoken(&self, message: Option<MessageId>) -> Result<Option<Spoken>, Error> {
        let messages = message.into_iter().collect();
        let content = self.group.desk.post_contents(messages).await?.pop();
        Ok(content.map(|content| Spoken {
            agent: content.agent_name,
            text: content.text,
            attachments: content.attachments,
        }))
    }

    /// The posts that show an answer get its words of now.
    async fn edited(&self, job: &Job) -> Result<Outcome, Trouble> {
        let Some(message) = job.message else {
            return Ok(dropped("an edit of nothing"));
        };
        let Some(spoken) = self.spoken(Some(message)).await? else {
            return Ok(dropped("the message is gone"));
        };
        for post in self.group.desk.shown_in(message).await? {
            self.group.pace.take(1).await;
            self.change(post, &spoken).await?;
        }
        Ok(Outcome::Delivered(None))
    }

    async fn change(&self, post: (i64, i64), spoken: &Spoken) -> Result<(), Failure> {
        let client = &self.group.client;
        let first = |room| render::words(spoken, room).into_iter().next();
        let text = first(render::TEXT_UNITS).unwrap_or_default();
        let as_text = ("editMessageText", "text");
        let changed = match client.edit_words(post, as_text, &text).await {
            Err(Failure::Refused(reason)) if reason.contains("no text in the message") => {
                let caption = first(render::CAPTION_UNITS).unwrap_or_default();
                let as_caption = ("editMessageCaption", "caption");
                client.edit_words(post, as_caption, &caption).await
            }
            changed => changed,
        };
        match changed {
            Ok(()) | Err(Failure::NotModified(_)) => Ok(()),
            Err(Failure::Refused(reason)) => {
                tracing::info!(reason, "an answer stays as it was in a private chat");
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    async fn failed(&self, chat: i64, failure: Failure) -> Outcome {
        let reason = failure.to_string();
        match failure {
            _ if is_out(&failure) => {
                tracing::info!(
                    reason,
                    "a user can not be written to; what waits there ends"
                );
                match self.group.desk.bot_out(chat, true, None).await {
                    Ok(()) => Outcome::Dropped { reason },
                    Err(error) => later(Scope::Lane, Some(STORE_PAUSE), error.to_string()),
                }
            }
            Failure::Flood(pause) => later(Scope::Lane, Some(pause), reason),
            // The bot as such is refused, or Telegram is gone: no chat is to blame.
            Failure::NoAccess(_) | Failure::Conflict(_) => {
                self.group.doubt.notify_one();
                later(Scope::Lane, Some(NO_ACCESS_PAUSE), reason)
            }
            Failure::NotSent(_) => later(Scope::Lane, None, reason),
            Failure::Unavailable(_)
            | Failure::TopicLost(_)
            | Failure::TopicClosed(_)
            | Failure::NotAForum(_)
            | Failure::Migrated(_) => later(Scope::Job, None, reason),
            Failure::Uncertain(_) => Outcome::Uncertain { reason },
            Failure::PhotoRefused { .. }
            | Failure::LinkRefused(_)
            | Failure::TooBig(_)
            | Failure::NotModified(_)
            | Failure::Refused(_) => Outcome::Refused { reason },
        }
    }
}

pub fn dropped(reason: &str) -> Outcome {
    Outcome::Dropped {
        reason: reason.to_owned(),
    }
}

/// Whether it is the person that can not be written to.
pub(super) fn is_out(failure: &Failure) -> bool {
    let reason = failure.to_string().to_lowercase();
    let refused = matches!(failure, Failure::NoAccess(_) | Failure::Refused(_));
    refused && OUT.iter().any(|words| reason.contains(words))
}

pub(super) fn later(scope: Scope, after: Option<Duration>, reason: String) -> Outcome {
    Outcome::Retry {
        scope,
        after,
        reason,
    }
}

fn sent(mut plan: Plan, mut receipt: Receipt) -> Outcome {
    // Only the first step carries the words.
    receipt.shows = !plan.says.is_empty();
    plan.says.clear();
    plan.steps.pop_front();
    let receipt = Some(receipt);
    if plan.steps.is_empty() {
        return Outcome::Delivered(receipt);
    }
    Outcome::Progress {
        receipt,
        payload: plan.to_value(),
    }
}

/// What Telegram will not take in this form goes in another.
fn replaced(plan: Plan, step: &Step, failure: Failure) -> Result<Outcome, Trouble> {
    let Some(others) = step.instead(&failure) else {
        return Err(failure.into());
    };
    tracing::info!(reason = %failure, "a file goes in another form");
    let says = plan.says.clone();
    let plan = Plan {
        says,
        ..plan.replace_first(others)
    };
    Ok(Outcome::Progress {
        receipt: None,
        payload: plan.to_value(),
    })
}
