//! Every id is its own type, and chance, which makes the unguessable ones, is a value like time.

use std::fmt;

use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::Error;

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

row_id! {
    /// A contact's row.
    ContactId,
    /// A ticket's row; the number people see.
    TicketId,
    /// A message; grows in the order of commits, so "after this id" has no gaps.
    MessageId,
    /// A registered device.
    DeviceId,
    /// A row of the outbox.
    JobId,
    /// A member of staff: `support_manager.id` in one interface, Admin `id` in another.
    AgentId,
    /// A category of tickets.
    CategoryId,
    /// That an agent answers a category.
    AgentCategoryId,
    /// A note that only staff sees.
    NoteId,
    /// A canned answer.
    CannedId,
    /// A message to everybody.
    BroadcastId,
}

/// The name an app chose for its user: 1 to 128 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// Longest user id, in characters.
    pub const MAX_CHARS: usize = 128;

    /// Checks what the world sent as `field`.
    ///
    /// # Errors
    /// `missing_field` when empty, `invalid_user_id` when too long or with control characters.
    pub fn parse(raw: &str, field: &'static str) -> Result<Self, Error> {
        if raw.is_empty() {
            return Err(Error::missing(field));
        }
        if raw.chars().count() > Self::MAX_CHARS || raw.chars().any(char::is_control) {
            return Err(Error::bad("invalid_user_id", field).with("max", Self::MAX_CHARS));
        }
        Ok(Self(raw.to_owned()))
    }

    /// An id that was checked when it was stored.
    pub fn stored(raw: String) -> Self {
        Self(raw)
    }

    /// The id of somebody on Telegram, which no app's id is equal to.
    pub fn of_telegram(telegram_id: i64) -> Self {
        Self(format!("{}{telegram_id}", Self::TELEGRAM))
    }

    /// An anonymous visitor of a site; `secret` is what nobody guesses.
    pub fn of_visitor(secret: Uuid) -> Self {
        Self(format!("{}{secret}", Self::VISITOR))
    }

    pub fn is_of_telegram(&self) -> bool {
        self.0.starts_with(Self::TELEGRAM)
    }

    pub fn is_of_visitor(&self) -> bool {
        self.0.starts_with(Self::VISITOR)
    }

    /// What ids of anonymous visitors begin with.
    const VISITOR: &'static str = "visitor:";
    /// What ids of people on Telegram begin with.
    pub const TELEGRAM: &'static str = "tg:";

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Chance as a value: the operating system's, handed to whoever needs ids or jitter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chance;

impl Chance {
    /// A random UUID (version 4).
    #[allow(clippy::disallowed_methods, clippy::unused_self)] // the one place that may ask the machine
    pub fn uuid(self) -> Uuid {
        Uuid::new_v4()
    }

    /// Bytes nobody can guess, for tokens and salts.
    #[allow(clippy::unused_self)]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }

    /// A number from `low` to `high`, both included.
    #[allow(clippy::unused_self)]
    pub fn between(self, low: u64, high: u64) -> u64 {
        rand::rng().random_range(low..=high.max(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_counted_in_characters_and_hold_no_control_characters() {
        for good in ["a", "a/b", "пользователь 7", "😀", &"я".repeat(128)] {
            assert!(UserId::parse(good, "user_id").is_ok(), "{good:?}");
        }
        for bad in ["", "a\nb", "\u{0}", "\u{7f}", "\u{85}", &"я".repeat(129)] {
            assert!(UserId::parse(bad, "user_id").is_err(), "{bad:?}");
        }
    }
}
