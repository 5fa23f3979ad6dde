//! What agents ask for in their group besides answering: commands and buttons. Each is done in the transaction that
//! ends its update, so that a restart does nothing twice. How it looks in Telegram is not known here.

use std::sync::Arc;

use super::Desk;
use super::answers::{self, Answer, Ways};
use super::each::one_of_each;
use super::posting::{Note, queue_note};
use super::rights::{Action, Staff};
use super::tickets::{self, Ending};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{AgentId, TicketId};
use crate::domain::locale::Locale;
use crate::domain::message::Message;
use crate::domain::ticket::{Status, Ticket};
use crate::store::{HistoryCursor, Reading, Tx};
use crate::texts::Texts;

/// Names of canned answers shown at most, in characters.
const NAMES_SHOWN: usize = 3000;

/// Somebody of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// None for an anonymous administrator.
    pub telegram_id: Option<i64>,
    pub name: String,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Close {
        reason: Option<String>,
    },
    Take,
    Assign(Assignee),
    Note(String),
    /// None: which ones there are.
    Canned(Option<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    Me,
    Nobody,
    Called(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    Take,
    Close,
}

impl Button {
    /// One of each kind.
    pub const EACH: [Self; 2] = one_of_each![Take, Close];
}

/// What somebody who pressed a button is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    /// Nothing came of it.
    pub refused: bool,
}

impl Desk {
    /// Refuses whose account is blocked; who has none may answer all the same.
    ///
    /// # Errors
    /// `account_blocked`.
    pub async fn may_answer_in_group(&self, telegram_id: Option<i64>) -> Result<(), Error> {
        let who = Who {
            telegram_id,
            name: String::new(),
        };
        self.store.read(move |r| staff_of(r, &who).map(drop)).await
    }

    /// Does what a command asks for, queues its answer, which `told` places, and ends the update.
    ///
    /// # Errors
    /// `account_blocked`, `account_needed`, and those of the action; nothing is stored then.
    pub async fn do_in_group(
        &self,
        who: Who,
        ticket: TicketId,
        asked: Asked,
        told: Note,
        update: i64,
    ) -> Result<(), Error> {
        let doing = self.doing();
        self.store
            .write(move |tx| {
                if let Some(text) = doing.asked(tx, &who, ticket, asked, update)? {
                    queue_note(tx, &Note { text, ..told })?;
                }
                tx.update_done(update)
            })
            .await
    }

    /// Does what a button asks for. `left` says what is left to do for the update afterwards.
    ///
    /// # Errors
    /// Those of the store; refusals are told.
    pub async fn press(
        &self,
        who: Who,
        ticket: TicketId,
        button: Button,
        update: i64,
        left: impl FnOnce(&Told) -> Vec<u8> + Send + 'static,
    ) -> Result<Told, Error> {
        let doing = self.doing();
        self.store
            .write(move |tx| {
                let told = match doing.pressed(tx, &who, ticket, button) {
                    Err(error) if is_refusal(&error) => Told {
                        text: doing.texts.error(doing.locale, &error, ""),
                        refused: true,
                    },
                    pressed => pressed?,
                };
                tx.update_left(update, &left(&told))?;
                Ok(told)
            })
            .await
    }

    /// The last messages of a ticket, oldest first.
    ///
    /// # Errors
    /// `account_blocked`, `ticket_not_found`.
    pub async fn last_messages(
        &self,
        who: Who,
        ticket: TicketId,
        count: u32,
    ) -> Result<Vec<Message>, Error> {
        self.store
            .read(move |r| {
                staff_of(r, &who)?.may(Action::ReadTickets)?;
                if r.ticket(ticket)?.is_none() {
                    return Err(Error::not_found("ticket_not_found"));
                }
                r.ticket_messages(ticket, HistoryCursor::Newest, count)
            })
            .await
    }

    /// A time as people of this desk read it.
    pub fn local_time(&self, at: chrono::DateTime<chrono::Utc>) -> String {
        let local = at.with_timezone(&self.settings.timezone);
        local.format("%Y-%m-%d %H:%M").to_string()
    }

    pub(super) fn doing(&self) -> Doing {
        Doing {
            texts: Arc::clone(&self.texts),
            locale: self.settings.locale,
            to_group: self.settings.group,
            ways: self.ways(),
        }
    }
}

/// Whether somebody may not, as against something that failed.
pub fn is_refusal(error: &Error) -> bool {
    !matches!(
        error.kind,
        Kind::Internal | Kind::StorageFull | Kind::ShuttingDown
    )
}

/// The account of somebody of the group, or a member without one.
fn staff_of(r: &Reading, who: &Who) -> Result<Staff, Error> {
    let account = match who.telegram_id {
        Some(id) => r.agent_of_telegram(id)?,
        None => None,
    };
    match account {
        Some(agent) if agent.is_blocked => Err(Error::new(Kind::Forbidden, "account_blocked")),
        Some(agent) => Ok(Staff::Agent {
            id: agent.id,
            role: agent.role,
            name: agent.shown_name(),
        }),
        None => Ok(Staff::Member {
            name: who.name.clone(),
        }),
    }
}

/// What is needed to do what staff asks for, in the group or in a private chat.
pub(super) struct Doing {
    pub texts: Arc<Texts>,
    pub locale: Locale,
    pub to_group: bool,
    pub ways: Ways,
}

impl Doing {
    fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.texts.get(self.locale, key, values)
    }

    /// Words for who asked, where the group is not told anyway.
    fn asked(
        &self,
        tx: &mut Tx,
        who: &Who,
        id: TicketId,
        asked: Asked,
        update: i64,
    ) -> Result<Option<String>, Error> {
        let staff = staff_of(tx, who)?;
        let ticket = tickets::known(tx, id)?;
        let said = match asked {
            Asked::Close { reason } => {
                let closed = self.close(tx, &staff, &ticket, reason.as_deref())?;
                (!closed).then(|| self.text("telegram-already-closed", &[]))
            }
            Asked::Take | Asked::Assign(Assignee::Me) => {
                let me = staff.agent().ok_or_else(|| account_needed(who))?;
                self.assign(tx, &staff, &ticket, Some(me))?
            }
            Asked::Assign(Assignee::Nobody) => self.assign(tx, &staff, &ticket, None)?,
            Asked::Assign(Assignee::Called(name)) => match tx.agents_called(&name)?.as_slice() {
                [agent] => self.assign(tx, &staff, &ticket, Some(*agent))?,
                [] => Some(self.text("telegram-agent-unknown", &[("name", &name)])),
                _ => Some(self.text("telegram-agent-ambiguous", &[("name", &name)])),
            },
            Asked::Note(text) => {
                tickets::note(tx, &staff, id, &text)?;
                Some(self.text("telegram-noted", &[]))
            }
            Asked::Canned(name) => self.canned(tx, who, &staff, &ticket, name, update)?,
        };
        Ok(said)
    }

    /// Whether it was open.
    pub(super) fn close(
        &self,
        tx: &mut Tx,
        staff: &Staff,
        ticket: &Ticket,
        reason: Option<&str>,
    ) -> Result<bool, Error> {
        staff.may_on(Action::CloseTickets, ticket.agent)?;
        if let Some(reason) = reason
            && reason.chars().count() > tickets::NOTE_MAX_CHARS
        {
            return Err(
                Error::bad("message_too_long", "reason").with("max", tickets::NOTE_MAX_CHARS)
            );
        }
        let ending = Ending {
            status: Status::Closed,
            by: staff.agent(),
            actor: staff.name(),
            reason,
        };
        tickets::end(tx, ticket, &ending, self.to_group)?;
        Ok(!ticket.is_over())
    }

    /// Words where nothing changes.
    pub(super) fn assign(
        &self,
        tx: &mut Tx,
        staff: &Staff,
        ticket: &Ticket,
        agent: Option<AgentId>,
    ) -> Result<Option<String>, Error> {
        staff.may_on(Action::AssignTickets, ticket.agent)?;
        if ticket.is_over() {
            return Err(Error::new(Kind::Conflict, "ticket_closed"));
        }
        if ticket.agent == agent {
            let key = match agent {
                None => "telegram-already-nobodys",
                Some(_) if agent == staff.agent() => "telegram-already-yours",
                Some(_) => "telegram-already-theirs",
            };
            return Ok(Some(self.text(key, &[])));
        }
        let (by, to_group) = (staff.agent(), self.to_group);
        tickets::assign(tx, ticket, agent, staff.name(), by, to_group)?;
        Ok(None)
    }

    /// Whoever may answer in the group may answer in these words; the group sees them as an answer.
    fn canned(
        &self,
        tx: &mut Tx,
        who: &Who,
        staff: &Staff,
        ticket: &Ticket,
        name: Option<String>,
        update: i64,
    ) -> Result<Option<String>, Error> {
        let found = match &name {
            Some(name) => tx.canned_answer(&name.to_lowercase())?,
            None => None,
        };
        let Some(canned) = found else {
            let all = tx.canned_answers()?.into_iter().map(|row| row.name);
            let names: String = all.collect::<Vec<_>>().join(", ");
            let shown: String = names.chars().take(NAMES_SHOWN).collect();
            return Ok(Some(match (shown.is_empty(), &name) {
                (true, _) => self.text("telegram-canned-none", &[]),
                (false, None) => self.text("telegram-canned-names", &[("names", &shown)]),
                (false, Some(name)) => {
                    let short: String = name.chars().take(64).collect();
                    let values = [("name", short.as_str()), ("names", shown.as_str())];
                    self.text("telegram-canned-unknown", &values)
                }
            }));
        };
        let by = (staff, who.telegram_id);
        self.say(tx, by, ticket.id, canned.text, vec![update])?;
        Ok(None)
    }

    /// Answers in words that were written before.
    pub(super) fn say(
        &self,
        tx: &mut Tx,
        (staff, telegram_id): (&Staff, Option<i64>),
        ticket: TicketId,
        text: String,
        updates: Vec<i64>,
    ) -> Result<(), Error> {
        let answer = Answer {
            ticket,
            text,
            attachments: Vec::new(),
            agent_name: staff.name().to_owned(),
            agent_telegram_id: telegram_id,
            agent: staff.agent(),
            sources: Vec::new(),
            media_group: None,
            updates,
        };
        answers::store(tx, answer, &self.ways).map(drop)
    }

    fn pressed(&self, tx: &mut Tx, who: &Who, id: TicketId, button: Button) -> Result<Told, Error> {
        let staff = staff_of(tx, who)?;
        let ticket = tickets::known(tx, id)?;
        let told = |key, refused| {
            Ok(Told {
                text: self.text(key, &[]),
                refused,
            })
        };
        if button == Button::Close {
            return match self.close(tx, &staff, &ticket, None)? {
                true => told("telegram-closed-now", false),
                false => told("telegram-already-closed", true),
            };
        }
        let me = staff.agent().ok_or_else(|| account_needed(who))?;
        match ticket.agent {
            _ if ticket.is_over() => told("telegram-already-closed", true),
            Some(agent) if agent == me => told("telegram-already-yours", false),
            // A button that somebody else was quicker to press takes nothing over; the command does.
            Some(agent) => {
                let name = tx.agent(agent)?.map(|agent| agent.shown_name());
                let name = name.unwrap_or_default();
                Ok(Told {
                    text: self.text("telegram-taken-by", &[("agent", &name)]),
                    refused: true,
                })
            }
            None => {
                self.assign(tx, &staff, &ticket, Some(me))?;
                told("telegram-taken", false)
            }
        }
    }
}

fn account_needed(who: &Who) -> Error {
    let id = who
        .telegram_id
        .map_or_else(|| "ID".to_owned(), |id| id.to_string());
    Error::new(Kind::Forbidden, "account_needed").with("telegram_id", id)
}
