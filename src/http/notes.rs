//! Notes on a ticket, which only staff sees.

use std::sync::Arc;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tags;
use super::errors::{Failure, StaffReads, StaffWrites};
use super::staff::StaffAsking;
use super::wire::{JsonFields, moment};
use crate::desk::Desk;
use crate::desk::tickets::NoteRow;
use crate::domain::ids::TicketId;

pub struct Notes {
    pub desk: Arc<Desk>,
}

/// A note.
#[derive(Debug, Object)]
#[oai(example)]
pub struct NoteItem {
    pub id: i64,
    /// The ticket's id.
    pub ticket: i64,
    /// The agent's id; null where a service wrote it, or the account is gone.
    pub agent: Option<i64>,
    /// The author's name, which stays when the account goes.
    pub agent_name: String,
    pub text: String,
    /// RFC 3339, UTC.
    pub created_at: String,
}

impl Example for NoteItem {
    fn example() -> Self {
        Self {
            id: 7,
            ticket: 12,
            agent: Some(3),
            agent_name: "Olga".to_owned(),
            text: "Called the depot: the parcel left today.".to_owned(),
            created_at: "2026-03-01T12:00:05Z".to_owned(),
        }
    }
}

impl From<NoteRow> for NoteItem {
    fn from(note: NoteRow) -> Self {
        Self {
            id: note.id.0,
            ticket: note.ticket.0,
            agent: note.agent.map(|agent| agent.0),
            agent_name: note.agent_name,
            text: note.text,
            created_at: moment(note.created_at),
        }
    }
}

/// A note to add.
#[derive(Debug, Object)]
#[oai(example)]
pub struct NoteJson {
    /// Not blank.
    #[oai(validator(min_length = 1, max_length = 4096))]
    pub text: String,
}

impl Example for NoteJson {
    fn example() -> Self {
        Self {
            text: "Called the depot: the parcel left today.".to_owned(),
        }
    }
}

#[derive(ApiResponse)]
enum NoteAdded {
    /// The note is stored.
    #[oai(status = 201)]
    Added(Json<NoteItem>),
}

#[OpenApi(tag = "Tags::Desk")]
impl Notes {
    /// Notes of a ticket
    ///
    /// All of them, oldest first. The contact never sees them.
    #[oai(
        path = "/support/tickets/:id/notes",
        method = "get",
        operation_id = "ticket_notes"
    )]
    async fn notes(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
    ) -> Result<Json<Vec<NoteItem>>, Failure<StaffReads>> {
        let notes = self.desk.notes(&asking.staff, TicketId(id.0)).await?;
        Ok(Json(notes.into_iter().map(NoteItem::from).collect()))
    }

    /// Add a note
    ///
    /// On tickets that are one's own or nobody's; owners on all. It is told to the other operators, never to the contact.
    #[oai(
        path = "/support/tickets/:id/notes",
        method = "post",
        operation_id = "add_ticket_note"
    )]
    async fn add_note(
        &self,
        asking: StaffAsking,
        /// The ticket's id.
        id: Path<i64>,
        body: JsonFields<NoteJson>,
    ) -> Result<NoteAdded, Failure<StaffWrites>> {
        let mut fields = body.0;
        let text = fields.required_text("text")?;
        let note = self.desk.add_note(&asking.staff, TicketId(id.0), text);
        Ok(NoteAdded::Added(Json(note.await?.into())))
    }
}
