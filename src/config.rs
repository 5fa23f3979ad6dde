//! Every setting once: its names, default, meaning and check. Values come from flags, the environment
//! and `.env`, in this order; all problems are found before any is reported.

mod checks;
mod table;

use std::net::IpAddr;
use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Arg, ArgMatches};
use ipnet::IpNet;
use url::Url;

use crate::domain::locale::Locale;
use checks::Checks;
pub use table::{SETTINGS, Setting, default_of, env_example, markdown};

/// The settings, checked.
#[derive(Clone)]
pub struct Config {
    pub telegram: Option<Telegram>,
    pub host: IpAddr,
    /// 0 takes any free port.
    pub port: u16,
    pub public_url: Option<Url>,
    pub database: PathBuf,
    pub uploads: PathBuf,
    pub push_account: Account,
    pub fcm_api_url: Url,
    pub telegram_api_key: Option<String>,
    pub telegram_secret: Option<String>,
    pub auth: UserAuth,
    pub jwt_secret: Option<String>,
    /// Key of a service that acts with an owner's rights.
    pub api_token: Option<String>,
    /// Telegram ids of people who are owners whatever the accounts say.
    pub super_admins: Vec<i64>,
    /// How long a ticket without an answer waits before `close_expired` ends it, minutes.
    pub ticket_expiry_minutes: u32,
    pub timezone: Tz,
    pub locale: Locale,
    pub cors_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a minute and address; 0 is no limit.
    pub rate_per_address: u32,
    /// Messages a minute and user; 0 is no limit.
    pub rate_per_user: u32,
    pub log: String,
}

/// How the bot reaches Telegram.
#[derive(Clone)]
pub struct Telegram {
    pub token: String,
    pub group_chat_id: i64,
    pub api_url: Url,
    pub webhook: bool,
    pub group_rate: u32,
}

/// Where the service account of FCM is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub path: PathBuf,
    /// It was asked for: a missing file is then a problem, else push is off.
    pub named: bool,
}

/// Who is believed to be which user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAuth {
    Open,
    Token,
}

/// What keeps the server from starting, each with its mend.
pub type Problems = Vec<String>;

/// The flags of all settings, for the command line.
pub fn flags() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().map(|setting| {
        Arg::new(setting.name)
            .long(setting.name.to_lowercase().replace('_', "-"))
            .env(setting.name)
            .hide_env_values(true)
            .value_name("VALUE")
            .help(setting.meaning)
            .global(true)
            .allow_hyphen_values(true)
            .help_heading("Settings")
    })
}

/// Reads and checks the settings that the command line and the environment gave.
pub fn read(matches: &ArgMatches, problems: &mut Problems) -> Config {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    read_from(given, problems)
}

/// Reads and checks settings by name; what is wrong is added to `problems` and replaced by its default.
pub fn read_from(given: impl Fn(&str) -> Option<String>, problems: &mut Problems) -> Config {
    let mut checks = Checks::new(given, problems);
    let host = checks.host();
    let api_url = checks.url("TELEGRAM_API_URL");
    let secret = checks.webhook_secret();
    let public_url = checks.public_url();
    let webhook = checks.one_of("TELEGRAM_MODE", &["polling", "webhook"]) == "webhook";
    if webhook {
        checks.webhook_needs(public_url.as_ref(), secret.as_deref(), &api_url);
    }
    let group_rate = checks.number("TELEGRAM_GROUP_RATE", 1, 1000);
    let telegram = checks.telegram().map(|(token, group_chat_id)| Telegram {
        token,
        group_chat_id,
        api_url,
        webhook,
        group_rate,
    });
    let (auth, jwt_secret) = checks.auth(host);
    Config {
        telegram,
        host,
        port: checks.port(),
        public_url,
        database: checks.text("DATABASE_PATH").into(),
        uploads: checks.text("UPLOADS_DIR").into(),
        push_account: Account {
            path: checks.text("FCM_SERVICE_ACCOUNT_PATH").into(),
            named: checks.is_set("FCM_SERVICE_ACCOUNT_PATH"),
        },
        fcm_api_url: checks.url("FCM_API_URL"),
        telegram_api_key: checks.optional("TELEGRAM_WEBHOOK_API_KEY"),
        telegram_secret: secret,
        auth,
        jwt_secret,
        api_token: checks.api_token(),
        super_admins: checks.telegram_ids("SUPER_ADMIN_IDS"),
        ticket_expiry_minutes: checks.number("TICKET_EXPIRY_MINUTES", 1, 525_600),
        timezone: checks.timezone(),
        locale: checks.locale(),
        cors_origins: checks.origins(),
        trusted_proxies: checks.proxies(),
        rate_per_address: checks.number("RATE_LIMIT_PER_ADDRESS", 0, 1_000_000),
        rate_per_user: checks.number("RATE_LIMIT_PER_USER", 0, 1_000_000),
        log: checks.log(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(values: &[(&str, &str)]) -> (Config, Problems) {
        let mut problems = Problems::new();
        let given = |name: &str| {
            let found = values.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let config = read_from(given, &mut problems);
        (config, problems)
    }

    #[test]
    fn nothing_set_is_a_server_on_loopback_that_trusts_its_app() {
        let (config, problems) = read_all(&[]);
        assert_eq!(problems, Problems::new());
        assert!(config.telegram.is_none());
        assert_eq!(
            (config.host.to_string(), config.port),
            ("127.0.0.1".to_owned(), 5000)
        );
        assert_eq!((config.auth, config.locale), (UserAuth::Open, Locale::Ru));
        assert_eq!((config.rate_per_address, config.rate_per_user), (600, 60));
    }

    #[test]
    fn each_wrong_value_is_refused_with_its_mend() {
        let cases: [(&[(&str, &str)], &str); 22] = [
            (&[("SERVER_PORT", "70000")], "SERVER_PORT"),
            (&[("SERVER_PORT", "-1")], "SERVER_PORT"),
            (&[("SERVER_HOST", "example")], "SERVER_HOST"),
            (&[("TIMEZONE", "Mars/Base")], "TIMEZONE"),
            (&[("LOCALE", "fr")], "LOCALE"),
            (&[("USER_AUTH", "yes")], "USER_AUTH"),
            (&[("USER_AUTH", "token")], "JWT_SECRET"),
            (&[("USER_AUTH", "token"), ("JWT_SECRET", "short")], "32"),
            (&[("SERVER_HOST", "0.0.0.0")], "USER_AUTH=open"),
            (&[("SERVER_HOST", "0.0.0.0")], "USER_AUTH=token"),
            (&[("BOT_TOKEN", "1:x")], "GROUP_CHAT_ID"),
            (
                &[("BOT_TOKEN", "nonsense"), ("GROUP_CHAT_ID", "-1")],
                "BOT_TOKEN",
            ),
            (
                &[("BOT_TOKEN", "1:x"), ("GROUP_CHAT_ID", "group")],
                "GROUP_CHAT_ID",
            ),
            (&[("TELEGRAM_MODE", "push")], "TELEGRAM_MODE"),
            (&[("TELEGRAM_MODE", "webhook")], "TG_WEBHOOK_SECRET"),
            (
                &[
                    ("TELEGRAM_MODE", "webhook"),
                    ("TG_WEBHOOK_SECRET", "s"),
                    ("PUBLIC_URL", "http://a.example"),
                ],
                "https",
            ),
            (
                &[("TG_WEBHOOK_SECRET", "not allowed!")],
                "TG_WEBHOOK_SECRET",
            ),
            (&[("PUBLIC_URL", "ftp://a")], "PUBLIC_URL"),
            (&[("TELEGRAM_GROUP_RATE", "0")], "TELEGRAM_GROUP_RATE"),
            (&[("RATE_LIMIT_PER_USER", "many")], "RATE_LIMIT_PER_USER"),
            (
                &[("TRUSTED_PROXIES", "10.0.0.0/8, here")],
                "TRUSTED_PROXIES",
            ),
            (
                &[("CORS_ORIGINS", "https://a.example/path")],
                "CORS_ORIGINS",
            ),
        ];
        for (values, expected) in cases {
            let (_, problems) = read_all(values);
            assert!(
                problems.iter().any(|problem| problem.contains(expected)),
                "{values:?}: {problems:?}"
            );
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let (_, problems) = read_all(&[
            ("SERVER_PORT", "x"),
            ("LOCALE", "x"),
            ("TIMEZONE", "x"),
            ("LOG", "=,="),
        ]);
        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn a_webhook_may_be_http_beside_a_loopback_api_server() {
        let (config, problems) = read_all(&[
            ("BOT_TOKEN", "1:x"),
            ("GROUP_CHAT_ID", "-1001"),
            ("TELEGRAM_MODE", "webhook"),
            ("TG_WEBHOOK_SECRET", "s_-1"),
            ("PUBLIC_URL", "http://127.0.0.1:5000"),
            ("TELEGRAM_API_URL", "http://127.0.0.1:8081"),
        ]);
        assert_eq!(problems, Problems::new());
        assert!(config.telegram.unwrap().webhook);
    }

    #[test]
    fn an_empty_value_is_none() {
        let (config, problems) =
            read_all(&[("BOT_TOKEN", ""), ("SERVER_PORT", " "), ("JWT_SECRET", "")]);
        assert_eq!(problems, Problems::new());
        assert_eq!(config.port, 5000);
    }
}
