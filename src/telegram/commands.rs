//! Commands of the group about a ticket: how they are written, and carrying them out. What they do is the desk's;
//! `/reply` is an answer like any other.

use std::sync::Arc;

use super::group::Group;
use super::incoming::Message;
use super::render::TEXT_UNITS;
use super::split::pieces;
use super::tries::{Tries, is_passing};
use crate::desk::in_group::{Asked, Assignee};
use crate::desk::posting::Note;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;
use crate::domain::message::{self, Direction};

/// Messages that `/history` shows.
const HISTORY: u32 = 20;

/// The commands as they are offered, each with the key of its description.
pub const OFFERED: [(&str, &str); 7] = [
    ("take", "telegram-command-take"),
    ("assign", "telegram-command-assign"),
    ("close", "telegram-command-close"),
    ("note", "telegram-command-note"),
    ("history", "telegram-command-history"),
    ("t", "telegram-command-t"),
    ("reply", "telegram-command-reply"),
];

/// A command about a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    Close(Option<String>),
    Take,
    /// None: whom is not said.
    Assign(Option<String>),
    Note(Option<String>),
    History,
    Canned(Option<String>),
}

impl Verb {
    /// `name` with its slash; None for a command that is not ours.
    pub fn parse(name: &str, arguments: &str) -> Option<Self> {
        let text = Some(arguments.trim()).filter(|text| !text.is_empty());
        let text = text.map(str::to_owned);
        let word = text
            .as_deref()
            .and_then(|text| text.split_whitespace().next())
            .map(str::to_owned);
        // What is not offered does nothing.
        let mut offered = OFFERED.iter().map(|(known, _)| *known);
        let name = name.strip_prefix('/')?;
        let name = offered.find(|known| known.eq_ignore_ascii_case(name))?;
        Some(match name {
            "close" => Self::Close(text),
            "take" => Self::Take,
            "assign" => Self::Assign(text),
            "note" => Self::Note(text),
            "history" => Self::History,
            "t" => Self::Canned(word),
            _ => return None,
        })
    }

    /// How it is to be written.
    fn usage(&self) -> &'static str {
        match self {
            Self::Close(_) => "/close [reason]",
            Self::Take => "/take",
            Self::Assign(_) => "/assign @name | me | nobody",
            Self::Note(_) => "/note text",
            Self::History => "/history",
            Self::Canned(_) => "/t name",
        }
    }

    /// What is asked of the desk; None for what it does not do, or what lacks a word.
    fn asked(&self) -> Option<Asked> {
        Some(match self {
            Self::Close(reason) => Asked::Close {
                reason: reason.clone(),
            },
            Self::Take => Asked::Take,
            Self::Assign(whom) => Asked::Assign(match whom.as_deref()? {
                whom if whom.eq_ignore_ascii_case("me") => Assignee::Me,
                whom if whom.eq_ignore_ascii_case("nobody") => Assignee::Nobody,
                whom => Assignee::Called(whom.to_owned()),
            }),
            Self::Note(text) => Asked::Note(text.clone()?),
            Self::Canned(name) => Asked::Canned(name.clone()),
            Self::History => return None,
        })
    }
}

/// Carries a command out. Gives back the update it was about.
pub async fn run(
    group: Arc<Group>,
    ticket: Option<TicketId>,
    message: Message,
    verb: Verb,
    update: i64,
) -> Vec<i64> {
    let mut tries = Tries::new(&group);
    loop {
        let error = match tried(&group, ticket, &message, &verb, update).await {
            Ok(()) => return vec![update],
            Err(error) => error,
        };
        if is_passing(&error) {
            tracing::error!(%error, "a command could not be carried out; it is tried again");
        } else {
            let words = group.desk.texts().error(group.desk.locale(), &error, "");
            let refused = notes(&message, &[format!("⚠️ {words}").as_str()]);
            match group.desk.notes_and_done(refused, update).await {
                Ok(()) => return vec![update],
                Err(error) => tracing::error!(%error, "a refusal could not be queued"),
            }
        }
        tries.pause().await;
    }
}

async fn tried(
    group: &Group,
    ticket: Option<TicketId>,
    message: &Message,
    verb: &Verb,
    update: i64,
) -> Result<(), Error> {
    let desk = &group.desk;
    let usage = async || {
        let values = [("usage", verb.usage())];
        let words = desk.texts().get(desk.locale(), "telegram-usage", &values);
        desk.notes_and_done(notes(message, &[&words]), update).await
    };
    let Some(ticket) = ticket else {
        return usage().await;
    };
    if *verb == Verb::History {
        let messages = desk.last_messages(message.who(), ticket, HISTORY).await?;
        let text = history(group, ticket, &messages).await?;
        let posts = pieces(&text, TEXT_UNITS, TEXT_UNITS);
        return desk.notes_and_done(notes(message, &posts), update).await;
    }
    let Some(asked) = verb.asked() else {
        return usage().await;
    };
    let told = note(message, String::new());
    desk.do_in_group(message.who(), ticket, asked, told, update)
        .await
}

fn notes(message: &Message, texts: &[&str]) -> Vec<Note> {
    let texts = texts.iter();
    texts
        .map(|text| note(message, (*text).to_owned()))
        .collect()
}

fn note(message: &Message, text: String) -> Note {
    Note {
        chat: message.chat.id,
        text,
        reply_to: Some(message.message_id),
        thread_id: message.topic(),
    }
}

/// The messages as plain text.
pub async fn history(
    group: &Group,
    ticket: TicketId,
    messages: &[message::Message],
) -> Result<String, Error> {
    let desk = &group.desk;
    let text = |key: &str| desk.texts().get(desk.locale(), key, &[]);
    if messages.is_empty() {
        return Ok(text("telegram-history-empty"));
    }
    let contact = desk.ticket(ticket).await?;
    let contact = contact.map(|ticket| ticket.user_name.unwrap_or_else(|| ticket.user.to_string()));
    let lines = messages.iter().map(|message| {
        let who = match message.direction {
            Direction::User => contact.as_deref().map(|name| format!("👤 {name}")),
            Direction::Support => message
                .agent_name
                .as_deref()
                .map(|name| format!("💬 {name}")),
        };
        let files = message.attachments.iter();
        let files = files.map(|file| desk.texts().attachment(desk.locale(), file.kind));
        let said = Some(message.text.clone()).filter(|text| !text.trim().is_empty());
        let said: Vec<String> = said.into_iter().chain(files).collect();
        format!(
            "{} {}: {}",
            desk.local_time(message.created_at),
            who.unwrap_or_default(),
            said.join("\n")
        )
    });
    Ok(lines.collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case_with_what_follows_them() {
        let text = |text: &str| Some(text.to_owned());
        for (name, arguments, verb) in [
            ("/close", "", Verb::Close(None)),
            (
                "/CLOSE",
                "  it works\nnow ",
                Verb::Close(text("it works\nnow")),
            ),
            ("/take", "it", Verb::Take),
            ("/assign", " @olga", Verb::Assign(text("@olga"))),
            (
                "/assign",
                "Olga Petrova",
                Verb::Assign(text("Olga Petrova")),
            ),
            ("/assign", " ", Verb::Assign(None)),
            ("/note", "call back", Verb::Note(text("call back"))),
            ("/history", "", Verb::History),
            ("/t", "hello there", Verb::Canned(text("hello"))),
            ("/t", "", Verb::Canned(None)),
        ] {
            assert_eq!(
                Verb::parse(name, arguments),
                Some(verb),
                "{name} {arguments}"
            );
        }
        for other in ["/reply", "/help", "/closed", "close", "/", ""] {
            assert_eq!(Verb::parse(other, "x"), None, "{other}");
        }
    }

    #[test]
    fn me_and_nobody_are_words_whatever_their_case() {
        let assign = |whom: &str| Verb::Assign(Some(whom.to_owned())).asked();
        assert_eq!(assign("Me"), Some(Asked::Assign(Assignee::Me)));
        assert_eq!(assign("NOBODY"), Some(Asked::Assign(Assignee::Nobody)));
        let melanie = Asked::Assign(Assignee::Called("melanie".to_owned()));
        assert_eq!(assign("melanie"), Some(melanie));
        assert_eq!(Verb::Assign(None).asked(), None);
        assert_eq!(Verb::Note(None).asked(), None);
    }
}
