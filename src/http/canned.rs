//! Canned answers: staff picks from them, owners keep them.

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
use crate::desk::canned::CannedRow;
use crate::domain::ids::CannedId;

pub struct Canned {
    pub desk: Arc<Desk>,
}

/// A canned answer.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CannedItem {
    pub id: i64,
    /// What is typed after `/t` in the group: one word, lower case.
    pub name: String,
    pub text: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

impl Example for CannedItem {
    fn example() -> Self {
        Self {
            id: 1,
            name: "delivery".to_owned(),
            text: "Your order arrives within two days.".to_owned(),
            created_at: "2026-03-01T12:00:05Z".to_owned(),
            updated_at: "2026-03-01T12:00:05Z".to_owned(),
        }
    }
}

impl From<CannedRow> for CannedItem {
    fn from(answer: CannedRow) -> Self {
        Self {
            id: answer.id.0,
            name: answer.name,
            text: answer.text,
            created_at: moment(answer.created_at),
            updated_at: moment(answer.updated_at),
        }
    }
}

/// A canned answer to store.
#[derive(Debug, Object)]
#[oai(example)]
pub struct CannedJson {
    /// One word of letters, digits, `-` and `_`; stored in lower case. No two have the same.
    #[oai(validator(max_length = 32, pattern = r"^\S+$"))]
    pub name: String,
    /// Not blank.
    #[oai(validator(max_length = 4096, pattern = r"\S"))]
    pub text: String,
}

impl Example for CannedJson {
    fn example() -> Self {
        Self {
            name: "delivery".to_owned(),
            text: "Your order arrives within two days.".to_owned(),
        }
    }
}

#[derive(ApiResponse)]
enum CannedAdded {
    /// It is stored.
    #[oai(status = 201)]
    Added(Json<CannedItem>),
}

#[derive(ApiResponse)]
enum CannedDeleted {
    /// It is gone.
    #[oai(status = 204)]
    Deleted,
}

#[OpenApi(tag = "Tags::Desk")]
impl Canned {
    /// Canned answers
    ///
    /// All of them, by name.
    #[oai(
        path = "/support/canned",
        method = "get",
        operation_id = "canned_answers"
    )]
    async fn list(
        &self,
        asking: StaffAsking,
    ) -> Result<Json<Vec<CannedItem>>, Failure<StaffReads>> {
        let answers = self.desk.canned_answers(&asking.staff).await?;
        Ok(Json(answers.into_iter().map(CannedItem::from).collect()))
    }

    /// Add a canned answer
    ///
    /// For owners. 409 `name_taken` where another has the name.
    #[oai(
        path = "/support/canned",
        method = "post",
        operation_id = "add_canned_answer"
    )]
    async fn add(
        &self,
        asking: StaffAsking,
        body: JsonFields<CannedJson>,
    ) -> Result<CannedAdded, Failure<StaffWrites>> {
        let mut fields = body.0;
        let (name, text) = (fields.required_text("name")?, fields.required_text("text")?);
        let answer = self.desk.add_canned(&asking.staff, &name, &text).await?;
        Ok(CannedAdded::Added(Json(answer.into())))
    }

    /// Change a canned answer
    ///
    /// For owners. Both fields are replaced.
    #[oai(
        path = "/support/canned/:id",
        method = "put",
        operation_id = "change_canned_answer"
    )]
    async fn change(
        &self,
        asking: StaffAsking,
        /// The canned answer's id.
        id: Path<i64>,
        body: JsonFields<CannedJson>,
    ) -> Result<Json<CannedItem>, Failure<StaffWrites>> {
        let mut fields = body.0;
        let (name, text) = (fields.required_text("name")?, fields.required_text("text")?);
        let (staff, id) = (&asking.staff, CannedId(id.0));
        let answer = self.desk.change_canned(staff, id, &name, &text).await?;
        Ok(Json(answer.into()))
    }

    /// Delete a canned answer
    ///
    /// For owners. Answers that were given with it stay.
    #[oai(
        path = "/support/canned/:id",
        method = "delete",
        operation_id = "delete_canned_answer"
    )]
    async fn delete(
        &self,
        asking: StaffAsking,
        /// The canned answer's id.
        id: Path<i64>,
    ) -> Result<CannedDeleted, Failure<StaffWrites>> {
        let id = CannedId(id.0);
        self.desk.delete_canned(&asking.staff, id).await?;
        Ok(CannedDeleted::Deleted)
    }
}
