//! Handles stored updates: in order, each in its ticket's lane, albums as one. What an update means is the router's,
//! what an answer takes is `answering`'s. An update is done when the desk says so; until then a restart begins it again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::album::Album;
use super::answering::{Answering, Part};
use super::chats::{self, Chat, Chats};
use super::commands;
use super::group::Group;
use super::incoming::{Message, Update, User};
use super::lanes::{Ended, Lanes};
use super::place;
use super::presses;
use super::router::{self, Meaning, Press};
use crate::desk::answers::Source;
use crate::desk::posting::Note;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;

/// How often it looks without a signal.
const IDLE_LOOK: Duration = Duration::from_secs(15);
/// The store failed: how long until the next look.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Updates taken up in one look.
const BATCH: usize = 100;
/// Updates in hand at most.
const MOST_IN_HAND: usize = 1000;
/// How long an album that became an answer is remembered for parts that come late.
const ALBUM_KEPT: Duration = Duration::from_secs(600);

/// Handles updates until it is stopped; what is in hand then begins again at the next start.
pub async fn run(group: Arc<Group>, stop: CancellationToken) {
    let desk = Arc::clone(&group.desk);
    let answering = Arc::new(Answering::new(Arc::clone(&group)));
    let chats = Chats::new(Arc::clone(&group), Arc::clone(&answering));
    let mut inbox = Inbox {
        answering,
        chats: Arc::new(chats),
        group,
        lanes: Lanes::new(),
        albums: HashMap::new(),
        lane_of: HashMap::new(),
    };
    loop {
        let pause = match inbox.look().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "updates can not be handled now; they wait");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = desk.updates_arrived().notified() => {}
            () = desk.clock().sleep(pause) => {}
            ended = inbox.lanes.next_end() => inbox.ended(ended).await,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Lane {
    Ticket(TicketId),
    /// Of a private chat.
    Chat(i64),
    /// An edit of something nobody knows.
    Alone(i64),
}

/// Where a message with words or files belongs.
#[derive(Debug, Clone)]
enum To {
    Ticket(TicketId),
    /// A private chat, and who writes there.
    Chat(Box<User>),
}

/// An album, where it belongs, and the update it began with.
struct Gathering {
    to: To,
    album: Arc<Album>,
    first: i64,
}

impl To {
    fn lane(&self) -> Lane {
        match self {
            Self::Ticket(ticket) => Lane::Ticket(*ticket),
            Self::Chat(from) => Lane::Chat(from.id),
        }
    }
}

struct Inbox {
    group: Arc<Group>,
    answering: Arc<Answering>,
    chats: Arc<Chats>,
    lanes: Lanes<Lane>,
    /// By media group id.
    albums: HashMap<String, Gathering>,
    /// Where a message in hand, by chat and id, is being handled, so that its edit waits for it.
    lane_of: HashMap<(i64, i64), (i64, Lane)>,
}

impl Inbox {
    /// Takes up what waits. Answers how long to rest.
    async fn look(&mut self) -> Result<Duration, Error> {
        let now = self.group.desk.clock().monotonic();
        self.albums
            .retain(|_, gathering| gathering.album.last_part() + ALBUM_KEPT > now);
        let room = MOST_IN_HAND.saturating_sub(self.lanes.in_hand()).min(BATCH);
        if room == 0 {
            return Ok(IDLE_LOOK);
        }
        let limit = u32::try_from(self.lanes.in_hand() + room).unwrap_or(u32::MAX);
        let waiting = self.group.desk.waiting_updates(limit).await?;
        let more = waiting.len() >= limit as usize;
        for (id, body) in waiting {
            if !self.lanes.holds(id) {
                self.take_up(id, &body).await?;
            }
        }
        Ok(if more { Duration::ZERO } else { IDLE_LOOK })
    }

    async fn take_up(&mut self, id: i64, body: &[u8]) -> Result<(), Error> {
        let update: Update = match serde_json::from_slice(body) {
            Ok(update) => update,
            Err(error) => {
                tracing::error!(update = id, %error, "an update can not be read; it is kept as dead");
                return self
                    .group
                    .desk
                    .update_dead(id, format!("can not be read: {error}"))
                    .await;
            }
        };
        if let Some((chat, what)) = chats::of(&update) {
            return self.of_chat(id, chat, what, update).await;
        }
        let meaning = router::meaning(&update, &self.group.context().await?);
        let meaning = match meaning {
            Meaning::Press(press) => return self.press(id, press).await,
            Meaning::Left(left) => {
                let answering = presses::answer(Arc::clone(&self.group), left, id);
                self.lanes.start(Lane::Alone(id), id, answering);
                return Ok(());
            }
            meaning => meaning,
        };
        let Some(message) = update.message.or(update.edited_message) else {
            if let Meaning::Membership { chat } = meaning {
                self.group.doubts(chat).await?;
            }
            return self.group.desk.update_done(id).await;
        };
        match meaning {
            Meaning::Command { to, verb } => {
                let ticket = self.ticket(message.chat.id, &to).await?;
                let lane = ticket.map_or(Lane::Alone(id), Lane::Ticket);
                let group = Arc::clone(&self.group);
                self.lanes
                    .start(lane, id, commands::run(group, ticket, message, verb, id));
                Ok(())
            }
            Meaning::Answer(to) => self.answer(id, message, to).await,
            Meaning::Reply { session, words } => {
                let ticket = self.group.desk.ticket_of_session(session).await?;
                match ticket {
                    Some(ticket) => {
                        let part = Part::new(id, message, Some(words));
                        self.start(id, part, To::Ticket(ticket));
                    }
                    None => return self.refuse(id, &message, "telegram-reply-failed").await,
                }
                Ok(())
            }
            Meaning::ReplyUsage => self.refuse(id, &message, "telegram-reply-usage").await,
            Meaning::ReplyUnknown => self.refuse(id, &message, "telegram-reply-failed").await,
            Meaning::Edit { words } => self.edit(id, &message, words).await,
            Meaning::Foreign(to) => match self.ticket(message.chat.id, &to).await? {
                Some(_) => self.refuse(id, &message, "telegram-not-supported").await,
                None => self.group.desk.update_done(id).await,
            },
            Meaning::Migrated { old, new } => {
                place::moved_away(&self.group, old, new).await?;
                self.group.desk.update_done(id).await
            }
            Meaning::Ignore => self.join_album_or_ignore(id, message).await,
            Meaning::Membership { .. } | Meaning::Press(_) | Meaning::Left(_) => {
                self.group.desk.update_done(id).await
            }
        }
    }

    /// Private chats take one thing after the other, each in its own lane.
    async fn of_chat(
        &mut self,
        id: i64,
        chat: i64,
        what: Chat,
        update: Update,
    ) -> Result<(), Error> {
        let (lane, chats) = (Lane::Chat(chat), Arc::clone(&self.chats));
        let message = update.message.or(update.edited_message);
        match (what, message) {
            (Chat::Out(out), _) => {
                let work = async move { chats.out(chat, out, id).await };
                self.lanes.start(lane, id, work);
            }
            (Chat::Edited { words }, Some(message)) => {
                let source = Source {
                    chat_id: chat,
                    message_id: message.message_id,
                };
                let work = async move { chats.edited(source, words, id).await };
                self.lanes.start(lane, id, work);
            }
            (Chat::Said, Some(message)) => {
                if let Some(from) = message.from.clone() {
                    self.start(id, Part::new(id, message, None), To::Chat(Box::new(from)));
                }
            }
            (what @ (Chat::Command { .. } | Chat::Foreign | Chat::Pressed { .. }), message) => {
                let from = message.and_then(|message| message.from);
                let from = from.or(update.callback_query.map(|query| query.from));
                let Some(from) = from else {
                    return self.group.desk.update_done(id).await;
                };
                let work = async move { chats.asks(from, what, id).await };
                self.lanes.start(lane, id, work);
            }
            _ => return self.group.desk.update_done(id).await,
        }
        Ok(())
    }

    /// A button counts for the ticket of the post it stands under only.
    async fn press(&mut self, id: i64, press: Press) -> Result<(), Error> {
        let ticket = self.ticket(press.chat, &press.to).await?;
        let pressed = press.button.filter(|(_, of)| Some(*of) == ticket);
        let lane = pressed.map_or(Lane::Alone(id), |(_, ticket)| Lane::Ticket(ticket));
        let group = Arc::clone(&self.group);
        self.lanes
            .start(lane, id, presses::press(group, press, pressed, id));
        Ok(())
    }

    async fn answer(&mut self, id: i64, message: Message, to: router::To) -> Result<(), Error> {
        match self.ticket(message.chat.id, &to).await? {
            Some(ticket) => self.start(id, Part::new(id, message, None), To::Ticket(ticket)),
            None if to.is_explicit() => {
                return self.refuse(id, &message, "telegram-no-ticket").await;
            }
            None => return self.join_album_or_ignore(id, message).await,
        }
        Ok(())
    }

    /// The later parts of an album that was sent with `/reply` under its first say nothing of where they belong.
    async fn join_album_or_ignore(&mut self, id: i64, message: Message) -> Result<(), Error> {
        let album = message.media_group_id.as_ref();
        let gathering = album.and_then(|album| self.albums.get(album));
        match gathering
            .filter(|_| message.has_attachment())
            .map(|gathering| gathering.to.clone())
        {
            Some(to) => self.start(id, Part::new(id, message, None), to),
            None => return self.group.desk.update_done(id).await,
        }
        Ok(())
    }

    /// Tries the ways to a ticket in their order.
    async fn ticket(&self, chat: i64, to: &router::To) -> Result<Option<TicketId>, Error> {
        let desk = &self.group.desk;
        if let Some(post) = to.post
            && let Some(ticket) = desk.ticket_of_post(chat, post).await?
        {
            return Ok(Some(ticket));
        }
        if let Some(session) = to.session
            && let Some(ticket) = desk.ticket_of_session(session).await?
        {
            return Ok(Some(ticket));
        }
        match to.topic {
            Some(topic) => desk.ticket_of_topic(chat, topic).await,
            None => Ok(None),
        }
    }

    /// Starts an answer in its ticket's lane, or a question in its chat's; the parts of an album gather into one.
    fn start(&mut self, id: i64, part: Part, to: To) {
        let lane = to.lane();
        let place = (part.message.chat.id, part.message.message_id);
        self.lane_of.insert(place, (id, lane.clone()));
        let (answering, chats) = (Arc::clone(&self.answering), Arc::clone(&self.chats));
        let Some(name) = part.message.media_group_id.clone() else {
            self.lanes.start(lane, id, async move {
                match to {
                    To::Ticket(ticket) => answering.answer(ticket, vec![part]).await,
                    To::Chat(from) => chats.said(*from, vec![part]).await,
                }
            });
            return;
        };
        let clock = self.group.desk.clock().clone();
        if let Some(gathering) = self.albums.get(&name) {
            match gathering.album.add(part, clock.monotonic()) {
                None => {
                    self.lanes.take(id, gathering.first);
                }
                Some(late) => self.lanes.start(lane, id, async move {
                    match to {
                        To::Ticket(ticket) => answering.extend(ticket, late).await,
                        To::Chat(from) => chats.said(*from, vec![late]).await,
                    }
                }),
            }
            return;
        }
        let album = Arc::new(Album::begin(part, clock.monotonic()));
        let gathering = Gathering {
            to: to.clone(),
            album: Arc::clone(&album),
            first: id,
        };
        self.albums.insert(name, gathering);
        self.lanes.start(lane, id, async move {
            let parts = album.gathered(&clock).await;
            match to {
                To::Ticket(ticket) => answering.album(ticket, parts).await,
                To::Chat(from) => chats.said(*from, parts).await,
            }
        });
    }

    async fn edit(&mut self, id: i64, message: &Message, words: String) -> Result<(), Error> {
        let source = Source {
            chat_id: message.chat.id,
            message_id: message.message_id,
        };
        let lane = match self.lane_of.get(&(source.chat_id, source.message_id)) {
            Some((_, lane)) => lane.clone(),
            None => match self
                .group
                .desk
                .ticket_of_post(source.chat_id, source.message_id)
                .await?
            {
                Some(ticket) => Lane::Ticket(ticket),
                None => Lane::Alone(id),
            },
        };
        let answering = Arc::clone(&self.answering);
        self.lanes.start(
            lane,
            id,
            async move { answering.edit(source, words, id).await },
        );
        Ok(())
    }

    /// Tells the agent why nothing came of it.
    async fn refuse(&self, id: i64, message: &Message, key: &str) -> Result<(), Error> {
        let desk = &self.group.desk;
        desk.note(Note {
            chat: message.chat.id,
            text: desk.texts().get(desk.locale(), key, &[]),
            reply_to: Some(message.message_id),
            thread_id: message.topic(),
        })
        .await?;
        desk.update_done(id).await
    }

    async fn ended(&mut self, ended: Ended<Lane>) {
        self.lane_of
            .retain(|_, (update, _)| !ended.updates.contains(update));
        if !ended.panicked {
            return;
        }
        for update in ended.updates {
            tracing::error!(update, "a handler panicked; its update is kept as dead");
            let dead = self
                .group
                .desk
                .update_dead(update, "the handler panicked; see the log".into());
            if let Err(error) = dead.await {
                tracing::error!(update, %error, "an update could not be kept as dead");
            }
        }
    }
}
