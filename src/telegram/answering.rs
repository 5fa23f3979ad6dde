//! An agent's message becomes an answer: its files fetched, the desk told, the agent told where that failed. Troubles
//! that may pass are waited out here, in the ticket's lane, so that nothing overtakes and nothing is lost.

use std::sync::Arc;
use std::time::Duration;

use super::client::Place;
use super::files::{self, Hanging, NotFetched};
use super::group::Group;
use super::incoming::Message;
use super::tries::{Tries, is_passing};
use crate::desk::answers::{Answer, AnswerPart, Source};
use crate::desk::posting::Note;
use crate::domain::agent::NAMELESS;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{TicketId, UserId};

/// A file Telegram refuses is asked for this often: its refusal may say "temporarily".
const REFUSALS: u32 = 4;
/// A file that can not be fetched for so long is given up; the words go without it.
const FETCHING_MOST: Duration = Duration::from_secs(6 * 3600);

/// One message of an agent.
pub struct Part {
    pub update: i64,
    pub message: Message,
    /// The words behind a `/reply`; None where the message itself is the answer.
    command: Option<String>,
}

impl Part {
    pub fn new(update: i64, message: Message, command: Option<String>) -> Self {
        Self {
            update,
            message,
            command,
        }
    }

    fn words(&self) -> &str {
        let words = self.command.as_deref().or(self.message.words());
        words.unwrap_or_default()
    }

    fn source(&self) -> Source {
        Source {
            chat_id: self.message.chat.id,
            message_id: self.message.message_id,
        }
    }
}

/// Turns agents' messages into answers.
pub struct Answering {
    group: Arc<Group>,
}

/// What was gathered for an answer, and what the agent must be told besides.
#[derive(Default)]
pub struct Gathered {
    pub attachments: Vec<AnswerPart>,
    pub lacks: Vec<&'static str>,
}

impl Answering {
    pub fn new(group: Arc<Group>) -> Self {
        Self { group }
    }

    /// Stores an answer of one message, or of a whole album. Gives back the updates it was about.
    pub async fn answer(&self, ticket: TicketId, parts: Vec<Part>) -> Vec<i64> {
        let mut tries = Tries::new(&self.group);
        while let Err(error) = self.try_answer(ticket, &parts).await {
            if !self.may_pass(&error, &parts, &mut tries).await {
                break;
            }
        }
        updates(&parts)
    }

    /// An album that is not remembered; a single part may be late for one that was answered before a restart.
    pub async fn album(&self, ticket: TicketId, mut parts: Vec<Part>) -> Vec<i64> {
        match parts.pop() {
            Some(only) if parts.is_empty() => self.extend(ticket, only).await,
            Some(last) => {
                parts.push(last);
                self.answer(ticket, parts).await
            }
            None => Vec::new(),
        }
    }

    /// Adds a late part to the answer its album became; without one it is an answer of its own.
    pub async fn extend(&self, ticket: TicketId, late: Part) -> Vec<i64> {
        let parts = vec![late];
        let mut tries = Tries::new(&self.group);
        loop {
            match self.try_extend(ticket, &parts).await {
                Ok(true) => return updates(&parts),
                Ok(false) => return self.answer(ticket, parts).await,
                Err(error) => {
                    if !self.may_pass(&error, &parts, &mut tries).await {
                        return updates(&parts);
                    }
                }
            }
        }
    }

    pub async fn edit(&self, source: Source, words: String, update: i64) -> Vec<i64> {
        let mut tries = Tries::new(&self.group);
        loop {
            match self
                .group
                .desk
                .edit_answer(source, words.clone(), update)
                .await
            {
                Ok(_) => return vec![update],
                Err(error) if is_passing(&error) => tries.pause().await,
                Err(error) => {
                    self.dead(update, &error).await;
                    return vec![update];
                }
            }
        }
    }

    async fn try_answer(&self, ticket: TicketId, parts: &[Part]) -> Result<(), Error> {
        if let Some(first) = parts.first() {
            let who = first.message.who();
            self.group.desk.may_answer_in_group(who.telegram_id).await?;
        }
        let desk = &self.group.desk;
        let known = desk.ticket(ticket).await?;
        let contact = known.as_ref().map(|ticket| &ticket.user);
        let gathered = match contact {
            Some(_) => self.gather(contact, parts).await?,
            None => Gathered::default(),
        };
        let lacks = gathered.lacks;
        let answer = composed(ticket, parts, gathered.attachments);
        let Some(first) = parts.first() else {
            return Ok(());
        };
        if answer.text.trim().is_empty() && answer.attachments.is_empty() {
            self.tell_all(first, &lacks).await?;
            return self.done(parts).await;
        }
        let stored = desk.answer(answer).await?;
        if stored.is_some() && parts.iter().any(|part| part.command.is_some()) {
            self.tell(first, "telegram-reply-sent").await?;
        }
        if stored.is_none() && desk.ticket(ticket).await?.is_none() {
            self.tell(first, "telegram-ticket-gone").await?;
        }
        self.tell_all(first, &lacks).await
    }

    async fn try_extend(&self, ticket: TicketId, parts: &[Part]) -> Result<bool, Error> {
        let Some(first) = parts.first() else {
            return Ok(true);
        };
        let Some(album) = first.message.media_group_id.clone() else {
            return Ok(false);
        };
        let Some(known) = self.group.desk.ticket(ticket).await? else {
            return Ok(false);
        };
        let gathered = self.gather(Some(&known.user), parts).await?;
        if gathered.attachments.is_empty() {
            return Ok(false);
        }
        let late = composed(ticket, parts, gathered.attachments);
        self.group
            .desk
            .extend_answer(first.message.chat.id, album, late)
            .await
    }

    /// Fetches what hangs on the messages. A file that can not be had is a lack, not an end.
    /// `busy_for` is the contact who sees that somebody is busy meanwhile.
    pub async fn gather(
        &self,
        busy_for: Option<&UserId>,
        parts: &[Part],
    ) -> Result<Gathered, Error> {
        let mut gathered = Gathered::default();
        let hangings: Vec<Hanging> = parts
            .iter()
            .filter_map(|part| files::hanging(&part.message))
            .collect();
        for hanging in &hangings {
            match self.fetched(hanging, busy_for).await? {
                Ok(attachment) => gathered.attachments.push(attachment),
                Err(lack) => gathered.lacks.push(lack),
            }
        }
        gathered.lacks.dedup();
        Ok(gathered)
    }

    /// The file, or the words for why there is none. Waits out what may pass.
    async fn fetched(
        &self,
        hanging: &Hanging,
        busy_for: Option<&UserId>,
    ) -> Result<Result<AnswerPart, &'static str>, Error> {
        let (client, desk) = (&self.group.client, &self.group.desk);
        let mut tries = Tries::new(&self.group);
        loop {
            let reason = match files::fetch(client, desk, busy_for, hanging).await {
                Ok(attachment) => return Ok(Ok(attachment)),
                Err(NotFetched::TooLarge) => return Ok(Err("telegram-file-too-large")),
                Err(NotFetched::NotStored(reason)) => return Err(Error::internal(reason)),
                Err(NotFetched::Refused(_)) if tries.count >= REFUSALS => {
                    return Ok(Err("telegram-file-lost"));
                }
                Err(NotFetched::Disturbed(_)) if tries.spent() > FETCHING_MOST => {
                    return Ok(Err("telegram-file-lost"));
                }
                Err(NotFetched::Refused(reason) | NotFetched::Disturbed(reason)) => reason,
            };
            tracing::warn!(
                reason,
                tries = tries.count,
                "a file could not be fetched from Telegram; it is tried again"
            );
            tries.pause().await;
        }
    }

    /// Waits where waiting may help; else keeps the updates as dead and tells the agent.
    async fn may_pass(&self, error: &Error, parts: &[Part], tries: &mut Tries<'_>) -> bool {
        let Some(first) = parts.first() else {
            return false;
        };
        if is_passing(error) {
            tracing::error!(%error, "an answer could not be stored; it is tried again");
            if tries.count == 0 {
                // Past the store, which is what fails.
                self.tell_directly(first, "telegram-not-stored").await;
            }
            tries.pause().await;
            return true;
        }
        if error.kind == Kind::Forbidden {
            return self.forbidden(first, parts, error, tries).await;
        }
        self.tell_directly(first, "telegram-not-taken").await;
        for part in parts {
            self.dead(part.update, error).await;
        }
        false
    }

    /// Who may not answer is told so, and nothing comes of it.
    async fn forbidden(
        &self,
        first: &Part,
        parts: &[Part],
        error: &Error,
        tries: &mut Tries<'_>,
    ) -> bool {
        let desk = &self.group.desk;
        let note = Note {
            chat: first.message.chat.id,
            text: format!("⚠️ {}", desk.texts().error(desk.locale(), error, "")),
            reply_to: Some(first.message.message_id),
            thread_id: first.message.topic(),
        };
        let told = async {
            desk.note(note).await?;
            self.done(parts).await
        };
        match told.await {
            Ok(()) => false,
            Err(error) => {
                tracing::error!(%error, "a refusal could not be queued; it is tried again");
                tries.pause().await;
                true
            }
        }
    }

    async fn tell_all(&self, part: &Part, keys: &[&str]) -> Result<(), Error> {
        for key in keys {
            self.tell(part, key).await?;
        }
        Ok(())
    }

    async fn tell(&self, part: &Part, key: &str) -> Result<(), Error> {
        let note = Note {
            chat: part.message.chat.id,
            text: self.text(key),
            reply_to: Some(part.message.message_id),
            thread_id: part.message.topic(),
        };
        self.group.desk.note(note).await
    }

    async fn tell_directly(&self, part: &Part, key: &str) {
        let place = Place {
            chat: part.message.chat.id,
            topic: part.message.topic(),
        };
        let sent = self
            .group
            .client
            .send_plain(place, &self.text(key), Some(part.message.message_id))
            .await;
        if let Err(failure) = sent {
            tracing::warn!(reason = %failure, "the agent could not be told of a failure");
        }
    }

    fn text(&self, key: &str) -> String {
        let desk = &self.group.desk;
        desk.texts().get(desk.locale(), key, &[])
    }

    async fn done(&self, parts: &[Part]) -> Result<(), Error> {
        for part in parts {
            self.group.desk.update_done(part.update).await?;
        }
        Ok(())
    }

    async fn dead(&self, update: i64, error: &Error) {
        tracing::error!(update, %error, "an agent's message could not be handled; it is kept as dead");
        if let Err(error) = self.group.desk.update_dead(update, error.to_string()).await {
            tracing::error!(update, %error, "an update could not be kept as dead");
        }
    }
}

fn updates(parts: &[Part]) -> Vec<i64> {
    parts.iter().map(|part| part.update).collect()
}

fn composed(ticket: TicketId, parts: &[Part], attachments: Vec<AnswerPart>) -> Answer {
    let first = parts.first().map(|part| &part.message);
    let words: Vec<&str> = parts
        .iter()
        .map(Part::words)
        .filter(|words| !words.is_empty())
        .collect();
    Answer {
        ticket,
        text: words.join("\n"),
        attachments,
        agent_name: first.map_or_else(|| NAMELESS.to_owned(), |message| message.who().name),
        agent_telegram_id: first.and_then(|message| message.who().telegram_id),
        agent: None,
        sources: parts.iter().map(Part::source).collect(),
        media_group: first.and_then(|message| message.media_group_id.clone()),
        updates: updates(parts),
    }
}
