//! An agent answers: stored with its pushes, told to sockets, and mapped so that edits find it.

use serde_json::json;
use uuid::Uuid;

use super::greeting::Greeting;
use super::intake::from_file;
use super::rights::{Action, Staff};
use super::{Desk, PUSH, bells, groups, private, tickets};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::ids::{AgentId, MessageId, TicketId};
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::domain::ticket::{Status, Ticket};
use crate::media::Stored;
use crate::store::{NewJob, NewMessage, Reading, Tx};

/// What an agent said, with everything fetched that belongs to it.
pub struct Answer {
    pub ticket: TicketId,
    pub text: String,
    pub attachments: Vec<AnswerPart>,
    /// Full name, else username, else `Support Team`.
    pub agent_name: String,
    pub agent_telegram_id: Option<i64>,
    /// The account that answers; of the group's agents it is found by their Telegram id.
    pub agent: Option<AgentId>,
    /// The agent's own Telegram messages, several for an album.
    pub sources: Vec<Source>,
    pub media_group: Option<String>,
    /// The updates this answers to; marked done in the same transaction.
    pub updates: Vec<i64>,
}

/// An attachment, or a file that becomes one.
pub enum AnswerPart {
    File(AttachmentKind, Stored),
    /// A file that came from Telegram, and the Bot API's name of it.
    FromTelegram(AttachmentKind, Stored, String),
    Plain(Attachment),
}

/// A Telegram message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    pub chat_id: i64,
    pub message_id: i64,
}

impl Source {
    /// Telegram's groups have negative ids, people positive ones.
    fn is_of_a_group(self) -> bool {
        self.chat_id < 0
    }
}

/// Whether who said it may speak still. Who may not changes nothing that was said before either.
pub(super) fn may_change(r: &Reading, said: &Message) -> Result<bool, Error> {
    let is_blocked = match (said.direction, said.agent) {
        (Direction::User, _) => {
            let contact = r.contact_by_id(said.contact)?;
            contact.is_some_and(|contact| contact.is_blocked)
        }
        (Direction::Support, Some(agent)) => r.agent(agent)?.is_some_and(|agent| agent.is_blocked),
        (Direction::Support, None) => false,
    };
    Ok(!is_blocked)
}

/// What came of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditOutcome {
    Changed,
    /// Nothing else is said now, or it may not be.
    Same,
    /// The message that was edited is no answer.
    Unknown,
}

impl Desk {
    pub async fn ticket_of_post(
        &self,
        chat_id: i64,
        message_id: i64,
    ) -> Result<Option<TicketId>, Error> {
        self.store
            .read(move |r| r.ticket_of_post(chat_id, message_id))
            .await
    }

    pub async fn ticket_of_topic(
        &self,
        chat_id: i64,
        thread_id: i64,
    ) -> Result<Option<TicketId>, Error> {
        self.store
            .read(move |r| r.ticket_of_topic(chat_id, thread_id))
            .await
    }

    pub async fn ticket_of_session(&self, session: Uuid) -> Result<Option<TicketId>, Error> {
        self.store.read(move |r| r.ticket_of_session(session)).await
    }

    /// Stores an answer; None when these Telegram messages are answers already, or the ticket is gone.
    ///
    /// # Errors
    /// `storage_full`, or another failure of the store; nothing is stored then.
    pub async fn answer(&self, answer: Answer) -> Result<Option<Message>, Error> {
        let ways = self.ways();
        self.store.write(move |tx| store(tx, answer, &ways)).await
    }

    /// An operator answers from the page or by the interface.
    ///
    /// # Errors
    /// `ticket_not_found`, `not_yours`, `not_allowed`, `empty_message`, `storage_full`.
    pub async fn answer_as(
        &self,
        staff: &Staff,
        ticket: TicketId,
        text: String,
        attachments: Vec<AnswerPart>,
    ) -> Result<Message, Error> {
        let (staff, ways) = (staff.clone(), self.ways());
        if text.trim().is_empty() && attachments.is_empty() {
            return Err(Error::bad("empty_message", "text"));
        }
        self.store
            .write(move |tx| {
                let found = tickets::known(tx, ticket)?;
                staff.may_on(Action::AnswerTickets, found.agent)?;
                let answer = Answer {
                    ticket,
                    text,
                    attachments,
                    agent_name: staff.name().to_owned(),
                    agent_telegram_id: None,
                    agent: staff.agent(),
                    sources: Vec::new(),
                    media_group: None,
                    updates: Vec::new(),
                };
                store(tx, answer, &ways)?.ok_or_else(|| Error::not_found("ticket_not_found"))
            })
            .await
    }

    pub(super) fn ways(&self) -> Ways {
        Ways {
            greeting: self.greeting(self.settings.locale),
            push: self.settings.push,
            group: self.settings.group,
        }
    }

    /// Adds late parts of an album to the answer it became; false when there is no such answer.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn extend_answer(
        &self,
        chat_id: i64,
        media_group: String,
        late: Answer,
    ) -> Result<bool, Error> {
        let telegram = self.settings.group;
        self.store
            .write(move |tx| {
                let Some(id) = tx.answer_of_album(chat_id, &media_group)? else {
                    return Ok(false);
                };
                if !known(tx, &late.sources)? {
                    extend(tx, id, late, telegram)?;
                } else {
                    finish(tx, &late.updates)?;
                }
                Ok(true)
            })
            .await
    }

    /// Changes an answer after the agent edited its own message.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn edit_answer(
        &self,
        source: Source,
        text: String,
        update: i64,
    ) -> Result<EditOutcome, Error> {
        let telegram = self.settings.group;
        self.store
            .write(move |tx| {
                tx.update_done(update)?;
                let Some(id) = tx.answer_of(source.chat_id, source.message_id)? else {
                    return Ok(EditOutcome::Unknown);
                };
                let Some(before) = tx.message(id)? else {
                    return Ok(EditOutcome::Unknown);
                };
                let text = text::without_control(&text);
                if before.text == text || !may_change(tx, &before)? {
                    return Ok(EditOutcome::Same);
                }
                tx.edit_message(id, &text)?;
                tell_updated(tx, id, telegram)?;
                Ok(EditOutcome::Changed)
            })
            .await
    }
}

pub(super) fn store(tx: &mut Tx, answer: Answer, ways: &Ways) -> Result<Option<Message>, Error> {
    finish(tx, &answer.updates)?;
    if known(tx, &answer.sources)? {
        return Ok(None);
    }
    let Some(ticket) = tx.ticket(answer.ticket)? else {
        return Ok(None);
    };
    // Before there is one more message: the group is told of this one anyway.
    let group = match ways.group {
        true => Some(groups::settle(tx, ticket.id)?),
        false => None,
    };
    if let Some(contact) = tx.contact(&ticket.user)? {
        ways.greeting.greet(tx, &contact)?;
    }
    let agent = author(tx, &answer)?;
    let parts = answer.attachments.into_iter();
    let attachments: Vec<Attachment> = parts.map(|part| into_attachment(tx, part)).collect();
    let id = tx.insert_message(&NewMessage {
        contact: ticket.contact,
        ticket: Some(ticket.id),
        direction: Direction::Support,
        text: &text::without_control(&answer.text),
        attachments: &attachments,
        agent_name: Some(&answer.agent_name),
        agent_telegram_id: answer.agent_telegram_id,
        agent,
        is_greeting: false,
        client_msg_id: None,
        content_hash: None,
        media_group: answer.media_group.as_deref(),
    })?;
    map(tx, &answer.sources, ticket.id, id)?;
    if let Some(agent) = agent.filter(|_| ticket.agent.is_none() && !ticket.is_over()) {
        // The group sees who answered.
        tickets::assign(
            tx,
            &ticket,
            Some(agent),
            &answer.agent_name,
            Some(agent),
            false,
        )?;
        tickets::tell_group(tx, ticket.id, "buttons", json!({}), ways.group)?;
    }
    tx.staff_answered(ticket.id, id)?;
    if ticket.status != Status::Replied {
        tickets::log(tx, &ticket, agent, &answer.agent_name, "answered", None)?;
    }
    if ways.push {
        push_to_devices(tx, &ticket, id)?;
    }
    let mut sources = answer.sources.iter();
    let written_in = sources.find(|source| source.is_of_a_group());
    let written_in = written_in.map(|source| source.chat_id);
    // The group sees an answer that was not written there.
    if let Some(group) = group
        && !groups::is_seen(tx, group, written_in)?
    {
        groups::tell(tx, ticket.id, "answer", Some(id), json!({}))?;
    }
    if ways.group {
        bells::answered(tx, &ticket, id, agent)?;
    }
    let shown = (Some(id), private::parts(0, attachments.len()));
    private::tell_contact(tx, &ticket, "answer", shown, ways.group)?;
    let message = tx
        .message(id)?
        .ok_or_else(|| Error::internal("an answer that was just stored is not there"))?;
    tx.emit(Event::MessageCreated(message.clone()));
    Ok(Some(message))
}

/// The ways an answer goes.
pub(super) struct Ways {
    greeting: Greeting,
    push: bool,
    group: bool,
}

/// The account behind an answer; a blocked one is none.
fn author(tx: &Tx, answer: &Answer) -> Result<Option<AgentId>, Error> {
    if answer.agent.is_some() {
        return Ok(answer.agent);
    }
    let Some(telegram_id) = answer.agent_telegram_id else {
        return Ok(None);
    };
    let account = tx.agent_of_telegram(telegram_id)?;
    Ok(account
        .filter(|agent| !agent.is_blocked)
        .map(|agent| agent.id))
}

fn push_to_devices(tx: &mut Tx, ticket: &Ticket, message: MessageId) -> Result<(), Error> {
    for device in tx.devices_of(ticket.contact)? {
        tx.add_job(&NewJob {
            carrier: PUSH,
            lane: &format!("device:{device}"),
            key: 0,
            kind: "reply",
            ticket: Some(ticket.id),
            message: Some(message),
            device: Some(device),
            payload: json!({}),
        })?;
    }
    Ok(())
}

fn extend(tx: &mut Tx, id: MessageId, late: Answer, telegram: bool) -> Result<(), Error> {
    let before = tx.message(id)?;
    let known = before.as_ref().map_or(0, |before| before.attachments.len());
    let count = late.attachments.len();
    for part in late.attachments {
        let attachment = into_attachment(tx, part);
        tx.insert_attachment(id, &attachment)?;
    }
    if let Some(ticket) = tx.ticket(late.ticket)?.filter(|_| count > 0) {
        let shown = (Some(id), private::parts(known, known + count));
        private::tell_contact(tx, &ticket, "answer", shown, telegram)?;
    }
    if let Some(before) = before.filter(|before| before.text.is_empty() && !late.text.is_empty()) {
        tx.edit_message(before.id, &text::without_control(&late.text))?;
    }
    map(tx, &late.sources, late.ticket, id)?;
    finish(tx, &late.updates)?;
    tell_updated(tx, id, telegram)
}

pub(super) fn into_attachment(tx: &mut Tx, part: AnswerPart) -> Attachment {
    match part {
        AnswerPart::File(kind, stored) => from_file(tx, kind, stored),
        AnswerPart::FromTelegram(kind, stored, file_id) => {
            let mut attachment = from_file(tx, kind, stored);
            attachment.telegram_file_id = Some(file_id);
            attachment
        }
        AnswerPart::Plain(attachment) => attachment,
    }
}

/// Whether one of these Telegram messages became a message already.
pub(super) fn known(r: &Reading, sources: &[Source]) -> Result<bool, Error> {
    for source in sources {
        if r.answer_of(source.chat_id, source.message_id)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn map(tx: &mut Tx, sources: &[Source], ticket: TicketId, answer: MessageId) -> Result<(), Error> {
    for source in sources {
        tx.map_post(source.chat_id, source.message_id, ticket, Some(answer))?;
    }
    Ok(())
}

fn finish(tx: &mut Tx, updates: &[i64]) -> Result<(), Error> {
    updates
        .iter()
        .try_for_each(|update| tx.update_done(*update))
}

/// A message has other words now: whoever looks on sees them, and so does the contact's chat.
pub(super) fn tell_updated(tx: &mut Tx, id: MessageId, telegram: bool) -> Result<(), Error> {
    let Some(message) = tx.message(id)? else {
        return Ok(());
    };
    let of_staff = message
        .ticket
        .filter(|_| message.direction == Direction::Support);
    if let Some(ticket) = of_staff
        && let Some(ticket) = tx.ticket(ticket)?
    {
        private::tell_contact(tx, &ticket, "edited", (Some(id), json!({})), telegram)?;
    }
    tx.emit(Event::MessageUpdated(message));
    Ok(())
}
