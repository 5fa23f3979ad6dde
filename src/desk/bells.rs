//! Agents are told in their private chats of what is theirs: tickets given to them or taken from them, and what is
//! said there. Only who has spoken to the bot can be told; whether it makes a sound is the agent's own choice.

use chrono::Timelike;
use serde_json::{Value, json};

use super::Desk;
use super::bot::{BotStaffButton, Quiet};
use super::private::{self, Line, LineButton};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, MessageId, TicketId};
use crate::domain::ticket::{Status, Ticket};
use crate::store::{BeforeMessage, Tx};

/// How much of a message a bell says, characters.
const EXCERPT_CHARS: usize = 500;

/// A bell in words.
pub struct Bell {
    pub line: Line,
    /// It makes no sound now.
    pub silent: bool,
}

impl Desk {
    /// What an agent is told of a ticket; None where it is gone.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn bell(
        &self,
        ticket: TicketId,
        message: Option<MessageId>,
        chat: i64,
        payload: &Value,
    ) -> Result<Option<Bell>, Error> {
        let found = self
            .store
            .read(move |r| {
                let message = match message {
                    Some(message) => r.message(message)?,
                    None => None,
                };
                let quiet = match r.agent_of_telegram(chat)? {
                    Some(agent) => r.quiet_of(agent.id)?,
                    None => None,
                };
                let language = r.language_of_chat(chat)?;
                Ok((r.ticket(ticket)?, message, quiet, language))
            })
            .await?;
        let (Some(ticket), message, quiet, language) = found else {
            return Ok(None);
        };
        let locale = language.unwrap_or(self.settings.locale);
        let word = |name| {
            payload
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (what, by) = (word("what"), word("by"));
        let key = match (what, by.is_empty()) {
            ("assigned", true) => "bot-bell-assigned",
            ("assigned", false) => "bot-bell-assigned-by",
            ("taken", true) => "bot-bell-taken",
            ("taken", false) => "bot-bell-taken-by",
            ("answered", _) => "bot-bell-answered",
            ("new", _) => "bot-bell-new",
            _ => "bot-bell-wrote",
        };
        let answerer = message
            .as_ref()
            .and_then(|message| message.agent_name.clone());
        let by = match by.is_empty() {
            true => answerer.unwrap_or_default(),
            false => by.to_owned(),
        };
        let number = ticket.number().to_string();
        let who = ticket
            .user_name
            .clone()
            .unwrap_or_else(|| ticket.user.to_string());
        let values = [
            ("number", number.as_str()),
            ("who", who.as_str()),
            ("by", by.as_str()),
        ];
        let mut lines = vec![self.texts.get(locale, key, &values)];
        match &message {
            Some(message) => {
                let words: String = message.text.chars().take(EXCERPT_CHARS).collect();
                lines.extend(Some(words).filter(|words| !words.trim().is_empty()));
                let files = message.attachments.iter();
                lines.extend(files.map(|file| self.texts.attachment(locale, file.kind)));
            }
            None => lines.push(ticket.title.clone()),
        }
        let of = |key: &str, button: BotStaffButton| LineButton {
            text: self.texts.get(locale, key, &[]),
            data: button.data(),
        };
        let row = vec![
            of("bot-staff-button-answer", BotStaffButton::Answer(ticket.id)),
            of("bot-staff-button-open", BotStaffButton::Open(ticket.id)),
        ];
        let hour = self
            .clock
            .now()
            .with_timezone(&self.settings.timezone)
            .hour();
        let quiet = quiet.as_deref().and_then(Quiet::parse);
        Ok(Some(Bell {
            line: Line {
                text: lines.join("\n"),
                buttons: vec![row],
                edits: None,
            },
            silent: quiet.is_some_and(|quiet| quiet.is_at(hour)),
        }))
    }
}

/// The ticket was given to somebody, or taken from somebody; who did it knows.
pub(super) fn assigned(
    tx: &mut Tx,
    ticket: &Ticket,
    to: Option<AgentId>,
    by: Option<AgentId>,
    actor: &str,
) -> Result<(), Error> {
    if let Some(to) = to.filter(|to| Some(*to) != by) {
        ring(tx, to, "assigned", (ticket.id, ticket.last_message), actor)?;
    }
    match ticket.agent.filter(|from| Some(*from) != by) {
        Some(from) => ring(tx, from, "taken", (ticket.id, None), actor),
        None => Ok(()),
    }
}

/// The contact wrote. With the very first message the ticket has only just been given, which was told.
pub(super) fn contact_wrote(
    tx: &mut Tx,
    ticket: TicketId,
    message: MessageId,
    before: BeforeMessage,
) -> Result<(), Error> {
    match before.agent.filter(|_| !before.was_empty) {
        Some(agent) => ring(tx, agent, "wrote", (ticket, Some(message)), ""),
        None => Ok(()),
    }
}

/// A category has a new ticket; whose it is is told so by itself.
pub(super) fn opened(
    tx: &mut Tx,
    ticket: TicketId,
    category: CategoryId,
    whose: Option<AgentId>,
) -> Result<(), Error> {
    for agent in tx.agents_of_category(category)? {
        if Some(agent) != whose {
            ring(tx, agent, "new", (ticket, None), "")?;
        }
    }
    Ok(())
}

/// Somebody else answered in an agent's ticket, or answered first in one of its categories.
pub(super) fn answered(
    tx: &mut Tx,
    ticket: &Ticket,
    message: MessageId,
    by: Option<AgentId>,
) -> Result<(), Error> {
    let waited = !matches!(ticket.status, Status::Replied | Status::WaitingUser);
    let mut told: Vec<AgentId> = ticket.agent.into_iter().collect();
    if let Some(category) = ticket.category.filter(|_| waited) {
        told.extend(tx.agents_of_category(category)?);
    }
    told.sort_unstable();
    told.dedup();
    for agent in told {
        if Some(agent) != by {
            ring(tx, agent, "answered", (ticket.id, Some(message)), "")?;
        }
    }
    Ok(())
}

fn ring(
    tx: &mut Tx,
    agent: AgentId,
    what: &'static str,
    (ticket, message): (TicketId, Option<MessageId>),
    by: &str,
) -> Result<(), Error> {
    let Some(chat) = chat_of(tx, agent)? else {
        return Ok(());
    };
    let payload = json!({ "what": what, "by": by, "agent": agent });
    private::queue(tx, chat, "bell", (Some(ticket), message), payload)
}

/// Where an agent can be told something.
fn chat_of(tx: &Tx, agent: AgentId) -> Result<Option<i64>, Error> {
    let Some(agent) = tx.agent(agent)?.filter(|agent| !agent.is_blocked) else {
        return Ok(None);
    };
    let Some(chat) = agent.telegram_id else {
        return Ok(None);
    };
    let known = tx.dialogue(chat)?.is_some();
    let out = match tx.contact_of_telegram(chat)? {
        Some(contact) => tx.keeps_bot_out(contact.id)?,
        None => true,
    };
    Ok((known && !out).then_some(chat))
}
