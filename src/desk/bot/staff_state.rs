//! Staff's side of a private chat: its buttons as they travel, and what a member of staff is in the middle of. A button
//! says all it means; whether it may be done is asked of the desk when it is pressed.

use serde::{Deserialize, Serialize};

use crate::desk::each::one_of_each;
use crate::domain::ids::{AgentId, BroadcastId, CannedId, TicketId};

/// What a member of staff is in the middle of: the next message is for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum StaffState {
    Answering {
        ticket: TicketId,
    },
    /// Saying why it is closed.
    Closing {
        ticket: TicketId,
    },
    Noting {
        ticket: TicketId,
    },
    /// The next message is for everybody; it is shown first, and another takes its place.
    Broadcasting,
}

/// Which of the own tickets a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    Today,
    Yesterday,
    Old,
    All,
}

impl Days {
    pub const ALL: [Self; 4] = [Self::Today, Self::Yesterday, Self::Old, Self::All];

    /// The word in buttons, texts and the helpdesk interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::Old => "old",
            Self::All => "all",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|days| days.as_str() == word)
    }
}

/// When bells make no sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    Never,
    /// From ten in the evening to eight in the morning.
    Night,
    /// From eight to eight.
    Long,
    Always,
}

impl Quiet {
    pub const ALL: [Self; 4] = [Self::Never, Self::Night, Self::Long, Self::Always];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Night => "night",
            Self::Long => "long",
            Self::Always => "always",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quiet| quiet.as_str() == word)
    }

    /// Whether a bell at this hour of the day, 0 to 23, makes none.
    pub fn is_at(self, hour: u32) -> bool {
        match self {
            Self::Never => false,
            Self::Night => !(8..22).contains(&hour),
            Self::Long => !(8..20).contains(&hour),
            Self::Always => true,
        }
    }
}

/// A button of staff's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffButton {
    Menu,
    /// A page of the own tickets, from 0.
    Mine(Days, u32),
    /// A page of what nobody has taken.
    Free(u32),
    Show(TicketId),
    /// As `Show`, as a post of its own.
    Open(TicketId),
    /// What hangs on the messages that are shown.
    Files(TicketId),
    Answer(TicketId),
    Take(TicketId),
    InProgress(TicketId),
    AskClose(TicketId),
    /// Closed without a word.
    Close(TicketId),
    Note(TicketId),
    /// To whom it may be given.
    Colleagues(TicketId),
    Give(TicketId, AgentId),
    /// What may be said with one press.
    Canned(TicketId),
    Say(TicketId, CannedId),
    Statistics,
    AskQuiet,
    SetQuiet(Quiet),
    /// A message to everybody is to be written.
    Broadcast,
    SendBroadcast(BroadcastId),
    DropBroadcast(BroadcastId),
    StopBroadcast(BroadcastId),
}

impl StaffButton {
    /// One of each kind.
    pub const EACH: [Self; 23] = one_of_each![
        Menu,
        Mine(Days::Today, 0),
        Free(0),
        Show(TicketId(1)),
        Open(TicketId(1)),
        Files(TicketId(1)),
        Answer(TicketId(1)),
        Take(TicketId(1)),
        InProgress(TicketId(1)),
        AskClose(TicketId(1)),
        Close(TicketId(1)),
        Note(TicketId(1)),
        Colleagues(TicketId(1)),
        Give(TicketId(1), AgentId(1)),
        Canned(TicketId(1)),
        Say(TicketId(1), CannedId(1)),
        Statistics,
        AskQuiet,
        SetQuiet(Quiet::Night),
        Broadcast,
        SendBroadcast(BroadcastId(1)),
        DropBroadcast(BroadcastId(1)),
        StopBroadcast(BroadcastId(1)),
    ];

    /// Whether what comes of it stands where the button stood.
    pub fn is_in_place(self) -> bool {
        !matches!(
            self,
            Self::Open(_)
                | Self::Files(_)
                | Self::Answer(_)
                | Self::AskClose(_)
                | Self::Note(_)
                | Self::Broadcast
        )
    }

    /// As it travels, in at most 64 bytes.
    pub fn data(self) -> String {
        match self {
            Self::Menu => "s.menu".to_owned(),
            Self::Mine(days, page) => format!("s.mine.{}.{page}", days.as_str()),
            Self::Free(page) => format!("s.free.{page}"),
            Self::Show(ticket) => format!("s.show.{ticket}"),
            Self::Open(ticket) => format!("s.open.{ticket}"),
            Self::Files(ticket) => format!("s.files.{ticket}"),
            Self::Answer(ticket) => format!("s.answer.{ticket}"),
            Self::Take(ticket) => format!("s.take.{ticket}"),
            Self::InProgress(ticket) => format!("s.work.{ticket}"),
            Self::AskClose(ticket) => format!("s.end.{ticket}"),
            Self::Close(ticket) => format!("s.close.{ticket}"),
            Self::Note(ticket) => format!("s.note.{ticket}"),
            Self::Colleagues(ticket) => format!("s.who.{ticket}"),
            Self::Give(ticket, agent) => format!("s.give.{ticket}.{agent}"),
            Self::Canned(ticket) => format!("s.canned.{ticket}"),
            Self::Say(ticket, canned) => format!("s.say.{ticket}.{canned}"),
            Self::Statistics => "s.figures".to_owned(),
            Self::AskQuiet => "s.quiet".to_owned(),
            Self::SetQuiet(quiet) => format!("s.quiet.{}", quiet.as_str()),
            Self::Broadcast => "s.all".to_owned(),
            Self::SendBroadcast(id) => format!("s.send.{id}"),
            Self::DropBroadcast(id) => format!("s.drop.{id}"),
            Self::StopBroadcast(id) => format!("s.stop.{id}"),
        }
    }

    /// Reads what came back; None for what is no button of staff's.
    pub fn pressed(data: &str) -> Option<Self> {
        let mut parts = data.strip_prefix("s.")?.split('.');
        let (word, first, second) = (parts.next()?, parts.next(), parts.next());
        let number = |part: Option<&str>| part?.parse::<i64>().ok().filter(|number| *number >= 0);
        let ticket = || number(first).map(TicketId);
        let page = |part: Option<&str>| part?.parse::<u32>().ok();
        let button = match word {
            "menu" => Self::Menu,
            "mine" => Self::Mine(Days::parse(first?)?, page(second)?),
            "free" => Self::Free(page(first)?),
            "show" => Self::Show(ticket()?),
            "open" => Self::Open(ticket()?),
            "files" => Self::Files(ticket()?),
            "answer" => Self::Answer(ticket()?),
            "take" => Self::Take(ticket()?),
            "work" => Self::InProgress(ticket()?),
            "end" => Self::AskClose(ticket()?),
            "close" => Self::Close(ticket()?),
            "note" => Self::Note(ticket()?),
            "who" => Self::Colleagues(ticket()?),
            "give" => Self::Give(ticket()?, AgentId(number(second)?)),
            "canned" => Self::Canned(ticket()?),
            "say" => Self::Say(ticket()?, CannedId(number(second)?)),
            "figures" => Self::Statistics,
            "all" => Self::Broadcast,
            "send" => Self::SendBroadcast(BroadcastId(number(first)?)),
            "drop" => Self::DropBroadcast(BroadcastId(number(first)?)),
            "stop" => Self::StopBroadcast(BroadcastId(number(first)?)),
            "quiet" => match first {
                None => Self::AskQuiet,
                Some(word) => Self::SetQuiet(Quiet::parse(word)?),
            },
            _ => return None,
        };
        // One button has one way to be written.
        (button.data() == data).then_some(button)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_button() -> impl Strategy<Value = StaffButton> {
        let ticket = || (0i64..=i64::MAX).prop_map(TicketId);
        prop_oneof![
            Just(StaffButton::Menu),
            (prop::sample::select(Days::ALL.to_vec()), any::<u32>())
                .prop_map(|(days, page)| StaffButton::Mine(days, page)),
            any::<u32>().prop_map(StaffButton::Free),
            ticket().prop_map(StaffButton::Show),
            ticket().prop_map(StaffButton::Open),
            ticket().prop_map(StaffButton::Files),
            ticket().prop_map(StaffButton::Answer),
            ticket().prop_map(StaffButton::Take),
            ticket().prop_map(StaffButton::InProgress),
            ticket().prop_map(StaffButton::AskClose),
            ticket().prop_map(StaffButton::Close),
            ticket().prop_map(StaffButton::Note),
            ticket().prop_map(StaffButton::Colleagues),
            (ticket(), 0i64..=i64::MAX)
                .prop_map(|(ticket, agent)| StaffButton::Give(ticket, AgentId(agent))),
            ticket().prop_map(StaffButton::Canned),
            (ticket(), 0i64..=i64::MAX)
                .prop_map(|(ticket, canned)| StaffButton::Say(ticket, CannedId(canned))),
            Just(StaffButton::Statistics),
            Just(StaffButton::AskQuiet),
            prop::sample::select(Quiet::ALL.to_vec()).prop_map(StaffButton::SetQuiet),
            Just(StaffButton::Broadcast),
            (0i64..=i64::MAX).prop_map(|id| StaffButton::DropBroadcast(BroadcastId(id))),
            (0i64..=i64::MAX).prop_map(|id| StaffButton::SendBroadcast(BroadcastId(id))),
            (0i64..=i64::MAX).prop_map(|id| StaffButton::StopBroadcast(BroadcastId(id))),
        ]
    }

    proptest! {
        #[test]
        fn a_button_comes_back_as_it_was_and_fits(button in any_button()) {
            let data = button.data();
            prop_assert!(data.len() <= 64, "{data}");
            prop_assert_eq!(StaffButton::pressed(&data), Some(button));
        }

        #[test]
        fn whatever_else_comes_is_no_button(data in "s[.][a-z]{0,6}[.][0-9.+-]{0,12}|.{0,20}") {
            if let Some(button) = StaffButton::pressed(&data) {
                prop_assert_eq!(button.data(), data);
            }
        }
    }

    #[test]
    fn quiet_hours_go_over_midnight() {
        let at = |quiet: Quiet| -> Vec<u32> { (0..24).filter(|hour| quiet.is_at(*hour)).collect() };
        assert_eq!(at(Quiet::Night), [0, 1, 2, 3, 4, 5, 6, 7, 22, 23]);
        assert_eq!(at(Quiet::Long).len(), 12);
        assert!(at(Quiet::Never).is_empty());
        assert_eq!(at(Quiet::Always).len(), 24);
    }
}
