//! The one table from the house's errors to HTTP, and the body every error has.

use std::marker::PhantomData;

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object};

use crate::domain::error::{Error, Kind};

/// The body of every answer that is not a success.
#[derive(Debug, Object)]
#[oai(example)]
pub struct ErrorBody {
    /// For people, in the language of `Accept-Language` (ru, en, uz), else the server's.
    pub error: String,
    /// For programs: stable, snake_case.
    pub code: String,
    /// The field of the request that is to blame.
    #[oai(skip_serializing_if_is_none)]
    pub field: Option<String>,
}

impl poem_openapi::types::Example for ErrorBody {
    fn example() -> Self {
        Self {
            error: "Field user_id is required.".to_owned(),
            code: "missing_field".to_owned(),
            field: Some("user_id".to_owned()),
        }
    }
}

/// The status of each kind of error.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::BadRequest => StatusCode::BAD_REQUEST,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Kind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Kind::ShuttingDown | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Which errors an operation can answer with, for its documentation.
pub trait Statuses: Send + 'static {
    const ALL: &'static [u16];
}

/// Statuses of operations that only read.
pub struct Reads;
impl Statuses for Reads {
    const ALL: &'static [u16] = &[400, 401, 403, 429, 500, 503];
}

/// Statuses of operations that take a JSON body and store something.
pub struct Writes;
impl Statuses for Writes {
    const ALL: &'static [u16] = &[400, 401, 403, 413, 415, 429, 500, 503, 507];
}

/// Statuses of sending a message.
pub struct Sends;
impl Statuses for Sends {
    const ALL: &'static [u16] = &[400, 401, 403, 409, 413, 415, 429, 500, 503, 507];
}

/// Statuses of what a contact stores about something of its own.
pub struct ContactWrites;
impl Statuses for ContactWrites {
    const ALL: &'static [u16] = &[400, 401, 403, 404, 409, 413, 415, 429, 500, 503, 507];
}

/// Statuses of operations of staff that only read.
pub struct StaffReads;
impl Statuses for StaffReads {
    const ALL: &'static [u16] = &[400, 401, 403, 404, 429, 500, 503];
}

/// Statuses of operations of staff that store something.
pub struct StaffWrites;
impl Statuses for StaffWrites {
    const ALL: &'static [u16] = &[400, 401, 403, 404, 409, 413, 415, 429, 500, 503, 507];
}

/// Statuses of what a contact on the web reads.
pub struct ContactReads;
impl Statuses for ContactReads {
    const ALL: &'static [u16] = &[400, 401, 404, 429, 500, 503, 507];
}

/// Statuses of fetching a file.
pub struct Fetches;
impl Statuses for Fetches {
    const ALL: &'static [u16] = &[400, 404, 416, 429, 500, 503];
}

/// Statuses of looking at one thing.
pub struct Looks;
impl Statuses for Looks {
    const ALL: &'static [u16] = &[400, 401, 403, 404, 429, 500, 503];
}

/// Statuses of changing one thing.
pub struct Changes;
impl Statuses for Changes {
    const ALL: &'static [u16] = &[400, 401, 403, 404, 409, 413, 415, 429, 500, 503, 507];
}

fn describe(status: u16) -> &'static str {
    match status {
        400 => "A field is missing or wrong; `field` names it.",
        401 => "No token, or one that is not valid (of contacts only with `USER_AUTH=token`).",
        403 => "The token belongs to another user, or the role does not allow it.",
        404 => "There is no such thing.",
        409 => {
            "It does not go with what is stored: a `client_msg_id` of another message, a name that is taken, a ticket that is open. `code` says which."
        }
        413 => "The body or a photo is too large.",
        415 => "A content type this path does not take, or a photo that is no image.",
        416 => "The range lies outside the file.",
        429 => "Too many requests; `Retry-After` says in how many seconds to come again.",
        503 => "The server is stopping, or something it needs does not answer; come again later.",
        507 => "The server has run out of space; nothing was stored.",
        _ => "The server failed; the text holds the number of the request for its operator.",
    }
}

/// An error on its way out; the edge words it in the caller's language.
pub struct Failure<S>(pub Error, PhantomData<S>);

impl<S> From<Error> for Failure<S> {
    fn from(error: Error) -> Self {
        Self(error, PhantomData)
    }
}

impl<S: Statuses> From<Failure<S>> for poem::Error {
    fn from(failure: Failure<S>) -> Self {
        as_poem(failure.0)
    }
}

impl<S: Statuses> IntoResponse for Failure<S>
where
    S: Sync,
{
    fn into_response(self) -> Response {
        bare(self.0)
    }
}

/// An error for poem's hands, which replaces a response's extensions with data of its own.
pub fn as_poem(error: Error) -> poem::Error {
    let mut carried = poem::Error::from_response(bare(error.clone()));
    carried.set_data(error);
    carried
}

/// A response that still lacks its words.
pub fn bare(error: Error) -> Response {
    let mut response = Response::builder().status(status(error.kind)).finish();
    response.extensions_mut().insert(error);
    response
}

impl<S: Statuses> ApiResponse for Failure<S> {
    fn meta() -> MetaResponses {
        let responses = S::ALL.iter().map(|status| MetaResponse {
            description: describe(*status),
            status: Some(*status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/json; charset=utf-8",
                schema: ErrorBody::schema_ref(),
            }],
            headers: if *status == 429 {
                vec![retry_after()]
            } else {
                Vec::new()
            },
        });
        MetaResponses {
            responses: responses.collect(),
        }
    }

    fn register(registry: &mut Registry) {
        ErrorBody::register(registry);
    }
}

fn retry_after() -> MetaHeader {
    MetaHeader {
        name: "Retry-After".to_owned(),
        description: Some("Seconds to wait before the next try.".to_owned()),
        required: true,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema {
            minimum: Some(1.0),
            ..MetaSchema::new("integer")
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_statuses() {
        let table = [
            (Kind::BadRequest, 400),
            (Kind::Unauthorized, 401),
            (Kind::Forbidden, 403),
            (Kind::NotFound, 404),
            (Kind::MethodNotAllowed, 405),
            (Kind::Conflict, 409),
            (Kind::TooLarge, 413),
            (Kind::UnsupportedMedia, 415),
            (Kind::RangeNotSatisfiable, 416),
            (Kind::TooManyRequests, 429),
            (Kind::ShuttingDown, 503),
            (Kind::Unavailable, 503),
            (Kind::StorageFull, 507),
            (Kind::Internal, 500),
        ];
        for (kind, expected) in table {
            assert_eq!(status(kind).as_u16(), expected, "{kind:?}");
        }
    }
}
