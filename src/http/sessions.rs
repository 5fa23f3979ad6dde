//! The web chat interface: what a site's chat bubble and its pages call.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use super::Tags;
use super::address::OwnAddress;
use super::contact::{ContactAsking, FromAddress, SessionInPath};
use super::errors::{ContactReads, ContactWrites, Failure};
use super::followers::Followers;
use super::lines::Lines;
use super::outcomes::Created;
use super::session_body::ChatMessageBody;
use super::session_events::{EventsAnswer, Telling};
use super::session_wire::{
    ChatItem, ChatMessageAnswer, ReadAnswer, SaidAnswer, SaidItem, SessionAnswer, SessionItem,
    VisitorAnswer, session_link, session_url,
};
use super::wire::{Serialised, SerialisedNew};
use crate::desk::Desk;

pub struct Sessions {
    pub desk: Arc<Desk>,
    pub followers: Arc<Followers>,
    pub lines: Lines,
}

/// There is nothing to say.
#[derive(ApiResponse)]
enum Nothing {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/support/api", tag = "Tags::Web")]
impl Sessions {
    /// Become a visitor
    ///
    /// For a site without accounts: an anonymous contact, known by its token for 90 days. Nothing is stored before it
    /// writes. Asked for far more rarely than anything else: one address may have 30 a minute (one for each 20 of
    /// `RATE_LIMIT_PER_ADDRESS`).
    #[oai(path = "/visitors", method = "post", operation_id = "create_visitor")]
    async fn visitor(
        &self,
        from: FromAddress,
    ) -> Result<Created<VisitorAnswer>, Failure<ContactReads>> {
        let (user, token) = self.desk.new_visitor(from.0).await?;
        let user_id = user.to_string();
        Ok(Created::It(Json(VisitorAnswer { user_id, token })))
    }

    /// Say something
    ///
    /// Without `session_id` a session begins; with it that one goes on, and is opened again where it was closed within 7
    /// days (409 `session_closed` later). With a `client_msg_id` (or the header `Idempotency-Key`) a request may be
    /// repeated safely: the same id from the same contact stores nothing again and gets the first answer. The key of a
    /// link writes into its own session, named or not.
    #[oai(path = "/messages", method = "post", operation_id = "say_in_session")]
    async fn say(
        &self,
        asking: ContactAsking,
        request: &Request,
        /// The same as `client_msg_id`; both together must be equal.
        #[oai(name = "Idempotency-Key", validator(min_length = 1, max_length = 128))]
        idempotency_key: Header<Option<String>>,
        body: ChatMessageBody,
    ) -> Result<SerialisedNew<SaidAnswer>, Failure<ContactWrites>> {
        // Checked together with the field it stands for, while the body is read.
        drop(idempotency_key);
        let own = OwnAddress::of(request);
        let (message, session) = self.desk.chat_says(&asking.caller, body.0).await?;
        let key = self.desk.session_key(session).await?;
        Ok(SerialisedNew::from(&SaidItem {
            message: ChatItem::from(&message),
            session_id: session.to_string(),
            session_url: session_url(&own, session),
            session_link: session_link(&own, session, &key),
        })?)
    }

    /// List own sessions
    ///
    /// Newest first, the newest 100, each with its newest 50 messages. A contact's conversations in an app are sessions
    /// too. The key of a link lists its own session alone.
    #[oai(path = "/sessions", method = "get", operation_id = "list_sessions")]
    async fn sessions(
        &self,
        asking: ContactAsking,
        request: &Request,
    ) -> Result<Serialised<Vec<SessionAnswer>>, Failure<ContactReads>> {
        let own = OwnAddress::of(request);
        let sessions = self.desk.chat_sessions(&asking.caller).await?;
        let items = sessions.iter().map(|one| SessionItem::of(one, &own));
        Ok(Serialised::from(&items.collect::<Vec<_>>())?)
    }

    /// Read a session
    ///
    /// With its newest 500 messages.
    #[oai(
        path = "/sessions/:session_id",
        method = "get",
        operation_id = "get_session"
    )]
    async fn session(
        &self,
        asking: ContactAsking,
        request: &Request,
        /// The session.
        session_id: Path<SessionInPath>,
    ) -> Result<Serialised<SessionAnswer>, Failure<ContactReads>> {
        let session = session_id.id()?;
        let session = self.desk.chat_session(&asking.caller, session).await?;
        let item = SessionItem::of(&session, &OwnAddress::of(request));
        Ok(Serialised::from(&item)?)
    }

    /// Read the messages of a session
    ///
    /// Oldest first. Without a cursor the newest `limit`; after a message the oldest ones after it: who asks again after
    /// the last one it got until nothing comes has them all.
    #[oai(
        path = "/sessions/:session_id/messages",
        method = "get",
        operation_id = "list_session_messages"
    )]
    async fn messages(
        &self,
        asking: ContactAsking,
        /// The session.
        session_id: Path<SessionInPath>,
        /// UUID of a message of this session.
        after_id: Query<Option<String>>,
        /// How many messages at most.
        #[oai(
            default = "default_limit",
            validator(minimum(value = "1"), maximum(value = "500"))
        )]
        limit: Query<u32>,
    ) -> Result<Serialised<Vec<ChatMessageAnswer>>, Failure<ContactReads>> {
        let (session, after) = (session_id.id()?, after_id.0);
        let messages = self
            .desk
            .chat_messages(&asking.caller, session, after.as_deref(), limit.0)
            .await?;
        let items = messages.iter().map(ChatItem::from);
        Ok(Serialised::from(&items.collect::<Vec<_>>())?)
    }

    /// Mark a session as read
    ///
    /// Everything that support has said in it so far.
    #[oai(
        path = "/sessions/:session_id/read",
        method = "post",
        operation_id = "read_session"
    )]
    async fn read(
        &self,
        asking: ContactAsking,
        /// The session.
        session_id: Path<SessionInPath>,
    ) -> Result<Json<ReadAnswer>, Failure<ContactWrites>> {
        let session = session_id.id()?;
        self.desk.chat_read(&asking.caller, session).await?;
        Ok(Json(ReadAnswer {
            success: true,
            unread_count: 0,
        }))
    }

    /// Close a session
    ///
    /// Closing it twice changes nothing. It stays readable, and within 7 days a further message opens it again.
    #[oai(
        path = "/sessions/:session_id/close",
        method = "post",
        operation_id = "close_session"
    )]
    async fn close(
        &self,
        asking: ContactAsking,
        request: &Request,
        /// The session.
        session_id: Path<SessionInPath>,
    ) -> Result<Serialised<SessionAnswer>, Failure<ContactWrites>> {
        let session = session_id.id()?;
        self.desk.chat_close(&asking.caller, session).await?;
        let session = self.desk.chat_session(&asking.caller, session).await?;
        let item = SessionItem::of(&session, &OwnAddress::of(request));
        Ok(Serialised::from(&item)?)
    }

    /// Tell that the contact is typing
    ///
    /// Staff sees it for some seconds; to be repeated while it lasts.
    #[oai(
        path = "/sessions/:session_id/typing",
        method = "post",
        operation_id = "type_in_session"
    )]
    async fn typing(
        &self,
        asking: ContactAsking,
        /// The session.
        session_id: Path<SessionInPath>,
    ) -> Result<Nothing, Failure<ContactWrites>> {
        let session = session_id.id()?;
        self.desk.chat_types(&asking.caller, session).await?;
        Ok(Nothing::Done)
    }

    /// Follow a session
    ///
    /// Server-sent events. `message` and `message_updated` carry a message, `message_deleted` `{"id"}`, `typing` (of
    /// staff) `{"typing": true}`, `read` `{"by": "support"|"user", "up_to_id"}`, `closed` `{"session_id", "is_active":
    /// false, "can_rate": true}`. An answer of staff means that it has read what came before. Only `message` has an id,
    /// the message's: with it in `Last-Event-ID`, which browsers send by themselves, or in `after_id`, the messages after
    /// it come first, without a gap and none twice. Without one only what happens from now on comes. A comment comes every
    /// 15 s. A reader that does not keep up is cut off and may come back.
    ///
    /// `EventSource` can send no headers: the token may stand in the address as `?access_token=`, a link's key as `?key=`.
    #[oai(
        path = "/sessions/:session_id/events",
        method = "get",
        operation_id = "follow_session"
    )]
    async fn events(
        &self,
        asking: ContactAsking,
        request: &Request,
        /// The session.
        session_id: Path<SessionInPath>,
        /// UUID of the last message that came; counts before `after_id`.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        /// UUID of a message of this session.
        after_id: Query<Option<String>>,
    ) -> Result<EventsAnswer, Failure<ContactReads>> {
        let (session, caller) = (session_id.id()?, asking.caller);
        let given = last_event_id.0.filter(|id| !id.is_empty());
        let after = given.or(after_id.0);
        let ticket = self.desk.session_ticket(&caller, session).await?;
        let peer = request.remote_addr().as_socket_addr();
        let line = peer.and_then(|peer| self.lines.of(*peer));
        // First the ears, then the look back: what is stored in between is heard, not lost.
        let following = self.followers.follow(&ticket.user, ticket.id, line);
        let followed = self.desk.chat_followed(&caller, session, after).await?;
        let telling = Telling::new(Arc::clone(&self.desk), following, caller, followed);
        Ok(telling.answer())
    }
}

fn default_limit() -> u32 {
    500
}
