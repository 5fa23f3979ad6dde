//! Posts out: the outbox's carrier into the group. It joins what waits of a ticket into one plan, carries the plan step
//! by step, and turns every failure into what is to be done about it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::client::Place;
use super::failure::Failure;
use super::group::{Group, POSTING};
use super::place::{self, Trouble};
use super::render::{self, Labels, Said, Writer};
use super::steps::{Plan, Step};
use crate::delivery::{Carrier, Job, Outcome, Receipt, Scope};
use crate::desk::{Desk, GROUP};
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};

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
        let (first, others) = jobs.split_first()?;
        // What was planned and refused, by an outage say, goes together with what came since; what is
        // half posted goes on as it is.
        let mut messages = match Plan::stored(&first.payload) {
            Some(plan) if plan.says.is_empty() || others.is_empty() => return None,
            Some(plan) => plan.says.into_iter().map(MessageId).collect(),
            None => vec![first.message?],
        };
        if others.iter().any(|job| job.kind != "message") {
            return None;
        }
        messages.extend(others.iter().filter_map(|job| job.message));
        match self.plan(first.ticket?, messages).await {
            Ok(plan) => Some(("post".to_owned(), plan.to_value())),
            Err(error) => {
                tracing::error!(%error, "messages could not be joined; they go one by one");
                None
            }
        }
    }

    async fn carry(&self, job: Job) -> Outcome {
        let carried = match job.kind.as_str() {
            "note" => self.note(&job).await,
            _ => self.post(&job).await,
        };
        match carried {
            Ok(outcome) => outcome,
            Err(Trouble::Telegram(failure)) => self.outcome(failure),
            Err(Trouble::TopicCut(reason)) => Outcome::Retry {
                scope: Scope::Job,
                after: Some(TOPIC_UNCERTAIN_PAUSE),
                reason: format!("making a topic was cut off: {reason}"),
            },
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
        let says = messages.iter().map(|message| message.0).collect();
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
        Ok(Plan {
            says,
            ..Plan::new(render::steps(&labels(desk), &writer, &said))
        })
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
            let Some(place) = place::of_ticket(&self.group, chat, ticket, &step).await? else {
                return Ok(same(plan));
            };
            match self.send(place, &step).await {
                Ok(receipt) => return Ok(self.sent(plan, receipt)),
                Err(Failure::Migrated(new)) => place::moved(&self.group, chat, new).await?,
                Err(Failure::TopicLost(reason)) => {
                    return self.topic_lost(ticket, plan, reason).await;
                }
                Err(failure) => return self.replaced(plan, &step, failure),
            }
        }
        Err(Failure::Unavailable("the group moves in circles".into()).into())
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
        self.group.works(POSTING);
        plan.steps.pop_front();
        plan.recreated = false;
        plan.says.clear();
        if plan.steps.is_empty() {
            return Outcome::Delivered(Some(receipt));
        }
        Outcome::Progress {
            receipt: Some(receipt),
            payload: plan.to_value(),
        }
    }

    /// The topic is made anew, at once the first time, later with patience.
    async fn topic_lost(
        &self,
        ticket: TicketId,
        mut plan: Plan,
        reason: String,
    ) -> Result<Outcome, Trouble> {
        place::forget_topic(&self.group, ticket).await?;
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
                    self.group.works(POSTING);
                    return Ok(Outcome::Delivered(None));
                }
                Err(Failure::Migrated(new)) => place::moved(&self.group, chat, new).await?,
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
                self.group.fails(
                    POSTING,
                    format!(
                        "{reason} ({host}): check the network and TELEGRAM_API_URL; posts wait"
                    ),
                );
                lane(None)
            }
            Failure::Flood(pause) => {
                self.group.pause(pause);
                lane(Some(pause))
            }
            Failure::NoAccess(_) | Failure::Conflict(_) => {
                self.group
                    .fails(POSTING, super::diagnosis::no_access(&reason));
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
            Failure::Uncertain(_) => Outcome::Uncertain { reason },
            Failure::PhotoRefused { .. }
            | Failure::LinkRefused(_)
            | Failure::TooBig(_)
            | Failure::Refused(_) => Outcome::Refused { reason },
        }
    }
}

/// Nothing was posted; the turn comes again.
fn same(plan: Plan) -> Outcome {
    Outcome::Progress {
        receipt: None,
        payload: plan.to_value(),
    }
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
