//! A contact reads back its conversation; the first look of a day is greeted.

use super::Desk;
use super::access::Caller;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{MessageId, UserId};
use crate::domain::locale::Locale;
use crate::domain::message::Message;
use crate::domain::ticket::Channel;
pub use crate::store::HistoryCursor;
use crate::store::{ContactRow, Reading};

/// What is asked for.
pub struct PageRequest {
    pub user: UserId,
    pub user_name: Option<String>,
    pub cursor: HistoryCursor,
    /// 1 to 500.
    pub limit: u32,
    /// The language of a greeting.
    pub locale: Locale,
}

/// A page, oldest first.
#[derive(Debug)]
pub struct Page {
    pub messages: Vec<Message>,
    /// This very request stored the greeting of the day.
    pub greeting_sent: bool,
    /// Older ones exist; with an `After` cursor, newer ones.
    pub has_more: bool,
}

/// What a contact missed, oldest first.
#[derive(Debug)]
pub struct Missed {
    pub messages: Vec<Message>,
    pub has_more: bool,
    /// With these the contact has everything up to this one, of which the event may still be on its way. Never
    /// beyond the newest there is, whatever was asked for.
    pub up_to: MessageId,
}

impl Desk {
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn history(&self, caller: &Caller, request: PageRequest) -> Result<Page, Error> {
        caller.may_act_as(&request.user)?;
        let greeting = self.greeting(request.locale);
        let (user, day) = (request.user.clone(), greeting.day());
        let (cursor, limit, name) = (request.cursor, request.limit, request.user_name.clone());
        // Nearly every request is only a read: one look tells whether there is anything to write.
        let found = self
            .store
            .read(move |r| match r.contact(&user)? {
                Some(contact)
                    if r.greeted(contact.id, day)? && !renames(&contact, name.as_deref()) =>
                {
                    page(r, &contact, cursor, limit).map(Some)
                }
                _ => Ok(None),
            })
            .await?;
        if let Some(found) = found {
            return Ok(found);
        }
        let PageRequest {
            user, user_name, ..
        } = request;
        let reader = user.clone();
        let greeted = self
            .store
            .write(move |tx| {
                let contact = tx.touch_contact(&user, user_name.as_deref(), Channel::Mobile)?;
                let greeting_sent = greeting.greet(tx, &contact)?;
                let found = page(tx, &contact, cursor, limit)?;
                Ok(Page {
                    greeting_sent,
                    ..found
                })
            })
            .await;
        match greeted {
            // A disk without room for a greeting still gives back what it holds.
            Err(error) if error.kind == Kind::StorageFull => {
                self.store
                    .read(move |r| page_of(r, &reader, cursor, limit))
                    .await
            }
            greeted => greeted,
        }
    }

    /// What a contact missed after a message, for a socket that joins; nothing for an unknown contact.
    ///
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn missed(
        &self,
        caller: &Caller,
        user: UserId,
        after: MessageId,
        limit: u32,
    ) -> Result<Missed, Error> {
        caller.may_act_as(&user)?;
        self.store
            .read(move |r| {
                let page = page_of(r, &user, HistoryCursor::After(after), limit)?;
                let newest = match r.contact(&user)? {
                    Some(contact) => r.newest_message_of(contact.id)?,
                    None => None,
                };
                let last = page.messages.last().map(|message| message.id);
                Ok(Missed {
                    up_to: last.unwrap_or(after.min(newest.unwrap_or(MessageId(0)))),
                    messages: page.messages,
                    has_more: page.has_more,
                })
            })
            .await
    }
}

/// A page of a user; nothing for an unknown one.
fn page_of(r: &Reading, user: &UserId, cursor: HistoryCursor, limit: u32) -> Result<Page, Error> {
    match r.contact(user)? {
        Some(contact) => page(r, &contact, cursor, limit),
        None => Ok(Page {
            messages: Vec::new(),
            greeting_sent: false,
            has_more: false,
        }),
    }
}

fn renames(contact: &ContactRow, name: Option<&str>) -> bool {
    name.is_some_and(|name| contact.name.as_deref() != Some(name))
}

fn page(
    r: &Reading,
    contact: &ContactRow,
    cursor: HistoryCursor,
    limit: u32,
) -> Result<Page, Error> {
    // One more than asked for tells whether there are more.
    let mut messages = r.history(contact.id, cursor, limit + 1)?;
    let has_more = messages.len() > limit as usize;
    if has_more {
        match cursor {
            HistoryCursor::After(_) => drop(messages.pop()),
            HistoryCursor::Newest | HistoryCursor::Before(_) => drop(messages.remove(0)),
        }
    }
    Ok(Page {
        messages,
        greeting_sent: false,
        has_more,
    })
}
