//! `GET /uploads/{filename}`: files, served so that nothing in them can act.

use std::io::SeekFrom;

use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Body, IntoResponse, Request, Response};
use poem_openapi::param::Path;
use poem_openapi::registry::{
    MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::{ApiResponse, OpenApi};

use super::Tags;
use super::errors::{Failure, Fetches};
use super::range::{Wanted, names, wanted};
use crate::domain::error::{Error, Kind};
use crate::media::{Uploads, serving};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

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
        request: &Request,
    ) -> Result<FileAnswer, Failure<Fetches>> {
        Ok(self.serve(&filename, request).await?)
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
        request: &Request,
    ) -> Result<FileAnswer, Failure<Fetches>> {
        let mut answer = self.serve(&filename, request).await?;
        drop(answer.0.take_body());
        Ok(answer)
    }
}

/// What every answer about a file says: it may be kept for good, and nothing in it may act. Photos may
/// be shown by pages of any origin that know the name.
const FIXED: [(&str, &str); 5] = [
    ("accept-ranges", "bytes"),
    ("cache-control", "public, max-age=31536000, immutable"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox",
    ),
    ("cross-origin-resource-policy", "cross-origin"),
];

impl Files {
    async fn serve(&self, name: &str, request: &Request) -> Result<FileAnswer, Error> {
        let (file, size) = self.open(name).await?;
        // The content under a name never changes, so the name tells it apart.
        let etag = format!("\"{name}\"");
        let known = request.header(header::IF_NONE_MATCH);
        let mut response = if known.is_some_and(|known| names(known, &etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            // Ranges are for GET, and for whoever has parts of this very file.
            let same = request
                .header(header::IF_RANGE)
                .is_none_or(|tag| tag == etag);
            let range = request
                .header(header::RANGE)
                .filter(|_| same && request.method() == Method::GET);
            let wanted = wanted(range, size);
            content(name, file, size, wanted).await?
        };
        let headers = response.headers_mut();
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        Ok(FileAnswer(response))
    }

    /// The file and its size in bytes.
    async fn open(&self, name: &str) -> Result<(File, u64), Error> {
        let absent = || Error::not_found("not_found");
        let path = self.uploads.path(name).ok_or_else(absent)?;
        let failed =
            |error: std::io::Error| Error::internal(format_args!("serving a file: {error}"));
        let file = match File::open(path).await {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(absent()),
            Err(error) => return Err(failed(error)),
        };
        let found = file.metadata().await.map_err(failed)?;
        if !found.is_file() {
            return Err(absent());
        }
        Ok((file, found.len()))
    }
}

/// The file, or the part of it that is wanted.
async fn content(name: &str, mut file: File, size: u64, wanted: Wanted) -> Result<Response, Error> {
    let (first, length) = match wanted {
        Wanted::Whole => (0, size),
        Wanted::Part { first, last } => (first, last - first + 1),
        Wanted::Outside => {
            let outside = Error::new(Kind::RangeNotSatisfiable, "range_not_satisfiable");
            return Err(outside.with("size", size));
        }
    };
    file.seek(SeekFrom::Start(first))
        .await
        .map_err(|error| Error::internal(format_args!("serving a file: {error}")))?;
    let serving = serving(name);
    let disposition = if serving.inline {
        "inline"
    } else {
        "attachment"
    };
    let mut answer = Response::builder()
        .content_type(serving.content_type)
        .header(header::CONTENT_LENGTH, length)
        .header(header::CONTENT_DISPOSITION, disposition);
    if let Wanted::Part { first, last } = wanted {
        answer = answer.status(StatusCode::PARTIAL_CONTENT).header(
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{size}"),
        );
    }
    Ok(answer.body(Body::from_async_read(file.take(length))))
}
