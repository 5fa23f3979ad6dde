//! Contacts as staff keeps them: listed, made, described, blocked, removed.

use super::Desk;
use super::rights::{Action, Staff};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{ContactId, UserId};
use crate::domain::ticket::Channel;
pub use crate::store::{ContactChange, ContactRow};
use crate::store::{NewEntry, Reading, Tx};

/// Which contacts are asked for; None leaves it open.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    pub telegram_id: Option<i64>,
    pub user: Option<String>,
}

/// Who a new contact is.
#[derive(Debug, Clone)]
pub enum NewContact {
    Telegram(i64),
    /// A user of a program, under an id of its own.
    Api(UserId),
}

impl Desk {
    /// A page of contacts, newest first, and how many there are.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn contacts(
        &self,
        staff: &Staff,
        filter: ContactFilter,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<ContactRow>, i64), Error> {
        staff.may(Action::ReadContacts)?;
        self.store
            .read(move |r| {
                let found = match (filter.telegram_id, &filter.user) {
                    (None, None) => {
                        return Ok((r.contacts(limit, offset)?, r.count_contacts()?));
                    }
                    (Some(telegram_id), _) => r.contact_of_telegram(telegram_id)?,
                    (None, Some(user)) => r.contact(&UserId::stored(user.clone()))?,
                };
                let wanted = |contact: &ContactRow| {
                    filter
                        .user
                        .as_deref()
                        .is_none_or(|user| contact.user.as_str() == user)
                };
                let found = found.filter(wanted);
                let count = i64::from(found.is_some());
                Ok((found.into_iter().filter(|_| offset == 0).collect(), count))
            })
            .await
    }

    /// # Errors
    /// `contact_not_found`, `not_allowed`.
    pub async fn contact_for_staff(
        &self,
        staff: &Staff,
        id: ContactId,
    ) -> Result<ContactRow, Error> {
        staff.may(Action::ReadContacts)?;
        self.store.read(move |r| known(r, id)).await
    }

    /// # Errors
    /// `already_taken` on the field to blame, `not_allowed`.
    pub async fn create_contact(
        &self,
        staff: &Staff,
        new: NewContact,
        change: ContactChange,
    ) -> Result<ContactRow, Error> {
        staff.may(Action::ChangeContacts)?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let id = match new {
                    NewContact::Telegram(telegram_id) => {
                        let user = UserId::of_telegram(telegram_id);
                        let taken = tx.contact_of_telegram(telegram_id)?.or(tx.contact(&user)?);
                        if taken.is_some() {
                            return Err(Error::bad("already_taken", "telegram_id"));
                        }
                        tx.insert_contact(&user, Channel::Telegram, Some(telegram_id))?
                    }
                    NewContact::Api(user) => {
                        if tx.contact(&user)?.is_some() {
                            return Err(Error::bad("already_taken", "user_id"));
                        }
                        tx.insert_contact(&user, Channel::Api, None)?
                    }
                };
                described(tx, &staff, id, change)
            })
            .await
    }

    /// Changes what is known of a contact. Which Telegram user it is can not be changed: that is linking.
    ///
    /// # Errors
    /// `contact_not_found`; `fixed_field` for another Telegram id or user id than it has; `not_allowed`.
    pub async fn change_contact(
        &self,
        staff: &Staff,
        id: ContactId,
        telegram_id: Option<i64>,
        user: Option<String>,
        change: ContactChange,
    ) -> Result<ContactRow, Error> {
        staff.may(Action::ChangeContacts)?;
        if change.is_blocked.is_some() {
            staff.may(Action::BlockContacts)?;
        }
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let before = known(tx, id)?;
                if telegram_id.is_some() && telegram_id != before.telegram_id {
                    return Err(Error::bad("fixed_field", "telegram_id"));
                }
                if user.is_some_and(|user| user != before.user.as_str()) {
                    return Err(Error::bad("fixed_field", "user_id"));
                }
                described(tx, &staff, id, change)
            })
            .await
    }

    /// Keeps a contact from writing, or lets it again; doing so twice changes nothing.
    ///
    /// # Errors
    /// `contact_not_found`, `not_allowed`.
    pub async fn block_contact(
        &self,
        staff: &Staff,
        id: ContactId,
        blocked: bool,
    ) -> Result<ContactRow, Error> {
        staff.may(Action::BlockContacts)?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let before = known(tx, id)?;
                if before.is_blocked == blocked {
                    return Ok(before);
                }
                let change = ContactChange {
                    is_blocked: Some(blocked),
                    ..ContactChange::default()
                };
                described(tx, &staff, id, change)
            })
            .await
    }

    /// Removes a contact that never had a ticket.
    ///
    /// # Errors
    /// `contact_not_found`; `contact_has_tickets`; `not_allowed`.
    pub async fn delete_contact(&self, staff: &Staff, id: ContactId) -> Result<(), Error> {
        staff.may(Action::DeleteContacts)?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let contact = known(tx, id)?;
                if tx.contact_has_tickets(id)? {
                    return Err(Error::new(Kind::Conflict, "contact_has_tickets"));
                }
                tx.delete_contact(id)?;
                tx.log(&NewEntry {
                    agent: staff.agent(),
                    actor: staff.name(),
                    action: "deleted",
                    ticket: None,
                    contact: None,
                    detail: Some(contact.user.as_str()),
                })
            })
            .await
    }
}

fn known(r: &Reading, id: ContactId) -> Result<ContactRow, Error> {
    r.contact_by_id(id)?
        .ok_or_else(|| Error::not_found("contact_not_found"))
}

/// Stores what is said of a contact, and logs where it is blocked now or no longer.
fn described(
    tx: &mut Tx,
    staff: &Staff,
    id: ContactId,
    mut change: ContactChange,
) -> Result<ContactRow, Error> {
    let before = known(tx, id)?;
    let names = [&change.username, &change.first_name, &change.last_name];
    // An app names its users itself.
    if before.channel != Channel::Mobile && names.iter().any(|name| name.is_some()) {
        let latest = |new: &Option<String>, old: &Option<String>| {
            new.clone().or(old.clone()).unwrap_or_default()
        };
        let first = latest(&change.first_name, &before.first_name);
        let last = latest(&change.last_name, &before.last_name);
        let full = format!("{first} {last}").trim().to_owned();
        let username = latest(&change.username, &before.username);
        change.name = Some(if full.is_empty() { username } else { full });
    }
    let blocked = change.is_blocked.unwrap_or(before.is_blocked);
    tx.change_contact(id, &change)?;
    if blocked != before.is_blocked {
        tx.log(&NewEntry {
            agent: staff.agent(),
            actor: staff.name(),
            action: if blocked { "blocked" } else { "unblocked" },
            ticket: None,
            contact: Some(id),
            detail: None,
        })?;
    }
    known(tx, id)
}
