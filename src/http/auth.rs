//! Staff signs in and out, and asks who it is.

use std::sync::Arc;

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::errors::{Failure, Reads};
use super::staff::StaffAsking;
use crate::desk::Desk;
use crate::domain::agent::Agent;

pub struct Auth {
    pub desk: Arc<Desk>,
}

/// An account of staff.
#[derive(Debug, Object)]
pub struct AgentAnswer {
    pub id: i64,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// owner or agent.
    pub role: String,
    /// Ids of the categories the agent answers.
    pub categories: Vec<i64>,
    pub telegram_id: Option<i64>,
}

impl From<Agent> for AgentAnswer {
    fn from(agent: Agent) -> Self {
        Self {
            id: agent.id.0,
            email: agent.email,
            first_name: agent.first_name,
            last_name: agent.last_name,
            role: agent.role.as_str().to_owned(),
            categories: agent.categories.iter().map(|id| id.0).collect(),
            telegram_id: agent.telegram_id,
        }
    }
}

#[OpenApi(tag = "Tags::Staff")]
impl Auth {
    /// Who am I
    ///
    /// The account behind the token or the cookie. The service's `API_TOKEN` is no account: 403 `not_an_agent`.
    #[oai(path = "/auth/me", method = "get", operation_id = "auth_me")]
    async fn me(&self, asking: StaffAsking) -> Result<Json<AgentAnswer>, Failure<Reads>> {
        let agent = self.desk.own_account(&asking.staff).await?;
        Ok(Json(agent.into()))
    }
}
