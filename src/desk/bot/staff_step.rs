//! Staff's dialogue: what a member of staff is in the middle of and what came in → the next, and what is to be done.
//! Pure, as the contact's; None where what came is no matter of staff's.

use super::staff_state::{Days, StaffButton, StaffState};
use crate::domain::ids::{AgentId, BroadcastId, CannedId, TicketId};

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffInput {
    Menu,
    Cancel,
    /// What an owner was in the middle of ends.
    CancelOwners,
    Broadcast,
    Pressed(StaffButton),
    /// Something to pass on; to that ticket, where it replies to a post about it.
    Said(Option<TicketId>),
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffEffect {
    Menu,
    Mine(Days, u32),
    Free(u32),
    Show(TicketId),
    Files(TicketId),
    AskAnswer(TicketId),
    Answer(TicketId),
    Take(TicketId),
    InProgress(TicketId),
    AskReason(TicketId),
    Close(TicketId),
    /// With what was said as its reason.
    CloseSaying(TicketId),
    AskNote(TicketId),
    Note(TicketId),
    Colleagues(TicketId),
    Give(TicketId, AgentId),
    Canned(TicketId),
    Say(TicketId, CannedId),
    Statistics,
    AskQuiet,
    SetQuiet(super::staff_state::Quiet),
    Cancelled,
    AskBroadcast,
    /// Shows what everybody would get.
    DraftBroadcast,
    /// Lets it go; not where it is no longer what the chat is in the middle of.
    SendBroadcast(BroadcastId, bool),
    /// All that was drafted, where no draft is named.
    DropBroadcast(Option<BroadcastId>),
    StopBroadcast(BroadcastId),
    /// A message that is for nobody.
    ToNobody,
}

/// The next step; None where it is the contact's dialogue that is meant, which members of staff may have as well.
pub fn step(
    state: Option<StaffState>,
    input: StaffInput,
) -> Option<(Option<StaffState>, StaffEffect)> {
    Some(match input {
        StaffInput::Menu => (None, StaffEffect::Menu),
        StaffInput::CancelOwners => (None, StaffEffect::Cancelled),
        StaffInput::Broadcast => (Some(StaffState::Broadcasting), StaffEffect::AskBroadcast),
        StaffInput::Cancel if state == Some(StaffState::Broadcasting) => {
            (None, StaffEffect::DropBroadcast(None))
        }
        StaffInput::Cancel => (None, state.map(|_| StaffEffect::Cancelled)?),
        StaffInput::Pressed(button) => pressed(state, button),
        StaffInput::Said(Some(ticket)) => (state, StaffEffect::Answer(ticket)),
        StaffInput::Said(None) => match state {
            // Several messages in a row are one answer's worth, so it goes on until something else is done.
            Some(StaffState::Answering { ticket }) => (state, StaffEffect::Answer(ticket)),
            Some(StaffState::Closing { ticket }) => (None, StaffEffect::CloseSaying(ticket)),
            Some(StaffState::Noting { ticket }) => (None, StaffEffect::Note(ticket)),
            Some(StaffState::Broadcasting) => (state, StaffEffect::DraftBroadcast),
            None => (None, StaffEffect::ToNobody),
        },
    })
}

fn pressed(state: Option<StaffState>, button: StaffButton) -> (Option<StaffState>, StaffEffect) {
    match button {
        StaffButton::Menu => (None, StaffEffect::Menu),
        StaffButton::Mine(days, page) => (state, StaffEffect::Mine(days, page)),
        StaffButton::Free(page) => (state, StaffEffect::Free(page)),
        StaffButton::Show(ticket) | StaffButton::Open(ticket) => (state, StaffEffect::Show(ticket)),
        StaffButton::Files(ticket) => (state, StaffEffect::Files(ticket)),
        StaffButton::Answer(ticket) => (
            Some(StaffState::Answering { ticket }),
            StaffEffect::AskAnswer(ticket),
        ),
        StaffButton::Take(ticket) => (state, StaffEffect::Take(ticket)),
        StaffButton::InProgress(ticket) => (state, StaffEffect::InProgress(ticket)),
        StaffButton::AskClose(ticket) => (
            Some(StaffState::Closing { ticket }),
            StaffEffect::AskReason(ticket),
        ),
        StaffButton::Close(ticket) => (None, StaffEffect::Close(ticket)),
        StaffButton::Note(ticket) => (
            Some(StaffState::Noting { ticket }),
            StaffEffect::AskNote(ticket),
        ),
        StaffButton::Colleagues(ticket) => (state, StaffEffect::Colleagues(ticket)),
        StaffButton::Give(ticket, agent) => (state, StaffEffect::Give(ticket, agent)),
        StaffButton::Canned(ticket) => (state, StaffEffect::Canned(ticket)),
        StaffButton::Say(ticket, canned) => (state, StaffEffect::Say(ticket, canned)),
        StaffButton::Statistics => (state, StaffEffect::Statistics),
        StaffButton::AskQuiet => (state, StaffEffect::AskQuiet),
        StaffButton::Broadcast => (Some(StaffState::Broadcasting), StaffEffect::AskBroadcast),
        StaffButton::SendBroadcast(id) => {
            let current = state == Some(StaffState::Broadcasting);
            let next = state.filter(|_| !current);
            (next, StaffEffect::SendBroadcast(id, current))
        }
        StaffButton::DropBroadcast(id) => {
            let next = state.filter(|state| *state != StaffState::Broadcasting);
            (next, StaffEffect::DropBroadcast(Some(id)))
        }
        StaffButton::StopBroadcast(id) => (state, StaffEffect::StopBroadcast(id)),
        StaffButton::SetQuiet(quiet) => (state, StaffEffect::SetQuiet(quiet)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: TicketId = TicketId(4);

    #[test]
    fn an_answer_goes_on_until_something_else_is_done() {
        let answer = StaffInput::Pressed(StaffButton::Answer(TICKET));
        let (state, effect) = step(None, answer).unwrap();
        assert_eq!(effect, StaffEffect::AskAnswer(TICKET));
        let said = step(state, StaffInput::Said(None)).unwrap();
        assert_eq!(said, (state, StaffEffect::Answer(TICKET)));
        assert_eq!(step(state, StaffInput::Menu).unwrap().0, None);
        assert_eq!(
            step(state, StaffInput::Cancel),
            Some((None, StaffEffect::Cancelled))
        );
    }

    #[test]
    fn a_reason_and_a_note_are_one_message() {
        for (button, effect) in [
            (
                StaffButton::AskClose(TICKET),
                StaffEffect::CloseSaying(TICKET),
            ),
            (StaffButton::Note(TICKET), StaffEffect::Note(TICKET)),
        ] {
            let (state, _) = step(None, StaffInput::Pressed(button)).unwrap();
            assert_eq!(step(state, StaffInput::Said(None)), Some((None, effect)));
        }
    }

    #[test]
    fn a_reply_to_a_post_is_an_answer_whatever_else_is_going_on() {
        let noting = Some(StaffState::Noting {
            ticket: TicketId(9),
        });
        for state in [None, noting] {
            let said = step(state, StaffInput::Said(Some(TICKET)));
            assert_eq!(said, Some((state, StaffEffect::Answer(TICKET))));
        }
    }

    #[test]
    fn a_broadcast_is_written_shown_and_let_go_and_nothing_else_lets_it_go() {
        let (state, effect) = step(None, StaffInput::Broadcast).unwrap();
        assert_eq!(effect, StaffEffect::AskBroadcast);
        let said = step(state, StaffInput::Said(None)).unwrap();
        assert_eq!(said, (state, StaffEffect::DraftBroadcast));
        let send = StaffInput::Pressed(StaffButton::SendBroadcast(BroadcastId(3)));
        let sent = StaffEffect::SendBroadcast(BroadcastId(3), true);
        assert_eq!(step(state, send), Some((None, sent)));
        let answering = Some(StaffState::Answering { ticket: TICKET });
        for other in [None, answering] {
            let old = StaffEffect::SendBroadcast(BroadcastId(3), false);
            assert_eq!(step(other, send), Some((other, old)));
        }
        let dropped = (None, StaffEffect::DropBroadcast(None));
        assert_eq!(step(state, StaffInput::Cancel), Some(dropped));
        let drop = StaffInput::Pressed(StaffButton::DropBroadcast(BroadcastId(3)));
        let dropped = StaffEffect::DropBroadcast(Some(BroadcastId(3)));
        assert_eq!(step(state, drop), Some((None, dropped)));
        assert_eq!(step(answering, drop), Some((answering, dropped)));
    }

    #[test]
    fn without_anything_in_hand_words_are_for_nobody_and_cancelling_is_the_contacts() {
        assert_eq!(
            step(None, StaffInput::Said(None)),
            Some((None, StaffEffect::ToNobody))
        );
        assert_eq!(step(None, StaffInput::Cancel), None);
    }
}
