//! Staff: an agent answers, an owner is an agent who may do everything.

use serde::{Deserialize, Serialize};

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
