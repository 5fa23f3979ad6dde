//! Where a ticket's posts go: its group, and in a forum the ticket's own topic, which is made when it is first needed.

use super::client::Place;
use super::failure::Failure;
use super::group::{Group, Room};
use super::steps::Step;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;

/// Longest name of a topic.
const TOPIC_NAME_UNITS: usize = 128;

/// Why a step did not go out.
pub enum Trouble {
    Telegram(Failure),
    Store(Error),
    /// Making its topic was cut off. Nothing was posted, which is certain, and an empty topic does no harm.
    TopicCut(String),
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

/// Where the ticket's posts go; None when this turn was spent on making its topic, or on learning that there is one.
pub async fn of_ticket(
    group: &Group,
    room: Room,
    ticket: TicketId,
    step: &Step,
) -> Result<Option<Place>, Trouble> {
    let chat = room.chat;
    let forum = match group.is_forum(room).await {
        Err(Failure::Migrated(new)) => {
            moved(group, room, new).await?;
            return Ok(None);
        }
        forum => forum?,
    };
    if !forum {
        return Ok(Some(Place { chat, topic: None }));
    }
    let known = group.has_topic(room.of, ticket);
    if let Some(topic) = group.desk.topic_of(ticket, chat).await? {
        group.learn_topic(room.of, ticket, true);
        // A step of several parts was charged as one while its topic was unknown.
        let charged = known || step.parts() == 1;
        return Ok(charged.then_some(Place {
            chat,
            topic: Some(topic),
        }));
    }
    match make_topic(group, room, ticket).await {
        Ok(()) => Ok(None),
        Err(Trouble::Telegram(Failure::NotAForum(_))) => {
            group.forget_forum(room.of);
            Ok(None)
        }
        Err(Trouble::Telegram(Failure::Migrated(new))) => {
            moved(group, room, new).await?;
            Ok(None)
        }
        Err(trouble) => Err(trouble),
    }
}

/// Whether the group can have seen the ticket: a forum has a topic of it.
pub async fn is_shown(group: &Group, room: Room, ticket: TicketId) -> Result<bool, Trouble> {
    match group.is_forum(room).await {
        Ok(false) => Ok(true),
        Ok(true) => Ok(group.desk.topic_of(ticket, room.chat).await?.is_some()),
        // Whoever posts next finds out the same.
        Err(Failure::Migrated(_)) => Ok(true),
        Err(failure) => Err(failure.into()),
    }
}

async fn make_topic(group: &Group, room: Room, ticket: TicketId) -> Result<(), Trouble> {
    let desk = &group.desk;
    let Some(contact) = desk.ticket(ticket).await? else {
        return Err(Failure::Refused("the ticket is gone".into()).into());
    };
    let name = contact
        .user_name
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| contact.user.to_string());
    let topic = match group
        .client
        .create_topic(room.chat, &topic_name(&name))
        .await
    {
        Err(Failure::Uncertain(reason)) => return Err(Trouble::TopicCut(reason)),
        made => made?,
    };
    desk.remember_topic(ticket, room.chat, topic).await?;
    group.learn_topic(room.of, ticket, true);
    tracing::info!(%ticket, topic, "a topic was made for the ticket");
    Ok(())
}

/// The group has another id now; it is remembered.
pub async fn moved(group: &Group, room: Room, new: i64) -> Result<(), Error> {
    group.desk.group_migrated(room.chat, new).await?;
    group.forget_forum(room.of);
    Ok(())
}

/// As [`moved`], for whoever knows of the group only where it was.
pub async fn moved_away(group: &Group, old: i64, new: i64) -> Result<(), Error> {
    let of = group.desk.group_of_chat(old).await?;
    moved(group, Room { of, chat: old }, new).await
}

/// The ticket's topic is gone; the next turn makes another.
pub async fn forget_topic(group: &Group, room: Room, ticket: TicketId) -> Result<(), Error> {
    group.desk.forget_topic(ticket, room.chat).await?;
    group.learn_topic(room.of, ticket, false);
    group.doubt.notify_one();
    Ok(())
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
