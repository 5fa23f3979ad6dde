//! Tickets as operators' pages and programs handle them: lists, one ticket, its messages, and search.

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use serde::Serialize;

use super::Tags;
use super::errors::{Changes, Failure, Looks, Reads};
use super::listing::{Listing, Part, YesNo};
use super::staff::StaffAsking;
use super::ticket_message::{Saying, TicketMessageBody};
use super::ticket_payloads::{
    AssignTicketJson, ChangeTicketJson, CloseTicketJson, NewTicketJson, PutTicketJson,
    SearchAnswer, TicketAnswer, TicketMessage,
};
use super::ticket_wishes::{changes, default_order, sorting, state, whom};
use super::wire::{JsonFields, MaybeJsonFields, Serialised, SerialisedNew};
use crate::desk::Desk;
use crate::desk::operators::{TicketChanges, Wanted};
use crate::desk::rights::Staff;
use crate::desk::tickets::NOTE_MAX_CHARS;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, TicketId, UserId};
use crate::domain::ticket_item::{MessageItem, ShownTicket, TicketItem};

/// Longest search, characters.
const QUERY_MAX: usize = 256;

pub struct Tickets {
    pub desk: Arc<Desk>,
}

/// A found message, as it is written.
#[derive(Serialize)]
struct FoundItem<'a> {
    message: MessageItem<'a>,
    ticket: Option<TicketId>,
    title: &'a str,
    snippet: &'a str,
}

#[derive(Serialize)]
struct FoundItems<'a> {
    tickets: Vec<TicketItem<'a>>,
    messages: Vec<FoundItem<'a>>,
}

#[OpenApi(tag = "Tags::Tickets")]
impl Tickets {
    /// List tickets
    ///
    /// Unresolved first, then oldest first. An array of at most 500; with `limit` a page with links. All filters must hold.
    #[oai(
        path = "/support/tickets",
        method = "get",
        operation_id = "support_tickets_list"
    )]
    #[allow(clippy::too_many_arguments)] // one for each filter
    async fn list(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// What the contact was made with.
        #[oai(validator(max_length = 128))]
        user_id: Query<Option<String>>,
        /// `true`: only those that are over; `false`: only those that are not. Any case.
        resolved: Query<Option<YesNo>>,
        /// Id of the agent whose they are.
        #[oai(validator(minimum(value = "1")))]
        manager: Query<Option<i64>>,
        /// `true`: only those nobody has taken; `false`: only the others. Any case.
        #[oai(name = "manager__isnull")]
        manager_isnull: Query<Option<YesNo>>,
        /// `true`: only the caller's own; the service has none. Any case.
        mine: Query<Option<YesNo>>,
        /// A ticket's number, a user id, or words of a name, a title or a message.
        #[oai(validator(max_length = 256))]
        q: Query<Option<String>>,
        /// One of the states a ticket has.
        status: Query<Option<String>>,
        /// Id of a category.
        #[oai(validator(minimum(value = "1")))]
        category: Query<Option<i64>>,
        /// `waiting`: unresolved first, then oldest first; `newest`: newest first.
        #[oai(default = "default_order")]
        order: Query<String>,
        /// Entries of a page; without it the answer is an array.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
        /// Entries to leave out.
        #[oai(validator(minimum(value = "0"), maximum(value = "1000000000")))]
        offset: Query<Option<u32>>,
    ) -> Result<Listing<TicketAnswer>, Failure<Reads>> {
        let part = Part::asked(request, limit.0, offset.0);
        let wanted = Wanted {
            user: user_id
                .0
                .map(|raw| UserId::parse(&raw, "user_id"))
                .transpose()?,
            resolved: resolved.0.map(|yes| yes.0),
            agent: manager.0.map(AgentId),
            unassigned: manager_isnull.0.map(|yes| yes.0),
            mine: mine.0.is_some_and(|yes| yes.0),
            words: q.0,
            status: status.0.as_deref().map(state).transpose()?,
            category: category.0.map(CategoryId),
            order: sorting(&order.0)?,
        };
        let (limit, offset) = (part.limit(), part.offset);
        let (page, count) = self
            .desk
            .ticket_list(&asking.staff, wanted, limit, offset)
            .await?;
        let items: Vec<TicketItem> = page.iter().map(TicketItem::from).collect();
        Ok(part.of(&items, count)?)
    }

    /// Open a ticket for a contact
    ///
    /// In it nothing is said yet. An unknown `user_id` makes the contact, of channel `api`.
    #[oai(
        path = "/support/tickets",
        method = "post",
        operation_id = "support_tickets_create"
    )]
    async fn create(
        &self,
        asking: StaffAsking,
        body: JsonFields<NewTicketJson>,
    ) -> Result<SerialisedNew<TicketAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let user = fields.user_id_or_number()?;
        let title = fields.required_text("title")?;
        let made = self.desk.create_ticket(&asking.staff, user, &title).await?;
        Ok(SerialisedNew::from(&TicketItem::from(&made))?)
    }

    /// One ticket
    ///
    /// All staff. Looking here is not opening: it stays unread.
    #[oai(
        path = "/support/tickets/:id",
        method = "get",
        operation_id = "support_tickets_get"
    )]
    async fn get(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Looks>> {
        let found = self
            .desk
            .shown_ticket(&asking.staff, TicketId(id.0))
            .await?;
        ticket(&found)
    }

    /// Change a ticket, naming its title
    ///
    /// As PATCH; `title` must be there.
    #[oai(
        path = "/support/tickets/:id",
        method = "put",
        operation_id = "support_tickets_put"
    )]
    async fn put(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: JsonFields<PutTicketJson>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        let changes = changes(body.0)?;
        if changes.title.is_none() {
            return Err(Error::missing("title").into());
        }
        self.change(&asking.staff, id.0, changes).await
    }

    /// Change a ticket
    ///
    /// All that is named or, where one of it is refused, nothing. Agents change their own tickets and nobody's; giving
    /// a ticket to oneself is taking it over, also from another. A closed ticket can not be given to anybody: 409.
    #[oai(
        path = "/support/tickets/:id",
        method = "patch",
        operation_id = "support_tickets_patch"
    )]
    async fn patch(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: JsonFields<ChangeTicketJson>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        self.change(&asking.staff, id.0, changes(body.0)?).await
    }

    /// Read a ticket's messages
    ///
    /// Newest first. Looking is opening: the ticket is `viewed` from then on, and its messages up to the newest one shown are.
    #[oai(
        path = "/support/tickets/:id/messages",
        method = "get",
        operation_id = "support_tickets_messages"
    )]
    async fn messages(
        &self,
        asking: StaffAsking,
        request: &Request,
        /// The ticket's id.
        id: Path<i64>,
        /// Entries of a page; without it the answer is an array.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
        /// Entries to leave out.
        #[oai(validator(minimum(value = "0"), maximum(value = "1000000000")))]
        offset: Query<Option<u32>>,
    ) -> Result<Listing<TicketMessage>, Failure<Looks>> {
        let part = Part::asked(request, limit.0, offset.0);
        let (id, limit, offset) = (TicketId(id.0), part.limit(), part.offset);
        let (page, count) = self
            .desk
            .open_messages(&asking.staff, id, limit, offset)
            .await?;
        let items: Vec<MessageItem> = page.iter().map(MessageItem::from).collect();
        Ok(part.of(&items, count)?)
    }

    /// Answer, or store what a contact said
    ///
    /// As JSON, or as a form with files (`file`, repeated) where `sender` is `supp`. An answer reaches the contact on every channel
    /// it writes from, and by push; the first one to a ticket of nobody takes it.
    #[oai(
        path = "/support/tickets/:id/messages",
        method = "post",
        operation_id = "support_tickets_say"
    )]
    async fn say(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: TicketMessageBody,
    ) -> Result<SerialisedNew<TicketMessage>, Failure<Changes>> {
        let (staff, id) = (&asking.staff, TicketId(id.0));
        let message = match body.0 {
            Saying::Contact(text) => self.desk.contact_said(staff, id, &text).await?,
            Saying::Staff(text, parts) => self.desk.answer_as(staff, id, text, parts).await?,
        };
        Ok(SerialisedNew::from(&MessageItem::from(&message))?)
    }

    /// Give a ticket to an agent
    ///
    /// Or take it (`me`), or give it to nobody (null).
    #[oai(
        path = "/support/tickets/:id/assign",
        method = "post",
        operation_id = "support_tickets_assign"
    )]
    async fn assign(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: JsonFields<AssignTicketJson>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        let agent = whom(body.0, &asking.staff)?;
        self.desk
            .assign(&asking.staff, TicketId(id.0), agent)
            .await?;
        self.shown(&asking.staff, id.0).await
    }

    /// Close a ticket
    ///
    /// A second time changes nothing.
    #[oai(
        path = "/support/tickets/:id/close",
        method = "post",
        operation_id = "support_tickets_close"
    )]
    async fn close(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: MaybeJsonFields<CloseTicketJson>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        let mut fields = body.0;
        let reason = fields.text("reason")?;
        if reason
            .as_ref()
            .is_some_and(|text| text.chars().count() > NOTE_MAX_CHARS)
        {
            let long = Error::bad("field_too_long", "reason").with("max", NOTE_MAX_CHARS);
            return Err(long.into());
        }
        self.desk
            .close_ticket(&asking.staff, TicketId(id.0), reason)
            .await?;
        self.shown(&asking.staff, id.0).await
    }

    /// Open a closed ticket again
    ///
    /// One that is open is left as it is.
    #[oai(
        path = "/support/tickets/:id/reopen",
        method = "post",
        operation_id = "support_tickets_reopen"
    )]
    async fn reopen(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        self.desk
            .reopen_ticket(&asking.staff, TicketId(id.0))
            .await?;
        self.shown(&asking.staff, id.0).await
    }

    /// Search tickets and messages
    ///
    /// Any text: words are looked for, all of them, the last one also by its beginning. Tickets are found by number, user id,
    /// title and what is known of the contact.
    #[oai(
        path = "/support/search",
        method = "get",
        operation_id = "support_search"
    )]
    async fn search(
        &self,
        asking: StaffAsking,
        /// What to look for.
        q: Query<Option<String>>,
        /// How many of each at most.
        #[oai(
            default = "default_limit",
            validator(minimum(value = "1"), maximum(value = "100"))
        )]
        limit: Query<u32>,
    ) -> Result<Serialised<SearchAnswer>, Failure<Reads>> {
        let words = q.0.ok_or_else(|| Error::missing("q"))?;
        if words.chars().count() > QUERY_MAX {
            let long = Error::bad("field_too_long", "q").with("max", QUERY_MAX);
            return Err(long.into());
        }
        let found = self.desk.search(&asking.staff, &words, limit.0).await?;
        let messages = found.messages.iter().map(|found| FoundItem {
            message: MessageItem::from(&found.message),
            ticket: found.message.ticket,
            title: &found.title,
            snippet: &found.snippet,
        });
        let items = FoundItems {
            tickets: found.tickets.iter().map(TicketItem::from).collect(),
            messages: messages.collect(),
        };
        Ok(Serialised::from(&items)?)
    }
}

impl Tickets {
    async fn change(
        &self,
        staff: &Staff,
        id: i64,
        changes: TicketChanges,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        let changed = self
            .desk
            .change_ticket(staff, TicketId(id), changes)
            .await?;
        ticket(&changed)
    }

    async fn shown(
        &self,
        staff: &Staff,
        id: i64,
    ) -> Result<Serialised<TicketAnswer>, Failure<Changes>> {
        ticket(&self.desk.shown_ticket(staff, TicketId(id)).await?)
    }
}

fn default_limit() -> u32 {
    20
}

fn ticket<S>(shown: &ShownTicket) -> Result<Serialised<TicketAnswer>, Failure<S>> {
    Ok(Serialised::from(&TicketItem::from(shown))?)
}
