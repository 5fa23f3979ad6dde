//! Posts out: the outbox's carrier into the groups. It joins what waits of a ticket into one plan, carries the plan step
//! by step, and turns every failure into what is to be done about it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::beside;
use super::client::{Manner, Place};
use super::failure::Failure;
use super::group::{Group, Room};
use super::place::{self, Trouble};
use super::planner;
use super::sending;
use super::steps::{Plan, Step};
use crate::delivery::{Carrier, Job, Outcome, Receipt, Scope};
use crate::desk::GROUP;
use crate::desk::groups::{LEFT, MOVED};
use crate::desk::posting::TicketRef;
use crate::domain::group::GroupRef;
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
/// Groups that are posted to at the same time.
const PARALLEL: usize = 8;

/// The carrier of the groups' lanes.
pub struct Poster {
    group: Arc<Group>,
}

impl Carrier for Poster {
    fn name(&self) -> &'static str {
        GROUP
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }

    fn has_few_lanes(&self) -> bool {
        true
    }

    async fn lane_of_chat(&self, chat: i64) -> Option<String> {
        let of = self.group.desk.group_of_chat(chat).await;
        of.ok().map(GroupRef::lane)
    }

    fn lane_limit(&self) -> Option<(u32, Duration)> {
        Some((self.group.settings.group_rate, Duration::from_secs(60)))
    }

    fn cost(&self, job: &Job) -> u32 {
        let parts = Plan::stored(&job.payload).and_then(|plan| plan.steps.front().map(Step::parts));
        let of = GroupRef::of_lane(&job.lane);
        let makes_topic = self.group.known_forum(of) == Some(true)
            && job
                .ticket
                .is_some_and(|ticket| !self.group.has_topic(of, ticket));
        if makes_topic { 1 } else { parts.unwrap_or(1) }
    }

    fn max_age(&self) -> Duration {
        MAX_AGE
    }

    fn joins(&self, job: &Job) -> bool {
        planner::is_of_contact(&job.kind)
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
        messages.extend(others.iter().filter_map(|job| job.message));
        match planner::of_messages(&self.group, first.ticket?, messages).await {
            Ok(plan) => Some(("post".to_owned(), plan.to_value())),
            Err(error) => {
                tracing::error!(%error, "messages could not be joined; they go one by one");
                None
            }
        }
    }

    async fn carry(&self, job: Job) -> Outcome {
        let of = GroupRef::of_lane(&job.lane);
        let carried = match job.kind.as_str() {
            "note" => self.note(&job).await,
            _ => self.post(&job).await,
        };
        match carried {
            Ok(outcome) => outcome,
            Err(Trouble::Telegram(Failure::NoAccess(reason))) if job.kind == LEFT => {
                Outcome::Dropped { reason }
            }
            // Nobody will mend a group that no category names any more.
            Err(Trouble::Telegram(Failure::NoAccess(reason)))
                if !self.group.desk.is_wanted(of).await.unwrap_or(true) =>
            {
                Outcome::Refused { reason }
            }
            Err(Trouble::Telegram(failure)) => self.outcome(of, failure),
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

    async fn post(&self, job: &Job) -> Result<Outcome, Trouble> {
        let Some(ticket) = job.ticket else {
            return Ok(Outcome::Dropped {
                reason: "a post without a ticket".into(),
            });
        };
        let plan = match Plan::stored(&job.payload) {
            Some(plan) => plan,
            None => planner::of_job(&self.group, job).await?,
        };
        let known = self.group.desk.ticket(ticket).await?;
        let (Some(step), Some(known)) = (plan.steps.front().cloned(), known) else {
            return Ok(Outcome::Dropped {
                reason: "its message or ticket is gone".into(),
            });
        };
        let of = GroupRef::of_lane(&job.lane);
        for _ in 0..TURNS {
            let room = self.group.room(of).await?;
            let said = if step.is_post() {
                if is_last_word(&job.kind) && !place::is_shown(&self.group, room, ticket).await? {
                    return Ok(Outcome::Dropped {
                        reason: "the group has never seen its ticket".into(),
                    });
                }
                let Some(place) = place::of_ticket(&self.group, room, ticket, &step).await? else {
                    return Ok(same(plan));
                };
                self.say(place, &step, &known, job).await.map(Some)
            } else {
                beside::change(&self.group, room, &known, &step)
                    .await?
                    .map(|()| None)
            };
            match said {
                Ok(receipt) => return Ok(self.sent(of, plan, receipt)),
                Err(Failure::Migrated(new)) => place::moved(&self.group, room, new).await?,
                Err(Failure::TopicLost(reason)) => {
                    return self.topic_lost(room, ticket, plan, reason).await;
                }
                Err(Failure::TopicClosed(reason)) => return topic_closed(plan, reason),
                Err(failure) => return self.replaced(plan, &step, failure),
            }
        }
        Err(Failure::Unavailable("the group moves in circles".into()).into())
    }

    /// Posts a step, with buttons where it is the first that can carry them.
    async fn say(
        &self,
        place: Place,
        step: &Step,
        known: &TicketRef,
        job: &Job,
    ) -> Result<Receipt, Failure> {
        let of_contact = planner::is_of_contact(&job.kind);
        let shows = of_contact || job.kind == MOVED;
        let lives = known.group == GroupRef::of_lane(&job.lane);
        let buttons = known.buttons.filter(|(chat, _)| *chat == place.chat);
        let first = shows && lives && buttons.is_none() && !known.is_over && step.takes_buttons();
        let manner = Manner {
            // In a topic everybody sees whom a line is about.
            reply_to: match buttons {
                Some((_, message)) if !of_contact && place.topic.is_none() => Some(message),
                _ => None,
            },
            keyboard: first.then(|| planner::keyboard(&self.group.desk, known)),
            silent: false,
        };
        let receipt = sending::send(&self.group, place, step, &manner).await?;
        if first && let Some(message) = receipt.message_ids.first() {
            let post = Some((receipt.chat_id, *message));
            // It is posted, whatever becomes of this; without it the next post gets the buttons.
            if let Err(error) = self.group.desk.remember_buttons(known.id, post).await {
                tracing::error!(%error, "the post with a ticket's buttons could not be remembered");
            }
        }
        Ok(receipt)
    }

    fn sent(&self, of: GroupRef, mut plan: Plan, receipt: Option<Receipt>) -> Outcome {
        self.group.posting_works(of);
        plan.steps.pop_front();
        plan.recreated = false;
        // A topic that was opened for a post may be found closed again only behind that post.
        plan.reopened &= receipt.is_none();
        plan.says.clear();
        if plan.steps.is_empty() {
            return Outcome::Delivered(receipt);
        }
        Outcome::Progress {
            receipt,
            payload: plan.to_value(),
        }
    }

    /// The topic is made anew, at once the first time, later with patience.
    async fn topic_lost(
        &self,
        room: Room,
        ticket: TicketId,
        mut plan: Plan,
        reason: String,
    ) -> Result<Outcome, Trouble> {
        place::forget_topic(&self.group, room, ticket).await?;
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
        let Some(others) = step.instead(&failure) else {
            return Err(failure.into());
        };
        tracing::info!(reason = %failure, "a file goes in another form");
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
        let of = GroupRef::of_lane(&job.lane);
        let mut topic = line.thread_id;
        for _ in 0..TURNS {
            let room = self.group.room(of).await?;
            let chat = room.chat;
            let place = Place { chat, topic };
            match self
                .group
                .client
                .send_plain(place, &line.text, line.reply_to)
                .await
            {
                Ok(_) => {
                    self.group.posting_works(of);
                    return Ok(Outcome::Delivered(None));
                }
                Err(Failure::Migrated(new)) => place::moved(&self.group, room, new).await?,
                Err(Failure::TopicLost(_) | Failure::TopicClosed(_) | Failure::NotAForum(_))
                    if topic.is_some() =>
                {
                    topic = None
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Failure::Unavailable("the group moves in circles".into()).into())
    }

    fn outcome(&self, of: GroupRef, failure: Failure) -> Outcome {
        let reason = failure.to_string();
        let lane = |after| Outcome::Retry {
            scope: Scope::Lane,
            after,
            reason: reason.clone(),
        };
        match failure {
            Failure::NotSent(_) => {
                let host = self.group.settings.api_url.host_str().unwrap_or_default();
                self.group.posting_fails(
                    of,
                    format!(
                        "{reason} ({host}): check the network and TELEGRAM_API_URL; posts wait"
                    ),
                );
                lane(None)
            }
            Failure::Flood(pause) => {
                self.group.pause(of, pause);
                lane(Some(pause))
            }
            Failure::NoAccess(_) | Failure::Conflict(_) => {
                let words = super::diagnosis::no_access(&reason, of);
                self.group.posting_fails(of, words);
                self.group.pause(of, NO_ACCESS_PAUSE);
                self.group.forget_forum(of);
                lane(Some(NO_ACCESS_PAUSE))
            }
            Failure::Migrated(_) => lane(None),
            Failure::TopicLost(_)
            | Failure::TopicClosed(_)
            | Failure::NotAForum(_)
            | Failure::Unavailable(_) => Outcome::Retry {
                scope: Scope::Job,
                after: None,
                reason,
            },
            Failure::Uncertain(_) => Outcome::Uncertain { reason },
            Failure::PhotoRefused { .. }
            | Failure::LinkRefused(_)
            | Failure::TooBig(_)
            | Failure::NotModified(_)
            | Failure::Refused(_) => Outcome::Refused { reason },
        }
    }
}

/// Whether a line is of use only to those who have seen the ticket.
fn is_last_word(kind: &str) -> bool {
    matches!(kind, "closed" | "rated")
}

/// Somebody closed the topic: it is opened, once.
fn topic_closed(mut plan: Plan, reason: String) -> Result<Outcome, Trouble> {
    if plan.reopened {
        return Err(Failure::NoAccess(reason).into());
    }
    plan.reopened = true;
    plan.steps.push_front(Step::ReopenTopic);
    Ok(same(plan))
}

/// Nothing was posted; the turn comes again.
fn same(plan: Plan) -> Outcome {
    Outcome::Progress {
        receipt: None,
        payload: plan.to_value(),
    }
}
