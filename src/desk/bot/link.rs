//! The contact says who it is elsewhere: a link code is sent, asked about, and makes both one. What that means is
//! `linking`'s.

use super::commands::known;
use super::dialogue::Input;
use super::state::Button;
use super::talk::Talk;
use crate::desk::linking::{self, Linked, START};
use crate::domain::error::Error;
use crate::domain::link_code::Code;
use crate::store::Tx;

/// What was sent in the place of a code; None for a command that sends none.
pub fn sent_with<'a>(command: &str, rest: &'a str) -> Option<&'a str> {
    match known(command) {
        Some("start") => rest.trim().strip_prefix(START),
        Some("link") => Some(rest),
        _ => None,
    }
}

impl Talk {
    /// What becomes of a code that was sent.
    ///
    /// # Errors
    /// `locked` after too many wrong ones.
    pub(super) fn offered(&self, tx: &mut Tx, sent: &str) -> Result<Input, Error> {
        let (Some(chat), false) = (self.contact.telegram_id, sent.trim().is_empty()) else {
            return Ok(Input::BadCode);
        };
        let code = Code::typed(sent);
        let good = linking::offered(tx, chat, code.as_ref())?.is_some();
        let code = code.filter(|_| good);
        Ok(code.map_or(Input::BadCode, |code| {
            Input::Offered(hex::encode(code.hash()))
        }))
    }

    /// Whoever gets a stranger's link must see whose it is: what was written here will be seen there.
    pub(super) fn ask_link(&mut self, tx: &mut Tx, code: &str) -> Result<(), Error> {
        let (key, name) = match self.linked(tx, code)? {
            None => return self.line(tx, "bot-link-bad-code"),
            Some(Linked::Agent(agent)) => ("bot-link-ask-staff", agent.shown_name()),
            Some(Linked::Contact(contact)) => (
                "bot-link-ask",
                contact.name.unwrap_or_else(|| contact.user.to_string()),
            ),
        };
        let yes = self.text("bot-link-yes", &[]);
        let no = self.text("bot-link-no", &[]);
        let buttons = vec![vec![
            self.button(yes, Button::Link(true)),
            self.button(no, Button::Link(false)),
        ]];
        self.shows_step = true;
        let text = self.text(key, &[("name", &name)]);
        self.say(tx, text, buttons)
    }

    pub(super) fn link(&mut self, tx: &mut Tx, code: &str) -> Result<(), Error> {
        let (Some(chat), Some(to)) = (self.contact.telegram_id, self.linked(tx, code)?) else {
            return self.line(tx, "bot-link-bad-code");
        };
        let (key, name) = match to {
            Linked::Agent(agent) => {
                linking::link_agent(tx, &agent, chat)?;
                ("bot-link-done-staff", agent.shown_name())
            }
            Linked::Contact(contact) => {
                self.contact = linking::link(tx, &self.contact, chat, &contact)?;
                self.locale = self.contact.language.unwrap_or(self.locale);
                let name = self.contact.name.clone();
                (
                    "bot-link-done",
                    name.unwrap_or_else(|| self.contact.user.to_string()),
                )
            }
        };
        let text = self.text(key, &[("name", &name)]);
        self.say(tx, text, Vec::new())
    }

    pub(super) fn unlink(&mut self, tx: &mut Tx) -> Result<(), Error> {
        if self.contact.user.is_of_telegram() {
            return self.line(tx, "bot-not-linked");
        }
        linking::unlink(tx, &self.contact)?;
        self.line(tx, "bot-unlinked")
    }

    fn linked(&self, tx: &Tx, code: &str) -> Result<Option<Linked>, Error> {
        let mut hash = [0; 32];
        match hex::decode_to_slice(code, &mut hash) {
            Ok(()) => linking::of_hash(tx, &hash),
            Err(_) => Ok(None),
        }
    }
}
