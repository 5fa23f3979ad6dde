//! Contacts in the helpdesk interface, where they are called users.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Changes, Failure, Looks};
use super::fields::Fields;
use super::outcomes::{Created, Deleted};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::{JsonFields, moment};
use crate::desk::Desk;
use crate::desk::contact_book::{ContactChange, ContactFilter, ContactRow, NewContact};
use crate::domain::error::Error;
use crate::domain::ids::{ContactId, UserId};
use crate::domain::locale::Locale;

/// Longest username, characters; Telegram's own are 32 at most.
const USERNAME_MAX: usize = 64;
/// Longest first and last name, characters.
const NAME_MAX: usize = 128;

pub struct HelpdeskUsers {
    pub desk: Arc<Desk>,
}

/// A contact.
#[derive(Debug, Object)]
pub struct UserAnswer {
    pub id: i64,
    /// Null for contacts of other channels.
    pub telegram_id: Option<i64>,
    /// The text that names it in the other interfaces; `tg:…` for a Telegram user.
    pub user_id: String,
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// A blocked user can not write.
    pub is_blocked: bool,
    /// uz, ru or en; the server's `LOCALE` until the user has chosen one.
    pub language: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// What is said of a user. What is left out or null stays as it is.
#[derive(Debug, Object)]
pub struct UserJson {
    /// From 1. Can not be changed later.
    #[oai(validator(minimum(value = "1")))]
    pub telegram_id: Option<i64>,
    /// For a user of a program without Telegram: its own id for it, 1 to 128 characters, not beginning with `tg:`. Can not be changed later.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: Option<String>,
    /// At most 64 characters; empty takes it away.
    #[oai(validator(max_length = 64, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub username: Option<String>,
    /// At most 128 characters; empty takes it away.
    #[oai(validator(max_length = 128, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub first_name: Option<String>,
    /// At most 128 characters; empty takes it away.
    #[oai(validator(max_length = 128, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub last_name: Option<String>,
    /// uz, ru or en.
    #[oai(validator(pattern = "^(uz|ru|en)$"))]
    pub language: Option<String>,
    pub is_blocked: Option<bool>,
}

fn answer(contact: ContactRow, locale: Locale) -> UserAnswer {
    UserAnswer {
        id: contact.id.0,
        telegram_id: contact.telegram_id,
        user_id: contact.user.to_string(),
        username: contact.username,
        first_name: contact.first_name,
        last_name: contact.last_name,
        is_blocked: contact.is_blocked,
        language: contact.language.unwrap_or(locale).as_str().to_owned(),
        created_at: moment(contact.created_at),
        updated_at: moment(contact.updated_at.unwrap_or(contact.created_at)),
    }
}

fn change(fields: &mut Fields) -> Result<ContactChange, Error> {
    let language = match fields.text("language")? {
        Some(word) => Some(language(&word)?),
        None => None,
    };
    Ok(ContactChange {
        name: None,
        username: fields.line("username", USERNAME_MAX)?,
        first_name: fields.line("first_name", NAME_MAX)?,
        last_name: fields.line("last_name", NAME_MAX)?,
        language,
        is_blocked: fields.flag("is_blocked")?,
    })
}

fn language(word: &str) -> Result<Locale, Error> {
    let known = Locale::ALL.into_iter().find(|known| known.as_str() == word);
    known.ok_or_else(|| Error::bad("invalid_field", "language"))
}

impl HelpdeskUsers {
    fn answer(&self, contact: ContactRow) -> Json<UserAnswer> {
        Json(answer(contact, self.desk.locale()))
    }

    async fn changed(
        &self,
        asking: &StaffAsking,
        id: i64,
        mut fields: Fields,
    ) -> Result<Json<UserAnswer>, Error> {
        let telegram_id = fields.id("telegram_id")?;
        let user = fields.text("user_id")?;
        let change = change(&mut fields)?;
        let (desk, id) = (&self.desk, ContactId(id));
        let changed = desk.change_contact(&asking.staff, id, telegram_id, user, change);
        Ok(self.answer(changed.await?))
    }

    async fn blocked(
        &self,
        asking: &StaffAsking,
        id: i64,
        blocked: bool,
    ) -> Result<Json<UserAnswer>, Error> {
        let desk = &self.desk;
        let contact = desk.block_contact(&asking.staff, ContactId(id), blocked);
        Ok(self.answer(contact.await?))
    }
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskUsers {
    /// List users
    ///
    /// Newest first.
    #[oai(path = "/api/user/users", method = "get", operation_id = "users_list")]
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// Only the one with this Telegram id.
        telegram_id: Query<Option<i64>>,
        /// Only the one that this text names in the other interfaces.
        user_id: Query<Option<String>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<UserAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let filter = ContactFilter {
            telegram_id: telegram_id.0,
            user: user_id.0,
        };
        let (limit, offset) = (paging.limit(), paging.offset());
        let found = self.desk.contacts(&asking.staff, filter, limit, offset);
        let (contacts, count) = found.await?;
        let locale = self.desk.locale();
        let users = contacts.into_iter().map(|contact| answer(contact, locale));
        Ok(Json(paging.of(users.collect(), count)?))
    }

    /// Add a user
    ///
    /// With `telegram_id`, or with `user_id` for a user of a program.
    #[oai(
        path = "/api/user/users",
        method = "post",
        operation_id = "users_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<UserJson>,
    ) -> Result<Created<UserAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let user = fields.text("user_id")?;
        let new = match (fields.id("telegram_id")?, user) {
            (Some(telegram_id), _) => NewContact::Telegram(telegram_id),
            (None, Some(user)) if user.starts_with(UserId::TELEGRAM) => {
                return Err(Error::bad("invalid_field", "user_id").into());
            }
            (None, Some(user)) => NewContact::Api(UserId::parse(&user, "user_id")?),
            (None, None) => return Err(Error::missing("telegram_id").into()),
        };
        let change = change(&mut fields)?;
        let created = self.desk.create_contact(&asking.staff, new, change).await?;
        Ok(Created::It(self.answer(created)))
    }

    /// Read a user
    ///
    /// All staff.
    #[oai(
        path = "/api/user/users/:id",
        method = "get",
        operation_id = "users_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<UserAnswer>, Failure<Looks>> {
        let found = self.desk.contact_for_staff(&asking.staff, ContactId(id.0));
        Ok(self.answer(found.await?))
    }

    /// Describe a user anew
    ///
    /// As PATCH, and a Telegram user's `telegram_id` must be named.
    #[oai(
        path = "/api/user/users/:id",
        method = "put",
        operation_id = "users_put"
    )]
    async fn put(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<UserJson>,
    ) -> Result<Json<UserAnswer>, Failure<Changes>> {
        let before = self.desk.contact_for_staff(&asking.staff, ContactId(id.0));
        if before.await?.telegram_id.is_some() && !body.0.has("telegram_id") {
            return Err(Error::missing("telegram_id").into());
        }
        Ok(self.changed(&asking, id.0, body.0).await?)
    }

    /// Change what is known of a user
    ///
    /// All staff. What is left out or null stays; `telegram_id` and `user_id` may be repeated, never changed: 400.
    #[oai(
        path = "/api/user/users/:id",
        method = "patch",
        operation_id = "users_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<UserJson>,
    ) -> Result<Json<UserAnswer>, Failure<Changes>> {
        Ok(self.changed(&asking, id.0, body.0).await?)
    }

    /// Remove a user
    ///
    /// Owners only. A user with tickets stays: 409.
    #[oai(
        path = "/api/user/users/:id",
        method = "delete",
        operation_id = "users_delete"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let desk = &self.desk;
        desk.delete_contact(&asking.staff, ContactId(id.0)).await?;
        Ok(Deleted::It)
    }

    /// Block a user
    ///
    /// It can not write any more. Twice changes nothing.
    #[oai(
        path = "/api/user/users/:id/block",
        method = "post",
        operation_id = "users_block"
    )]
    async fn block(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<UserAnswer>, Failure<Changes>> {
        Ok(self.blocked(&asking, id.0, true).await?)
    }

    /// Let a blocked user write again
    ///
    /// Twice changes nothing.
    #[oai(
        path = "/api/user/users/:id/unblock",
        method = "post",
        operation_id = "users_unblock"
    )]
    async fn unblock(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<UserAnswer>, Failure<Changes>> {
        Ok(self.blocked(&asking, id.0, false).await?)
    }
}
