//! Staff accounts: who a token belongs to.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Desk;
use super::rights::Staff;
use crate::domain::agent::Agent;
use crate::domain::error::{Error, Kind};

impl Desk {
    /// The staff behind a bearer token or a session cookie: the service's `API_TOKEN`, or an account that is
    /// signed in and not blocked.
    ///
    /// # Errors
    /// `unauthorized` for anybody else.
    pub async fn staff_of_token(&self, token: Option<&str>) -> Result<Staff, Error> {
        let nobody = || Error::new(Kind::Unauthorized, "unauthorized");
        let token = token.filter(|token| !token.is_empty()).ok_or_else(nobody)?;
        if let Some(own) = &self.settings.api_token
            && bool::from(own.as_bytes().ct_eq(token.as_bytes()))
        {
            return Ok(Staff::Service);
        }
        let (hash, now) = (token_hash(token), self.clock.now());
        let agent = self
            .store
            .read(move |r| match r.agent_of_token(&hash, now)? {
                Some(id) => r.agent(id),
                None => Ok(None),
            })
            .await?;
        let agent = agent.filter(|agent| !agent.is_blocked).ok_or_else(nobody)?;
        Ok(Staff::Agent {
            id: agent.id,
            role: agent.role,
            name: agent.shown_name(),
        })
    }

    /// The account that asks.
    ///
    /// # Errors
    /// `not_an_agent` for the service.
    pub async fn own_account(&self, staff: &Staff) -> Result<Agent, Error> {
        let not_an_agent = || Error::new(Kind::Forbidden, "not_an_agent");
        let id = staff.agent().ok_or_else(not_an_agent)?;
        let agent = self.store.read(move |r| r.agent(id)).await?;
        agent.ok_or_else(not_an_agent)
    }
}

/// What is kept of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
