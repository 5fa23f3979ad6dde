//! What the command line asks of Telegram: the webhook set, deleted, shown. Answers are lines to print.

use super::client::Client;
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

/// The bot, its group and its webhook, as Telegram sees them.
///
/// # Errors
/// What Telegram, or the way to it, said about the bot itself; troubles with the group are lines.
pub async fn info(settings: &TelegramSettings) -> Result<Vec<String>, String> {
    let client = Client::new(settings)?;
    let me = client
        .get_me()
        .await
        .map_err(|failure| super::diagnosis::no_access(&failure.to_string(), GroupRef::Default))?;
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
    let group = settings.group_chat_id;
    match client.get_chat(group).await {
        Ok(chat) => {
            let topics = if chat.is_forum {
                "with topics"
            } else {
                "without topics"
            };
            lines.push(format!("group: {} ({}, {topics})", chat.id, chat.kind));
            match client.get_chat_member(group, me.id).await {
                Ok(member) => lines.extend(
                    super::diagnosis::of_rights(&me, &chat, &member, GroupRef::Default)
                        .map(|trouble| format!("trouble: {trouble}"))
                        .or_else(|| Some("rights: as needed".to_owned())),
                ),
                Err(failure) => lines.push(format!("trouble: {failure}")),
            }
        }
        Err(super::failure::Failure::Migrated(new)) => {
            lines.push(format!("group: has moved; set GROUP_CHAT_ID={new}"))
        }
        Err(failure) => lines.push(format!(
            "trouble: {}",
            super::diagnosis::no_access(&failure.to_string(), GroupRef::Default)
        )),
    }
    Ok(lines)
}
