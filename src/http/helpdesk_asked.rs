//! What programs send about tickets in the helpdesk interface, and how it is read.

use poem_openapi::Object;

use super::fields::Fields;
use crate::desk::helpdesk::{TITLE_MAX, TicketEdit};
use crate::desk::tickets::NOTE_MAX_CHARS;
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId};
use crate::domain::text;
use crate::domain::ticket::{Priority, Status};

/// A ticket to open.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskNewTicket")]
pub struct NewTicketJson {
    /// Id of the user who asks.
    #[oai(validator(minimum(value = "1")))]
    pub user: i64,
    /// At most 255 characters, one line.
    #[oai(validator(
        max_length = 255,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    pub title: String,
    /// Id of a category; decides whose ticket it becomes.
    #[oai(validator(minimum(value = "1")))]
    pub category: Option<i64>,
    /// At most 16000 characters; becomes the first message.
    #[oai(validator(max_length = 16000))]
    pub description: Option<String>,
    /// low, medium (where absent) or high.
    #[oai(validator(pattern = "^(low|medium|high)$"))]
    pub priority: Option<String>,
}

/// What to change of a ticket; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskTicketChange")]
pub struct TicketChangeJson {
    /// Only to be the ticket's own: a ticket stays its user's.
    #[oai(validator(minimum(value = "1")))]
    pub user: Option<i64>,
    /// At most 255 characters, one line.
    #[oai(validator(
        max_length = 255,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    pub title: Option<String>,
    /// Id of a category; null takes it away.
    #[oai(validator(minimum(value = "1")))]
    pub category: Option<i64>,
    /// At most 16000 characters; the first message stays as it was.
    #[oai(validator(max_length = 16000))]
    pub description: Option<String>,
    /// low, medium or high.
    #[oai(validator(pattern = "^(low|medium|high)$"))]
    pub priority: Option<String>,
    /// Any of the statuses; closed and expired end the ticket, the others open one that is over.
    #[oai(validator(
        pattern = "^(open|waiting_admin|in_progress|waiting_user|replied|escalated|expired|closed)$"
    ))]
    pub status: Option<String>,
    /// Id of an admin; null gives the ticket to nobody.
    #[oai(validator(minimum(value = "1")))]
    pub assigned_admin: Option<i64>,
    pub is_read: Option<bool>,
    /// At most 4096 characters, where the status ends the ticket.
    #[oai(validator(max_length = 4096))]
    pub close_reason: Option<String>,
}

/// The same with the title, which a PUT must have.
#[derive(Debug, Object)]
#[oai(rename = "HelpdeskTicketPut")]
pub struct TicketPutJson {
    /// Only to be the ticket's own: a ticket stays its user's.
    #[oai(validator(minimum(value = "1")))]
    pub user: Option<i64>,
    /// At most 255 characters, one line.
    #[oai(validator(
        max_length = 255,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"
    ))]
    pub title: String,
    /// Id of a category; null takes it away.
    #[oai(validator(minimum(value = "1")))]
    pub category: Option<i64>,
    /// At most 16000 characters; the first message stays as it was.
    #[oai(validator(max_length = 16000))]
    pub description: Option<String>,
    /// low, medium or high.
    #[oai(validator(pattern = "^(low|medium|high)$"))]
    pub priority: Option<String>,
    /// Any of the statuses; closed and expired end the ticket, the others open one that is over.
    #[oai(validator(
        pattern = "^(open|waiting_admin|in_progress|waiting_user|replied|escalated|expired|closed)$"
    ))]
    pub status: Option<String>,
    /// Id of an admin; null gives the ticket to nobody.
    #[oai(validator(minimum(value = "1")))]
    pub assigned_admin: Option<i64>,
    pub is_read: Option<bool>,
    /// At most 4096 characters, where the status ends the ticket.
    #[oai(validator(max_length = 4096))]
    pub close_reason: Option<String>,
}

/// Whom to give a ticket to.
#[derive(Debug, Object)]
pub struct AssignAdminJson {
    /// Id of an admin who is not blocked.
    #[oai(validator(minimum(value = "1")))]
    pub admin_id: i64,
}

/// How a ticket is closed.
#[derive(Debug, Object)]
pub struct CloseJson {
    /// Id of the admin who closes it; absent or null is whoever asks.
    #[oai(validator(minimum(value = "1")))]
    pub admin_id: Option<i64>,
    /// At most 4096 characters.
    #[oai(validator(max_length = 4096))]
    pub close_reason: Option<String>,
}

pub fn invalid(name: &'static str) -> Error {
    Error::bad("invalid_field", name)
}

pub fn title(fields: &mut Fields) -> Result<Option<String>, Error> {
    let title = fields.line("title", TITLE_MAX)?;
    match title {
        Some(title) if title.is_empty() => Err(Error::missing("title")),
        title => Ok(title),
    }
}

pub fn description(fields: &mut Fields) -> Result<Option<String>, Error> {
    let raw = fields.text("description")?;
    raw.map(|raw| text::message_text(&raw, "description"))
        .transpose()
}

pub fn priority(word: Option<String>) -> Result<Option<Priority>, Error> {
    let parse = |word: String| Priority::parse(&word).ok_or_else(|| invalid("priority"));
    word.map(parse).transpose()
}

pub fn status(word: Option<String>) -> Result<Option<Status>, Error> {
    let parse = |word: String| Status::parse(&word).ok_or_else(|| invalid("status"));
    word.map(parse).transpose()
}

pub fn reason(fields: &mut Fields) -> Result<Option<String>, Error> {
    let Some(raw) = fields.text("close_reason")? else {
        return Ok(None);
    };
    if raw.chars().count() > NOTE_MAX_CHARS {
        return Err(Error::bad("field_too_long", "close_reason").with("max", NOTE_MAX_CHARS));
    }
    let reason = text::without_control(&raw);
    Ok(Some(reason).filter(|reason| !reason.trim().is_empty()))
}

pub fn edit(fields: &mut Fields) -> Result<TicketEdit, Error> {
    Ok(TicketEdit {
        title: title(fields)?,
        description: description(fields)?,
        priority: priority(fields.text("priority")?)?,
        category: fields
            .id_or_nobody("category")?
            .map(|id| id.map(CategoryId)),
        agent: fields
            .id_or_nobody("assigned_admin")?
            .map(|id| id.map(AgentId)),
        status: status(fields.text("status")?)?,
        close_reason: reason(fields)?,
        viewed: fields.flag("is_read")?,
    })
}
