//! Staff signs in and out, and asks who it is.

use std::sync::Arc;

use poem::Request;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tags;
use super::address::{CameByHttps, OwnAddress};
use super::errors::{Failure, Reads, Writes};
use super::staff::{COOKIE, StaffAsking, is_own_page};
use super::wire::{JsonFields, moment};
use crate::desk::Desk;
use crate::desk::limits::ClientAddress;
use crate::desk::signing_in::SIGNED_IN_FOR;
use crate::domain::agent::Agent;
use crate::domain::error::{Error, Kind};

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

/// Who signs in.
#[derive(Debug, Object)]
pub struct LoginJson {
    /// In any case; at most 254 characters.
    pub email: String,
    /// At most 1024 characters.
    pub password: String,
}

#[derive(Debug, Object)]
pub struct LoginAnswer {
    /// For `Authorization: Bearer`; shown this once.
    pub token: String,
    /// RFC 3339, UTC; 30 days from now.
    pub expires_at: String,
    pub agent: AgentAnswer,
}

#[derive(ApiResponse)]
pub enum SignedIn {
    /// Signed in.
    #[oai(status = 200)]
    In(
        Json<LoginAnswer>,
        /// The token as the cookie `relaydesk_session`, for browsers.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
pub enum SignedOut {
    /// Signed out.
    #[oai(status = 204)]
    Out(
        /// Takes the cookie away.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

/// Out of reach of scripts, and not sent along when another site posts. `Secure` where the browser came by
/// https.
fn session_cookie(request: &Request, token: &str, seconds: i64) -> String {
    let https = OwnAddress::of(request).is_https()
        || request.extensions().get::<CameByHttps>() == Some(&CameByHttps(true));
    let secure = if https { "; Secure" } else { "" };
    format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}")
}

#[OpenApi(tag = "Tags::Staff")]
impl Auth {
    /// Sign in
    ///
    /// The token signs in until it expires, is signed out, the account is blocked or its password changed. Too many failures
    /// lock the account, and the address they came from, for a minute and then for longer and longer: 429 `locked`.
    #[oai(path = "/auth/login", method = "post", operation_id = "auth_login")]
    async fn login(
        &self,
        request: &Request,
        body: JsonFields<LoginJson>,
    ) -> Result<SignedIn, Failure<Writes>> {
        if !is_own_page(request) {
            return Err(Error::new(Kind::Forbidden, "cross_site").into());
        }
        let mut fields = body.0;
        let email = fields.required_text("email")?;
        let password = fields.required_text("password")?;
        let address = request.extensions().get::<ClientAddress>().copied();
        let address = address.ok_or_else(|| Error::internal("no address in the request"))?;
        let signed_in = self.desk.sign_in(&email, password, address).await?;
        let seconds = SIGNED_IN_FOR.num_seconds();
        let cookie = session_cookie(request, &signed_in.token, seconds);
        let answer = LoginAnswer {
            token: signed_in.token,
            expires_at: moment(signed_in.expires_at),
            agent: signed_in.agent.into(),
        };
        Ok(SignedIn::In(Json(answer), cookie))
    }

    /// Sign out
    ///
    /// The token is worth nothing from now on. The service's `API_TOKEN` stays what it is.
    #[oai(path = "/auth/logout", method = "post", operation_id = "auth_logout")]
    async fn logout(
        &self,
        asking: StaffAsking,
        request: &Request,
    ) -> Result<SignedOut, Failure<Writes>> {
        self.desk.sign_out(&asking.token).await?;
        Ok(SignedOut::Out(session_cookie(request, "", 0)))
    }

    /// Who am I
    ///
    /// The account behind the token or the cookie. The service's `API_TOKEN` is no account: 403 `not_an_agent`.
    #[oai(path = "/auth/me", method = "get", operation_id = "auth_me")]
    async fn me(&self, asking: StaffAsking) -> Result<Json<AgentAnswer>, Failure<Reads>> {
        let agent = self.desk.own_account(&asking.staff).await?;
        Ok(Json(agent.into()))
    }
}
