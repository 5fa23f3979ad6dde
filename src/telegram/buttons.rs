//! The buttons under a ticket's first post: how they look in which state, and what a press says. Pure.

use serde_json::{Value, json};

use crate::desk::in_group::Button;
use crate::domain::ids::TicketId;

/// Longest name on a button, in characters; apps cut longer ones anyway.
const NAME_CHARS: usize = 40;

/// The words on the buttons, in the desk's language.
#[derive(Debug, Clone)]
pub struct ButtonLabels {
    pub take: String,
    /// Without the name, which follows.
    pub taken_by: String,
    pub close: String,
}

/// What is known of the ticket.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    pub ticket: TicketId,
    pub agent: Option<&'a str>,
    pub is_over: bool,
}

/// The keyboard that a ticket's state asks for; an empty one takes the buttons away.
pub fn keyboard(labels: &ButtonLabels, state: State) -> Value {
    if state.is_over {
        return json!({ "inline_keyboard": [] });
    }
    let take = match state.agent {
        None => labels.take.clone(),
        Some(agent) => {
            let name: String = agent.chars().take(NAME_CHARS).collect();
            format!("{} {name}", labels.taken_by)
        }
    };
    let button =
        |text: &str, button| json!({ "text": text, "callback_data": data(button, state.ticket) });
    json!({ "inline_keyboard": [[button(&take, Button::Take), button(&labels.close, Button::Close)]] })
}

fn word(button: Button) -> &'static str {
    match button {
        Button::Take => "take",
        Button::Close => "close",
    }
}

/// What comes back with a press: at most 64 bytes.
fn data(button: Button, ticket: TicketId) -> String {
    format!("{}:{}", word(button), ticket.0)
}

/// The button and the ticket that a press names.
pub fn pressed(data: &str) -> Option<(Button, TicketId)> {
    let (said, id) = data.split_once(':')?;
    let button = Button::EACH
        .into_iter()
        .find(|button| word(*button) == said)?;
    Some((button, TicketId(id.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> ButtonLabels {
        ButtonLabels {
            take: "Take".into(),
            taken_by: "Taken by".into(),
            close: "Close".into(),
        }
    }

    fn shown(agent: Option<&str>, is_over: bool) -> String {
        let state = State {
            ticket: TicketId(7),
            agent,
            is_over,
        };
        let keyboard = keyboard(&labels(), state);
        let row = keyboard["inline_keyboard"].get(0).and_then(Value::as_array);
        let texts = row
            .into_iter()
            .flatten()
            .map(|button| button["text"].as_str().unwrap());
        texts.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_keyboard_follows_the_ticket() {
        assert_eq!(shown(None, false), "Take | Close");
        assert_eq!(shown(Some("Olga"), false), "Taken by Olga | Close");
        assert_eq!(shown(Some("Olga"), true), "");
    }

    #[test]
    fn a_press_leads_back_to_button_and_ticket_and_fits_in_64_bytes() {
        for button in Button::EACH {
            let data = data(button, TicketId(i64::MAX));
            assert!(data.len() <= 64);
            assert_eq!(pressed(&data), Some((button, TicketId(i64::MAX))));
        }
        for odd in ["", "take", "take:", "take:x", "give:1", ":1", "take:1:2"] {
            assert_eq!(pressed(odd), None, "{odd}");
        }
    }
}
