//! The bot in private chats: what somebody writes or presses there is one step of a dialogue, done in the transaction
//! that ends its updates. What a step is, is `dialogue`'s; what it does to tickets is the desk's, as for every channel.

mod commands;
mod dialogue;
mod link;
mod own_tickets;
mod owner_group;
mod owner_lists;
mod owner_state;
mod owner_talk;
mod screens;
mod staff_broadcast;
mod staff_lists;
mod staff_state;
mod staff_step;
mod staff_talk;
mod state;
mod talk;

use std::sync::Arc;

use serde_json::json;

use super::Desk;
use super::answers::{self, AnswerPart, Source, into_attachment, tell_updated};
use super::in_group::{Doing, Told, is_refusal};
use super::private::{self, PRIVATE};
use super::tickets;
use crate::domain::agent::Role;
use crate::domain::error::{Error, Kind};
use crate::domain::locale::Locale;
use crate::domain::message::Direction;
use crate::domain::text;
pub use crate::store::TelegramPerson;
use crate::store::{AgentChange, ContactRow, Tx};
use commands::command;
use dialogue::{Input, step};
use owner_group::Looked;
use owner_state::OwnerButton;
use staff_state::StaffButton;
use staff_talk::StaffTalk;
use state::{Button, State, known_state};
use talk::{House, Talk};

pub use commands::{COMMANDS, OWNER_COMMANDS, STAFF_COMMANDS, UNLISTED_COMMANDS};
pub use owner_state::OwnerButton as BotOwnerButton;
pub use staff_state::{Quiet, StaffButton as BotStaffButton};
pub use state::Button as BotButton;

/// Something that came from a private chat.
pub struct Heard {
    pub person: TelegramPerson,
    /// What its app speaks: the first guess.
    pub language: Option<Locale>,
    pub what: What,
    /// Marked done in the same transaction.
    pub updates: Vec<i64>,
}

/// What came.
pub enum What {
    /// A command without its slash, and what follows it.
    Command {
        name: String,
        rest: String,
    },
    /// A button's data, and the post it stands under.
    Pressed {
        data: String,
        post: Option<i64>,
    },
    Said(Spoken),
    /// Something that can not be passed on.
    Foreign,
}

/// What was said, with everything fetched that belongs to it.
pub struct Spoken {
    pub text: String,
    pub attachments: Vec<AnswerPart>,
    /// The Telegram messages, several for an album.
    pub sources: Vec<Source>,
    /// The post it replies to.
    pub reply_to: Option<i64>,
    /// Somebody it names: whose message was forwarded, or whose contact was shared.
    pub names: Option<TelegramPerson>,
    /// The group or channel it was forwarded from, where Telegram tells.
    pub forwarded_from: Option<i64>,
    /// Why something of it is missing: keys of texts.
    pub lacks: Vec<&'static str>,
}

impl Spoken {
    fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.attachments.is_empty()
    }
}

impl Desk {
    /// Takes one step of a chat's dialogue. `left` says what is left to do for the update of a press.
    ///
    /// # Errors
    /// Those of the store; what is refused is told in the chat.
    pub async fn heard(
        &self,
        heard: Heard,
        left: impl Fn(&Told) -> Option<Vec<u8>> + Clone + Send + 'static,
    ) -> Result<(), Error> {
        let house = House {
            texts: Arc::clone(&self.texts),
            house: self.house(),
            locale: self.settings.locale,
            zone: self.settings.timezone,
            expiry: self.settings.ticket_expiry,
            uptime: self.clock.monotonic(),
            super_admins: self.settings.super_admins.as_slice().into(),
        };
        let (person, updates) = (heard.person.clone(), heard.updates.clone());
        let (guess, pressed) = (heard.language, matches!(heard.what, What::Pressed { .. }));
        let left_again = left.clone();
        let limited = match &heard.what {
            What::Said(_) => self.limits.message_of(&person.user()),
            _ => Ok(()),
        };
        let (first_house, done, doing) = (house.clone(), updates.clone(), self.doing());
        let looked = self.looked_at(&heard).await?;
        let stepped = self.store.write(move |tx| {
            limited?;
            let told = stepped(tx, &first_house, doing, heard, looked)?;
            finish(tx, &done, left(&told))
        });
        let error = match stepped.await {
            Err(error) if is_refusal(&error) => error,
            stepped => return stepped,
        };
        // Nothing came of it, and the chat stays where it is: it is told why.
        self.store
            .write(move |tx| {
                let contact = tx.touch_telegram(&person)?;
                let locale = spoken_with(tx, &contact, guess, &house)?;
                let told = Told {
                    text: house.texts.error(locale, &error, ""),
                    refused: true,
                };
                if !pressed {
                    let line = private::Line {
                        text: format!("⚠️ {}", told.text),
                        ..private::Line::default()
                    };
                    private::say(tx, person.telegram_id, &line)?;
                }
                finish(tx, &updates, left_again(&told))
            })
            .await
    }

    /// A message of a private chat was changed by who wrote it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn contact_edited(
        &self,
        source: Source,
        text: String,
        update: i64,
    ) -> Result<(), Error> {
        let to_group = self.settings.group;
        self.store
            .write(move |tx| {
                tx.update_done(update)?;
                let Some(id) = tx.answer_of(source.chat_id, source.message_id)? else {
                    return Ok(());
                };
                let text = text::without_control(&text);
                let before = tx.message(id)?;
                let Some(before) = before.filter(|before| before.text != text) else {
                    return Ok(());
                };
                if !answers::may_change(tx, &before)? {
                    return Ok(());
                }
                tx.edit_message(id, &text)?;
                tell_updated(tx, id, to_group)?;
                match before
                    .ticket
                    .filter(|_| before.direction == Direction::User)
                {
                    Some(ticket) => {
                        let payload = json!({ "comment": text });
                        tickets::tell_group(tx, ticket, "edited", payload, to_group)
                    }
                    None => Ok(()),
                }
            })
            .await
    }

    /// The user keeps the bot out, or lets it in again. What waits for that chat ends, and the agents are told once.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn bot_out(&self, chat: i64, out: bool, update: Option<i64>) -> Result<(), Error> {
        let to_group = self.settings.group;
        self.store
            .write(move |tx| {
                if let Some(update) = update {
                    tx.update_done(update)?;
                }
                let Some(contact) = tx.contact_of_telegram(chat)? else {
                    return Ok(());
                };
                if !tx.set_bot_out(contact.id, out)? || !out {
                    return Ok(());
                }
                tx.end_lane(PRIVATE, &private::lane_of(chat))?;
                match tx.open_ticket(contact.id)? {
                    Some(ticket) => tickets::tell_group(tx, ticket, "bot_out", json!({}), to_group),
                    None => Ok(()),
                }
            })
            .await
    }
}

fn finish(tx: &mut Tx, updates: &[i64], left: Option<Vec<u8>>) -> Result<(), Error> {
    match (updates, left) {
        ([update], Some(left)) => tx.update_left(*update, &left),
        _ => updates
            .iter()
            .try_for_each(|update| tx.update_done(*update)),
    }
}

/// One step: what the state makes of the input, what that does, and the state it leaves.
fn stepped(
    tx: &mut Tx,
    house: &House,
    doing: Doing,
    heard: Heard,
    looked: Option<Looked>,
) -> Result<Told, Error> {
    let chat = heard.person.telegram_id;
    let contact = tx.touch_telegram(&heard.person)?;
    // Who writes has let the bot in, whatever came of the update that says so.
    tx.set_bot_out(contact.id, false)?;
    let (before, turn) = known_state(tx, tx.now(), chat)?;
    let locale = spoken_with(tx, &contact, heard.language, house)?;
    let mut talk = Talk::new(house.clone(), contact, locale, turn + 1);
    talk.looked = looked;
    become_owner(tx, house, &heard.person)?;
    let staff = StaffTalk::of(tx, chat, doing)?;
    if let Some(staff) = &staff
        && let Some(input) = staff.meant_as_owner(&before, &heard.what)
    {
        staff.takes(&mut talk, heard.what);
        let after = staff.does_as_owner(tx, &mut talk, input)?;
        let after = after.map_or(State::Idle, |doing| State::Owner { doing });
        keep(tx, (chat, heard.language), &after, turn)?;
        return Ok(talk.told);
    }
    if let Some(staff) = &staff
        && let Some(input) = staff.meant(tx, &before, &heard.what)?
    {
        let doing = match &before {
            State::Staff { doing } => Some(*doing),
            _ => None,
        };
        if let Some((after, effect)) = staff_step::step(doing, input) {
            staff.takes(&mut talk, heard.what);
            staff.does(tx, &mut talk, effect)?;
            let after = after.map_or(State::Idle, |doing| State::Staff { doing });
            keep(tx, (chat, heard.language), &after, turn)?;
            return Ok(talk.told);
        }
    }
    let input = match heard.what {
        What::Command { name, rest } => match link::sent_with(&name, &rest) {
            Some(sent) => talk.offered(tx, sent)?,
            None => command(&name, &rest),
        },
        What::Foreign => Input::Foreign,
        What::Pressed { data, .. }
            if StaffButton::pressed(&data).is_some() || OwnerButton::pressed(&data).is_some() =>
        {
            return Err(Error::new(Kind::Forbidden, "not_allowed"));
        }
        What::Pressed { data, post } => match Button::pressed(&data, turn) {
            Some(button) => {
                talk.in_place = post.filter(|_| button.is_in_place());
                Input::Pressed(button)
            }
            None => Input::PressedOld,
        },
        What::Said(spoken) => {
            if answers::known(tx, &spoken.sources)? {
                return Ok(Told::default());
            }
            for lack in &spoken.lacks {
                talk.line(tx, lack)?;
            }
            if spoken.is_empty() {
                return Ok(Told::default());
            }
            let to = talk.ticket_replied_to(tx, spoken.reply_to)?;
            talk.said = Some(spoken);
            Input::Said(to)
        }
    };
    let facts = talk.facts(tx)?;
    let (after, effects) = step(&before, input, facts);
    for effect in effects {
        talk.does(tx, effect)?;
    }
    // A step that shows nothing of its own leaves the buttons of the one before it alone.
    let turn = if talk.shows_step { turn + 1 } else { turn };
    keep(tx, (chat, heard.language), &after, turn)?;
    Ok(talk.told)
}

/// What is spoken with a contact: what it chose, else what its app speaks, which Telegram need not say every time.
fn spoken_with(
    r: &Tx,
    contact: &ContactRow,
    said: Option<Locale>,
    house: &House,
) -> Result<Locale, Error> {
    let before = match contact.telegram_id {
        Some(chat) => r.language_of_chat(chat)?,
        None => None,
    };
    let spoken = contact.language.or(said).or(before);
    Ok(spoken.unwrap_or(house.locale))
}

fn keep(
    tx: &mut Tx,
    (chat, language): (i64, Option<Locale>),
    state: &State,
    turn: i64,
) -> Result<(), Error> {
    let stored = serde_json::to_string(state)
        .map_err(|error| Error::internal(format_args!("a dialogue's state: {error}")))?;
    tx.put_dialogue(chat, &stored, turn, language)
}

/// Whom the settings name an owner has an owner's account from its first word on; one that an owner blocked stays so.
fn become_owner(tx: &mut Tx, house: &House, person: &TelegramPerson) -> Result<(), Error> {
    if !house.super_admins.contains(&person.telegram_id) {
        return Ok(());
    }
    let known = tx.agent_of_telegram(person.telegram_id)?;
    let (id, named) = match known {
        Some(agent) if agent.role == Role::Owner => return Ok(()),
        Some(agent) => (agent.id, true),
        None => (tx.insert_agent(Role::Owner)?, false),
    };
    let change = AgentChange {
        role: Some(Role::Owner),
        telegram_id: Some(person.telegram_id),
        first_name: Some(person.first_name.clone()).filter(|_| !named),
        last_name: person.last_name.clone().filter(|_| !named),
        username: person.username.clone(),
        ..AgentChange::default()
    };
    tx.change_agent(id, &change)
}
