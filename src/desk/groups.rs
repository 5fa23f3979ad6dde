//! Several groups of agents: which of them is told of a ticket, and what happens where that changes. The lane of a job
//! is decided here and nowhere else; how a group is spoken to is the adapter's.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Desk, GROUP};
use crate::domain::category::Category;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::{CategoryId, JobId, MessageId, TicketId};
use crate::store::{DEFAULT_GROUP, JobRow, NewJob, Reading, Tx};

/// The field that names a category's group.
const FIELD: &str = "group_chat_id";
/// Messages of a ticket that the group sees to which it moves.
const MESSAGES_SHOWN: usize = 20;
/// The ticket comes from another group.
pub const MOVED: &str = "moved";
/// The ticket went to another group.
pub const LEFT: &str = "left";

/// Somebody who can look at a group before it is used.
pub trait GroupSource: std::fmt::Debug + Send + Sync {
    /// The id of the default group, as it was configured.
    fn default_chat(&self) -> i64;

    /// The group with this id, if the bot may work there.
    ///
    /// # Errors
    /// `group_not_found`, `not_a_group`, `bot_not_in_group`, `bot_may_not_post`, `bot_may_not_make_topics`;
    /// `telegram_unreachable`.
    fn look(&self, chat: i64) -> BoxFuture<'_, Result<FoundGroup, Error>>;
}

/// A group that can be used.
#[derive(Debug, Clone)]
pub struct FoundGroup {
    /// Its id today; another than was asked for where it has moved.
    pub chat: i64,
    pub title: String,
}

impl Desk {
    /// Takes up the default group that the server was started with. Where that is one which categories named before,
    /// they are one group from here on, with one lane and one limit.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn takes_default_group(&self) -> Result<(), Error> {
        let Some(source) = &self.settings.groups else {
            return Ok(());
        };
        let chat = source.default_chat().to_string();
        let known = self.store.read(|r| r.desk_setting(DEFAULT_GROUP)).await?;
        if known.as_ref() == Some(&chat) {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                tx.put_desk_setting(DEFAULT_GROUP, &chat)?;
                one_group_each(tx)
            })
            .await
    }

    /// Where every group lives today: the default one with its configured id, and what categories named.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn group_chats(&self, default: i64) -> Result<Vec<i64>, Error> {
        self.store
            .read(move |r| {
                let named = r.groups()?.into_iter().map(|(chat, _)| chat);
                let all = std::iter::once(default).chain(named);
                all.map(|chat| r.current_chat(chat)).collect()
            })
            .await
    }

    /// Whether a group is told anything new: the default one is, others while a category names them.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn is_wanted(&self, group: GroupRef) -> Result<bool, Error> {
        match group {
            GroupRef::Default => Ok(true),
            GroupRef::Named(chat) => self.store.read(move |r| r.is_named(chat)).await,
        }
    }

    /// The groups besides the default one that are told something now or may be soon, with their names.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn groups_in_use(&self) -> Result<Vec<(i64, String)>, Error> {
        self.store.read(|r| r.groups_in_use()).await
    }

    /// The group that lives in this chat, or did.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn group_of_chat(&self, chat: i64) -> Result<GroupRef, Error> {
        self.store.read(move |r| r.group_of_chat(chat)).await
    }

    /// Tells a group where a ticket went, once: `told` is its line in the group it left.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn tell_left(
        &self,
        ticket: TicketId,
        left: GroupRef,
        told: Value,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                // It may have become another's since.
                let left = group_of_today(tx, left)?;
                if tx.waiting_in(ticket, &left.lane())?.iter().any(is(LEFT)) {
                    return Ok(());
                }
                add(tx, left, ticket, LEFT, None, told)
            })
            .await
    }

    /// A group for a category, looked at; None is the default one.
    pub(super) async fn checked_group(&self, chat: Option<i64>) -> Result<Checked, Error> {
        let Some(chat) = chat else {
            return Ok(Checked::Default);
        };
        let Some(source) = &self.settings.groups else {
            return Err(Error::bad("groups_need_telegram", FIELD));
        };
        let found = source.look(chat).await.map_err(|error| error.on(FIELD))?;
        Ok(Checked::Found(found))
    }
}

/// A group that may be set.
pub(super) enum Checked {
    Default,
    Found(FoundGroup),
}

/// Makes one group of those that live in one chat: two lanes there would each think the limit its own.
pub(super) fn one_group_each(tx: &mut Tx) -> Result<(), Error> {
    for (chat, _) in tx.groups()? {
        let of = tx.group_of_chat(chat)?;
        if of == GroupRef::Named(chat) {
            continue;
        }
        let (categories, jobs) = tx.merge_group(chat, of)?;
        // What was on the way from the one to the other has arrived.
        for job in tx.waiting_of_kind(&of.lane(), MOVED)? {
            if is_untouched(&job) && group_of_today(tx, came_from(&job))? == of {
                tx.end_job(job.id)?;
            }
        }
        if categories + jobs > 0 {
            tracing::info!(chat, into = ?of, categories, jobs, "two groups are one chat; its categories and posts are the one group's now");
        }
    }
    Ok(())
}

/// Gives a category its group. What waits of its tickets goes along, so that nothing is stuck at a group that is gone;
/// tickets of which nothing waits follow when something is next to be told.
pub(super) fn set(tx: &mut Tx, category: CategoryId, checked: &Checked) -> Result<(), Error> {
    let group = match checked {
        Checked::Default => GroupRef::Default,
        // One chat is one group and has one lane, however it is named.
        Checked::Found(found) => {
            let known = tx.known_group(found.chat)?;
            known.unwrap_or(GroupRef::Named(found.chat))
        }
    };
    if let (GroupRef::Named(chat), Checked::Found(found)) = (group, checked) {
        tx.name_group(chat, &found.title)?;
    }
    tx.set_category_group(category, group)?;
    for ticket in tx.waiting_elsewhere(category, group)? {
        settle(tx, ticket)?;
    }
    Ok(())
}

/// What a group is now that it may have become another.
fn group_of_today(r: &Reading, group: GroupRef) -> Result<GroupRef, Error> {
    match group {
        GroupRef::Named(chat) => r.group_of_chat(chat),
        GroupRef::Default => Ok(group),
    }
}

/// A category with its group's id of today.
pub(super) fn with_todays_group(r: &Reading, mut category: Category) -> Result<Category, Error> {
    if let GroupRef::Named(chat) = category.group {
        category.group = GroupRef::Named(r.current_chat(chat)?);
    }
    Ok(category)
}

/// Queues what a ticket's group is to be told, behind what waits of that ticket. The ticket moves first where its
/// category wants it elsewhere.
pub(super) fn tell(
    tx: &mut Tx,
    ticket: TicketId,
    kind: &'static str,
    message: Option<MessageId>,
    payload: Value,
) -> Result<(), Error> {
    // For a last word nobody is disturbed who has not seen the ticket.
    let group = match kind {
        "closed" | "rated" => tx.ticket_groups(ticket)?.shown,
        _ => settle(tx, ticket)?,
    };
    add(tx, group, ticket, kind, message, payload)
}

fn add(
    tx: &mut Tx,
    group: GroupRef,
    ticket: TicketId,
    kind: &str,
    message: Option<MessageId>,
    payload: Value,
) -> Result<(), Error> {
    tx.add_job(&NewJob {
        carrier: GROUP,
        lane: &group.lane(),
        key: ticket.0,
        kind,
        ticket: Some(ticket),
        message,
        device: None,
        payload,
    })
}

/// Brings a ticket to the group of its category; which group that is.
pub(super) fn settle(tx: &mut Tx, ticket: TicketId) -> Result<GroupRef, Error> {
    let groups = tx.ticket_groups(ticket)?;
    if groups.shown != groups.wanted {
        go(tx, ticket, groups.shown, groups.wanted)?;
    }
    Ok(groups.wanted)
}

/// What was not posted yet goes to the new group, behind the last messages. What is half posted ends where it began.
fn go(tx: &mut Tx, ticket: TicketId, from: GroupRef, to: GroupRef) -> Result<(), Error> {
    let mut waiting = tx.waiting_in(ticket, &from.lane())?;
    waiting.retain(|job| is_untouched(job) && job.kind != LEFT);
    tx.set_ticket_group(ticket, to)?;
    // A line that leads to where the ticket is no longer is of no use, and neither is one from where it comes again.
    let stale: Vec<JobRow> = tx.waiting_in(ticket, &to.lane())?;
    for job in stale.iter().filter(|job| job.kind == LEFT) {
        tx.end_job(job.id)?;
    }
    // It moves on before the group between saw it: then it moves from the first to the last.
    let earlier = waiting.iter().find(|job| job.kind == MOVED).cloned();
    match earlier {
        Some(job) if came_from(&job) == to => {
            tx.end_job(job.id)?;
            waiting.retain(|other| other.id != job.id);
        }
        Some(_) => {}
        None if tx.was_shown(ticket)? => {
            let shown = last_messages(tx, ticket, &waiting)?;
            let buttons = tx.buttons_of(ticket)?;
            let payload = json!({"from": from.named(), "messages": shown, "buttons": buttons});
            add(tx, to, ticket, MOVED, None, payload)?;
        }
        None => {}
    }
    let jobs: Vec<JobId> = waiting.iter().map(|job| job.id).collect();
    tx.move_jobs(&jobs, &to.lane())?;
    tracing::info!(%ticket, ?from, ?to, "a ticket has another group now");
    Ok(())
}

fn is(kind: &'static str) -> impl Fn(&JobRow) -> bool {
    move |job| job.kind == kind
}

/// Whether nothing of it was posted: a job that was begun has its steps, with what it says for as long as it
/// says all of it still.
fn is_untouched(job: &JobRow) -> bool {
    job.payload.get("steps").is_none() || !says(job).is_empty()
}

/// The messages a planned job says.
fn says(job: &JobRow) -> Vec<i64> {
    let says = job.payload.get("says").and_then(Value::as_array);
    says.into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

fn came_from(job: &JobRow) -> GroupRef {
    GroupRef::of_named(job.payload.get("from").and_then(Value::as_i64))
}

/// The last messages of a ticket, oldest first, without those that are posted anyway.
fn last_messages(tx: &Tx, ticket: TicketId, waiting: &[JobRow]) -> Result<Vec<i64>, Error> {
    let posted: Vec<i64> = waiting
        .iter()
        .flat_map(|job| says(job).into_iter().chain(job.message.map(|id| id.0)))
        .collect();
    let newest = tx.newest_messages(ticket, MESSAGES_SHOWN + posted.len())?;
    let mut shown: Vec<i64> = newest
        .into_iter()
        .map(|id| id.0)
        .filter(|id| !posted.contains(id))
        .take(MESSAGES_SHOWN)
        .collect();
    shown.reverse();
    Ok(shown)
}

/// Whether the ticket's group saw an answer that was written in this group.
pub(super) fn is_seen(tx: &Tx, ticket: GroupRef, chat: Option<i64>) -> Result<bool, Error> {
    match chat {
        Some(chat) => Ok(tx.group_of_chat(chat)? == ticket),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(kind: &str, payload: Value) -> JobRow {
        JobRow {
            id: JobId(1),
            lane: "group".into(),
            kind: kind.into(),
            ticket: None,
            message: None,
            device: None,
            payload,
            attempts: 0,
            uncertain: 0,
            created_at: chrono::DateTime::UNIX_EPOCH,
            last_error: None,
        }
    }

    #[test]
    fn what_is_half_posted_stays_and_what_was_only_planned_goes() {
        for (payload, untouched) in [
            (json!({}), true),
            (json!({"by": "Olga"}), true),
            (json!({"steps": [{"step": "buttons"}], "says": [7]}), true),
            (json!({"steps": [{"step": "buttons"}], "says": []}), false),
            (json!({"steps": []}), false),
        ] {
            assert_eq!(
                is_untouched(&job("post", payload.clone())),
                untouched,
                "{payload}"
            );
        }
    }

    #[test]
    fn a_move_tells_where_it_began() {
        let of = |from: Value| came_from(&job(MOVED, json!({ "from": from })));
        assert_eq!(of(json!(null)), GroupRef::Default);
        assert_eq!(of(json!(-5)), GroupRef::Named(-5));
    }
}
