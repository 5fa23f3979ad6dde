//! A contact who is writing shows as typing in the ticket's topic. Best effort: nothing waits for it, nothing is repeated.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::client::Place;
use super::group::Group;
use crate::domain::event::Event;
use crate::domain::ids::{TicketId, UserId};
use crate::domain::message::Direction;

/// Telegram shows it for five seconds.
const SHOWN: Duration = Duration::from_secs(5);

/// Passes typing on until it is stopped.
pub async fn show(group: Arc<Group>, stop: CancellationToken) {
    let mut events = group.desk.events();
    let mut shown: HashMap<TicketId, Duration> = HashMap::new();
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.recv() => event,
        };
        let user = match event.as_deref() {
            Ok(Event::Typing {
                user,
                by: Direction::User,
                ..
            }) => user.clone(),
            Ok(_) | Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if !group.has_forum() {
            continue;
        }
        let now = group.desk.clock().monotonic();
        shown.retain(|_, at| *at + SHOWN > now);
        let Some((ticket, place)) = place_of(&group, user).await else {
            continue;
        };
        if shown.contains_key(&ticket) {
            continue;
        }
        shown.insert(ticket, now);
        tokio::select! {
            () = stop.cancelled() => return,
            () = group.desk.clock().sleep(SHOWN) => {}
            sent = group.client.send_typing(place) => {
                if let Err(failure) = sent {
                    tracing::debug!(reason = %failure, "typing could not be shown");
                }
            }
        }
    }
}

async fn place_of(group: &Group, user: UserId) -> Option<(TicketId, Place)> {
    let ticket = group.desk.open_ticket_of(user).await.ok()??;
    let of = group.desk.ticket(ticket).await.ok()??.group;
    if group.known_forum(of) != Some(true) || group.is_paused(of) {
        return None;
    }
    let chat = group.room(of).await.ok()?.chat;
    let topic = group.desk.topic_of(ticket, chat).await.ok()??;
    Some((
        ticket,
        Place {
            chat,
            topic: Some(topic),
        },
    ))
}
