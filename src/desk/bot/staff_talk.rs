//! Carries out what a member of staff asks for in a private chat: the same actions with the same rights as in the group
//! and on the page. What is shown is `staff_lists`'.

use super::commands::known;
use super::owner_state::OwnerButton;
use super::staff_state::{Quiet, StaffButton};
use super::staff_step::{StaffEffect, StaffInput};
use super::state::State;
use super::talk::Talk;
use super::{Spoken, What};
use crate::desk::answers::{self, Answer};
use crate::desk::helpdesk::{self, TicketEdit};
use crate::desk::in_group::Doing;
use crate::desk::private::{self, LineButton};
use crate::desk::rights::{Action, Staff};
use crate::desk::tickets;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CannedId, TicketId};
use crate::domain::ticket::{Status, Ticket};
use crate::store::{Reading, Tx};

/// A member of staff in a private chat.
pub struct StaffTalk {
    pub(super) staff: Staff,
    pub(super) chat: i64,
    doing: Doing,
}

impl StaffTalk {
    /// None for who has no account, or a blocked one: a contact like any other.
    pub fn of(r: &Reading, chat: i64, doing: Doing) -> Result<Option<Self>, Error> {
        let account = r.agent_of_telegram(chat)?;
        let agent = account.filter(|agent| !agent.is_blocked);
        Ok(agent.map(|agent| Self {
            staff: Staff::Agent {
                id: agent.id,
                role: agent.role,
                name: agent.shown_name(),
            },
            chat,
            doing,
        }))
    }

    /// What this means to staff; None where it is the contact in them that speaks.
    pub fn meant(
        &self,
        r: &Reading,
        state: &State,
        what: &What,
    ) -> Result<Option<StaffInput>, Error> {
        Ok(match what {
            What::Command { name, rest } => match known(name).unwrap_or_default() {
                "admin" => Some(StaffInput::Menu),
                "start" if rest.trim().is_empty() => Some(StaffInput::Menu),
                "cancel" if matches!(state, State::Owner { .. }) => Some(StaffInput::CancelOwners),
                "cancel" => Some(StaffInput::Cancel),
                "broadcast" => Some(StaffInput::Broadcast),
                _ => None,
            },
            What::Pressed { data, .. } => StaffButton::pressed(data).map(StaffInput::Pressed),
            What::Said(spoken) => self.said(r, state, spoken)?,
            What::Foreign => None,
        })
    }

    fn said(
        &self,
        r: &Reading,
        state: &State,
        spoken: &Spoken,
    ) -> Result<Option<StaffInput>, Error> {
        let post = match spoken.reply_to {
            Some(post) => r.ticket_of_post(self.chat, post)?,
            None => None,
        };
        if let Some(ticket) = post {
            let own = r.ticket(ticket)?;
            let own = own.is_some_and(|ticket| ticket.telegram_id == Some(self.chat));
            return Ok((!own).then_some(StaffInput::Said(Some(ticket))));
        }
        let asks = matches!(
            state,
            State::Asking { .. } | State::Replying { .. } | State::Commenting { .. }
        );
        Ok((!asks).then_some(StaffInput::Said(None)))
    }

    /// Takes what came into the talk.
    pub fn takes(&self, talk: &mut Talk, what: What) {
        match what {
            What::Pressed { data, post } => {
                let in_place = StaffButton::pressed(&data).is_some_and(StaffButton::is_in_place)
                    || OwnerButton::pressed(&data).is_some_and(OwnerButton::is_in_place);
                talk.in_place = post.filter(|_| in_place);
            }
            What::Said(spoken) => talk.said = Some(spoken),
            What::Command { .. } | What::Foreign => {}
        }
    }

    pub fn does(&self, tx: &mut Tx, talk: &mut Talk, effect: StaffEffect) -> Result<(), Error> {
        match effect {
            StaffEffect::Menu => {
                self.offers_commands(tx, talk)?;
                self.menu(tx, talk)
            }
            StaffEffect::Mine(days, page) => self.mine(tx, talk, days, page),
            StaffEffect::Free(page) => self.free(tx, talk, page),
            StaffEffect::Show(ticket) => self.show(tx, talk, ticket),
            StaffEffect::Files(ticket) => self.files(tx, ticket),
            StaffEffect::AskAnswer(ticket) => {
                let ticket = self.may(tx, Action::AnswerTickets, ticket)?;
                self.ask(tx, talk, "bot-staff-ask-answer", &ticket, Vec::new())
            }
            StaffEffect::Answer(ticket) => self.answer(tx, talk, ticket),
            StaffEffect::Take(ticket) => self.take(tx, talk, ticket),
            StaffEffect::Give(ticket, agent) => self.give(tx, talk, ticket, agent),
            StaffEffect::InProgress(ticket) => self.in_progress(tx, talk, ticket),
            StaffEffect::AskReason(ticket) => {
                let ticket = self.may(tx, Action::CloseTickets, ticket)?;
                let close = talk.text("bot-staff-button-close-now", &[]);
                let buttons = vec![vec![button(close, StaffButton::Close(ticket.id))]];
                self.ask(tx, talk, "bot-staff-ask-reason", &ticket, buttons)
            }
            StaffEffect::Close(ticket) => self.close(tx, talk, ticket, None),
            StaffEffect::CloseSaying(ticket) => {
                let reason = talk.said.take().map(|said| said.text);
                self.close(tx, talk, ticket, reason.as_deref())
            }
            StaffEffect::AskNote(ticket) => {
                let ticket = self.may(tx, Action::NoteTickets, ticket)?;
                self.ask(tx, talk, "bot-staff-ask-note", &ticket, Vec::new())
            }
            StaffEffect::Note(ticket) => self.note(tx, talk, ticket),
            StaffEffect::Colleagues(ticket) => self.colleagues(tx, talk, ticket),
            StaffEffect::Canned(ticket) => self.canned(tx, talk, ticket),
            StaffEffect::Say(ticket, canned) => self.say(tx, talk, ticket, canned),
            StaffEffect::Statistics => self.statistics(tx, talk),
            StaffEffect::AskQuiet => self.ask_quiet(tx, talk),
            StaffEffect::SetQuiet(quiet) => self.set_quiet(tx, talk, quiet),
            StaffEffect::Cancelled => talk.line(tx, "bot-cancelled"),
            StaffEffect::AskBroadcast => self.ask_broadcast(tx, talk),
            StaffEffect::DraftBroadcast => self.draft_broadcast(tx, talk),
            StaffEffect::SendBroadcast(id, current) => self.send_broadcast(tx, talk, id, current),
            StaffEffect::DropBroadcast(id) => self.drop_broadcast(tx, talk, id),
            StaffEffect::StopBroadcast(id) => self.stop_broadcast(tx, talk, id),
            StaffEffect::ToNobody => talk.line(tx, "bot-staff-to-nobody"),
        }
    }

    /// With a menu that was asked for by name, apps learn which commands there are.
    pub(super) fn offers_commands(&self, tx: &mut Tx, talk: &Talk) -> Result<(), Error> {
        if talk.in_place.is_some() {
            return Ok(());
        }
        let owner = serde_json::json!({ "owner": self.staff.is_owner() });
        private::queue(tx, self.chat, "commands", (None, None), owner)
    }

    /// The ticket, where this may be done to it.
    fn may(&self, r: &Tx, action: Action, id: TicketId) -> Result<Ticket, Error> {
        let ticket = tickets::known(r, id)?;
        self.staff.may_on(action, ticket.agent)?;
        Ok(ticket)
    }

    /// Asks for the next message, which is for a ticket.
    fn ask(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        key: &str,
        ticket: &Ticket,
        buttons: Vec<Vec<LineButton>>,
    ) -> Result<(), Error> {
        let number = ticket.number().to_string();
        let text = talk.text(key, &[("number", &number)]);
        talk.say(tx, text, buttons)
    }

    /// Says what became of a ticket, about which it then is.
    fn report(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        key: &str,
        ticket: &Ticket,
    ) -> Result<(), Error> {
        let open = talk.text("bot-staff-button-open", &[]);
        let buttons = vec![vec![button(open, StaffButton::Open(ticket.id))]];
        talk.in_place = None;
        self.ask(tx, talk, key, ticket, buttons)
    }

    fn answer(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        let ticket = self.may(tx, Action::AnswerTickets, id)?;
        let Some(spoken) = talk.said.take() else {
            return Err(Error::internal("an answer without words"));
        };
        let answer = Answer {
            ticket: id,
            text: spoken.text,
            attachments: spoken.attachments,
            agent_name: self.staff.name().to_owned(),
            agent_telegram_id: Some(self.chat),
            agent: self.staff.agent(),
            sources: spoken.sources,
            media_group: None,
            updates: Vec::new(),
        };
        answers::store(tx, answer, &self.doing.ways)?;
        let lost = ticket.telegram_id.is_some() && tx.keeps_bot_out(ticket.contact)?;
        let key = match lost {
            true => "bot-staff-not-reached",
            false => "bot-staff-answered",
        };
        self.report(tx, talk, key, &ticket)
    }

    /// Takes what is nobody's; whoever was quicker keeps it.
    fn take(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        let ticket = tickets::known(tx, id)?;
        let Some(me) = self.staff.agent() else {
            return Err(Error::internal("staff in a chat without an account"));
        };
        match ticket.agent.filter(|agent| *agent != me) {
            None => self.give(tx, talk, id, me),
            Some(other) => {
                let name = tx.agent(other)?.map(|agent| agent.shown_name());
                let name = name.unwrap_or_default();
                talk.told.text = talk.text("bot-staff-taken-by", &[("agent", &name)]);
                talk.told.refused = true;
                self.show(tx, talk, id)
            }
        }
    }

    fn give(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId, to: AgentId) -> Result<(), Error> {
        let ticket = tickets::known(tx, id)?;
        let nothing = self.doing.assign(tx, &self.staff, &ticket, Some(to))?;
        talk.told.text = match nothing {
            Some(words) => words,
            None => talk.text("bot-staff-given", &[]),
        };
        self.show(tx, talk, id)
    }

    fn in_progress(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        let ticket = tickets::known(tx, id)?;
        let edit = TicketEdit {
            status: Some(Status::InProgress),
            ..TicketEdit::default()
        };
        if ticket.status != Status::InProgress {
            helpdesk::apply(tx, &self.staff, &ticket, &edit, self.doing.to_group)?;
        }
        self.show(tx, talk, id)
    }

    fn close(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: TicketId,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let ticket = tickets::known(tx, id)?;
        let key = match self.doing.close(tx, &self.staff, &ticket, reason)? {
            true => "bot-staff-closed",
            false => "bot-staff-already-closed",
        };
        self.report(tx, talk, key, &ticket)
    }

    fn note(&self, tx: &mut Tx, talk: &mut Talk, id: TicketId) -> Result<(), Error> {
        let words = talk.said.take().map(|said| said.text).unwrap_or_default();
        tickets::note(tx, &self.staff, id, &words)?;
        let ticket = tickets::known(tx, id)?;
        self.report(tx, talk, "bot-staff-noted", &ticket)
    }

    fn say(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: TicketId,
        canned: CannedId,
    ) -> Result<(), Error> {
        let ticket = self.may(tx, Action::AnswerTickets, id)?;
        let known = tx
            .canned_answers()?
            .into_iter()
            .find(|row| row.id == canned);
        let Some(row) = known else {
            return Err(Error::not_found("canned_not_found"));
        };
        let by = (&self.staff, Some(self.chat));
        // The step itself ends its update.
        self.doing.say(tx, by, ticket.id, row.text, Vec::new())?;
        self.show(tx, talk, id)
    }

    fn set_quiet(&self, tx: &mut Tx, talk: &mut Talk, quiet: Quiet) -> Result<(), Error> {
        if let Some(me) = self.staff.agent() {
            tx.set_quiet(me, quiet.as_str())?;
        }
        self.ask_quiet(tx, talk)
    }
}

/// A button of staff's.
pub fn button(text: String, button: StaffButton) -> LineButton {
    let data = button.data();
    LineButton { text, data }
}
