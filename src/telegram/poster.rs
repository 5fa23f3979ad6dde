//! Posts out: the outbox's carrier into the group. It joins what waits of a ticket into one plan, carries the plan step
//! by step, and turns every failure into what is to be done about it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::client::Place;
use super::failure::Failure;
use super::group::Group;
use super::render::{self, Labels, Said, Writer};
use super::steps::{Plan, Step};
use crate::delivery::{Carrier, Job, Outcome, Receipt, Scope, Window};
use crate::desk::{Desk, GROUP};
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};

/// Longest name of a topic.
const TOPIC_NAME_UNITS: usize = 128;
/// How long the group rests when the bot may not post: long enough to be no nuisance, short enough to notice the mend.
const NO_ACCESS_PAUSE: Duration = Duration::from_secs(30);
/// A topic whose making was cut off may exist, empty; the next try waits so that there are not many of them.
const TOPIC_UNCERTAIN_PAUSE: Duration = Duration::from_secs(60);
/// The store failed under a post.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// A post is worth more than a push, and nobody else keeps it.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A migration, and a group that has no topics any more, are followed at once; more is a circle.
const TURNS: usize = 4;

/// The carrier of the group's lane.
pub struct Poster {
    group: Arc<Group>,
}

/// Why a step did not go out.
enum Trouble {
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

impl Carrier for Poster {
    fn name(&self) -> &'static str {
        GROUP
    }

    fn parallel(&self) -> usize {
        1
    }

    fn lane_limit(&self) -> Option<(u32, Duration)> {
        Some((self.group.settings.group_rate, Duration::from_secs(60)))
    }

    fn cost(&self, job: &Job) -> u32 {
        let parts = Plan::stored(&job.payload).and_then(|plan| plan.steps.front().map(Step::parts));
        let makes_topic = self.group.known_forum() == Some(true)
            && job
                .ticket
                .is_some_and(|ticket| !self.group.has_topic(ticket));
        if makes_topic { 1 } else { parts.unwrap_or(1) }
    }

    fn max_age(&self) -> Duration {
        MAX_AGE
    }

    async fn join(&self, jobs: Vec<Job>) -> Option<(String, Value)> {
        let first = jobs.first().filter(|job| job.kind == "message")?;
        let messages = jobs.iter().filter_map(|job| job.message).collect();
        match self.plan(first.ticket?, messages).await {
            Ok(plan) => Some(("post".to_owned(), plan.to_value())),
            Err(error) => {
                tracing::error!(%error, "messages could not be joined; they go one by one");
                None
            }
        }
    }

    async fn carry(&self, job: Job, _limit: Arc<Window>) -> Outcome {
        let carried = match job.kind.as_str() {
            "note" => self.note(&job).await,
            _ => self.post(&job).await,
        };
        match carried {
            Ok(outcome) => outcome,
            Err(Trouble::Telegram(failure)) => self.outcome(failure),
            Err(Trouble::Store(error)) => Outcome::Retry {
                scope: Scope::Lane,
                after: Some(STORE_PAUSE),
                reason: error.to_string(),
            },
        }
    }
}

impl Poster {
    pub fn new(group: Arc<Group>) -> Self {
        Self { group }
    }

    /// What posting these messages takes.
    async fn plan(&self, ticket: TicketId, messages: Vec<MessageId>) -> Result<Plan, Error> {
        let desk = &self.group.desk;
        let contents = desk.post_contents(messages).await?;
        let (Some(ticket), Some(last)) = (desk.ticket(ticket).await?, contents.last()) else {
            return Ok(Plan::default());
        };
        let writer = Writer {
            session: ticket.session,
            user: last.user.to_string(),
            name: last.user_name.clone(),
        };
        let said: Vec<Said> = contents
            .into_iter()
            .map(|content| Said {
                text: content.text,
                files: content
                    .photos
                    .iter()
                    .filter_map(|photo| photo.file.clone())
                    .collect(),
                links: content
                    .photos
                    .into_iter()
                    .filter(|photo| photo.file.is_none())
                    .filter_map(|photo| photo.link)
                    .collect(),
            })
            .collect();
        Ok(Plan::new(render::steps(&labels(desk), &writer, &said)))
    }

    async fn post(&self, job: &Job) -> Result<Outcome, Trouble> {
        let Some(ticket) = job.ticket else {
            return Ok(Outcome::Dropped {
                reason: "a post without a ticket".into(),
            });
        };
        let plan = match Plan::stored(&job.payload) {
            Some(plan) => plan,
            None => self.plan(ticket, job.message.into_iter().collect()).await?,
        };
        let Some(step) = plan.steps.front().cloned() else {
            return Ok(Outcome::Dropped {
                reason: "its message or ticket is gone".into(),
            });
        };
        for _ in 0..TURNS {
            let chat = self.group.chat().await?;
            let Some(place) = self.place(chat, ticket, &step).await? else {
                return Ok(same(plan));
            };
            match self.send(place, &step).await {
                Ok(receipt) => return Ok(self.sent(plan, receipt)),
                Err(Failure::Migrated(new)) => self.migrated(chat, new).await?,
                Err(Failure::TopicLost(reason)) => {
                    return self.topic_lost(ticket, plan, reason).await;
                }
                Err(failure) => return self.replaced(plan, &step, failure),
            }
        }
        Err(Failure::Unavailable("the group moves in circles".into()).into())
    }

    /// Where the ticket's posts go; None when this turn was spent on making its topic, or on learning that there is one.
    async fn place(
        &self,
        chat: i64,
        ticket: TicketId,
        step: &Step,
    ) -> Result<Option<Place>, Trouble> {
        let forum = match self.group.is_forum(chat).await {
            Err(Failure::Migrated(new)) => {
                self.migrated(chat, new).await?;
                return Ok(None);
            }
            forum => forum?,
        };
        if !forum {
            return Ok(Some(Place { chat, topic: None }));
        }
        let known = self.group.has_topic(ticket);
        if let Some(topic) = self.group.desk.topic_of(ticket, chat).await? {
            self.group.learn_topic(ticket, true);
            // A step of several parts was charged as one while its topic was unknown.
            let charged = known || step.parts() == 1;
            return Ok(charged.then_some(Place {
                chat,
                topic: Some(topic),
            }));
        }
        match self.make_topic(chat, ticket).await {
            Ok(()) => Ok(None),
            Err(Trouble::Telegram(Failure::NotAForum(_))) => {
                self.group.forget_forum();
                Ok(None)
            }
            Err(Trouble::Telegram(Failure::Migrated(new))) => {
                self.migrated(chat, new).await?;
                Ok(None)
            }
            Err(trouble) => Err(trouble),
        }
    }

    async fn make_topic(&self, chat: i64, ticket: TicketId) -> Result<(), Trouble> {
        let desk = &self.group.desk;
        let Some(contact) = desk.ticket(ticket).await? else {
            return Err(Failure::Refused("the ticket is gone".into()).into());
        };
        let name = contact
            .user_name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| contact.user.to_string());
        let topic = match self
            .group
            .client
            .create_topic(chat, &topic_name(&name))
            .await
        {
            // Nothing was posted, which is certain, and an empty topic does no harm.
            Err(Failure::Uncertain(reason)) => {
                return Err(Failure::Uncertain(format!("{TOPIC_CUT}{reason}")).into());
            }
            made => made?,
        };
        desk.remember_topic(ticket, chat, topic).await?;
        self.group.learn_topic(ticket, true);
        tracing::info!(%ticket, topic, "a topic was made for the ticket");
        Ok(())
    }

    async fn send(&self, place: Place, step: &Step) -> Result<Receipt, Failure> {
        let (client, uploads) = (&self.group.client, self.group.desk.uploads());
        match step {
            Step::Text { html } => client.send_html(place, html).await,
            Step::Link { url, caption, .. } => client.send_link(place, url, caption).await,
            Step::Photo { file, caption, .. } => {
                client
                    .send_file(("sendPhoto", "photo"), place, (uploads, file), caption)
                    .await
            }
            Step::Document { file, caption } => {
                client
                    .send_file(
                        ("sendDocument", "document"),
                        place,
                        (uploads, file),
                        caption,
                    )
                    .await
            }
            Step::Album { files, caption, .. } => {
                client.send_album(place, uploads, files, caption).await
            }
        }
    }

    fn sent(&self, mut plan: Plan, receipt: Receipt) -> Outcome {
        self.group.posting_trouble(None);
        plan.steps.pop_front();
        plan.recreated = false;
        if plan.steps.is_empty() {
            return Outcome::Delivered(Some(receipt));
        }
        Outcome::Progress {
            receipt: Some(receipt),
            payload: plan.to_value(),
        }
    }

    async fn migrated(&self, old: i64, new: i64) -> Result<(), Error> {
        self.group.desk.group_migrated(old, new).await?;
        self.group.forget_forum();
        Ok(())
    }

    /// The topic is made anew, at once the first time, later with patience.
    async fn topic_lost(
        &self,
        ticket: TicketId,
        mut plan: Plan,
        reason: String,
    ) -> Result<Outcome, Trouble> {
        self.group.desk.forget_topic(ticket).await?;
        self.group.learn_topic(ticket, false);
        self.group.doubt.notify_one();
        if plan.recreated {
            return Ok(Outcome::Retry {
                scope: Scope::Job,
                after: None,
                reason,
            });
        }
        plan.recreated = true;
        Ok(same(plan))
    }

    /// What Telegram will not take in this form goes in another.
    fn replaced(&self, plan: Plan, step: &Step, failure: Failure) -> Result<Outcome, Trouble> {
        let others = match (step, &failure) {
            (
                Step::Link { instead, .. },
                Failure::LinkRefused(_)
                | Failure::PhotoRefused { .. }
                | Failure::TooBig(_)
                | Failure::Refused(_),
            ) => Some(
                instead
                    .iter()
                    .map(|html| Step::Text { html: html.clone() })
                    .collect(),
            ),
            (step, Failure::PhotoRefused { part, .. }) => step.as_documents(*part),
            _ => None,
        };
        let Some(others) = others else {
            return Err(failure.into());
        };
        tracing::info!(reason = %failure, "a photo goes in another form");
        Ok(same(plan.replace_first(others)))
    }

    /// A line to the agents; it belongs to no ticket, so nothing is remembered of it.
    async fn note(&self, job: &Job) -> Result<Outcome, Trouble> {
        #[derive(Deserialize)]
        struct Line {
            text: String,
            reply_to: Option<i64>,
            thread_id: Option<i64>,
        }
        let Ok(line) = Line::deserialize(&job.payload) else {
            return Ok(Outcome::Refused {
                reason: "a note that can not be read".into(),
            });
        };
        let mut topic = line.thread_id;
        for _ in 0..TURNS {
            let chat = self.group.chat().await?;
            let place = Place { chat, topic };
            match self
                .group
                .client
                .send_plain(place, &line.text, line.reply_to)
                .await
            {
                Ok(_) => {
                    self.group.posting_trouble(None);
                    return Ok(Outcome::Delivered(None));
                }
                Err(Failure::Migrated(new)) => self.migrated(chat, new).await?,
                Err(Failure::TopicLost(_) | Failure::NotAForum(_)) if topic.is_some() => {
                    topic = None
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Failure::Unavailable("the group moves in circles".into()).into())
    }

    fn outcome(&self, failure: Failure) -> Outcome {
        let reason = failure.to_string();
        let lane = |after| Outcome::Retry {
            scope: Scope::Lane,
            after,
            reason: reason.clone(),
        };
        match failure {
            Failure::NotSent(_) => {
                let host = self.group.settings.api_url.host_str().unwrap_or_default();
                self.group.posting_trouble(Some(format!(
                    "{reason} ({host}): check the network and TELEGRAM_API_URL; posts wait"
                )));
                lane(None)
            }
            Failure::Flood(pause) => {
                self.group.pause(pause);
                lane(Some(pause))
            }
            Failure::NoAccess(_) | Failure::Conflict(_) => {
                self.group
                    .posting_trouble(Some(super::check::no_access(&reason)));
                self.group.pause(NO_ACCESS_PAUSE);
                self.group.forget_forum();
                lane(Some(NO_ACCESS_PAUSE))
            }
            Failure::Migrated(_) => lane(None),
            Failure::TopicLost(_) | Failure::NotAForum(_) | Failure::Unavailable(_) => {
                Outcome::Retry {
                    scope: Scope::Job,
                    after: None,
                    reason,
                }
            }
            Failure::Uncertain(cut) if cut.starts_with(TOPIC_CUT) => Outcome::Retry {
                scope: Scope::Job,
                after: Some(TOPIC_UNCERTAIN_PAUSE),
                reason,
            },
            Failure::Uncertain(_) => Outcome::Uncertain { reason },
            Failure::PhotoRefused { .. }
            | Failure::LinkRefused(_)
            | Failure::TooBig(_)
            | Failure::Refused(_) => Outcome::Refused { reason },
        }
    }
}

/// Begins the reason of a topic whose making was cut off.
const TOPIC_CUT: &str = "while making a topic: ";

/// Nothing was posted; the turn comes again.
fn same(plan: Plan) -> Outcome {
    Outcome::Progress {
        receipt: None,
        payload: plan.to_value(),
    }
}

/// A name Telegram takes for a topic: one line of at most 128 units.
fn topic_name(name: &str) -> String {
    let mut units = 0;
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= TOPIC_NAME_UNITS
        })
        .collect()
}

/// The words of a post in the desk's language.
fn labels(desk: &Desk) -> Labels {
    let text = |key| desk.texts().get(desk.locale(), key, &[]);
    Labels {
        from_user: text("telegram-from-user"),
        user_id: text("telegram-user-id"),
        name: text("telegram-name"),
        message: text("telegram-message"),
        messages: text("telegram-messages"),
        photos: text("telegram-photos"),
        pieces: text("telegram-pieces"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::utf16_len;

    #[test]
    fn a_topics_name_is_one_line_that_telegram_takes() {
        assert_eq!(topic_name(" Анна\n Ли "), "Анна Ли");
        assert_eq!(utf16_len(&topic_name(&"😀".repeat(100))), 128);
        assert_eq!(topic_name(&"a".repeat(200)).len(), 128);
    }
}
