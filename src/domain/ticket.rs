//! A ticket: one conversation of one contact, with a state, an owner and a number people can say.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::group::GroupRef;
use super::ids::{AgentId, CategoryId, ContactId, MessageId, TicketId, UserId};

/// How long after closing a further message opens the same ticket again.
pub const REOPEN_DAYS: i64 = 7;
/// Longest title, characters (the stricter of two interfaces is checked where it is spoken).
pub const TITLE_MAX_CHARS: usize = 256;

/// Where a contact writes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Mobile,
    Web,
    Telegram,
    Api,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::Mobile, Self::Web, Self::Telegram, Self::Api];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Web => "web",
            Self::Telegram => "telegram",
            Self::Api => "api",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    WaitingAdmin,
    InProgress,
    WaitingUser,
    Replied,
    Escalated,
    Expired,
    Closed,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::WaitingAdmin,
        Self::InProgress,
        Self::WaitingUser,
        Self::Replied,
        Self::Escalated,
        Self::Expired,
        Self::Closed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::WaitingAdmin => "waiting_admin",
            Self::InProgress => "in_progress",
            Self::WaitingUser => "waiting_user",
            Self::Replied => "replied",
            Self::Escalated => "escalated",
            Self::Expired => "expired",
            Self::Closed => "closed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// Whether the conversation is over: `resolved` in one interface, not `is_active` in another.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::Closed)
    }

    /// What it becomes when the contact writes.
    pub fn after_contact_wrote(assigned: bool) -> Self {
        if assigned {
            Self::WaitingAdmin
        } else {
            Self::Open
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
}

impl Priority {
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// The number people say, `TKT-1A2B3C4D`: the id, mixed so that it tells nothing of how many there are,
/// and unmixed again without a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketNumber(TicketId);

/// Odd, so that multiplying by it modulo 2³² can be undone; and its inverse there.
const MIX: u32 = 0x9E37_79B1;
const UNMIX: u32 = 0x0E8B_2F51;

impl TicketNumber {
    pub fn of(id: TicketId) -> Self {
        Self(id)
    }

    pub fn parse(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        let (prefix, digits) = raw.split_at_checked(4)?;
        let hex = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !prefix.eq_ignore_ascii_case("TKT-") || !hex {
            return None;
        }
        let mixed = u32::from_str_radix(digits, 16).ok()?;
        Some(Self(TicketId(i64::from(mixed.wrapping_mul(UNMIX)))))
    }

    pub fn id(self) -> TicketId {
        self.0
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ids beyond 2³² would need four billion tickets.
        let id = u32::try_from(self.0.0 & 0xFFFF_FFFF).unwrap_or_default();
        write!(f, "TKT-{:08X}", id.wrapping_mul(MIX))
    }
}

/// A ticket, as it is read back, with what is known of its contact and its agent.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub id: TicketId,
    pub session: Uuid,
    pub channel: Channel,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub description: Option<String>,
    pub subject: Option<String>,
    /// The latest page the contact wrote from.
    pub page_url: Option<String>,
    pub category: Option<CategoryId>,
    pub contact: ContactId,
    pub user: UserId,
    pub user_name: Option<String>,
    /// The contact's Telegram id.
    pub telegram_id: Option<i64>,
    pub user_email: Option<String>,
    pub user_username: Option<String>,
    pub agent: Option<AgentId>,
    pub agent_first_name: Option<String>,
    pub agent_last_name: Option<String>,
    pub viewed: bool,
    pub viewed_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub closed_by: Option<AgentId>,
    pub close_reason: Option<String>,
    pub last_message: Option<MessageId>,
    /// Messages in it, greetings (which belong to none) not counted.
    pub message_count: i64,
    pub staff_read_up_to: MessageId,
    pub contact_read_up_to: MessageId,
    pub first_answer_at: Option<DateTime<Utc>>,
    pub rating: Option<i64>,
    pub rating_comment: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Where its posts go.
    pub group: GroupRef,
}

impl Ticket {
    pub fn number(&self) -> TicketNumber {
        TicketNumber::of(self.id)
    }

    pub fn is_over(&self) -> bool {
        self.status.is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_leads_back_to_its_ticket(id in 1i64..=i64::from(u32::MAX)) {
            let number = TicketNumber::of(TicketId(id)).to_string();
            prop_assert_eq!(number.len(), 12);
            prop_assert_eq!(TicketNumber::parse(&number).map(TicketNumber::id), Some(TicketId(id)));
        }

        #[test]
        fn whatever_is_no_number_is_none_and_never_a_panic(raw in ".{0,20}") {
            let _ = TicketNumber::parse(&raw);
        }
    }

    #[test]
    fn numbers_are_read_in_any_case_and_nothing_else_is() {
        let number = TicketNumber::of(TicketId(1)).to_string();
        assert_eq!(number, "TKT-9E3779B1");
        assert_eq!(
            TicketNumber::parse(&number.to_lowercase()).map(TicketNumber::id),
            Some(TicketId(1))
        );
        for wrong in [
            "",
            "TKT-",
            "TKT-1",
            "1A2B3C4D",
            "TKT-1A2B3C4G",
            "TKT-+A2B3C4D",
            "яяяя1A2B3C4D",
        ] {
            assert!(TicketNumber::parse(wrong).is_none(), "{wrong}");
        }
    }
}
