//! The contact's dialogue: a state and what came in → the next state and what is to be done. Pure: it knows neither
//! Telegram nor the store, and no words.

use super::state::{Button, State, Wish};
use crate::domain::ids::{CategoryId, TicketId};
use crate::domain::locale::Locale;

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Start(Wish),
    Ask,
    Mine,
    Language,
    Help,
    Cancel,
    UnknownCommand,
    /// A link code that is good; its hash in hex.
    Offered(String),
    /// One that is not, or none.
    BadCode,
    Unlink,
    Pressed(Button),
    /// A button of a step that is over, or none of ours.
    PressedOld,
    /// Something to pass on; to that ticket, where it replies to a post of it.
    Said(Option<TicketId>),
    /// Something that can not be passed on.
    Foreign,
}

/// What must be known to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// The contact has a language of its own.
    pub has_language: bool,
    pub has_categories: bool,
    /// An open ticket that keeps the contact from opening another.
    pub holds: Option<TicketId>,
    /// An owner keeps the contact from writing.
    pub is_banned: bool,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    AskLanguage,
    SetLanguage(Locale),
    AskCategory,
    AskQuestion(Option<CategoryId>),
    /// One open ticket at a time.
    Hold(TicketId),
    /// Opens a ticket with what was said.
    Open(Option<CategoryId>),
    /// Goes where the contact's messages go now.
    Say,
    SayIn(TicketId),
    /// Where a ticket was opened without asking what it is about.
    AskAbout,
    SetAbout(TicketId, CategoryId),
    ShowMine(u32),
    Show(TicketId),
    AskReply(TicketId),
    Close(TicketId),
    Rate(TicketId, i64),
    Comment(TicketId, i64),
    Help,
    /// Whether this is the one the code means.
    AskLink(String),
    Link(String),
    BadCode,
    Unlink,
    Cancelled,
    NothingToCancel,
    NotUnderstood,
    UnknownCommand,
    OldButton,
    TellBan,
}

/// The next step.
pub fn step(state: &State, input: Input, facts: Facts) -> (State, Vec<Effect>) {
    if facts.is_banned {
        return banned(state, &input);
    }
    let state = match state {
        State::Banned | State::Staff { .. } | State::Owner { .. } => &State::Idle,
        state => state,
    };
    let stays = |effect| (state.clone(), vec![effect]);
    let idle = |effects: &[Effect]| (State::Idle, effects.to_vec());
    match input {
        Input::Start(wish) if !facts.has_language => {
            let then = Some(wish);
            (State::Language { then }, vec![Effect::AskLanguage])
        }
        Input::Start(wish) => ask(wish, facts),
        Input::Ask => ask(Wish::default(), facts),
        Input::Mine => stays(Effect::ShowMine(0)),
        Input::Language => (State::Language { then: None }, vec![Effect::AskLanguage]),
        Input::Help => stays(Effect::Help),
        Input::Cancel if *state == State::Idle => stays(Effect::NothingToCancel),
        Input::Cancel => idle(&[Effect::Cancelled]),
        Input::UnknownCommand => stays(Effect::UnknownCommand),
        Input::Offered(code) => {
            let asks = vec![Effect::AskLink(code.clone())];
            (State::Linking { code }, asks)
        }
        Input::BadCode => stays(Effect::BadCode),
        Input::Unlink => stays(Effect::Unlink),
        Input::Foreign => stays(Effect::NotUnderstood),
        Input::PressedOld => stays(Effect::OldButton),
        Input::Pressed(button) => pressed(state, button, facts),
        Input::Said(Some(ticket)) => stays(Effect::SayIn(ticket)),
        Input::Said(None) => match state {
            State::Asking { category } => idle(&[Effect::Open(*category)]),
            State::Replying { ticket } => stays(Effect::SayIn(*ticket)),
            State::Commenting { ticket, stars } => idle(&[Effect::Comment(*ticket, *stars)]),
            // Whoever writes instead of choosing is heard all the same.
            _ => idle(&[Effect::Say, Effect::AskAbout]),
        },
    }
}

fn pressed(state: &State, button: Button, facts: Facts) -> (State, Vec<Effect>) {
    let stays = |effect| (state.clone(), vec![effect]);
    let idle = |effect| (State::Idle, vec![effect]);
    match button {
        Button::Language(locale) => {
            let set = Effect::SetLanguage(locale);
            let State::Language { then: Some(wish) } = state else {
                let chosen = matches!(state, State::Language { .. });
                let next = if chosen { &State::Idle } else { state };
                return (next.clone(), vec![set]);
            };
            let (next, effects) = ask(wish.clone(), facts);
            (next, [vec![set], effects].concat())
        }
        Button::Category(category) if *state == State::Category => (
            State::Asking { category },
            vec![Effect::AskQuestion(category)],
        ),
        Button::Category(_) => stays(Effect::OldButton),
        Button::Link(yes) => match state {
            State::Linking { code } if yes => idle(Effect::Link(code.clone())),
            State::Linking { .. } => idle(Effect::Cancelled),
            _ => stays(Effect::OldButton),
        },
        Button::About(ticket, category) => stays(Effect::SetAbout(ticket, category)),
        Button::Ask => ask(Wish::default(), facts),
        Button::Questions => stays(Effect::ShowMine(0)),
        Button::Mine(page) => stays(Effect::ShowMine(page)),
        Button::Show(ticket) => stays(Effect::Show(ticket)),
        Button::Reply(ticket) => (State::Replying { ticket }, vec![Effect::AskReply(ticket)]),
        Button::Close(ticket) => {
            let next = match state {
                State::Replying { ticket: to } if *to == ticket => State::Idle,
                state => state.clone(),
            };
            (next, vec![Effect::Close(ticket)])
        }
        Button::Rate(ticket, stars) => (
            State::Commenting { ticket, stars },
            vec![Effect::Rate(ticket, stars)],
        ),
    }
}

/// Somebody wants to ask something new.
fn ask(wish: Wish, facts: Facts) -> (State, Vec<Effect>) {
    if let Some(ticket) = facts.holds {
        return (State::Idle, vec![Effect::Hold(ticket)]);
    }
    match wish.category {
        None if facts.has_categories => (State::Category, vec![Effect::AskCategory]),
        category => (
            State::Asking { category },
            vec![Effect::AskQuestion(category)],
        ),
    }
}

/// Told once; a press is answered all the same, for its button waits.
fn banned(state: &State, input: &Input) -> (State, Vec<Effect>) {
    let presses = matches!(input, Input::Pressed(_) | Input::PressedOld);
    let effects = match presses || *state != State::Banned {
        true => vec![Effect::TellBan],
        false => Vec::new(),
    };
    (State::Banned, effects)
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
mod tests;
