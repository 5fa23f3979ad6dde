//! A press on a button: its effect, and then the answer that takes the waiting sign off the button. The two are two
//! updates' worth of work: a stop between them loses neither and does nothing twice.

use std::sync::Arc;
use std::time::Duration;

use super::failure::Failure;
use super::group::Group;
use super::incoming::Left;
use super::router::Press;
use super::tries::{Tries, is_passing};
use crate::desk::in_group::Button;
use crate::domain::ids::TicketId;

/// Longest answer Telegram shows, in characters.
const ANSWER_CHARS: usize = 200;
/// Nobody looks at the button any longer after this, and Telegram takes no answer either.
const ANSWER_FOR: Duration = Duration::from_secs(60);

/// Does what the button asks for; what is left is the answer, which the inbox takes up as an update of its own.
/// `pressed` is None for a button that belongs to no ticket of its post.
pub async fn press(
    group: Arc<Group>,
    press: Press,
    pressed: Option<(Button, TicketId)>,
    update: i64,
) -> Vec<i64> {
    let mut tries = Tries::new(&group);
    loop {
        let Some((button, ticket)) = pressed else {
            let desk = &group.desk;
            let text = desk.texts().get(desk.locale(), "telegram-button-old", &[]);
            let left = left_for(press.callback.clone(), &text, true);
            return answer(group, left, update).await;
        };
        let callback = press.callback.clone();
        let done = group
            .desk
            .press(press.who.clone(), ticket, button, update, move |told| {
                left_for(callback, &told.text, told.refused).of_update(update)
            })
            .await;
        match done {
            Ok(_) => return vec![update],
            Err(error) => {
                tracing::error!(%error, passing = is_passing(&error), "a press could not be carried out; it is tried again");
            }
        }
        tries.pause().await;
    }
}

/// What is left to do for a press: telling who pressed.
pub fn left_for(callback: String, text: &str, alert: bool) -> Left {
    Left {
        callback,
        text: text.chars().take(ANSWER_CHARS).collect(),
        alert,
    }
}

/// Tells who pressed, for as long as somebody may be looking.
pub async fn answer(group: Arc<Group>, left: Left, update: i64) -> Vec<i64> {
    let mut tries = Tries::new(&group);
    while let Err(failure) = group
        .client
        .answer_callback(&left.callback, &left.text, left.alert)
        .await
    {
        match failure {
            // Too old by now, most likely.
            Failure::Refused(_) | Failure::NotModified(_) => break,
            _ if tries.spent() > ANSWER_FOR => {
                tracing::warn!(reason = %failure, "a press could not be answered");
                break;
            }
            Failure::Flood(pause) => group.desk.clock().sleep(pause.min(ANSWER_FOR)).await,
            _ => {}
        }
        tries.pause().await;
    }
    let mut tries = Tries::new(&group);
    while let Err(error) = group.desk.update_done(update).await {
        tracing::error!(%error, "an answered press could not be ended; it is tried again");
        tries.pause().await;
    }
    vec![update]
}
