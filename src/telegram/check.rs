//! The bot looks at itself: token, groups, rights, topics, webhook against polling. What is wrong is told in words an
//! operator can act on. It never holds up the start and never ends the process.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::client::Me;
use super::commands::OFFERED;
use super::diagnosis;
use super::failure::Failure;
use super::group::{CheckSays, Group};
use super::place;
use super::settings::Mode;
use crate::desk::bot::COMMANDS;
use crate::domain::group::GroupRef;
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
    let mut done = Done {
        webhook: group.settings.mode == Mode::Polling,
        ..Done::default()
    };
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = look_at_all(&group, &mut done) => pause,
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

/// What need not be done again.
#[derive(Default)]
struct Done {
    webhook: bool,
    /// Commands of private chats are offered.
    private: bool,
    /// Groups whose commands are offered.
    groups: HashSet<GroupRef>,
}

/// Looks at the bot and the default group, then at the other groups; how long to rest.
async fn look_at_all(group: &Group, done: &mut Done) -> Duration {
    let found = match group.desk.groups_in_use().await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "the groups of categories can not be read");
            return WHILE_WRONG;
        }
    };
    // Known first, so that what is said names its group.
    let mut others = Vec::new();
    for (chat, title) in found {
        group.learn_of(GroupRef::Named(chat), title);
        others.push(GroupRef::Named(chat));
    }
    group.says_nothing_of_others(&others.iter().copied().collect());
    let mut pause = EVERY;
    let reached = match of_bot(group, &mut done.webhook).await {
        Ok(me) => Some(me),
        Err(Found::Telegram(Failure::Flood(wait))) => return wait,
        Err(found) => {
            let (says, words) = told(group, GroupRef::Default, found);
            group.check_says(GroupRef::Default, says, Some(words));
            None
        }
    };
    let Some(me) = reached else {
        return WHILE_WRONG;
    };
    for of in std::iter::once(GroupRef::Default).chain(others) {
        let (says, words) = match of_group(group, of, &me).await {
            Ok(None) => (CheckSays::Well, None),
            Ok(Some(trouble)) => (CheckSays::Wrong, Some(trouble)),
            // A pause is no trouble of the operator's, and what the last look found stands meanwhile.
            Err(Found::Telegram(Failure::Flood(wait))) => {
                pause = pause.min(wait);
                continue;
            }
            Err(found) => {
                let (says, words) = told(group, of, found);
                (says, Some(words))
            }
        };
        if says == CheckSays::Well && !done.groups.contains(&of) && offer(group, of, done).await {
            done.groups.insert(of);
        }
        if words.is_some() {
            pause = pause.min(WHILE_WRONG);
        }
        group.check_says(of, says, words);
    }
    pause
}

/// Has apps offer the commands of a group, and once those of private chats; whether that is settled.
async fn offer(group: &Group, of: GroupRef, done: &mut Done) -> bool {
    let private = done.private || {
        done.private = settled(offer_in_private(group).await);
        done.private
    };
    private && settled(offer_in_group(group, of).await)
}

async fn offer_in_group(group: &Group, of: GroupRef) -> Result<(), Failure> {
    let desk = &group.desk;
    let Ok(room) = group.room(of).await else {
        return Err(Failure::Unavailable("the store does not answer".into()));
    };
    let words = |key| desk.texts().get(desk.locale(), key, &[]);
    let commands = OFFERED.map(|(command, key)| (command, words(key)));
    let scope = json!({ "type": "chat", "chat_id": room.chat });
    group.client.set_commands(scope, None, &commands).await
}

async fn offer_in_private(group: &Group) -> Result<(), Failure> {
    let desk = &group.desk;
    let private = json!({ "type": "all_private_chats" });
    // Without a language it is for whoever speaks none of those that have their own.
    let languages = Locale::ALL.map(|locale| (locale, Some(locale.as_str())));
    for (locale, language) in languages.into_iter().chain([(desk.locale(), None)]) {
        let words = |key| desk.texts().get(locale, key, &[]);
        let commands = COMMANDS.map(|(command, key)| (command, words(key)));
        let scope = private.clone();
        group
            .client
            .set_commands(scope, language, &commands)
            .await?;
    }
    Ok(())
}

/// Whether it was done, or will never be. Only a convenience: no trouble of the bot's.
fn settled(offered: Result<(), Failure>) -> bool {
    match offered {
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

/// What a look that failed says, and in which words.
fn told(group: &Group, of: GroupRef, found: Found) -> (CheckSays, String) {
    match found {
        Found::Trouble(words) => (CheckSays::Wrong, words),
        Found::Telegram(Failure::NoAccess(reason)) => {
            (CheckSays::Wrong, diagnosis::no_access(&reason, of))
        }
        Found::Telegram(Failure::Refused(reason)) => (
            CheckSays::Wrong,
            format!("Telegram refuses the bot's check of itself: {reason}"),
        ),
        Found::Telegram(failure) => {
            let host = group.settings.api_url.host_str().unwrap_or_default();
            let words = format!(
                "{failure} ({host}): check the network and TELEGRAM_API_URL; posts and answers wait meanwhile"
            );
            (CheckSays::Unreachable, words)
        }
        Found::Store(error) => (
            CheckSays::Wrong,
            format!("the bot could not check itself: {error}"),
        ),
    }
}

enum Found {
    /// Something an operator must mend, in words.
    Trouble(String),
    Telegram(Failure),
    Store(crate::domain::error::Error),
}

impl From<Failure> for Found {
    fn from(failure: Failure) -> Self {
        Self::Telegram(failure)
    }
}

/// The bot itself: its token and its webhook.
async fn of_bot(group: &Group, webhook_set: &mut bool) -> Result<Me, Found> {
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
        return Err(Found::Trouble(trouble));
    }
    let now = group.desk.clock().now().timestamp();
    match diagnosis::undelivered(group.settings.mode, &webhook, now) {
        Some(trouble) => Err(Found::Trouble(trouble)),
        None => Ok(me),
    }
}

/// What the bot lacks in a group, in words.
async fn of_group(group: &Group, of: GroupRef, me: &Me) -> Result<Option<String>, Found> {
    let client = &group.client;
    let room = group.room(of).await.map_err(Found::Store)?;
    let mut chat = room.chat;
    let info = match client.get_chat(chat).await {
        Err(Failure::Migrated(new)) => {
            place::moved(group, room, new).await.map_err(Found::Store)?;
            chat = new;
            client.get_chat(chat).await?
        }
        info => info?,
    };
    group.learn_chat(of, &info);
    let member = client.get_chat_member(chat, me.id).await?;
    Ok(diagnosis::of_rights(me, &info, &member, of))
}
