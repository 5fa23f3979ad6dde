//! The contact's dialogue, step by step, and the laws that hold for every step.

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
fn a_code_links_only_when_its_question_is_answered_with_yes() {
    let offered = Input::Offered("ab".into());
    let yes = Input::Pressed(Button::Link(true));
    let (state, effects) = go(known(), &[offered.clone(), yes.clone()]);
    assert_eq!(
        (state, effects),
        (State::Idle, vec![Effect::Link("ab".into())])
    );
    let no = Input::Pressed(Button::Link(false));
    assert_eq!(go(known(), &[offered.clone(), no]).1, [Effect::Cancelled]);
    let meanwhile = [offered, Input::Said(None), yes.clone()];
    assert_eq!(go(known(), &meanwhile).1, [Effect::OldButton]);
    assert_eq!(go(known(), &[yes]).1, [Effect::OldButton]);
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
        State::Linking { code: "ab".into() },
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
        Input::Offered("ab".into()),
        Input::BadCode,
        Input::Unlink,
        Input::Pressed(Button::Link(true)),
        Input::Pressed(Button::Link(false)),
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
