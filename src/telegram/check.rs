//! The bot looks at itself: token, group, rights, topics, webhook against polling. What is wrong is told in words an
//! operator can act on. It never holds up the start and never ends the process.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::commands::OFFERED;
use super::diagnosis;
use super::failure::Failure;
use super::group::{CheckSays, Group};
use super::settings::Mode;
use crate::desk::bot::COMMANDS;
use crate::domain::locale::Locale;

/// How often it looks when all is well.
const EVERY: Duration = Duration::from_secs(300);
/// How often while something is wrong, so that a mend is seen soon.
const WHILE_WRONG: Duration = Duration::from_secs(30);
/// Doubts that come in a bunch are one.
const AFTER_DOUBT: Duration = Duration::from_secs(2);

/// Looks again and again until it is stopped.
pub async fn watch(group: Arc<Group>, stop: CancellationToken) {
    let clock = group.desk.clock().clone();
    let mut webhook_set = group.settings.mode == Mode::Polling;
    let mut commands_set = false;
    loop {
        let found = tokio::select! {
            () = stop.cancelled() => return,
            found = look(&group, &mut webhook_set) => found,
        };
        let pause = match found {
            Ok((says, words)) => {
                if says == CheckSays::Well && !commands_set {
                    commands_set = offer_commands(&group).await;
                }
                let pause = if words.is_some() { WHILE_WRONG } else { EVERY };
                group.check_says(says, words);
                pause
            }
            Err(pause) => pause,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(pause) => {}
            () = group.doubt.notified() => {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = clock.sleep(AFTER_DOUBT) => {}
                }
            }
        }
    }
}

/// Has apps offer the commands of the group and of private chats; whether that is settled. Only a convenience: no trouble of the bot's.
async fn offer_commands(group: &Group) -> bool {
    let desk = &group.desk;
    let Ok(chat) = group.chat().await else {
        return false;
    };
    let offered = async {
        let client = &group.client;
        let words = |locale, key| desk.texts().get(locale, key, &[]);
        let commands = OFFERED.map(|(command, key)| (command, words(desk.locale(), key)));
        let scope = json!({ "type": "chat", "chat_id": chat });
        client.set_commands(scope, None, &commands).await?;
        let private = json!({ "type": "all_private_chats" });
        // Without a language it is for whoever speaks none of those that have their own.
        let languages = Locale::ALL.map(|locale| (locale, Some(locale.as_str())));
        for (locale, language) in languages.into_iter().chain([(desk.locale(), None)]) {
            let commands = COMMANDS.map(|(command, key)| (command, words(locale, key)));
            let scope = private.clone();
            client.set_commands(scope, language, &commands).await?;
        }
        Ok(())
    };
    match offered.await {
        Ok(()) => true,
        Err(
            Failure::Flood(_)
            | Failure::NotSent(_)
            | Failure::Unavailable(_)
            | Failure::Uncertain(_),
        ) => false,
        Err(failure) => {
            tracing::warn!(reason = %failure, "the bot's commands could not be registered; they work all the same");
            true
        }
    }
}

/// One look; what is wrong, if anything. An error is how long Telegram wants not to be asked: a pause is no
/// trouble of the operator's, and what the last look found stands meanwhile.
async fn look(
    group: &Group,
    webhook_set: &mut bool,
) -> Result<(CheckSays, Option<String>), Duration> {
    Ok(match found(group, webhook_set).await {
        Ok(None) => (CheckSays::Well, None),
        Ok(Some(trouble)) => (CheckSays::Wrong, Some(trouble)),
        Err(Found::Telegram(Failure::Flood(pause))) => return Err(pause),
        Err(Found::Telegram(Failure::NoAccess(reason))) => {
            (CheckSays::Wrong, Some(diagnosis::no_access(&reason)))
        }
        Err(Found::Telegram(Failure::Refused(reason))) => (
            CheckSays::Wrong,
            Some(format!(
                "Telegram refuses the bot's check of itself: {reason}"
            )),
        ),
        Err(Found::Telegram(failure)) => {
            let host = group.settings.api_url.host_str().unwrap_or_default();
            let words = format!(
                "{failure} ({host}): check the network and TELEGRAM_API_URL; posts and answers wait meanwhile"
            );
            (CheckSays::Unreachable, Some(words))
        }
        Err(Found::Store(error)) => (
            CheckSays::Wrong,
            Some(format!("the bot could not check itself: {error}")),
        ),
    })
}

enum Found {
    Telegram(Failure),
    Store(crate::domain::error::Error),
}

impl From<Failure> for Found {
    fn from(failure: Failure) -> Self {
        Self::Telegram(failure)
    }
}

async fn found(group: &Group, webhook_set: &mut bool) -> Result<Option<String>, Found> {
    let client = &group.client;
    let me = client.get_me().await?;
    group.learn_me(me.clone());
    if !*webhook_set && let Some(url) = group.settings.webhook_url() {
        client
            .set_webhook(&url, group.settings.webhook_secret.as_deref())
            .await?;
        tracing::info!("the webhook is set");
        *webhook_set = true;
    }
    let webhook = client.get_webhook_info().await?;
    if let Some(trouble) = diagnosis::of_webhook(
        group.settings.mode,
        group.settings.webhook_url().as_deref(),
        &webhook,
    ) {
        // Somebody else set it: ours is set again at the next look.
        *webhook_set = group.settings.mode == Mode::Polling;
        return Ok(Some(trouble));
    }
    let now = group.desk.clock().now().timestamp();
    if let Some(trouble) = diagnosis::undelivered(group.settings.mode, &webhook, now) {
        return Ok(Some(trouble));
    }
    let mut chat = group.chat().await.map_err(Found::Store)?;
    let info = match client.get_chat(chat).await {
        Err(Failure::Migrated(new)) => {
            group
                .desk
                .group_migrated(chat, new)
                .await
                .map_err(Found::Store)?;
            chat = new;
            client.get_chat(chat).await?
        }
        info => info?,
    };
    group.learn_forum(info.is_forum);
    let member = client.get_chat_member(chat, me.id).await?;
    Ok(diagnosis::of_rights(&me, &info, &member))
}
