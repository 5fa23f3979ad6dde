//! `GET /uploads/{filename}`: files, served so that nothing in them can act.

use poem::error::StaticFileError;
use poem::http::{HeaderValue, header};
use poem::web::StaticFileRequest;
use poem::{IntoResponse, Response};
use poem_openapi::param::Path;
use poem_openapi::registry::{
    MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::{ApiResponse, OpenApi};

use super::Tags;
use super::errors::{Failure, Fetches};
use crate::domain::error::{Error, Kind};
use crate::media::{Uploads, serving};

pub struct Files {
    pub uploads: Uploads,
}

/// A file, whole or in part, or the word that the caller's copy is still right.
pub struct FileAnswer(Response);

impl IntoResponse for FileAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for FileAnswer {
    fn meta() -> MetaResponses {
        let bytes = || MetaMediaType {
            content_type: "*/*",
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format(
                "string", "binary",
            ))),
        };
        let response = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                response(200, "The file, with its sniffed type.", vec![bytes()]),
                response(206, "The part of it that `Range` asks for.", vec![bytes()]),
                response(
                    304,
                    "The copy that `If-None-Match` names is still right.",
                    Vec::new(),
                ),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

#[OpenApi(tag = "Tags::Mobile")]
impl Files {
    /// Fetch a file
    ///
    /// Names are unguessable and are the key to the file; a file never changes, so it may be kept for good.
    /// What is no known image, audio or video type comes as an attachment. Takes `Range` and `If-None-Match`.
    #[oai(
        path = "/uploads/:filename",
        method = "get",
        operation_id = "get_upload"
    )]
    async fn get(
        &self,
        /// The name as it stands in `photo_url`, `url` or `thumb_url`.
        filename: Path<String>,
        request: StaticFileRequest,
    ) -> Result<FileAnswer, Failure<Fetches>> {
        Ok(self.serve(&filename, request)?)
    }

    /// Ask about a file
    ///
    /// The same headers as for GET, and no body.
    #[oai(
        path = "/uploads/:filename",
        method = "head",
        operation_id = "head_upload"
    )]
    async fn head(
        &self,
        /// The name as it stands in `photo_url`, `url` or `thumb_url`.
        filename: Path<String>,
        request: StaticFileRequest,
    ) -> Result<FileAnswer, Failure<Fetches>> {
        let mut answer = self.serve(&filename, request)?;
        drop(answer.0.take_body());
        Ok(answer)
    }
}

impl Files {
    fn serve(&self, name: &str, request: StaticFileRequest) -> Result<FileAnswer, Error> {
        let path = self
            .uploads
            .path(name)
            .ok_or_else(|| Error::not_found("not_found"))?;
        let found = request
            .create_response(path, false, false)
            .map_err(refused)?;
        let serving = serving(name);
        let mut response = found
            .with_content_type(serving.content_type)
            .into_response();
        let fixed = [
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox",
            ),
            (
                header::CONTENT_DISPOSITION,
                if serving.inline {
                    "inline"
                } else {
                    "attachment"
                },
            ),
        ];
        for (name, value) in fixed {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        // Photos may be shown by pages of any origin that know the name.
        response.headers_mut().insert(
            "cross-origin-resource-policy",
            HeaderValue::from_static("cross-origin"),
        );
        Ok(FileAnswer(response))
    }
}

fn refused(error: StaticFileError) -> Error {
    match error {
        StaticFileError::NotFound => Error::not_found("not_found"),
        StaticFileError::RangeNotSatisfiable { size } => {
            Error::new(Kind::RangeNotSatisfiable, "range_not_satisfiable").with("size", size)
        }
        StaticFileError::PreconditionFailed => Error::new(Kind::BadRequest, "invalid_request"),
        other => Error::internal(format_args!("serving a file: {other}")),
    }
}
