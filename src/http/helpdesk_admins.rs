//! Staff in the helpdesk interface, where agents are called admins; and the short list of colleagues.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Changes, Failure, Looks, Reads};
use super::fields::Fields;
use super::outcomes::{Created, Deleted};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::{JsonFields, moment};
use crate::desk::Desk;
use crate::desk::agents::{Account, AccountForm};
use crate::domain::agent::{Email, Password, Role};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, ContactId};

/// Longest first and last name, characters.
const NAME_MAX: usize = 128;

pub struct HelpdeskAdmins {
    pub desk: Arc<Desk>,
}

/// A member of staff.
#[derive(Debug, Object)]
pub struct AdminAnswer {
    pub id: i64,
    /// Id of the user who is the same person in Telegram.
    pub user: Option<i64>,
    /// `admin`, or `super_admin` for an owner.
    pub role: String,
    /// A blocked one can not sign in and gets no tickets.
    pub is_blocked: bool,
    /// RFC 3339, UTC.
    pub last_assigned_at: Option<String>,
    /// Ids of the categories it answers.
    pub categories: Vec<i64>,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub telegram_id: Option<i64>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// What is said of a member of staff. What is left out stays as it is, and so does what is null, but for `email` and
/// `telegram_id` in a PATCH.
#[derive(Debug, Object)]
pub struct AdminJson {
    /// Id of a user who is on Telegram.
    #[oai(validator(minimum(value = "1")))]
    pub user: Option<i64>,
    /// Instead of `user`; an unknown one becomes a user. From 1. null in a PATCH takes it away, where there is an `email`.
    #[oai(validator(minimum(value = "1")))]
    pub telegram_id: Option<i64>,
    /// `admin` (the default) or `super_admin`.
    #[oai(validator(pattern = r"^(admin|super_admin)$"))]
    pub role: Option<String>,
    /// Ids of the categories it answers, all of them.
    pub categories: Option<Vec<i64>>,
    /// For signing in; at most 254 characters, in any case. null in a PATCH takes it away, and the password, where there
    /// is a `telegram_id`.
    #[oai(validator(
        max_length = 254,
        pattern = r"^[^@\s\x00-\x1F\x7F-\x9F]+@[^@\s\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub email: Option<String>,
    /// For signing in; 8 to 1024 characters.
    #[oai(validator(min_length = 8, max_length = 1024))]
    pub password: Option<String>,
    /// At most 128 characters.
    #[oai(validator(max_length = 128, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub first_name: Option<String>,
    /// At most 128 characters.
    #[oai(validator(max_length = 128, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"))]
    pub last_name: Option<String>,
    pub is_blocked: Option<bool>,
}

/// A colleague, as one is chosen for a ticket.
#[derive(Debug, Object)]
pub struct ColleagueAnswer {
    pub id: i64,
    /// The name contacts see.
    pub name: String,
    /// owner or agent.
    pub role: String,
    pub is_blocked: bool,
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "super_admin",
        Role::Agent => "admin",
    }
}

fn answer(account: Account) -> AdminAnswer {
    let agent = account.agent;
    AdminAnswer {
        id: agent.id.0,
        user: account.contact.map(|contact| contact.0),
        role: role_word(agent.role).to_owned(),
        is_blocked: agent.is_blocked,
        last_assigned_at: agent.last_assigned_at.map(moment),
        categories: agent.categories.iter().map(|id| id.0).collect(),
        email: agent.email,
        first_name: agent.first_name,
        last_name: agent.last_name,
        telegram_id: agent.telegram_id,
        created_at: moment(agent.created_at),
        updated_at: moment(agent.updated_at),
    }
}

fn form(mut fields: Fields) -> Result<AccountForm, Error> {
    let role = fields.text("role")?.map(|word| {
        let mut all = Role::ALL.into_iter();
        let known = all.find(|role| role_word(*role) == word);
        known.ok_or_else(|| Error::bad("invalid_field", "role"))
    });
    let email = fields.text("email")?;
    let password = fields.text("password")?;
    let categories = fields.ids("categories")?;
    Ok(AccountForm {
        contact: fields.id("user")?.map(ContactId),
        telegram_id: fields.id("telegram_id")?,
        email: email.map(|raw| Email::parse(&raw, "email")).transpose()?,
        password: password
            .map(|raw| Password::parse(raw, "password"))
            .transpose()?,
        first_name: fields.line("first_name", NAME_MAX)?,
        last_name: fields.line("last_name", NAME_MAX)?,
        role: role.transpose()?,
        is_blocked: fields.flag("is_blocked")?,
        categories: categories.map(|ids| ids.into_iter().map(CategoryId).collect()),
        ..AccountForm::default()
    })
}

impl HelpdeskAdmins {
    async fn changed(
        &self,
        asking: &StaffAsking,
        id: i64,
        form: AccountForm,
    ) -> Result<Json<AdminAnswer>, Error> {
        let desk = &self.desk;
        let changed = desk.change_account(&asking.staff, AgentId(id), form);
        Ok(Json(answer(changed.await?)))
    }

    async fn blocked(
        &self,
        asking: &StaffAsking,
        id: i64,
        blocked: bool,
    ) -> Result<Json<AdminAnswer>, Error> {
        let form = AccountForm {
            is_blocked: Some(blocked),
            ..AccountForm::default()
        };
        self.changed(asking, id, form).await
    }
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskAdmins {
    /// List staff for choosing
    ///
    /// All accounts, the oldest first, with what is needed to give somebody a ticket.
    #[oai(
        path = "/support/agents",
        method = "get",
        operation_id = "agents_list",
        tag = "Tags::Staff"
    )]
    async fn colleagues(
        &self,
        asking: StaffAsking,
    ) -> Result<Json<Vec<ColleagueAnswer>>, Failure<Reads>> {
        let agents = self.desk.colleagues(&asking.staff).await?;
        let all = agents.into_iter().map(|agent| ColleagueAnswer {
            id: agent.id.0,
            name: agent.shown_name(),
            role: agent.role.as_str().to_owned(),
            is_blocked: agent.is_blocked,
        });
        Ok(Json(all.collect()))
    }

    /// List admins
    ///
    /// The oldest first.
    #[oai(
        path = "/api/admin/admins",
        method = "get",
        operation_id = "admins_list"
    )]
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// Only the one who is this user (its `id`).
        user_id: Query<Option<i64>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<AdminAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        let contact = user_id.0.map(ContactId);
        let (limit, offset) = (paging.limit(), paging.offset());
        let found = self.desk.accounts(&asking.staff, contact, limit, offset);
        let (accounts, count) = found.await?;
        let admins = accounts.into_iter().map(answer).collect();
        Ok(Json(paging.of(admins, count)?))
    }

    /// Add an admin
    ///
    /// Owners only. With `user`, `telegram_id` or `email`.
    #[oai(
        path = "/api/admin/admins",
        method = "post",
        operation_id = "admins_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<AdminJson>,
    ) -> Result<Created<AdminAnswer>, Failure<Changes>> {
        let form = form(body.0)?;
        let created = self.desk.create_account(&asking.staff, form).await?;
        Ok(Created::It(Json(answer(created))))
    }

    /// Read an admin
    ///
    /// All staff. Never with the password.
    #[oai(
        path = "/api/admin/admins/:id",
        method = "get",
        operation_id = "admins_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<AdminAnswer>, Failure<Looks>> {
        let found = self.desk.account(&asking.staff, AgentId(id.0)).await?;
        Ok(Json(answer(found)))
    }

    /// Describe an admin anew
    ///
    /// Owners only. As PATCH, and who is on Telegram needs `user` or `telegram_id`.
    #[oai(
        path = "/api/admin/admins/:id",
        method = "put",
        operation_id = "admins_put"
    )]
    async fn put(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<AdminJson>,
    ) -> Result<Json<AdminAnswer>, Failure<Changes>> {
        let form = form(body.0)?;
        if form.contact.is_none() && form.telegram_id.is_none() {
            let before = self.desk.account(&asking.staff, AgentId(id.0)).await?;
            if before.agent.telegram_id.is_some() {
                return Err(Error::missing("user").into());
            }
        }
        Ok(self.changed(&asking, id.0, form).await?)
    }

    /// Change an admin
    ///
    /// Owners only. A new password and a block sign the admin out everywhere. The last owner who can sign in stays one: 409.
    #[oai(
        path = "/api/admin/admins/:id",
        method = "patch",
        operation_id = "admins_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<AdminJson>,
    ) -> Result<Json<AdminAnswer>, Failure<Changes>> {
        let (without_email, without_telegram) =
            (body.0.is_null("email"), body.0.is_null("telegram_id"));
        let form = AccountForm {
            without_email,
            without_telegram,
            ..form(body.0)?
        };
        Ok(self.changed(&asking, id.0, form).await?)
    }

    /// Remove an admin
    ///
    /// Owners only. Its open tickets become unassigned.
    #[oai(
        path = "/api/admin/admins/:id",
        method = "delete",
        operation_id = "admins_delete"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let desk = &self.desk;
        desk.delete_account(&asking.staff, AgentId(id.0)).await?;
        Ok(Deleted::It)
    }

    /// Block an admin
    ///
    /// Owners only. It is signed out at once.
    #[oai(
        path = "/api/admin/admins/:id/block",
        method = "post",
        operation_id = "admins_block"
    )]
    async fn block(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<AdminAnswer>, Failure<Changes>> {
        Ok(self.blocked(&asking, id.0, true).await?)
    }

    /// Let a blocked admin sign in again
    ///
    /// Owners only.
    #[oai(
        path = "/api/admin/admins/:id/unblock",
        method = "post",
        operation_id = "admins_unblock"
    )]
    async fn unblock(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<AdminAnswer>, Failure<Changes>> {
        Ok(self.blocked(&asking, id.0, false).await?)
    }
}
