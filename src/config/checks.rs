//! The checks: each takes a value or tells what is wrong with it and how to mend it.

use std::net::{IpAddr, Ipv4Addr};

use chrono_tz::Tz;
use ipnet::IpNet;
use url::{Host, Url};

use super::table::default_of;
use super::{Problems, UserAuth};
use crate::domain::locale::Locale;

/// Shorter secrets can be guessed from a single token.
const JWT_SECRET_MIN_BYTES: usize = 32;
/// Shorter ones can be guessed.
const API_TOKEN_MIN: usize = 16;

pub struct Checks<'p, G> {
    given: G,
    problems: &'p mut Problems,
}

impl<'p, G: Fn(&str) -> Option<String>> Checks<'p, G> {
    pub fn new(given: G, problems: &'p mut Problems) -> Self {
        Self { given, problems }
    }

    /// A value that was set; empty is not set.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.given)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.optional(name).is_some()
    }

    pub fn text(&self, name: &str) -> String {
        self.optional(name)
            .unwrap_or_else(|| default_of(name).to_owned())
    }

    fn problem(&mut self, words: String) {
        self.problems.push(words);
    }

    /// Parses a value; a wrong one is told as `must` and replaced by the default.
    fn parsed<T>(
        &mut self,
        name: &str,
        must: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name);
        if let Some(parsed) = parse(&value) {
            return Some(parsed);
        }
        self.problem(format!("{name} is `{value}`: it must be {must}"));
        parse(default_of(name))
    }

    pub fn number(&mut self, name: &str, least: u32, most: u32) -> u32 {
        let must = format!("a number from {least} to {most}");
        let parse = |value: &str| {
            value
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
        };
        self.parsed(name, &must, parse).unwrap_or(least)
    }

    pub fn port(&mut self) -> u16 {
        let parse = |value: &str| value.parse().ok();
        self.parsed("SERVER_PORT", "a port from 0 to 65535", parse)
            .unwrap_or_default()
    }

    pub fn host(&mut self) -> IpAddr {
        let parse = |value: &str| match value {
            "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            other => other.parse().ok(),
        };
        self.parsed(
            "SERVER_HOST",
            "an IP address such as 127.0.0.1 or 0.0.0.0",
            parse,
        )
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    pub fn one_of(&mut self, name: &str, words: &[&'static str]) -> &'static str {
        let must = words.join(" or ");
        let parse = |value: &str| words.iter().copied().find(|word| *word == value);
        self.parsed(name, &must, parse).unwrap_or_default()
    }

    pub fn timezone(&mut self) -> Tz {
        let parse = |value: &str| value.parse().ok();
        self.parsed(
            "TIMEZONE",
            "an IANA zone such as UTC, Asia/Tashkent or Europe/Moscow",
            parse,
        )
        .unwrap_or(Tz::UTC)
    }

    pub fn locale(&mut self) -> Locale {
        let parse = |value: &str| {
            Locale::ALL
                .into_iter()
                .find(|locale| locale.as_str() == value)
        };
        self.parsed("LOCALE", "ru, en or uz", parse)
            .unwrap_or_default()
    }

    pub fn log(&mut self) -> String {
        let value = self.text("LOG");
        match value.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => value,
            Err(error) => {
                self.problem(format!("LOG is `{value}` ({error}): it must be a level such as info, or filters such as info,relaydesk=debug"));
                default_of("LOG").to_owned()
            }
        }
    }

    /// An address of an API, with a default that is always right.
    pub fn url(&mut self, name: &str) -> Url {
        let fallback = Url::parse(default_of(name)).unwrap_or_else(|_| nowhere());
        self.parsed(name, "an http or https address", web)
            .unwrap_or(fallback)
    }

    pub fn public_url(&mut self) -> Option<Url> {
        self.optional("PUBLIC_URL")?;
        let bare = |value: &str| {
            web(value).filter(|url| url.query().is_none() && url.fragment().is_none())
        };
        self.parsed(
            "PUBLIC_URL",
            "an http or https address without ? and #, such as https://support.example.com",
            bare,
        )
    }

    pub fn webhook_secret(&mut self) -> Option<String> {
        let secret = self.optional("TG_WEBHOOK_SECRET")?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if secret.len() > 256 || !secret.chars().all(allowed) {
            self.problem("TG_WEBHOOK_SECRET must be 1 to 256 characters of A-Z a-z 0-9 _ - (Telegram takes no others)".to_owned());
            return None;
        }
        Some(secret)
    }

    pub fn webhook_needs(&mut self, public_url: Option<&Url>, secret: Option<&str>, api_url: &Url) {
        if secret.is_none() {
            self.problem("TELEGRAM_MODE=webhook needs TG_WEBHOOK_SECRET: add one, such as the output of `openssl rand -hex 32`".to_owned());
        }
        match public_url {
            None => self.problem("TELEGRAM_MODE=webhook needs PUBLIC_URL: add the https address under which Telegram reaches this server".to_owned()),
            Some(url) if url.scheme() != "https" && !is_loopback(api_url) => self.problem(format!(
                "TELEGRAM_MODE=webhook needs an https PUBLIC_URL, it is `{url}`: put the server behind a proxy with a certificate, or use TELEGRAM_MODE=polling"
            )),
            Some(_) => {}
        }
    }

    /// Token and group, if Telegram is on.
    pub fn telegram(&mut self) -> Option<(String, i64)> {
        let token = self.optional("BOT_TOKEN")?;
        let well_formed = token.split_once(':').is_some_and(|(id, secret)| {
            id.parse::<u64>().is_ok() && !secret.is_empty() && !token.contains(char::is_whitespace)
        });
        if !well_formed {
            // The value is a secret: it is not shown.
            self.problem(
                "BOT_TOKEN is no bot token: it must look like 123456789:AA…, as @BotFather gave it"
                    .to_owned(),
            );
        }
        let Some(group) = self.optional("GROUP_CHAT_ID") else {
            self.problem(
                "BOT_TOKEN is set without GROUP_CHAT_ID: add the id of the agents' group (add the bot to it, write a message, and read the id with `getUpdates`), or remove BOT_TOKEN to run without Telegram"
                    .to_owned(),
            );
            return None;
        };
        match group.parse::<i64>() {
            Ok(id) if id != 0 => well_formed.then_some((token, id)),
            _ => {
                self.problem(format!(
                    "GROUP_CHAT_ID is `{group}`: it must be a number such as -1001234567890"
                ));
                None
            }
        }
    }

    pub fn api_token(&mut self) -> Option<String> {
        let token = self.optional("API_TOKEN")?;
        if token.len() < API_TOKEN_MIN {
            self.problem(format!(
                "API_TOKEN has {} characters, so it can be guessed: take at least {API_TOKEN_MIN}, for instance from `openssl rand -hex 32`",
                token.len()
            ));
        }
        Some(token)
    }

    pub fn auth(&mut self, host: IpAddr) -> (UserAuth, Option<String>) {
        let secret = self.optional("JWT_SECRET");
        let auth = match self.optional("USER_AUTH").as_deref() {
            Some("open") => UserAuth::Open,
            Some("token") => UserAuth::Token,
            Some(other) => {
                self.problem(format!("USER_AUTH is `{other}`: it must be open or token"));
                UserAuth::Token
            }
            None if host.is_loopback() => UserAuth::Open,
            None => {
                self.problem(format!(
                    "SERVER_HOST is {host}, so strangers can reach the server, and USER_AUTH is not set: add the line USER_AUTH=token (with JWT_SECRET; every call then needs a token of its user), \
                     or the line USER_AUTH=open (whoever knows a user_id can read its chat; right only behind a gateway that checks users)"
                ));
                return (UserAuth::Open, secret);
            }
        };
        let short = |secret: &str| secret.len() < JWT_SECRET_MIN_BYTES;
        let weak = match auth {
            UserAuth::Token => secret.as_deref().is_none_or(short),
            UserAuth::Open => false,
        };
        if auth == UserAuth::Open && secret.as_deref().is_some_and(short) {
            self.problem(format!(
                "JWT_SECRET signs the tokens of web chats and must have at least {JWT_SECRET_MIN_BYTES} bytes: take the output of `openssl rand -hex 32`, or leave it out"
            ));
        }
        if weak {
            self.problem(format!(
                "USER_AUTH=token needs a JWT_SECRET of at least {JWT_SECRET_MIN_BYTES} bytes: add one, such as the output of `openssl rand -hex 32`"
            ));
        }
        (auth, secret)
    }

    pub fn origins(&mut self) -> Vec<String> {
        let origins = self.list("CORS_ORIGINS");
        for origin in &origins {
            let right = origin == "*"
                || web(origin).is_some_and(|url| url.origin().ascii_serialization() == *origin);
            if !right {
                self.problem(format!(
                    "CORS_ORIGINS holds `{origin}`: each must be * or an origin such as https://shop.example, without a path or a slash at its end"
                ));
            }
        }
        origins
    }

    pub fn proxies(&mut self) -> Vec<IpNet> {
        let mut nets = Vec::new();
        for text in self.list("TRUSTED_PROXIES") {
            let net = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            match net {
                Ok(net) => nets.push(net),
                Err(_) => self.problem(format!(
                    "TRUSTED_PROXIES holds `{text}`: each must be an address or a network such as 10.0.0.0/8"
                )),
            }
        }
        nets
    }

    /// Ids of people on Telegram, with commas between them.
    pub fn telegram_ids(&mut self, name: &str) -> Vec<i64> {
        let mut ids = Vec::new();
        for text in self.list(name) {
            match text.parse::<i64>() {
                Ok(id) if id > 0 => ids.push(id),
                _ => self.problem(format!(
                    "{name} holds `{text}`: each must be a person's Telegram id, a number such as 123456789"
                )),
            }
        }
        ids
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }
}

fn web(value: &str) -> Option<Url> {
    Url::parse(value)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Stands in where a default is broken, which a test rules out.
#[allow(clippy::expect_used)]
fn nowhere() -> Url {
    Url::parse("http://127.0.0.1/").expect("a constant address parses")
}
