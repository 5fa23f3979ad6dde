//! What is wrong with the bot, its group or its webhook, in words an operator can act on. Pure.

use super::client::{ChatInfo, Me, Member, WebhookInfo};
use super::settings::Mode;
use crate::domain::group::GroupRef;

/// Seconds; a failed delivery of Telegram's that is older has been followed by good ones, or by quiet.
const RECENT: i64 = 600;

/// A webhook and polling exclude each other.
pub fn of_webhook(mode: Mode, ours: Option<&str>, found: &WebhookInfo) -> Option<String> {
    match mode {
        Mode::Polling if !found.url.is_empty() => Some(
            "a webhook is set for this bot, so polling gets nothing: run `relaydesk telegram delete-webhook`, or set TELEGRAM_MODE=webhook".into(),
        ),
        Mode::Webhook if Some(found.url.as_str()) != ours => Some(
            "Telegram has another webhook for this bot than PUBLIC_URL says: another program set it, or setWebhook failed; it is set again".into(),
        ),
        _ => None,
    }
}

/// Whether Telegram failed to bring updates of late; `now` in seconds since 1970, as Telegram counts.
pub fn undelivered(mode: Mode, found: &WebhookInfo, now: i64) -> Option<String> {
    let recent = found.last_error_date.is_some_and(|at| now - at < RECENT);
    if mode != Mode::Webhook || !recent || found.pending_update_count == 0 {
        return None;
    }
    let words = found.last_error_message.as_deref().unwrap_or("no reason");
    Some(format!(
        "Telegram can not bring {} updates to the webhook: check that PUBLIC_URL can be reached from outside and that its certificate is good (Telegram says: {words})",
        found.pending_update_count
    ))
}

/// Where a group was named.
fn setting(of: GroupRef) -> &'static str {
    match of {
        GroupRef::Default => "GROUP_CHAT_ID",
        GroupRef::Named(_) => "the category's group_chat_id",
    }
}

/// What the bot must be able to do in the group.
pub fn of_rights(me: &Me, chat: &ChatInfo, member: &Member, of: GroupRef) -> Option<String> {
    let bot = me.username.as_deref().unwrap_or("the bot");
    if !matches!(chat.kind.as_str(), "group" | "supergroup") {
        return Some(format!(
            "{} is a {} chat: give it the id of the agents' group",
            setting(of),
            chat.kind
        ));
    }
    let add = format!("open the group's settings → Administrators → add @{bot}");
    match member.status.as_str() {
        "creator" => None,
        "administrator" if chat.is_forum && !member.can_manage_topics => Some(format!(
            "the bot can not make topics: open the group's settings → Administrators → @{bot} → allow \"Manage topics\""
        )),
        "administrator" => None,
        "left" | "kicked" => Some(format!(
            "the bot is not in the group: add @{bot} to the group and make it an administrator"
        )),
        "restricted" if member.can_send_messages == Some(false) => {
            Some(format!("the bot may not write in the group: {add}"))
        }
        _ if chat.is_forum => Some(format!(
            "the bot is not an administrator of the group: {add} and allow \"Manage topics\""
        )),
        // In privacy mode an ordinary member sees replies to itself and commands only, which is not every answer.
        _ if !me.can_read_all_group_messages => Some(format!(
            "the bot is not an administrator of the group: {add} (or turn privacy mode off with @BotFather's /setprivacy and add the bot again)"
        )),
        _ => Some(format!(
            "the bot is not an administrator of the group: {add}"
        )),
    }
}

/// Words for a refusal, from Telegram's own.
pub fn no_access(reason: &str, of: GroupRef) -> String {
    let lower = reason.to_lowercase();
    let mend = if lower.contains("unauthorized") || lower == "not found" {
        "Telegram does not know this bot: check BOT_TOKEN"
    } else if lower.contains("chat not found")
        || lower.contains("chat was deleted")
        || lower.contains("deactivated")
    {
        return format!(
            "the group was not found: check {}, and that the bot is in the group (Telegram says: {reason})",
            setting(of)
        );
    } else if lower.contains("kicked") || lower.contains("not a member") {
        "the bot is not in the group: add it again and make it an administrator"
    } else if lower.contains("topic") {
        "the bot can not make topics: open the group's settings → Administrators → the bot → allow \"Manage topics\""
    } else {
        "the bot may not write in the group: open the group's settings → Administrators → add the bot"
    };
    format!("{mend} (Telegram says: {reason})")
}

/// Words for a 409 on `getUpdates`.
pub fn conflict(reason: &str) -> String {
    let mend = if reason.to_lowercase().contains("webhook") {
        "a webhook is set for this bot, so polling gets nothing: run `relaydesk telegram delete-webhook`, or set TELEGRAM_MODE=webhook"
    } else {
        "another program asks for this bot's updates: stop it, or give this server a bot of its own"
    };
    format!("{mend} (Telegram says: {reason})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(all: bool) -> Me {
        Me {
            id: 42,
            username: Some("desk_bot".into()),
            can_read_all_group_messages: all,
        }
    }

    fn chat(kind: &str, is_forum: bool) -> ChatInfo {
        ChatInfo {
            id: -1,
            kind: kind.into(),
            title: None,
            is_forum,
        }
    }

    fn member(status: &str, can_manage_topics: bool) -> Member {
        Member {
            status: status.into(),
            can_manage_topics,
            can_send_messages: None,
        }
    }

    #[test]
    fn an_administrator_with_the_rights_it_needs_is_well() {
        assert_eq!(
            of_rights(
                &me(false),
                &chat("supergroup", false),
                &member("administrator", false),
                GroupRef::Default
            ),
            None
        );
        assert_eq!(
            of_rights(
                &me(false),
                &chat("supergroup", true),
                &member("administrator", true),
                GroupRef::Default
            ),
            None
        );
        assert_eq!(
            of_rights(
                &me(false),
                &chat("supergroup", true),
                &member("creator", false),
                GroupRef::Default
            ),
            None
        );
    }

    #[test]
    fn every_lack_is_told_with_its_mend() {
        let cases = [
            (
                chat("supergroup", false),
                member("member", false),
                "not an administrator of the group: open the group's settings → Administrators → add @desk_bot",
            ),
            (
                chat("supergroup", false),
                member("member", false),
                "privacy mode",
            ),
            (
                chat("supergroup", true),
                member("administrator", false),
                "Manage topics",
            ),
            (
                chat("supergroup", true),
                member("member", true),
                "Manage topics",
            ),
            (
                chat("group", false),
                member("kicked", false),
                "not in the group",
            ),
            (
                chat("group", false),
                member("left", false),
                "not in the group",
            ),
            (
                chat("private", false),
                member("member", false),
                "GROUP_CHAT_ID",
            ),
            (
                chat("channel", false),
                member("administrator", false),
                "GROUP_CHAT_ID",
            ),
        ];
        for (chat, member, words) in cases {
            let told = of_rights(&me(false), &chat, &member, GroupRef::Default).unwrap_or_default();
            assert!(told.contains(words), "{told:?} lacks {words:?}");
        }
    }

    #[test]
    fn a_webhook_and_polling_exclude_each_other() {
        let found = |url: &str| WebhookInfo {
            url: url.into(),
            pending_update_count: 0,
            last_error_date: None,
            last_error_message: None,
        };
        assert_eq!(of_webhook(Mode::Polling, None, &found("")), None);
        assert!(
            of_webhook(Mode::Polling, None, &found("https://x"))
                .unwrap()
                .contains("delete-webhook")
        );
        assert_eq!(
            of_webhook(Mode::Webhook, Some("https://x"), &found("https://x")),
            None
        );
        assert!(of_webhook(Mode::Webhook, Some("https://x"), &found("")).is_some());
    }

    #[test]
    fn updates_that_can_not_be_brought_are_told_while_they_wait() {
        let found = WebhookInfo {
            url: "https://x".into(),
            pending_update_count: 3,
            last_error_date: Some(1000),
            last_error_message: Some("Connection refused".into()),
        };
        assert!(
            undelivered(Mode::Webhook, &found, 1100)
                .unwrap()
                .contains("Connection refused")
        );
        assert_eq!(undelivered(Mode::Webhook, &found, 1000 + RECENT), None);
        assert_eq!(undelivered(Mode::Polling, &found, 1100), None);
        let none_waits = WebhookInfo {
            pending_update_count: 0,
            ..found
        };
        assert_eq!(undelivered(Mode::Webhook, &none_waits, 1100), None);
    }

    #[test]
    fn refusals_name_the_setting_to_look_at() {
        for (reason, words) in [
            ("Unauthorized", "BOT_TOKEN"),
            ("Not Found", "BOT_TOKEN"),
            ("Bad Request: chat not found", "GROUP_CHAT_ID"),
            (
                "Forbidden: bot was kicked from the supergroup chat",
                "add it again",
            ),
            (
                "Bad Request: not enough rights to create a topic",
                "Manage topics",
            ),
            (
                "Bad Request: not enough rights to send text messages to the chat",
                "may not write",
            ),
        ] {
            assert!(
                no_access(reason, GroupRef::Default).contains(words),
                "{reason}"
            );
        }
        assert!(
            conflict("Conflict: terminated by other getUpdates request")
                .contains("another program")
        );
        assert!(
            conflict("Conflict: can't use getUpdates method while webhook is active")
                .contains("delete-webhook")
        );
    }
}
