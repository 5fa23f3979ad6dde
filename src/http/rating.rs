//! Contacts rate their tickets.

use std::sync::Arc;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::Tags;
use super::asking::Asking;
use super::contact::{ContactAsking, SessionInPath};
use super::errors::{ContactWrites, Failure};
use super::fields::Fields;
use super::wire::JsonFields;
use crate::desk::Desk;
use crate::desk::rating::Rating;
use crate::domain::error::Error;
use crate::domain::ids::TicketId;

pub struct Ratings {
    pub desk: Arc<Desk>,
}

/// A rating of a ticket.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RateTicketJson {
    /// The app's own id of its user, without control characters.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: String,
    /// From 1, bad, to 5, good.
    #[oai(validator(minimum(value = "1"), maximum(value = "5")))]
    pub rating: i64,
    /// As in `ticket_closed`; without it, the user's ticket that was closed last.
    #[oai(validator(minimum(value = "0")))]
    pub ticket_id: Option<i64>,
    /// In the user's own words.
    #[oai(validator(max_length = 2000))]
    pub comment: Option<String>,
}

impl Example for RateTicketJson {
    fn example() -> Self {
        Self {
            user_id: "user-42".to_owned(),
            rating: 5,
            ticket_id: Some(12),
            comment: Some("Quick and kind.".to_owned()),
        }
    }
}

/// The rating that stands now.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RateTicketAnswer {
    pub success: bool,
    /// The ticket it went to.
    pub ticket_id: i64,
    pub rating: i64,
}

impl Example for RateTicketAnswer {
    fn example() -> Self {
        Self {
            success: true,
            ticket_id: 12,
            rating: 5,
        }
    }
}

/// A rating of a session.
#[derive(Debug, Object)]
#[oai(example)]
pub struct RateSessionJson {
    /// From 1, bad, to 5, good.
    #[oai(validator(minimum(value = "1"), maximum(value = "5")))]
    pub rating: i64,
    /// In the contact's own words.
    #[oai(validator(max_length = 2000))]
    pub comment: Option<String>,
}

impl Example for RateSessionJson {
    fn example() -> Self {
        Self {
            rating: 5,
            comment: Some("Quick and kind.".to_owned()),
        }
    }
}

/// The rating that stands now.
#[derive(Debug, Object)]
pub struct RateSessionAnswer {
    pub success: bool,
    pub session_id: String,
    pub rating: i64,
}

#[OpenApi]
impl Ratings {
    /// Rate a closed ticket
    ///
    /// From 1 to 5, when the ticket is closed (the socket hears `ticket_closed`). A second rating within 7 days of the first
    /// replaces it, later it is a 409 `rating_is_final`; a ticket that is open is a 409 `ticket_open`.
    #[oai(
        path = "/rate_ticket",
        method = "post",
        operation_id = "rate_ticket",
        tag = "Tags::Mobile"
    )]
    async fn rate(
        &self,
        asking: Asking,
        body: JsonFields<RateTicketJson>,
    ) -> Result<Json<RateTicketAnswer>, Failure<ContactWrites>> {
        let mut fields = body.0;
        let (user, ticket) = (fields.user_id()?, fields.number("ticket_id")?);
        let rating = opinion(&mut fields)?;
        let stars = rating.stars;
        let ticket = ticket.map(TicketId);
        let ticket = self.desk.rate(&asking.caller, user, ticket, rating).await?;
        Ok(Json(RateTicketAnswer {
            success: true,
            ticket_id: ticket.0,
            rating: stars,
        }))
    }

    /// Rate a closed session
    ///
    /// From 1 to 5, when the session is closed. A second rating within 7 days of the first replaces it, later it is a 409
    /// `rating_is_final`; a session that is open is a 409 `ticket_open`.
    #[oai(
        path = "/support/api/sessions/:session_id/rating",
        method = "post",
        operation_id = "rate_session",
        tag = "Tags::Web"
    )]
    async fn rate_session(
        &self,
        asking: ContactAsking,
        /// The session.
        session_id: Path<SessionInPath>,
        body: JsonFields<RateSessionJson>,
    ) -> Result<Json<RateSessionAnswer>, Failure<ContactWrites>> {
        let (session, mut fields) = (session_id.id()?, body.0);
        let given = opinion(&mut fields)?;
        let rating = given.stars;
        self.desk
            .rate_session(&asking.caller, session, given)
            .await?;
        Ok(Json(RateSessionAnswer {
            success: true,
            session_id: session.to_string(),
            rating,
        }))
    }
}

fn opinion(fields: &mut Fields) -> Result<Rating, Error> {
    Ok(Rating {
        stars: fields.required_number("rating")?,
        comment: fields.text("comment")?,
    })
}
