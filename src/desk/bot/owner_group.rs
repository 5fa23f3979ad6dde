//! The group of a category, as an owner sees and sets it in a private chat: by its id, by a message forwarded from it,
//! or with the button of one that is known. Telegram is asked before the step, which takes what the look found.

use super::owner_state::{OwnerButton, OwnerState};
use super::owner_talk::button;
use super::staff_talk::StaffTalk;
use super::state::{State, known_state};
use super::talk::Talk;
use super::{Heard, Spoken, What};
use crate::desk::Desk;
use crate::desk::groups::{self, Checked};
use crate::desk::rights::Action;
use crate::domain::agent::Role;
use crate::domain::category::Category;
use crate::domain::error::{Error, Kind};
use crate::domain::group::GroupRef;
use crate::domain::ids::CategoryId;
use crate::store::{Reading, Tx};

/// Known groups on a keyboard at most.
const MOST: usize = 30;
/// Longest name of a group on a button, characters.
const TITLE_CHARS: usize = 40;

/// What a look at a group found, before the step that asks for it.
pub type Looked = Result<Checked, Error>;

impl Desk {
    /// Looks at the group an owner asks for; None where nothing asks for one.
    pub(super) async fn looked_at(&self, heard: &Heard) -> Result<Option<Looked>, Error> {
        let Some(group) = wanted(&heard.what) else {
            return Ok(None);
        };
        let pressed = matches!(heard.what, What::Pressed { .. });
        let chat = heard.person.telegram_id;
        let named_owner = self.settings.super_admins.contains(&chat);
        let now = self.clock.now();
        let asks = self.store.read(move |r| {
            let account = r.agent_of_telegram(chat)?;
            let owns = account.map_or(named_owner, |agent| {
                !agent.is_blocked && (named_owner || agent.role == Role::Owner)
            });
            let (state, _) = known_state(r, now, chat)?;
            let asked = OwnerState::is_grouping(&state);
            // Nobody else has the bot look at groups.
            Ok(owns && (pressed || asked))
        });
        match asks.await? {
            true => Ok(Some(self.checked_group(Some(group)).await)),
            false => Ok(None),
        }
    }
}

impl OwnerState {
    fn is_grouping(state: &State) -> bool {
        matches!(
            state,
            State::Owner {
                doing: Self::Grouping { .. }
            }
        )
    }
}

/// The chat that would have to be looked at.
fn wanted(what: &What) -> Option<i64> {
    match what {
        What::Pressed { data, .. } => match OwnerButton::pressed(data)? {
            OwnerButton::UseGroup(_, group) => group,
            _ => None,
        },
        What::Said(spoken) if spoken.reply_to.is_none() => named(spoken),
        _ => None,
    }
}

/// Which group is meant by a forwarded message or a number.
fn named(spoken: &Spoken) -> Option<i64> {
    let number = || {
        // Some keyboards and editors make another sign of a minus.
        let text = spoken.text.trim().replace(['−', '–'], "-");
        text.parse::<i64>().ok().filter(|id| *id != 0)
    };
    spoken.forwarded_from.or_else(number)
}

impl StaffTalk {
    /// A category's group in words.
    pub(super) fn group_in_words(
        &self,
        r: &Reading,
        talk: &Talk,
        category: &Category,
    ) -> Result<String, Error> {
        let GroupRef::Named(group) = category.group else {
            return Ok(talk.text("bot-owner-group-default", &[]));
        };
        let known = r.groups()?.into_iter().find(|(id, _)| *id == group);
        let title = known.map(|(_, title)| title).unwrap_or_default();
        let chat = r.current_chat(group)?;
        Ok(format!("{title} ({chat})").trim_start().to_owned())
    }

    pub(super) fn ask_group(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: CategoryId,
    ) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageCategories)?;
        let category = self.known_category(tx, id)?;
        let mut rows = Vec::new();
        if category.group != GroupRef::Default {
            let text = talk.text("bot-owner-button-group-default", &[]);
            rows.push(vec![button(text, OwnerButton::UseGroup(id, None))]);
        }
        for (group, title) in tx.groups()?.into_iter().take(MOST) {
            let is_its = category.group == GroupRef::Named(group);
            // What lives in a chat of another is that one.
            if is_its || tx.group_of_chat(group)? != GroupRef::Named(group) {
                continue;
            }
            let chat = tx.current_chat(group)?;
            let title: String = title.chars().take(TITLE_CHARS).collect();
            let text = format!("👥 {title}");
            rows.push(vec![button(text, OwnerButton::UseGroup(id, Some(chat)))]);
        }
        let now = self.group_in_words(tx, talk, &category)?;
        let values = [("category", category.name(talk.locale)), ("group", &now)];
        let text = talk.text("bot-owner-ask-group", &values);
        talk.say(tx, text, rows)?;
        Ok(Some(OwnerState::Grouping { category: id }))
    }

    /// What an owner says who was asked for a group.
    pub(super) fn say_group(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: CategoryId,
    ) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageCategories)?;
        let spoken = talk.said.take();
        match spoken.as_ref().and_then(named) {
            Some(chat) => self.use_group(tx, talk, id, Some(chat)),
            None => {
                talk.line(tx, "bot-owner-which-group")?;
                Ok(Some(OwnerState::Grouping { category: id }))
            }
        }
    }

    /// Gives a category a group that was looked at, or the default one. A look that found something amiss is told, and
    /// the chat stays where it is.
    pub(super) fn use_group(
        &self,
        tx: &mut Tx,
        talk: &mut Talk,
        id: CategoryId,
        group: Option<i64>,
    ) -> Result<Option<OwnerState>, Error> {
        self.staff.may(Action::ManageCategories)?;
        self.known_category(tx, id)?;
        let checked = match (group, talk.looked.take()) {
            (None, _) => Checked::Default,
            (Some(_), Some(looked)) => looked?,
            // Was no owner when it was to be looked at.
            (Some(_), None) => return Err(Error::new(Kind::Forbidden, "not_allowed")),
        };
        groups::set(tx, id, &checked)?;
        let category = self.known_category(tx, id)?;
        let group = self.group_in_words(tx, talk, &category)?;
        let words = talk.text("bot-owner-group-set", &[("group", &group)]);
        if talk.in_place.is_none() {
            talk.say(tx, words.clone(), Vec::new())?;
        }
        talk.told.text = words;
        self.category(tx, talk, id)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str, forwarded_from: Option<i64>) -> Spoken {
        Spoken {
            text: text.to_owned(),
            attachments: Vec::new(),
            sources: Vec::new(),
            reply_to: None,
            names: None,
            forwarded_from,
            lacks: Vec::new(),
        }
    }

    #[test]
    fn a_group_is_named_by_a_number_or_by_where_a_message_comes_from() {
        for (text, from, group) in [
            ("-1001234567890", None, Some(-1_001_234_567_890)),
            (" -5 ", None, Some(-5)),
            ("−1001234567890", None, Some(-1_001_234_567_890)),
            ("7", None, Some(7)),
            ("7", Some(-9), Some(-9)),
            ("whatever", Some(-9), Some(-9)),
            ("0", None, None),
            ("sales", None, None),
            ("- 5", None, None),
            ("", None, None),
        ] {
            assert_eq!(named(&spoken(text, from)), group, "{text:?} {from:?}");
        }
    }
}
