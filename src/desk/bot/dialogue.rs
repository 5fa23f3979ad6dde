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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICKET: TicketId = TicketId(4);
    const CATEGORY: Option<CategoryId> = Some(CategoryId(3));

    fn known() -> Facts {
        Facts {
            has_language: true,
            has_categories: true,
            ..Facts::default()
        }
    }

    fn go(facts: Facts, inputs: &[Input]) -> (State, Vec<Effect>) {
        let mut state = (State::Idle, Vec::new());
        for input in inputs {
            state = step(&state.0, input.clone(), facts);
        }
        state
    }

    #[test]
    fn a_newcomer_chooses_a_language_then_a_subject_then_asks() {
        let new = Facts {
            has_language: false,
            ..known()
        };
        let start = Input::Start(Wish::default());
        let (state, effects) = go(new, std::slice::from_ref(&start));
        assert_eq!(effects, [Effect::AskLanguage]);
        let (state, effects) = step(&state, Input::Pressed(Button::Language(Locale::Uz)), new);
        let expected = [Effect::SetLanguage(Locale::Uz), Effect::AskCategory];
        assert_eq!(
            (effects.as_slice(), &state),
            (&expected[..], &State::Category)
        );
        let (state, effects) = step(&state, Input::Pressed(Button::Category(CATEGORY)), known());
        assert_eq!(effects, [Effect::AskQuestion(CATEGORY)]);
        let (state, effects) = step(&state, Input::Said(None), known());
        assert_eq!(
            (state, effects),
            (State::Idle, vec![Effect::Open(CATEGORY)])
        );
        // Somebody known goes on at once, and without categories to the question itself.
        assert_eq!(
            go(known(), std::slice::from_ref(&start)).1,
            [Effect::AskCategory]
        );
        let plain = Facts {
            has_categories: false,
            ..known()
        };
        assert_eq!(go(plain, &[start]).1, [Effect::AskQuestion(None)]);
    }

    #[test]
    fn a_link_that_names_a_subject_is_remembered_over_the_choice_of_a_language() {
        let wish = Wish { category: CATEGORY };
        let new = Facts::default();
        let inputs = [
            Input::Start(wish),
            Input::Pressed(Button::Language(Locale::En)),
        ];
        let (state, effects) = go(new, &inputs);
        assert_eq!(state, State::Asking { category: CATEGORY });
        assert_eq!(effects.last(), Some(&Effect::AskQuestion(CATEGORY)));
    }

    #[test]
    fn an_open_ticket_keeps_from_asking_and_not_from_writing() {
        let held = Facts {
            holds: Some(TICKET),
            ..known()
        };
        for input in [
            Input::Start(Wish::default()),
            Input::Ask,
            Input::Pressed(Button::Ask),
        ] {
            assert_eq!(
                go(held, &[input]),
                (State::Idle, vec![Effect::Hold(TICKET)])
            );
        }
        assert_eq!(go(held, &[Input::Said(None)]).1[0], Effect::Say);
    }

    #[test]
    fn whoever_writes_instead_of_choosing_is_heard() {
        for state in [State::Category, State::Language { then: None }, State::Idle] {
            let (next, effects) = step(&state, Input::Said(None), known());
            assert_eq!(
                (next, effects),
                (State::Idle, vec![Effect::Say, Effect::AskAbout])
            );
        }
    }

    #[test]
    fn replies_go_to_the_chosen_ticket_until_it_is_cancelled_or_closed() {
        let reply = Input::Pressed(Button::Reply(TICKET));
        let (state, _) = go(known(), &[reply, Input::Said(None), Input::Said(None)]);
        assert_eq!(state, State::Replying { ticket: TICKET });
        assert_eq!(
            step(&state, Input::Said(None), known()).1,
            [Effect::SayIn(TICKET)]
        );
        let other = TicketId(9);
        assert_eq!(
            step(&state, Input::Said(Some(other)), known()).1,
            [Effect::SayIn(other)]
        );
        for input in [Input::Cancel, Input::Pressed(Button::Close(TICKET))] {
            assert_eq!(step(&state, input, known()).0, State::Idle);
        }
    }

    #[test]
    fn after_a_rating_one_message_is_its_comment() {
        let inputs = [Input::Pressed(Button::Rate(TICKET, 2)), Input::Said(None)];
        assert_eq!(
            go(known(), &inputs),
            (State::Idle, vec![Effect::Comment(TICKET, 2)])
        );
    }

    #[test]
    fn a_ban_is_told_once_and_ends() {
        let banned = Facts {
            is_banned: true,
            ..known()
        };
        let (state, effects) = go(banned, &[Input::Said(None)]);
        assert_eq!(effects, [Effect::TellBan]);
        assert_eq!(
            step(&state, Input::Said(None), banned),
            (State::Banned, Vec::new())
        );
        let pressed = step(&state, Input::Pressed(Button::Ask), banned);
        assert_eq!(pressed.1, [Effect::TellBan]);
        assert_eq!(step(&state, Input::Said(None), known()).1[0], Effect::Say);
    }

    fn any_state() -> impl Strategy<Value = State> {
        prop::sample::select(vec![
            State::Idle,
            State::Language { then: None },
            State::Language {
                then: Some(Wish::default()),
            },
            State::Category,
            State::Asking { category: CATEGORY },
            State::Replying { ticket: TICKET },
            State::Commenting {
                ticket: TICKET,
                stars: 1,
            },
            State::Banned,
        ])
    }

    fn any_input() -> impl Strategy<Value = Input> {
        prop::sample::select(vec![
            Input::Start(Wish::default()),
            Input::Ask,
            Input::Mine,
            Input::Language,
            Input::Help,
            Input::Cancel,
            Input::UnknownCommand,
            Input::Pressed(Button::Language(Locale::Ru)),
            Input::Pressed(Button::Category(CATEGORY)),
            Input::Pressed(Button::About(TICKET, CategoryId(3))),
            Input::Pressed(Button::Rate(TICKET, 5)),
            Input::Pressed(Button::Close(TICKET)),
            Input::PressedOld,
            Input::Said(None),
            Input::Said(Some(TICKET)),
            Input::Foreign,
        ])
    }

    proptest! {
        #[test]
        fn everything_is_answered_nothing_said_is_lost_and_there_is_always_a_way_out(
            state in any_state(), input in any_input(),
            has_language: bool, has_categories: bool, held: bool,
        ) {
            let holds = held.then_some(TICKET);
            let facts = Facts { has_language, has_categories, holds, is_banned: false };
            let (next, effects) = step(&state, input.clone(), facts);
            prop_assert!(!effects.is_empty());
            if matches!(input, Input::Said(_)) {
                let kept = effects.iter().any(|effect| matches!(
                    effect, Effect::Open(_) | Effect::Say | Effect::SayIn(_) | Effect::Comment(..)
                ));
                prop_assert!(kept, "{effects:?}");
            }
            prop_assert_eq!(step(&next, Input::Cancel, facts).0, State::Idle);
        }
    }
}
