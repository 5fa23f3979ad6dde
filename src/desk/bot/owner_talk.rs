//! Carries out what an owner asks for in a private chat: admins, categories, what was given up. Every action is the
//! desk's own, with the rights of whoever presses. What is shown is `owner_lists`'.

use super::commands::known;
use super::owner_state::{OwnerButton, OwnerState};
use super::staff_talk::StaffTalk;
use super::state::State;
use super::talk::Talk;
use super::{Spoken, What};
use crate::desk::agents::{self, AccountForm};
use crate::desk::private::LineButton;
use crate::desk::rights::Action;
use crate::domain::agent::Role;
use crate::domain::category::NAME_MAX_CHARS;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId};
use crate::domain::locale::Locale;
use crate::store::{CategoryChange, TelegramPerson, Tx};

/// Something that only owners ask for.
pub enum OwnerInput {
    Menu,
    Pressed(OwnerButton),
    /// What an owner in the middle of something says.
    Said(OwnerState),
}

impl StaffTalk {
    /// What this means to an owner; None where it is nothing of theirs.
    pub fn meant_as_owner(&self, state: &State, what: &What) -> Option<OwnerInput> {
        match (what, state) {
            (What::Command { name, .. }, _) if known(name) == Some("superadmin") => {
                self.staff.is_owner().then_some(OwnerInput::Menu)
            }
            (What::Pressed { data, .. }, _) => OwnerButton::pressed(data).map(OwnerInput::Pressed),
            (What::Said(spoken), State::Owner { doing }) if spoken.reply_to.is_none() => {
                Some(OwnerInput::Said(*doing))
            }
            _ => None,
        }
    }

    /// Does it; what the owner is in the middle of afterwards.
    pub fn does_as_owner(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        input: OwnerInput,
    ) -> Result<Option<OwnerState>, Error> {
        // Each action asks for its own right as well; nothing of this is anybody else's.
        self.staff.may(Action::ReadAllStatistics)?;
        match input {
            OwnerInput::Menu => {
                self.offers_commands(tx, talk)?;
                self.owner_menu(tx, talk)?;
            }
            OwnerInput::Pressed(button) => return self.owner_pressed(tx, talk, button),
            OwnerInput::Said(OwnerState::Adding) => return self.add(tx, talk),
            OwnerInput::Said(OwnerState::Naming { category, locale }) => {
                return self.name(tx, talk, category, locale);
            }
            OwnerInput::Said(OwnerState::Grouping { category }) => {
                return self.say_group(tx, talk, category);
            }
        }
        Ok(None)
    }

    fn owner_pressed(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        button: OwnerButton,
    ) -> Result<Option<OwnerState>, Error> {
        match button {
            OwnerButton::Menu => self.owner_menu(tx, talk)?,
            OwnerButton::Tickets(which, page) => self.all_tickets(tx, talk, which, page)?,
            OwnerButton::Admins => self.admins(tx, talk)?,
            OwnerButton::Admin(id) => self.admin(tx, talk, id)?,
            OwnerButton::AddAdmin => {
                self.staff.may(Action::ManageAgents)?;
                talk.line(tx, "bot-owner-ask-admin")?;
                return Ok(Some(OwnerState::Adding));
            }
            OwnerButton::Block(id, on) => {
                let form = AccountForm {
                    is_blocked: Some(on),
                    ..AccountForm::default()
                };
                self.change(tx, talk, id, form)?;
            }
            OwnerButton::MakeOwner(id, on) => {
                let form = AccountForm {
                    role: Some(if on { Role::Owner } else { Role::Agent }),
                    ..AccountForm::default()
                };
                self.change(tx, talk, id, form)?;
            }
            OwnerButton::Answers(id, category, on) => {
                let mut categories = tx.categories_of(id)?;
                categories.retain(|known| *known != category);
                categories.extend(Some(category).filter(|_| on));
                let form = AccountForm {
                    categories: Some(categories),
                    ..AccountForm::default()
                };
                self.change(tx, talk, id, form)?;
            }
            OwnerButton::Categories => self.categories(tx, talk)?,
            OwnerButton::Category(id) => self.category(tx, talk, id)?,
            OwnerButton::AddCategory => {
                return self.ask_name(tx, talk, None, Locale::Uz);
            }
            OwnerButton::Name(id, locale) => {
                return self.ask_name(tx, talk, Some(id), locale);
            }
            OwnerButton::Offer(id, on) => {
                self.staff.may(Action::ManageCategories)?;
                let change = CategoryChange {
                    is_active: Some(on),
                    ..CategoryChange::default()
                };
                self.known_category(tx, id)?;
                tx.change_category(id, &change)?;
                self.category(tx, talk, id)?;
            }
            OwnerButton::Group(id) => return self.ask_group(tx, talk, id),
            OwnerButton::UseGroup(id, group) => return self.use_group(tx, talk, id, group),
            OwnerButton::Report(days) => self.report_of(tx, talk, days)?,
            OwnerButton::System => self.system(tx, talk)?,
            OwnerButton::Replay => {
                self.staff.may(Action::ManageJobs)?;
                let count = tx.replay(None)?.to_string();
                talk.told.text = talk.text("bot-owner-replayed", &[("count", &count)]);
                self.system(tx, talk)?;
            }
        }
        Ok(None)
    }

    fn change(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: AgentId,
        form: AccountForm,
    ) -> Result<(), Error> {
        self.staff.may(Action::ManageAgents)?;
        agents::change(tx, &self.staff, id, form, None)?;
        self.admin(tx, talk, id)
    }

    /// A forwarded message, a shared contact or an id makes an admin.
    fn add(&self, tx: &mut Tx, talk: &mut Talk) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageAgents)?;
        let spoken = talk.said.take();
        let Some(person) = spoken.as_ref().and_then(named) else {
            talk.line(tx, "bot-owner-who-is-that")?;
            return Ok(Some(OwnerState::Adding));
        };
        let known = tx.agent_of_telegram(person.telegram_id)?;
        let id = match known {
            Some(agent) => agent.id,
            None => {
                let id = tx.insert_agent(Role::Agent)?;
                let words = |text: String| Some(text).filter(|text| !text.trim().is_empty());
                let form = AccountForm {
                    telegram_id: Some(person.telegram_id),
                    first_name: words(person.first_name),
                    last_name: person.last_name.and_then(words),
                    ..AccountForm::default()
                };
                agents::change(tx, &self.staff, id, form, None)?;
                id
            }
        };
        self.admin(tx, talk, id)?;
        Ok(None)
    }

    fn ask_name(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        category: Option<CategoryId>,
        locale: Locale,
    ) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageCategories)?;
        let language = talk.text(&format!("bot-owner-language-{}", locale.as_str()), &[]);
        let text = talk.text("bot-owner-ask-name", &[("language", &language)]);
        talk.say(tx, text, Vec::new())?;
        Ok(Some(OwnerState::Naming { category, locale }))
    }

    fn name(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        category: Option<CategoryId>,
        locale: Locale,
    ) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageCategories)?;
        let words = talk.said.take().map(|said| said.text).unwrap_or_default();
        let name = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(Error::missing("name_uz"));
        }
        if name.chars().count() > NAME_MAX_CHARS {
            return Err(Error::bad("name_too_long", "name").with("max", NAME_MAX_CHARS));
        }
        let id = match category {
            Some(id) => {
                self.known_category(tx, id)?;
                id
            }
            None => tx.insert_category(&name)?,
        };
        let mut change = CategoryChange::default();
        let named = match locale {
            Locale::Uz => &mut change.name_uz,
            Locale::Ru => &mut change.name_ru,
            Locale::En => &mut change.name_en,
        };
        *named = Some(name);
        tx.change_category(id, &change)?;
        self.category(tx, talk, id)?;
        Ok(None)
    }
}

/// Who is meant by a forwarded message, a shared contact or a number.
fn named(spoken: &Spoken) -> Option<TelegramPerson> {
    if let Some(person) = &spoken.names {
        return Some(person.clone());
    }
    let telegram_id = spoken
        .text
        .trim()
        .parse::<i64>()
        .ok()
        .filter(|id| *id > 0)?;
    Some(TelegramPerson {
        telegram_id,
        first_name: String::new(),
        last_name: None,
        username: None,
    })
}

/// A button of owners'.
pub fn button(text: String, button: OwnerButton) -> LineButton {
    let data = button.data();
    LineButton { text, data }
}
