//! What the adapter must know to speak to Telegram. Checks on the values are `config`'s; nothing here reads the environment.

use std::fmt;

use url::Url;

/// The public Bot API server.
pub const PUBLIC_API: &str = "https://api.telegram.org";

/// Where Telegram posts updates to, below `PUBLIC_URL`.
pub const WEBHOOK_PATH: &str = "/api/telegram/webhook/";

/// How updates come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// We ask (`getUpdates`).
    #[default]
    Polling,
    /// Telegram calls us.
    Webhook,
}

/// Everything that is set from outside.
#[derive(Clone, PartialEq, Eq)]
pub struct TelegramSettings {
    /// `BOT_TOKEN`: `{bot id}:{secret}`.
    pub token: String,
    /// `GROUP_CHAT_ID`, as configured; a migration is remembered by the desk.
    pub group_chat_id: i64,
    /// `TELEGRAM_API_URL`.
    pub api_url: Url,
    pub mode: Mode,
    /// `TG_WEBHOOK_SECRET`.
    pub webhook_secret: Option<String>,
    pub public_url: Option<Url>,
    /// `TELEGRAM_GROUP_RATE`: messages a minute into the group.
    pub group_rate: u32,
}

impl TelegramSettings {
    /// The bot's own user id, which a token starts with; known before Telegram answers anything.
    pub fn bot_id(&self) -> Option<i64> {
        self.token.split_once(':')?.0.parse().ok()
    }

    /// The address Telegram is told to post updates to.
    pub fn webhook_url(&self) -> Option<String> {
        let public = self.public_url.as_ref()?.as_str().trim_end_matches('/');
        Some(format!("{public}{WEBHOOK_PATH}"))
    }
}

/// Without the secrets, so that settings can be logged.
impl fmt::Debug for TelegramSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramSettings")
            .field("group_chat_id", &self.group_chat_id)
            .field("api_url", &self.api_url.as_str())
            .field("mode", &self.mode)
            .field("public_url", &self.public_url.as_ref().map(Url::as_str))
            .field("group_rate", &self.group_rate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> TelegramSettings {
        TelegramSettings {
            token: "424242:not-a-real-token".into(),
            group_chat_id: -1001,
            api_url: PUBLIC_API.parse().unwrap(),
            mode: Mode::Webhook,
            webhook_secret: Some("not-a-real-secret".into()),
            public_url: Some("https://desk.example/base/".parse().unwrap()),
            group_rate: 20,
        }
    }

    #[test]
    fn the_token_tells_the_bots_id() {
        assert_eq!(settings().bot_id(), Some(424_242));
        for odd in ["", "424242", "x:y", ":y"] {
            let settings = TelegramSettings {
                token: odd.into(),
                ..settings()
            };
            assert_eq!(settings.bot_id(), None, "{odd:?}");
        }
    }

    #[test]
    fn the_webhook_lies_below_the_public_url_with_or_without_its_slash() {
        let url = "https://desk.example/base/api/telegram/webhook/";
        assert_eq!(settings().webhook_url().as_deref(), Some(url));
        let root = TelegramSettings {
            public_url: Some("http://127.0.0.1:5000".parse().unwrap()),
            ..settings()
        };
        assert_eq!(
            root.webhook_url().as_deref(),
            Some("http://127.0.0.1:5000/api/telegram/webhook/")
        );
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", settings());
        assert!(!shown.contains("not-a-real"), "{shown}");
    }
}
