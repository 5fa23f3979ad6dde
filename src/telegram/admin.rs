//! What the command line asks of Telegram: the webhook set, deleted, shown. Answers are lines to print.

use super::client::{Client, Me};
use super::diagnosis;
use super::failure::Failure;
use super::settings::{Mode, TelegramSettings};
use crate::domain::group::GroupRef;

/// Tells Telegram to post updates to `url`.
///
/// # Errors
/// What Telegram, or the way to it, said.
pub async fn set_webhook(settings: &TelegramSettings, url: &str) -> Result<Vec<String>, String> {
    let client = Client::new(settings)?;
    let secret = settings.webhook_secret.as_deref();
    client
        .set_webhook(url, secret)
        .await
        .map_err(|failure| failure.to_string())?;
    let mut lines = vec![format!("The webhook is set: {url}")];
    if secret.is_none() {
        lines.push("It has no secret: set TG_WEBHOOK_SECRET and run this again, or the server will refuse its calls.".to_owned());
    }
    if settings.mode == Mode::Polling {
        lines.push("Polling gets nothing while a webhook is set: start the server with TELEGRAM_MODE=webhook.".to_owned());
    }
    Ok(lines)
}

/// Ends the webhook, so that polling works.
///
/// # Errors
/// What Telegram, or the way to it, said.
pub async fn delete_webhook(settings: &TelegramSettings) -> Result<Vec<String>, String> {
    let client = Client::new(settings)?;
    client
        .delete_webhook()
        .await
        .map_err(|failure| failure.to_string())?;
    Ok(vec![
        "The webhook is deleted; polling works again.".to_owned(),
    ])
}

/// The bot, its webhook and its groups, as Telegram sees them. `named` are the groups besides the default one, or why
/// they are not known.
///
/// # Errors
/// What Telegram, or the way to it, said about the bot itself; troubles with groups are lines.
pub async fn info(
    settings: &TelegramSettings,
    named: Result<Vec<Named>, String>,
) -> Result<Vec<String>, String> {
    let client = Client::new(settings)?;
    let me = client
        .get_me()
        .await
        .map_err(|failure| diagnosis::no_access(&failure.to_string(), GroupRef::Default))?;
    let webhook = client
        .get_webhook_info()
        .await
        .map_err(|failure| failure.to_string())?;
    let mut lines = vec![format!(
        "bot: @{} (id {})",
        me.username.as_deref().unwrap_or("?"),
        me.id
    )];
    lines.push(match webhook.url.as_str() {
        "" => "webhook: none (polling)".to_owned(),
        url => format!("webhook: {url}"),
    });
    lines.push(format!(
        "updates waiting at Telegram: {}",
        webhook.pending_update_count
    ));
    if let Some(error) = &webhook.last_error_message {
        lines.push(format!("last error of the webhook: {error}"));
    }
    let default = Seen {
        of: GroupRef::Default,
        title: None,
    };
    lines.extend(of_group(&client, &me, default, settings.group_chat_id).await);
    match named {
        Ok(named) => {
            for group in named {
                let seen = Seen {
                    of: GroupRef::Named(group.chat),
                    title: Some(group.title),
                };
                lines.extend(of_group(&client, &me, seen, group.chat).await);
            }
        }
        Err(words) => lines.push(format!(
            "trouble: the groups that categories name can not be read: {words}"
        )),
    }
    Ok(lines)
}

/// A group that categories name, where it lives today.
pub struct Named {
    pub chat: i64,
    /// As it was called when it was named.
    pub title: String,
}

/// Which group is looked at, and what it was called last.
struct Seen {
    of: GroupRef,
    title: Option<String>,
}

impl Seen {
    /// The group as it is called now, else as it was.
    fn line(&self, title: Option<&str>, rest: &str) -> String {
        let which = match self.of {
            GroupRef::Default => "group",
            GroupRef::Named(_) => "group of a category",
        };
        match title.or(self.title.as_deref()) {
            Some(title) => format!("{which}: {title}, {rest}"),
            None => format!("{which}: {rest}"),
        }
    }
}

/// A group, how the bot stands in it, and what is wrong.
async fn of_group(client: &Client, me: &Me, seen: Seen, chat: i64) -> Vec<String> {
    let refused = |failure: Failure| {
        let words = diagnosis::no_access(&failure.to_string(), seen.of);
        format!("trouble: {words}")
    };
    let mut lines = Vec::new();
    let info = match client.get_chat(chat).await {
        Err(Failure::Migrated(new)) => {
            lines.push(match seen.of {
                GroupRef::Default => format!("group: has moved; set GROUP_CHAT_ID={new}"),
                GroupRef::Named(_) => {
                    let rest = format!("has moved to {new}; the server follows by itself");
                    seen.line(None, &rest)
                }
            });
            client.get_chat(new).await
        }
        info => info,
    };
    let info = match info {
        Ok(info) => info,
        Err(failure) => {
            lines.push(seen.line(None, &chat.to_string()));
            lines.push(refused(failure));
            return lines;
        }
    };
    let topics = match info.is_forum {
        true => "with topics",
        false => "without topics",
    };
    let rest = format!("{} ({}, {topics})", info.id, info.kind);
    lines.push(seen.line(info.title.as_deref(), &rest));
    match client.get_chat_member(info.id, me.id).await {
        Ok(member) => {
            lines.push(format!("the bot there: {}", member.status));
            let trouble = diagnosis::of_rights(me, &info, &member, seen.of);
            lines.push(match trouble {
                Some(trouble) => format!("trouble: {trouble}"),
                None => "rights: as needed".to_owned(),
            });
        }
        Err(failure) => lines.push(refused(failure)),
    }
    lines
}
