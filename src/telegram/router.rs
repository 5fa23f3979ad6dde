//! Who is meant: one update → what it asks for. Pure; where a post or a session belongs is looked up by the inbox.

use uuid::Uuid;

use super::buttons::pressed;
use super::commands::Verb;
use super::incoming::{CallbackQuery, Left, Message, Update};
use super::markup::session_in;
use crate::desk::in_group::{Button, Who};
use crate::domain::ids::TicketId;

/// What must be known to tell who is meant.
#[derive(Debug, Clone)]
pub struct Context {
    pub bot_id: i64,
    /// Without `@`; unknown until Telegram has told it once.
    pub bot_username: Option<String>,
    /// Where the agents' groups live today.
    pub groups: Vec<i64>,
}

impl Context {
    fn is_group(&self, chat: i64) -> bool {
        self.groups.contains(&chat)
    }
}

/// What an update asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// An answer for the contact whose ticket `to` leads to.
    Answer(To),
    /// `/reply {session} text`; `words` is the text without the command.
    Reply { session: Uuid, words: String },
    /// `/reply` with too few words.
    ReplyUsage,
    /// `/reply` with something that is no session id.
    ReplyUnknown,
    /// Another command about the ticket that `to` leads to.
    Command { to: To, verb: Verb },
    /// A button was pressed.
    Press(Press),
    /// A button was pressed, and its effect is done: the answer is still to be given.
    Left(Left),
    /// An agent changed a message; `words` is its text now.
    Edit { words: String },
    /// Something was meant for a contact, but it is of a kind that can not be passed on.
    Foreign(To),
    /// A group has a new id.
    Migrated { old: i64, new: i64 },
    /// The bot's standing in a group changed.
    Membership { chat: i64 },
    /// Talk among agents, service messages, other chats, other bots.
    Ignore,
}

/// A press on a button.
#[derive(Debug, Clone, PartialEq)]
pub struct Press {
    pub callback: String,
    pub who: Who,
    /// None for one that is none of ours, or that is pressed in another chat.
    pub button: Option<(Button, TicketId)>,
    /// Where it was pressed, and the post it stands under.
    pub chat: i64,
    pub to: To,
}

/// The ways that lead to a ticket, to be tried in this order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct To {
    /// A post of the bot that was replied to.
    pub post: Option<i64>,
    /// The ticket's session, from the mark in that post.
    pub session: Option<Uuid>,
    /// The topic it was written in.
    pub topic: Option<i64>,
}

impl To {
    /// Whether the bot itself was spoken to, so that silence would look like a lost answer.
    pub fn is_explicit(&self) -> bool {
        self.post.is_some()
    }
}

/// Tells what an update asks for.
pub fn meaning(update: &Update, context: &Context) -> Meaning {
    if let Some(message) = &update.message {
        return of_message(message, context);
    }
    if let Some(message) = &update.edited_message {
        return of_edit(message, context);
    }
    if let Some(left) = &update.relaydesk_left {
        return Meaning::Left(left.clone());
    }
    if let Some(query) = &update.callback_query {
        return Meaning::Press(of_press(query, context));
    }
    match &update.my_chat_member {
        Some(membership) if context.is_group(membership.chat.id) => Meaning::Membership {
            chat: membership.chat.id,
        },
        _ => Meaning::Ignore,
    }
}

fn of_press(query: &CallbackQuery, context: &Context) -> Press {
    let post = query.message.as_deref();
    let here = post.filter(|post| context.is_group(post.chat.id) && !query.from.is_bot);
    let to = here.map(|post| To {
        post: Some(post.message_id),
        session: post.link(session_in),
        topic: None,
    });
    Press {
        callback: query.id.clone(),
        chat: here.map(|post| post.chat.id).unwrap_or_default(),
        who: query.from.who(),
        button: here.and(query.data.as_deref()).and_then(pressed),
        to: to.unwrap_or_default(),
    }
}

fn of_message(message: &Message, context: &Context) -> Meaning {
    if let Some(migrated) = migration(message, context) {
        return migrated;
    }
    if !context.is_group(message.chat.id) || !is_by_an_agent(message) {
        return Meaning::Ignore;
    }
    match command(message, context) {
        Command::Reply(words) => return reply_command(words, message.has_attachment()),
        Command::Verb(verb) => {
            let to = spoken_of(message, context);
            return Meaning::Command { to, verb };
        }
        // Commands stay among agents and bots; in a plain group a reply may well begin with a slash.
        Command::Other { addressed } if addressed || message.is_topic_message => {
            return Meaning::Ignore;
        }
        Command::Other { .. } | Command::None => {}
    }
    let Some(to) = addressee(message, context) else {
        return Meaning::Ignore;
    };
    if message.has_content() {
        Meaning::Answer(to)
    } else if message.is_foreign() {
        Meaning::Foreign(to)
    } else {
        Meaning::Ignore
    }
}

fn of_edit(message: &Message, context: &Context) -> Meaning {
    if !context.is_group(message.chat.id) || !is_by_an_agent(message) {
        return Meaning::Ignore;
    }
    let Some(words) = message.words() else {
        return Meaning::Ignore;
    };
    match command(message, context) {
        Command::Reply(words) => match reply_command(words, true) {
            Meaning::Reply { words, .. } => Meaning::Edit { words },
            _ => Meaning::Ignore,
        },
        // What a command did can not be taken back by another wording.
        Command::Verb(_) => Meaning::Ignore,
        _ => Meaning::Edit {
            words: words.to_owned(),
        },
    }
}

/// Both chats hear of it: the old one where to, the new one where from.
fn migration(message: &Message, context: &Context) -> Option<Meaning> {
    let here = message.chat.id;
    let (old, new) = match (message.migrate_to_chat_id, message.migrate_from_chat_id) {
        (Some(new), _) => (here, new),
        (_, Some(old)) => (old, here),
        _ => return None,
    };
    Some(if context.is_group(old) {
        Meaning::Migrated { old, new }
    } else {
        Meaning::Ignore
    })
}

/// Anonymous administrators write as the group, through a bot account of Telegram's.
fn is_by_an_agent(message: &Message) -> bool {
    let bot = message.from.as_ref().is_some_and(|from| from.is_bot);
    !message.is_automatic_forward && (message.is_anonymous() || (message.from.is_some() && !bot))
}

/// The ways to a ticket, or None where an agent speaks to nobody in particular or to another agent.
fn addressee(message: &Message, context: &Context) -> Option<To> {
    let topic = message
        .message_thread_id
        .filter(|_| message.is_topic_message);
    // Telegram makes every first message in a topic a reply to the service message that made the topic.
    let replied = message.reply_to_message.as_deref().filter(|replied| {
        replied.forum_topic_created.is_none() && Some(replied.message_id) != topic
    });
    let Some(replied) = replied else {
        return topic.map(|topic| To {
            topic: Some(topic),
            ..To::default()
        });
    };
    let by = replied.from.as_ref().map(|from| from.id);
    if by == Some(context.bot_id) {
        return Some(To {
            post: Some(replied.message_id),
            session: replied.link(session_in),
            topic,
        });
    }
    let own_words = by.is_some()
        && by == message.from.as_ref().map(|from| from.id)
        && !message.is_anonymous()
        && !replied.is_anonymous();
    topic.filter(|_| own_words).map(|topic| To {
        topic: Some(topic),
        ..To::default()
    })
}

/// The ticket a command is about: of whatever message it replies to, else of the topic.
fn spoken_of(message: &Message, context: &Context) -> To {
    let topic = message.topic();
    let replied = message.reply_to_message.as_deref().filter(|replied| {
        replied.forum_topic_created.is_none() && Some(replied.message_id) != topic
    });
    // A mark in anybody else's message could have been copied from anywhere.
    let own =
        replied.filter(|replied| replied.from.as_ref().map(|from| from.id) == Some(context.bot_id));
    To {
        post: replied.map(|replied| replied.message_id),
        session: own.and_then(|post| post.link(session_in)),
        topic,
    }
}

enum Command<'a> {
    /// `/reply`, and what follows it.
    Reply(&'a str),
    Verb(Verb),
    Other {
        addressed: bool,
    },
    None,
}

fn command<'a>(message: &'a Message, context: &Context) -> Command<'a> {
    let (Some(command), Some(words)) = (message.command(), message.words()) else {
        return Command::None;
    };
    let (name, bot) = command
        .split_once('@')
        .map_or((command, None), |(name, bot)| (name, Some(bot)));
    let ours = match (bot, &context.bot_username) {
        (Some(bot), Some(us)) => bot.eq_ignore_ascii_case(us),
        _ => true,
    };
    if ours {
        let arguments = words.trim_start().get(command.len()..).unwrap_or_default();
        if name.eq_ignore_ascii_case("/reply") {
            return Command::Reply(arguments);
        }
        if let Some(verb) = Verb::parse(name, arguments) {
            return Command::Verb(verb);
        }
    }
    Command::Other {
        addressed: bot.is_some(),
    }
}

/// A photo may say it all, so an answer with an attachment needs no words.
fn reply_command(arguments: &str, attached: bool) -> Meaning {
    let arguments = arguments.trim();
    let (session, words) = arguments
        .split_once(char::is_whitespace)
        .map_or((arguments, ""), |(session, words)| (session, words.trim()));
    if session.is_empty() || (words.is_empty() && !attached) {
        return Meaning::ReplyUsage;
    }
    match Uuid::try_parse(session) {
        Ok(session) => Meaning::Reply {
            session,
            words: words.to_owned(),
        },
        Err(_) => Meaning::ReplyUnknown,
    }
}

#[cfg(test)]
mod tests;
