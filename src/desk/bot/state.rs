//! What a private chat is in the middle of, and the buttons that lead on: as they are stored, and as they travel.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::owner_state::OwnerState;
use super::staff_state::StaffState;
use crate::desk::each::one_of_each;
use crate::domain::error::Error;
use crate::domain::ids::{CategoryId, TicketId};
use crate::domain::locale::Locale;
use crate::store::Reading;

/// A dialogue that nothing was said in for so long is over.
const TIME_OUT: Duration = Duration::hours(1);

/// What a chat is in the middle of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum State {
    #[default]
    Idle,
    /// Choosing a language, and then asking, where it was not only about the language.
    Language {
        then: Option<Wish>,
    },
    Category,
    /// The next message is a question.
    Asking {
        category: Option<CategoryId>,
    },
    /// What is written goes into this ticket, whichever is the newest.
    Replying {
        ticket: TicketId,
    },
    /// The next message says why a ticket was rated so.
    Commenting {
        ticket: TicketId,
        stars: i64,
    },
    /// Asked whether it is the one a link code means; the code's hash in hex.
    Linking {
        code: String,
    },
    /// The contact may not write, and was told so.
    Banned,
    /// An owner is at work on the desk itself.
    Owner {
        doing: OwnerState,
    },
    /// Somebody of the staff is at work on a ticket.
    Staff {
        doing: StaffState,
    },
}

/// What the chat is in the middle of, unless that was long ago or is not known any more.
pub fn known_state(r: &Reading, now: DateTime<Utc>, chat: i64) -> Result<(State, i64), Error> {
    let Some(row) = r.dialogue(chat)? else {
        return Ok((State::Idle, 0));
    };
    let state = serde_json::from_str(&row.state).unwrap_or_else(|error| {
        tracing::warn!(%error, "a dialogue of another version begins anew");
        State::Idle
    });
    let over = now - row.updated_at > TIME_OUT && state != State::Banned;
    Ok((if over { State::Idle } else { state }, row.turn))
}

/// What somebody wants to ask about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub category: Option<CategoryId>,
}

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    Language(Locale),
    /// The subject of a question that is being asked; None: of none of them.
    Category(Option<CategoryId>),
    /// The subject of a question that was asked without one.
    About(TicketId, CategoryId),
    Ask,
    /// The contact's own tickets.
    Questions,
    /// The same, another page of it, from 0.
    Mine(u32),
    Show(TicketId),
    Reply(TicketId),
    Close(TicketId),
    Rate(TicketId, i64),
    /// Yes, that is me; or no.
    Link(bool),
}

impl Button {
    /// One of each kind.
    pub const EACH: [Self; 11] = one_of_each![
        Language(Locale::Ru),
        Category(None),
        About(TicketId(1), CategoryId(1)),
        Ask,
        Questions,
        Mine(0),
        Show(TicketId(1)),
        Reply(TicketId(1)),
        Close(TicketId(1)),
        Rate(TicketId(1), 5),
        Link(true),
    ];

    /// Whether it belongs to one step of a dialogue and is out of date after it. The others say all they mean.
    pub fn is_of_a_step(self) -> bool {
        matches!(self, Self::Category(_) | Self::Link(_))
    }

    /// Whether what comes of it stands where the button stood.
    pub fn is_in_place(self) -> bool {
        !matches!(self, Self::Ask | Self::Questions | Self::Reply(_))
    }

    /// As it travels, in at most 64 bytes; `turn` is the step it belongs to.
    pub fn data(self, turn: i64) -> String {
        match self {
            Self::Language(locale) => format!("lang.{}", locale.as_str()),
            Self::Category(None) => format!("cat.{turn}.0"),
            Self::Category(Some(category)) => format!("cat.{turn}.{category}"),
            Self::About(ticket, category) => format!("about.{ticket}.{category}"),
            Self::Ask => "ask".to_owned(),
            Self::Questions => "questions".to_owned(),
            Self::Mine(page) => format!("mine.{page}"),
            Self::Show(ticket) => format!("show.{ticket}"),
            Self::Reply(ticket) => format!("reply.{ticket}"),
            Self::Close(ticket) => format!("close.{ticket}"),
            Self::Rate(ticket, stars) => format!("rate.{ticket}.{stars}"),
            Self::Link(yes) => format!("link.{turn}.{}", i32::from(yes)),
        }
    }

    /// Reads what came back; None for what is no button, or one of another step than `turn`.
    pub fn pressed(data: &str, turn: i64) -> Option<Self> {
        let mut parts = data.split('.');
        let (word, first, second) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let number = |part: Option<&str>| part?.parse::<i64>().ok().filter(|number| *number >= 0);
        let ticket = || number(first).map(TicketId);
        let button = match word {
            "lang" => {
                let mut all = Locale::ALL.into_iter();
                Self::Language(all.find(|locale| Some(locale.as_str()) == first)?)
            }
            "cat" if number(first) == Some(turn) => {
                let category = number(second)?;
                Self::Category((category > 0).then_some(CategoryId(category)))
            }
            "link" if number(first) == Some(turn) => Self::Link(number(second)? == 1),
            "about" => Self::About(ticket()?, CategoryId(number(second)?)),
            "ask" => Self::Ask,
            "questions" => Self::Questions,
            "mine" => Self::Mine(first?.parse().ok()?),
            "show" => Self::Show(ticket()?),
            "reply" => Self::Reply(ticket()?),
            "close" => Self::Close(ticket()?),
            "rate" => Self::Rate(
                ticket()?,
                number(second).filter(|stars| (1..=5).contains(stars))?,
            ),
            _ => return None,
        };
        // One button has one way to be written.
        (button.data(turn) == data).then_some(button)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_button() -> impl Strategy<Value = Button> {
        let id = 0i64..=i64::MAX;
        prop_oneof![
            prop::sample::select(Locale::ALL.to_vec()).prop_map(Button::Language),
            Just(Button::Category(None)),
            (1i64..=i64::MAX).prop_map(|id| Button::Category(Some(CategoryId(id)))),
            (id.clone(), id.clone()).prop_map(|(a, b)| Button::About(TicketId(a), CategoryId(b))),
            Just(Button::Ask),
            Just(Button::Questions),
            any::<u32>().prop_map(Button::Mine),
            id.clone().prop_map(|id| Button::Show(TicketId(id))),
            id.clone().prop_map(|id| Button::Reply(TicketId(id))),
            id.clone().prop_map(|id| Button::Close(TicketId(id))),
            (id, 1i64..=5).prop_map(|(id, stars)| Button::Rate(TicketId(id), stars)),
            any::<bool>().prop_map(Button::Link),
        ]
    }

    proptest! {
        #[test]
        fn a_button_comes_back_as_it_was_and_fits(button in any_button(), turn in 0i64..=i64::MAX) {
            let data = button.data(turn);
            prop_assert!(data.len() <= 64, "{data}");
            prop_assert_eq!(Button::pressed(&data, turn), Some(button));
            let later = Button::pressed(&data, turn.wrapping_add(1) & i64::MAX);
            prop_assert_eq!(later.is_none(), button.is_of_a_step());
        }

        #[test]
        fn whatever_else_comes_is_no_button(data in "[a-z]{0,6}[.][0-9.+-]{0,12}|.{0,20}") {
            if let Some(button) = Button::pressed(&data, 7) {
                prop_assert_eq!(button.data(7), data);
            }
        }
    }

    #[test]
    fn a_state_survives_being_stored() {
        for state in [
            State::Idle,
            State::Language {
                then: Some(Wish {
                    category: Some(CategoryId(3)),
                }),
            },
            State::Category,
            State::Asking { category: None },
            State::Replying {
                ticket: TicketId(4),
            },
            State::Commenting {
                ticket: TicketId(4),
                stars: 2,
            },
            State::Linking { code: "ab".into() },
            State::Banned,
            State::Staff {
                doing: StaffState::Closing {
                    ticket: TicketId(4),
                },
            },
        ] {
            let stored = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state);
        }
    }
}
