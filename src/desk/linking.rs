//! Link codes: how somebody proves to the bot which contact, or which account of staff, it is. From then on both are
//! one: a linked contact hears in its private chat of all its tickets, whichever channel they came from.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::Desk;
use super::agents::{self, AccountForm};
use super::private::{self, PRIVATE};
use super::rights::{Action, Staff};
use super::session_keys::{ChatCaller, ChatWho, WebContact};
use super::signing_in;
use super::tickets;
use crate::domain::agent::Agent;
use crate::domain::error::{Error, Kind};
use crate::domain::event::TicketChange;
use crate::domain::ids::{AgentId, ContactId, UserId};
use crate::domain::link_code::Code;
use crate::domain::ticket::Channel;
use crate::store::{ContactRow, LinkTo, NewEntry, Profile, Reading, Tx};

/// How long a code is worth something.
pub const CODE_LASTS: Duration = Duration::minutes(5);
/// What a deep link says before the code.
pub const START: &str = "link_";
/// Wrong codes in a row that somebody may send before it has to wait.
const FREE_TRIES: u32 = 5;

/// Who asks for a code, proven.
pub enum LinkCaller {
    Staff(Staff),
    Contact(ChatCaller),
}

/// A code, shown this once.
pub struct LinkCode {
    pub code: Code,
    pub expires_at: DateTime<Utc>,
    /// The bot's name, where it is known yet.
    pub bot: Option<String>,
}

/// Whom a code means.
pub(super) enum Linked {
    Contact(ContactRow),
    Agent(Agent),
}

impl Desk {
    /// A code for the caller itself; for another contact where `user` names one.
    ///
    /// # Errors
    /// `linking_needs_telegram`; `forbidden`, `not_allowed`; `missing_field` for the service, which is nobody itself;
    /// `already_linked`, `contact_blocked`, `rate_limited`.
    pub async fn link_code(
        &self,
        caller: LinkCaller,
        user: Option<UserId>,
    ) -> Result<LinkCode, Error> {
        let whose = whose(caller, user)?;
        if !self.settings.group {
            return Err(Error::new(Kind::Conflict, "linking_needs_telegram"));
        }
        if let Whose::Contact(contact) = &whose {
            self.limits.message_of(&contact.user)?;
        }
        let code = Code::new(self.chance);
        let hash = code.hash();
        let expires_at = self.clock.now() + CODE_LASTS;
        self.store
            .write(move |tx| {
                let to = match whose {
                    Whose::Agent(id) => {
                        let agent = tx.agent(id)?;
                        refuse_linked(agent.is_some_and(|agent| agent.telegram_id.is_some()))?;
                        LinkTo::Agent(id)
                    }
                    Whose::Contact(contact) => LinkTo::Contact(may_link(tx, &contact)?),
                };
                tx.put_link_code(&hash, to, expires_at)
            })
            .await?;
        Ok(LinkCode {
            code,
            expires_at,
            bot: self.bot_name(),
        })
    }

    /// The caller itself, or the contact named, is nobody in Telegram any more; who was not linked stays so.
    ///
    /// # Errors
    /// `forbidden`, `not_allowed`, `missing_field`, `contact_not_found`.
    pub async fn unlink(&self, caller: LinkCaller, user: Option<UserId>) -> Result<(), Error> {
        let whose = whose(caller, user)?;
        let (texts, fallback) = (Arc::clone(&self.texts), self.settings.locale);
        self.store
            .write(move |tx| {
                let contact = match whose {
                    Whose::Agent(id) => {
                        tx.end_link_codes(LinkTo::Agent(id))?;
                        return tx.clear_telegram_of_agent(id);
                    }
                    Whose::Contact(contact) => tx.contact(&contact.user)?,
                };
                let contact = contact.ok_or_else(|| Error::not_found("contact_not_found"))?;
                tx.end_link_codes(LinkTo::Contact(contact.id))?;
                let reached = !tx.keeps_bot_out(contact.id)?;
                let chat = unlink(tx, &contact)?.filter(|_| reached);
                let Some(chat) = chat else {
                    return Ok(());
                };
                let locale = contact.language.or(tx.language_of_chat(chat)?);
                let line = private::Line {
                    text: texts.get(locale.unwrap_or(fallback), "bot-unlinked", &[]),
                    ..private::Line::default()
                };
                private::say(tx, chat, &line)
            })
            .await
    }

    /// The name of the bot, once Telegram has told it.
    pub fn learn_bot_name(&self, name: Option<String>) {
        *self
            .bot_name
            .write()
            .unwrap_or_else(|lock| lock.into_inner()) = name;
    }

    fn bot_name(&self) -> Option<String> {
        let name = self.bot_name.read();
        name.unwrap_or_else(|lock| lock.into_inner()).clone()
    }
}

/// Whom a caller may link.
enum Whose {
    Agent(AgentId),
    Contact(Box<WebContact>),
}

fn whose(caller: LinkCaller, user: Option<UserId>) -> Result<Whose, Error> {
    let contact = match (caller, user) {
        (LinkCaller::Staff(staff), Some(user)) => {
            staff.may(Action::LinkContacts)?;
            WebContact {
                user,
                name: None,
                email: None,
                username: None,
            }
        }
        (LinkCaller::Staff(staff), None) => {
            staff.may(Action::LinkOwnAccount)?;
            let own = staff.agent().ok_or_else(|| Error::missing("user_id"))?;
            return Ok(Whose::Agent(own));
        }
        (LinkCaller::Contact(caller), user) => match caller.who {
            ChatWho::Contact(own) if user.is_none_or(|user| user == own.user) => own,
            ChatWho::Contact(_) => {
                return Err(Error::new(Kind::Forbidden, "forbidden").on("user_id"));
            }
            // Who holds the link to one session need not be its contact.
            ChatWho::Link(_) => return Err(Error::new(Kind::Unauthorized, "unauthorized")),
        },
    };
    Ok(Whose::Contact(Box::new(contact)))
}

fn refuse_linked(linked: bool) -> Result<(), Error> {
    match linked {
        true => Err(Error::new(Kind::Conflict, "already_linked")),
        false => Ok(()),
    }
}

/// The contact a code is for, made where it has not written yet.
fn may_link(tx: &mut Tx, contact: &WebContact) -> Result<ContactId, Error> {
    refuse_linked(contact.user.is_of_telegram())?;
    let channel = match contact.user.is_of_visitor() {
        true => Channel::Web,
        false => Channel::Mobile,
    };
    let told = Profile {
        name: contact.name.as_deref(),
        email: contact.email.as_deref(),
        username: contact.username.as_deref(),
    };
    let contact = tx.touch_profile(&contact.user, told, channel)?;
    if contact.is_blocked {
        return Err(Error::new(Kind::Forbidden, "contact_blocked"));
    }
    refuse_linked(contact.telegram_id.is_some())?;
    Ok(contact.id)
}

/// Whom a code means that somebody sent; None for a wrong one. Wrong ones are counted.
///
/// # Errors
/// `locked` after too many wrong ones.
pub(super) fn offered(
    tx: &mut Tx,
    chat: i64,
    code: Option<&Code>,
) -> Result<Option<Linked>, Error> {
    let key = tries_key(chat);
    signing_in::count(tx, &key, FREE_TRIES)?;
    let found = match code {
        Some(code) => of_hash(tx, &code.hash())?,
        None => None,
    };
    if found.is_some() {
        tx.clear_login_failures(&key)?;
    }
    Ok(found)
}

fn tries_key(chat: i64) -> String {
    format!("telegram:{chat}")
}

pub(super) fn of_hash(r: &Tx, hash: &[u8; 32]) -> Result<Option<Linked>, Error> {
    Ok(match r.link_of(hash, r.now())? {
        Some(LinkTo::Contact(id)) => r.contact_by_id(id)?.map(Linked::Contact),
        Some(LinkTo::Agent(id)) => {
            let agent = r.agent(id)?.filter(|agent| !agent.is_blocked);
            agent.map(Linked::Agent)
        }
        None => None,
    })
}

/// The person in Telegram and the contact are one from now on; what either said stays.
///
/// # Errors
/// `already_linked`, `chat_already_linked`.
pub(super) fn link(
    tx: &mut Tx,
    person: &ContactRow,
    telegram_id: i64,
    contact: &ContactRow,
) -> Result<ContactRow, Error> {
    tx.end_link_codes(LinkTo::Contact(contact.id))?;
    if !person.user.is_of_telegram() {
        return Err(Error::new(Kind::Conflict, "chat_already_linked"));
    }
    refuse_linked(contact.telegram_id.is_some())?;
    tx.join_contacts(person.id, contact.id)?;
    tx.set_telegram_of(contact.id, Some(telegram_id))?;
    log(tx, contact, "linked", telegram_id)?;
    tell_staff(tx, contact)?;
    known(tx, contact.id)
}

/// Somebody of the staff is this Telegram user from now on.
///
/// # Errors
/// `already_linked`; `already_taken` where another account is this user.
pub(super) fn link_agent(tx: &mut Tx, agent: &Agent, telegram_id: i64) -> Result<(), Error> {
    tx.end_link_codes(LinkTo::Agent(agent.id))?;
    refuse_linked(agent.telegram_id.is_some())?;
    let itself = Staff::Agent {
        id: agent.id,
        role: agent.role,
        name: agent.shown_name(),
    };
    let form = AccountForm {
        telegram_id: Some(telegram_id),
        ..AccountForm::default()
    };
    agents::change(tx, &itself, agent.id, form, None)
}

/// The contact is nobody in Telegram any more: what waits for its chat ends, what was said stays. Which chat that was;
/// None where it was not linked.
pub(super) fn unlink(tx: &mut Tx, contact: &ContactRow) -> Result<Option<i64>, Error> {
    let linked = contact
        .telegram_id
        .filter(|_| !contact.user.is_of_telegram());
    let Some(telegram_id) = linked else {
        return Ok(None);
    };
    tx.end_lane(PRIVATE, &private::lane_of(telegram_id))?;
    tx.set_telegram_of(contact.id, None)?;
    log(tx, contact, "unlinked", telegram_id)?;
    tell_staff(tx, contact)?;
    Ok(Some(telegram_id))
}

fn log(
    tx: &mut Tx,
    contact: &ContactRow,
    action: &'static str,
    telegram_id: i64,
) -> Result<(), Error> {
    let person = UserId::of_telegram(telegram_id).to_string();
    tx.log(&NewEntry {
        agent: None,
        actor: contact.name.as_deref().unwrap_or(contact.user.as_str()),
        action,
        ticket: None,
        contact: Some(contact.id),
        detail: Some(&person),
    })
}

/// Staff that looks at the contact's ticket sees who it is now.
fn tell_staff(tx: &mut Tx, contact: &ContactRow) -> Result<(), Error> {
    if let Some(open) = tx.open_ticket(contact.id)? {
        let ticket = tickets::known(tx, open)?;
        tickets::tell(tx, &ticket, ticket.agent, TicketChange::Changed);
    }
    Ok(())
}

fn known(r: &Reading, id: ContactId) -> Result<ContactRow, Error> {
    let found = r.contact_by_id(id)?;
    found.ok_or_else(|| Error::internal("a contact that was just linked is not there"))
}
