//! A message to everybody: how far it is, and what is done about the next who should get it. Nobody gets it twice:
//! whoever may have got it already is passed over.

use serde::{Deserialize, Serialize};

/// What has become of a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroadcastState {
    /// Shown to its owner, who has not let it go yet.
    Draft,
    Running,
    /// It ends after the one that is being written to.
    Stopping,
    Stopped,
    Done,
}

impl BroadcastState {
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Done,
    ];

    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Stopping)
    }
}

/// What became of it for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// Keeps the bot out, or may not be written to any more.
    Out,
    /// Telegram refused it.
    Failed,
    /// Nobody knows whether it arrived.
    Unknown,
}

/// How far a broadcast is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The chat it came to last; they take their turns in the order of their ids.
    pub after: i64,
    pub sent: i64,
    pub out: i64,
    pub failed: i64,
    pub unknown: i64,
}

impl Tally {
    /// The same with one more, who is left behind.
    #[must_use]
    pub fn with(self, chat: i64, fate: Fate) -> Self {
        let mut next = Self {
            after: chat,
            ..self
        };
        match fate {
            Fate::Sent => next.sent += 1,
            Fate::Out => next.out += 1,
            Fate::Failed => next.failed += 1,
            Fate::Unknown => next.unknown += 1,
        }
        next
    }

    /// All that have had their turn.
    pub fn done(&self) -> i64 {
        self.sent + self.out + self.failed + self.unknown
    }
}

/// Who is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextChat {
    pub chat: i64,
    /// Neither banned nor keeping the bot out since.
    pub is_open: bool,
}

/// What a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Over,
    PassOver(i64, Fate),
    Send(i64),
}

/// What is done about the next; `is_cut` where a turn about the same chat was cut off, so that it may have got it.
pub fn turn(state: BroadcastState, next: Option<NextChat>, is_cut: bool) -> Turn {
    let Some(NextChat { chat, is_open }) = next.filter(|_| state.is_under_way()) else {
        return Turn::Over;
    };
    match state {
        _ if is_cut => Turn::PassOver(chat, Fate::Unknown),
        BroadcastState::Stopping => Turn::Over,
        _ if !is_open => Turn::PassOver(chat, Fate::Out),
        _ => Turn::Send(chat),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_state_survives_being_stored() {
        for state in BroadcastState::ALL {
            assert_eq!(BroadcastState::parse(state.as_str()), Some(state));
        }
        assert_eq!(BroadcastState::parse("paused"), None);
    }

    #[test]
    fn it_is_over_when_it_is_stopped_or_nobody_is_left() {
        let next = Some(NextChat {
            chat: 7,
            is_open: true,
        });
        assert_eq!(turn(BroadcastState::Running, None, true), Turn::Over);
        assert_eq!(turn(BroadcastState::Running, next, false), Turn::Send(7));
        assert_eq!(turn(BroadcastState::Stopping, next, false), Turn::Over);
        let passed = Turn::PassOver(7, Fate::Unknown);
        assert_eq!(turn(BroadcastState::Stopping, next, true), passed);
        assert_eq!(turn(BroadcastState::Stopped, next, true), Turn::Over);
        assert_eq!(turn(BroadcastState::Done, next, false), Turn::Over);
    }

    /// What happens in one turn.
    #[derive(Debug, Clone, Copy)]
    enum Happens {
        Arrives,
        /// 429: nothing happened, the same again.
        HasToWait,
        IsOut,
        IsRefused,
        /// The process dies, before or after it arrived.
        Dies {
            arrived: bool,
        },
    }

    fn any_turn() -> impl Strategy<Value = (Happens, bool)> {
        let happens = prop_oneof![
            4 => Just(Happens::Arrives),
            1 => Just(Happens::HasToWait),
            1 => Just(Happens::IsOut),
            1 => Just(Happens::IsRefused),
            1 => any::<bool>().prop_map(|arrived| Happens::Dies { arrived }),
        ];
        (happens, prop::bool::weighted(0.9))
    }

    proptest! {
        #[test]
        fn nobody_gets_it_twice_and_the_figures_add_up(
            chats in prop::collection::btree_set(1i64..1000, 0..40),
            turns in prop::collection::vec(any_turn(), 0..200),
        ) {
            let (mut tally, mut is_cut, mut over) = (Tally::default(), false, false);
            let mut arrived: Vec<i64> = Vec::new();
            let calm = std::iter::repeat((Happens::Arrives, true));
            for (happens, is_open) in turns.into_iter().chain(calm) {
                let next = chats.range(tally.after + 1..).next();
                let next = next.map(|chat| NextChat { chat: *chat, is_open });
                let fate = match turn(BroadcastState::Running, next, is_cut) {
                    Turn::Over => { over = true; None }
                    Turn::PassOver(_, fate) => Some(fate),
                    Turn::Send(chat) => {
                        if matches!(happens, Happens::Arrives | Happens::Dies { arrived: true }) {
                            arrived.push(chat);
                        }
                        match happens {
                            Happens::Arrives => Some(Fate::Sent),
                            Happens::IsOut => Some(Fate::Out),
                            Happens::IsRefused => Some(Fate::Failed),
                            Happens::HasToWait => None,
                            Happens::Dies { .. } => { is_cut = true; continue }
                        }
                    }
                };
                if over {
                    break;
                }
                if let (Some(fate), Some(next)) = (fate, next) {
                    tally = tally.with(next.chat, fate);
                    is_cut = false;
                }
            }
            let mut once = arrived.clone();
            once.dedup();
            prop_assert_eq!(&once, &arrived, "somebody got it twice");
            prop_assert_eq!(tally.done(), i64::try_from(chats.len()).unwrap());
            let known = i64::try_from(arrived.len()).unwrap();
            prop_assert!(tally.sent <= known && known <= tally.sent + tally.unknown);
        }
    }
}
