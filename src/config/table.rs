//! The settings themselves. README's table and `.env.example` are made from this.

/// A setting as people see it.
pub struct Setting {
    pub name: &'static str,
    /// None: there is none, and what it belongs to is off.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
}

const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Setting {
    Setting {
        name,
        default,
        meaning,
    }
}

/// All settings, in the order people meet them.
pub const SETTINGS: &[Setting] = &[
    setting(
        "BOT_TOKEN",
        None,
        "Token of the Telegram bot, from @BotFather. Without it Telegram is off.",
    ),
    setting(
        "GROUP_CHAT_ID",
        None,
        "Id of the agents' group, a negative number such as -1001234567890. Needed with BOT_TOKEN.",
    ),
    setting(
        "SERVER_HOST",
        Some("127.0.0.1"),
        "Address to listen on. Anything but loopback needs USER_AUTH.",
    ),
    setting(
        "SERVER_PORT",
        Some("5000"),
        "Port to listen on, 0 to 65535; 0 takes any free one.",
    ),
    setting(
        "PUBLIC_URL",
        None,
        "Address of this server as phones and Telegram see it, http or https. Makes photo links in pushes absolute.",
    ),
    setting(
        "DATABASE_PATH",
        Some("support_bot.db"),
        "The SQLite file that holds everything.",
    ),
    setting(
        "UPLOADS_DIR",
        Some("uploads"),
        "Folder of photos and files.",
    ),
    setting(
        "FCM_SERVICE_ACCOUNT_PATH",
        Some("firebase-service-account.json"),
        "Service account of the Firebase project. A missing default file turns push off.",
    ),
    setting(
        "FCM_API_URL",
        Some("https://fcm.googleapis.com"),
        "Where FCM HTTP v1 answers.",
    ),
    setting(
        "TELEGRAM_API_URL",
        Some("https://api.telegram.org"),
        "Where the Bot API answers: the public one, or a server of your own.",
    ),
    setting(
        "TELEGRAM_MODE",
        Some("polling"),
        "How updates come in: polling or webhook. A webhook needs an https PUBLIC_URL and TG_WEBHOOK_SECRET.",
    ),
    setting(
        "TG_WEBHOOK_SECRET",
        None,
        "What Telegram proves itself with at the webhook: 1 to 256 of A-Z a-z 0-9 _ -.",
    ),
    setting(
        "TELEGRAM_WEBHOOK_API_KEY",
        None,
        "Key with which a program may answer by POST /support/webhook/telegram/.",
    ),
    setting(
        "TELEGRAM_GROUP_RATE",
        Some("20"),
        "Messages a minute into the group, 1 to 1000. Telegram allows 20.",
    ),
    setting(
        "USER_AUTH",
        None,
        "open: the app's user_id is believed. token: every call needs a JWT. On loopback open is the default.",
    ),
    setting(
        "JWT_SECRET",
        None,
        "Signs users' tokens (HS256), at least 32 bytes. Needed with USER_AUTH=token, and for web chats of a site's own users; visitors need none.",
    ),
    setting(
        "SUPER_ADMIN_IDS",
        None,
        "Telegram ids of people who are owners, with commas; each becomes one when it first writes to the bot.",
    ),
    setting(
        "API_TOKEN",
        None,
        "Key of a service that calls the staff's interfaces with an owner's rights, at least 16 characters. Without it only accounts may.",
    ),
    setting(
        "TICKET_EXPIRY_MINUTES",
        Some("10"),
        "Minutes after its last message in which a ticket without an answer may be ended by close_expired, 1 to 525600.",
    ),
    setting(
        "TIMEZONE",
        Some("UTC"),
        "Zone in which a day begins, for the greeting; an IANA name such as Asia/Tashkent.",
    ),
    setting(
        "LOCALE",
        Some("ru"),
        "Language of the group's posts, pushes and greetings: ru, en or uz.",
    ),
    setting(
        "CORS_ORIGINS",
        None,
        "Origins whose pages may call, separated by commas; * is any. Without it only the server's own pages.",
    ),
    setting(
        "TRUSTED_PROXIES",
        None,
        "Addresses or networks, separated by commas, whose X-Forwarded-For is believed.",
    ),
    setting(
        "RATE_LIMIT_PER_ADDRESS",
        Some("600"),
        "Requests a minute from one address, bursts of a quarter; 0 is no limit.",
    ),
    setting(
        "RATE_LIMIT_PER_USER",
        Some("60"),
        "Messages a minute from one user, bursts of a quarter; 0 is no limit.",
    ),
    setting(
        "LOG",
        Some("info"),
        "What is logged: error, warn, info, debug, trace, or filters such as info,relaydesk::telegram=debug.",
    ),
];

/// The default of a setting, empty where it has none.
pub fn default_of(name: &str) -> &'static str {
    SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .and_then(|setting| setting.default)
        .unwrap_or_default()
}

/// The table in README.
pub fn markdown() -> String {
    let mut table = "| setting | default | meaning |\n| --- | --- | --- |\n".to_owned();
    for Setting {
        name,
        default,
        meaning,
    } in SETTINGS
    {
        let default = default.map_or_else(|| "—".to_owned(), |value| format!("`{value}`"));
        table.push_str(&format!(
            "| `{name}` | {default} | {} |\n",
            meaning.replace('*', "`*`")
        ));
    }
    table
}

/// The file `.env.example`.
pub fn env_example() -> String {
    let mut file = "# Copy to .env and take away the # before what you set. Flags and the environment win over this file.\n".to_owned();
    for Setting {
        name,
        default,
        meaning,
    } in SETTINGS
    {
        file.push_str(&format!(
            "\n# {meaning}\n#{name}={}\n",
            default.unwrap_or_default()
        ));
    }
    file
}
