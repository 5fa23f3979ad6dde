//! The steps that post nothing: buttons under a post, topics closed and opened. They only make visible what is so
//! anyway: what Telegram will not do of it is passed over, and what was cut off is done again.

use super::failure::Failure;
use super::group::{Group, Room};
use super::moving;
use super::place::{self, Trouble};
use super::planner;
use super::steps::Step;
use crate::desk::posting::TicketRef;

/// Does such a step. The inner failure is one that concerns the whole group.
pub async fn change(
    group: &Group,
    room: Room,
    ticket: &TicketRef,
    step: &Step,
) -> Result<Result<(), Failure>, Trouble> {
    let (client, chat) = (&group.client, room.chat);
    let done = match step {
        Step::Buttons => {
            let here = ticket.buttons.filter(|(of, _)| *of == chat);
            let Some((_, message)) = here else {
                return Ok(Ok(()));
            };
            let keyboard = planner::keyboard(&group.desk, ticket);
            client.edit_buttons(chat, message, &keyboard).await
        }
        Step::NoButtons { post } => {
            client
                .edit_buttons(chat, *post, &moving::no_buttons())
                .await
        }
        Step::Farewell { .. } => {
            moving::farewell(group, room, ticket, step).await?;
            return Ok(Ok(()));
        }
        _ => {
            let Some(topic) = group.desk.topic_of(ticket.id, chat).await? else {
                return Ok(Ok(()));
            };
            match step {
                Step::CloseTopic => client.close_topic(chat, topic).await,
                _ => client.reopen_topic(chat, topic).await,
            }
        }
    };
    let Err(failure) = done else {
        return Ok(Ok(()));
    };
    Ok(match failure {
        Failure::TopicLost(reason) => {
            tracing::info!(reason, "a ticket's topic is gone");
            place::forget_topic(group, room, ticket.id).await?;
            Ok(())
        }
        Failure::NotModified(_) | Failure::TopicClosed(_) | Failure::NotAForum(_) => Ok(()),
        Failure::Refused(reason) => {
            tracing::info!(reason, "buttons or a topic stay as they are");
            Ok(())
        }
        Failure::NoAccess(reason) if reason.contains("rights") => {
            tracing::warn!(reason, "the bot may not change a topic");
            group.doubt.notify_one();
            Ok(())
        }
        // Twice does no harm, so not knowing is as good as knowing that it did not happen.
        Failure::Uncertain(reason) => Err(Failure::Unavailable(format!("cut off: {reason}"))),
        failure => Err(failure),
    })
}
