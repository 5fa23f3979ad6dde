//! Staff: an agent answers, an owner is an agent who may do everything.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::ids::{AgentId, CategoryId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Agent,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Owner, Self::Agent];

    /// The word in the store, on the command line and in `/auth/`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Agent => "agent",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Longest address, characters (RFC 5321).
pub const EMAIL_MAX_CHARS: usize = 254;

/// An e-mail address as accounts are found by it: trimmed, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// `missing_field` when blank, `field_too_long`, `invalid_field` for what can be no address.
    pub fn parse(raw: &str, field: &'static str) -> Result<Self, Error> {
        let email = Self::folded(raw);
        if email.is_empty() {
            return Err(Error::missing(field));
        }
        if email.chars().count() > EMAIL_MAX_CHARS {
            return Err(Error::bad("field_too_long", field).with("max", EMAIL_MAX_CHARS));
        }
        let parts = email
            .split_once('@')
            .filter(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if parts.is_none() || email.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::bad("invalid_field", field));
        }
        Ok(Self(email))
    }

    /// How any text is compared with addresses, be it one or not.
    pub fn folded(raw: &str) -> String {
        raw.trim().to_lowercase()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shortest and longest password, characters.
pub const PASSWORD_MIN_CHARS: usize = 8;
pub const PASSWORD_MAX_CHARS: usize = 1024;

/// A password that may be set. Shown nowhere, also not by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// # Errors
    /// `password_too_short` or `field_too_long`.
    pub fn parse(raw: String, field: &'static str) -> Result<Self, Error> {
        let chars = raw.chars().count();
        if chars < PASSWORD_MIN_CHARS {
            return Err(Error::bad("password_too_short", field).with("min", PASSWORD_MIN_CHARS));
        }
        if chars > PASSWORD_MAX_CHARS {
            return Err(Error::bad("field_too_long", field).with("max", PASSWORD_MAX_CHARS));
        }
        Ok(Self(raw))
    }

    /// One nobody can guess, of letters and digits that are not mistaken for each other: 100 bits.
    pub fn made(bytes: [u8; 20]) -> Self {
        const SIGNS: [char; 32] = [
            'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's',
            't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9',
        ];
        let sign = |byte: &u8| SIGNS.get(usize::from(byte % 32)).copied();
        Self(bytes.iter().filter_map(sign).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// A member of staff, as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub id: AgentId,
    /// Lower case.
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// The Telegram one, without `@`.
    pub username: Option<String>,
    pub role: Role,
    pub is_blocked: bool,
    pub telegram_id: Option<i64>,
    pub categories: Vec<CategoryId>,
    pub last_assigned_at: Option<chrono::DateTime<chrono::Utc>>,
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub updated_at: chrono::DateTime<chrono::Utc>,
}

/// Where an agent has no name.
pub const NAMELESS: &str = "Support Team";

impl Agent {
    /// What contacts see: full name, else username, else `Support Team`.
    pub fn shown_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
        if !full.is_empty() {
            return full;
        }
        let username = self.username.clone().filter(|name| !name.is_empty());
        username.unwrap_or_else(|| NAMELESS.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_folded_and_what_is_none_is_refused() {
        let email = Email::parse("  Olga@Example.COM ", "email").unwrap();
        assert_eq!(email.as_str(), "olga@example.com");
        let long = format!("{}@x", "a".repeat(253));
        for (wrong, code) in [
            (" ", "missing_field"),
            ("olga", "invalid_field"),
            ("@x", "invalid_field"),
            ("a@", "invalid_field"),
            ("a@b@c", "invalid_field"),
            ("a b@c", "invalid_field"),
            (&*long, "field_too_long"),
        ] {
            assert_eq!(
                Email::parse(wrong, "email").unwrap_err().code,
                code,
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn passwords_have_a_length_and_are_not_shown() {
        let refused = |raw: &str| {
            Password::parse(raw.to_owned(), "password")
                .unwrap_err()
                .code
        };
        assert_eq!(refused("1234567"), "password_too_short");
        assert_eq!(refused(&"x".repeat(1025)), "field_too_long");
        let kept = Password::parse("пароль12".to_owned(), "password").unwrap();
        assert_eq!(format!("{kept:?}"), "Password");
        let made = Password::made([7; 20]);
        assert_eq!(made.as_str(), "h".repeat(20));
    }
}
