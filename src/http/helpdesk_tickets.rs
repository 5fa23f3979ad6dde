//! Tickets in the helpdesk interface.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::errors::{Changes, Failure, Looks};
use super::fields::Fields;
use super::helpdesk_asked::{
    AssignAdminJson, CloseJson, NewTicketJson, TicketChangeJson, TicketPutJson, description, edit,
    invalid, priority, reason, title,
};
use super::helpdesk_shapes::TicketAnswer;
use super::outcomes::{Created, Deleted};
use super::pages_of::{PageOf, Paging};
use super::staff::StaffAsking;
use super::wire::{JsonFields, MaybeJsonFields};
use super::{Tags, helpdesk_asked};
use crate::desk::Desk;
use crate::desk::helpdesk::TicketRequest;
use crate::desk::tickets::{TicketFilter, TicketOrder};
use crate::domain::day::DayFilter;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, ContactId, TicketId};
use crate::domain::ticket::Ticket;

/// Longest text to search for, characters.
const SEARCH_MAX: usize = 256;

pub struct HelpdeskTickets {
    pub desk: Arc<Desk>,
}

/// What was done, in words.
#[derive(Debug, Object)]
pub struct ExpiryAnswer {
    /// Such as `3 tickets auto-closed`.
    pub message: String,
}

fn list(tickets: Vec<Ticket>) -> Vec<TicketAnswer> {
    tickets.into_iter().map(TicketAnswer::from).collect()
}

impl HelpdeskTickets {
    async fn found(&self, asking: &StaffAsking, id: i64) -> Result<Ticket, Error> {
        let found = self
            .desk
            .ticket_for_staff(&asking.staff, TicketId(id))
            .await?;
        found.ok_or_else(|| Error::not_found("ticket_not_found"))
    }

    async fn changed(
        &self,
        asking: &StaffAsking,
        id: i64,
        mut fields: Fields,
    ) -> Result<Json<TicketAnswer>, Error> {
        if let Some(user) = fields.id("user")?
            && self.found(asking, id).await?.contact != ContactId(user)
        {
            return Err(Error::bad("fixed_field", "user"));
        }
        let edit = edit(&mut fields)?;
        let changed = self.desk.edit_ticket(&asking.staff, TicketId(id), edit);
        Ok(Json(changed.await?.into()))
    }

    /// A day of the server's zone or a moment; `last` is the end of what it means.
    fn moment(
        &self,
        raw: Option<String>,
        name: &'static str,
        last: bool,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(raw) = raw else { return Ok(None) };
        if let Ok(moment) = DateTime::parse_from_rfc3339(&raw) {
            return Ok(Some(moment.to_utc()));
        }
        let day = crate::domain::day::date(&raw).ok_or_else(|| invalid(name))?;
        let (from, to) = self.desk.span_of(DayFilter::On(day));
        Ok(if last { to } else { from })
    }
}

#[OpenApi(tag = "Tags::Helpdesk")]
impl HelpdeskTickets {
    /// List tickets
    ///
    /// Newest first; every filter narrows the list further.
    #[oai(
        path = "/api/ticket/tickets",
        method = "get",
        operation_id = "tickets_list"
    )]
    #[allow(clippy::too_many_arguments)] // each is a parameter of the interface
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// One of the statuses.
        status: Query<Option<String>>,
        /// Id of a category.
        category: Query<Option<i64>>,
        /// Id of the admin who has it.
        admin_id: Query<Option<i64>>,
        /// Id of the user who asks.
        user_id: Query<Option<i64>>,
        /// low, medium or high.
        priority: Query<Option<String>>,
        /// Created on or after this day (`YYYY-MM-DD`, in the server's `TIMEZONE`), or at or after this moment (RFC 3339).
        date_from: Query<Option<String>>,
        /// Created on or before this day, or before this moment.
        date_to: Query<Option<String>>,
        /// A ticket's number, or words (or their beginnings) of title and description. At most 256 characters.
        search: Query<Option<String>>,
        /// From 1.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page: Query<Option<u64>>,
        /// Entries of a page, 20 where not given; above 100 is 100.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000000000000")))]
        page_size: Query<Option<u64>>,
    ) -> Result<Json<PageOf<TicketAnswer>>, Failure<Looks>> {
        let paging = Paging::asked(request, page.0, page_size.0)?;
        if search
            .0
            .as_ref()
            .is_some_and(|words| words.chars().count() > SEARCH_MAX)
        {
            return Err(Error::bad("field_too_long", "search")
                .with("max", SEARCH_MAX)
                .into());
        }
        let filter = TicketFilter {
            contact: user_id.0.map(ContactId),
            agent: admin_id.0.map(AgentId),
            status: helpdesk_asked::status(status.0)?,
            category: category.0.map(CategoryId),
            priority: helpdesk_asked::priority(priority.0)?,
            from: self.moment(date_from.0, "date_from", false)?,
            to: self.moment(date_to.0, "date_to", true)?,
            search: search.0.filter(|words| !words.trim().is_empty()),
            ..TicketFilter::default()
        };
        let (limit, offset, newest) = (paging.limit(), paging.offset(), TicketOrder::Newest);
        let found = self
            .desk
            .tickets(&asking.staff, filter, newest, limit, offset);
        let (tickets, count) = found.await?;
        Ok(Json(paging.of(self::list(tickets), count)?))
    }

    /// Open a ticket
    ///
    /// With a category it goes to the admin whose turn it is: not blocked, fewest tickets that want work, then the longest
    /// without a new one. Where there is none it stays open and the group is told.
    #[oai(
        path = "/api/ticket/tickets",
        method = "post",
        operation_id = "tickets_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<NewTicketJson>,
    ) -> Result<Created<TicketAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let user = fields.id("user")?.ok_or_else(|| Error::missing("user"))?;
        let title = title(&mut fields)?.ok_or_else(|| Error::missing("title"))?;
        let description = description(&mut fields)?;
        let new = TicketRequest {
            contact: ContactId(user),
            title,
            category: fields.id("category")?.map(CategoryId),
            description: description.filter(|text| !text.trim().is_empty()),
            priority: priority(fields.text("priority")?)?.unwrap_or_default(),
        };
        let ticket = self.desk.request_ticket(&asking.staff, new).await?;
        Ok(Created::It(Json(ticket.into())))
    }

    /// List an admin's tickets
    ///
    /// Newest first, without pages, at most 10000. Another admin's are for owners.
    #[oai(
        path = "/api/ticket/tickets/my-tickets",
        method = "get",
        operation_id = "tickets_of_admin"
    )]
    async fn my_tickets(
        &self,
        asking: StaffAsking,
        /// Id of the admin; required.
        admin_id: Query<Option<i64>>,
        /// By day of creation in the server's `TIMEZONE`: today (where absent), yesterday, old (before yesterday), all, or `YYYY-MM-DD`.
        date_filter: Query<Option<String>>,
    ) -> Result<Json<Vec<TicketAnswer>>, Failure<Looks>> {
        let admin = admin_id
            .0
            .ok_or_else(|| Error::bad("admin_id_missing", "admin_id"))?;
        let days = match date_filter.0 {
            Some(word) => DayFilter::parse(&word).ok_or_else(|| invalid("date_filter"))?,
            None => DayFilter::Today,
        };
        let found = self
            .desk
            .tickets_of_admin(&asking.staff, AgentId(admin), days);
        Ok(Json(self::list(found.await?)))
    }

    /// List a user's tickets
    ///
    /// Newest first, without pages, at most 10000.
    #[oai(
        path = "/api/ticket/tickets/user-tickets",
        method = "get",
        operation_id = "tickets_of_user"
    )]
    async fn user_tickets(
        &self,
        asking: StaffAsking,
        /// Id of the user; required.
        user_id: Query<Option<i64>>,
    ) -> Result<Json<Vec<TicketAnswer>>, Failure<Looks>> {
        let user = user_id
            .0
            .ok_or_else(|| Error::bad("user_id_missing", "user_id"))?;
        let found = self.desk.tickets_of_contact(&asking.staff, ContactId(user));
        Ok(Json(self::list(found.await?)))
    }

    /// Close what nobody answered
    ///
    /// Ends tickets in open, waiting_admin and in_progress as expired whose last message is older than
    /// `TICKET_EXPIRY_MINUTES` and that no admin ever answered. Owners only; nothing expires without this call.
    #[oai(
        path = "/api/ticket/tickets/close_expired",
        method = "post",
        operation_id = "tickets_close_expired"
    )]
    async fn close_expired(
        &self,
        asking: StaffAsking,
    ) -> Result<Json<ExpiryAnswer>, Failure<Changes>> {
        let count = self.desk.close_expired(&asking.staff).await?;
        Ok(Json(ExpiryAnswer {
            message: format!("{count} tickets auto-closed"),
        }))
    }

    /// Read a ticket
    ///
    /// All staff, whosever it is. Reading here does not make it `is_read`.
    #[oai(
        path = "/api/ticket/tickets/:id",
        method = "get",
        operation_id = "tickets_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Json<TicketAnswer>, Failure<Looks>> {
        Ok(Json(self.found(&asking, id.0).await?.into()))
    }

    /// Describe a ticket anew
    ///
    /// As PATCH, and the title must be there.
    #[oai(
        path = "/api/ticket/tickets/:id",
        method = "put",
        operation_id = "tickets_put"
    )]
    async fn put(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<TicketPutJson>,
    ) -> Result<Json<TicketAnswer>, Failure<Changes>> {
        if !body.0.has("title") {
            return Err(Error::missing("title").into());
        }
        Ok(self.changed(&asking, id.0, body.0).await?)
    }

    /// Change a ticket
    ///
    /// Own tickets and nobody's; owners change all. Giving one to another admin is open to all staff.
    #[oai(
        path = "/api/ticket/tickets/:id",
        method = "patch",
        operation_id = "tickets_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: JsonFields<TicketChangeJson>,
    ) -> Result<Json<TicketAnswer>, Failure<Changes>> {
        Ok(self.changed(&asking, id.0, body.0).await?)
    }

    /// Delete a ticket with its messages
    ///
    /// Owners only.
    #[oai(
        path = "/api/ticket/tickets/:id",
        method = "delete",
        operation_id = "tickets_delete"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
    ) -> Result<Deleted, Failure<Changes>> {
        let id = TicketId(id.0);
        self.desk.remove_ticket(&asking.staff, id).await?;
        Ok(Deleted::It)
    }

    /// Give a ticket to an admin
    ///
    /// Its status becomes waiting_admin. One that is closed can not be given: 409.
    #[oai(
        path = "/api/ticket/tickets/:id/assign-admin",
        method = "post",
        operation_id = "tickets_assign_admin"
    )]
    async fn assign_admin(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: MaybeJsonFields<AssignAdminJson>,
    ) -> Result<Json<TicketAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let admin = fields.id("admin_id")?;
        let admin = admin.ok_or_else(|| Error::bad("admin_id_missing", "admin_id"))?;
        let desk = &self.desk;
        let ticket = desk.assign_admin(&asking.staff, TicketId(id.0), AgentId(admin));
        Ok(Json(ticket.await?.into()))
    }

    /// Close a ticket
    ///
    /// A closed one stays as it is. Only the service closes in another admin's name.
    #[oai(
        path = "/api/ticket/tickets/:id/close",
        method = "post",
        operation_id = "tickets_close"
    )]
    async fn close(
        &self,
        asking: StaffAsking,
        id: Path<i64>,
        body: MaybeJsonFields<CloseJson>,
    ) -> Result<Json<TicketAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let admin = fields.id("admin_id")?.map(AgentId);
        let reason = reason(&mut fields)?;
        let closed = self
            .desk
            .close_as(&asking.staff, TicketId(id.0), admin, reason);
        Ok(Json(closed.await?.into()))
    }
}
