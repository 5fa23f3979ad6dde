//! A look at a group before a category gets it: it is there, it is a group, and the bot may work in it.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::client::{ChatInfo, Client, Member};
use super::failure::Failure;
use super::settings::TelegramSettings;
use crate::desk::groups::{FoundGroup, GroupSource};
use crate::domain::error::{Error, Kind};

/// The field to blame.
const FIELD: &str = "group_chat_id";
/// Somebody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// When to come again after Telegram could not be reached, seconds.
const COME_AGAIN: u64 = 30;

/// Groups as the Bot API shows them.
pub struct TelegramGroups {
    client: Client,
    default_chat: i64,
    bot: i64,
}

impl TelegramGroups {
    /// # Errors
    /// When TLS can not be set up.
    pub fn new(settings: &TelegramSettings) -> Result<Self, String> {
        Ok(Self {
            client: Client::new(settings)?,
            default_chat: settings.group_chat_id,
            bot: settings.bot_id().unwrap_or_default(),
        })
    }

    async fn found(&self, chat: i64) -> Result<FoundGroup, Error> {
        let info = match self.client.get_chat(chat).await {
            Err(Failure::Migrated(new)) => self.client.get_chat(new).await,
            info => info,
        };
        let info = info.map_err(told)?;
        if !matches!(info.kind.as_str(), "group" | "supergroup") {
            return Err(Error::bad("not_a_group", FIELD));
        }
        let member = self.client.get_chat_member(info.id, self.bot).await;
        match lack(&info, &member.map_err(told)?) {
            Some(code) => Err(Error::bad(code, FIELD)),
            None => Ok(FoundGroup {
                chat: info.id,
                title: info.title.unwrap_or_default(),
            }),
        }
    }
}

/// The client's addresses hold the token.
impl std::fmt::Debug for TelegramGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TelegramGroups")
    }
}

impl GroupSource for TelegramGroups {
    fn default_chat(&self) -> i64 {
        self.default_chat
    }

    fn look(&self, chat: i64) -> BoxFuture<'_, Result<FoundGroup, Error>> {
        Box::pin(async move {
            let found = tokio::time::timeout(PATIENCE, self.found(chat)).await;
            found.unwrap_or_else(|_| Err(unreachable("no answer in time".to_owned())))
        })
    }
}

/// What the bot lacks there: only an administrator sees every answer.
fn lack(chat: &ChatInfo, member: &Member) -> Option<&'static str> {
    match member.status.as_str() {
        "creator" => None,
        "administrator" if chat.is_forum && !member.can_manage_topics => {
            Some("bot_may_not_make_topics")
        }
        "administrator" => None,
        "left" | "kicked" => Some("bot_not_in_group"),
        _ => Some("bot_may_not_post"),
    }
}

/// In the words of the interface.
fn told(failure: Failure) -> Error {
    match failure {
        Failure::NoAccess(reason) => {
            let lower = reason.to_lowercase();
            let out = lower.contains("kicked") || lower.contains("not a member");
            let code = match out {
                true => "bot_not_in_group",
                false => "group_not_found",
            };
            Error::bad(code, FIELD)
        }
        Failure::Refused(_) => Error::bad("group_not_found", FIELD),
        failure => unreachable(failure.to_string()),
    }
}

fn unreachable(reason: String) -> Error {
    let mut error = Error::new(Kind::Unavailable, "telegram_unreachable").on(FIELD);
    error.detail = Some(reason);
    error.with("seconds", COME_AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_has_its_own_word() {
        let chat = |is_forum| ChatInfo {
            id: -1,
            kind: "supergroup".into(),
            title: None,
            is_forum,
        };
        let member = |status: &str, can_manage_topics| Member {
            status: status.into(),
            can_manage_topics,
            can_send_messages: None,
        };
        for (forum, status, topics, lacks) in [
            (true, "creator", false, None),
            (true, "administrator", true, None),
            (false, "administrator", false, None),
            (
                true,
                "administrator",
                false,
                Some("bot_may_not_make_topics"),
            ),
            (false, "member", false, Some("bot_may_not_post")),
            (false, "restricted", false, Some("bot_may_not_post")),
            (false, "left", false, Some("bot_not_in_group")),
            (false, "kicked", false, Some("bot_not_in_group")),
        ] {
            assert_eq!(
                lack(&chat(forum), &member(status, topics)),
                lacks,
                "{status}"
            );
        }
    }

    #[test]
    fn what_the_owner_can_mend_is_the_fields_and_what_may_pass_is_not() {
        for (failure, kind, code) in [
            (
                Failure::NoAccess("Bad Request: chat not found".into()),
                Kind::BadRequest,
                "group_not_found",
            ),
            (
                Failure::NoAccess("Forbidden: bot was kicked from the group chat".into()),
                Kind::BadRequest,
                "bot_not_in_group",
            ),
            (
                Failure::NotSent("refused".into()),
                Kind::Unavailable,
                "telegram_unreachable",
            ),
            (
                Failure::Flood(PATIENCE),
                Kind::Unavailable,
                "telegram_unreachable",
            ),
        ] {
            let error = told(failure);
            assert_eq!((error.kind, error.code), (kind, code));
            assert_eq!(error.field.as_deref(), Some(FIELD));
        }
    }
}
