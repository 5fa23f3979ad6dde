//! A body that comes as JSON, or as a form where there are files: read the one way or the other, and described
//! as both. What its fields mean is not said here.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef};

use super::body::{JSON_LIMIT, json_fields};
use super::upload::{self, Form, Wanted};
use super::wire::{is_json, steady, unsupported};
use crate::domain::error::Error;
use crate::media::Uploads;

/// Reads and checks a body. Of one that is refused the rest is read, so that its sender hears why, and no file stays.
///
/// # Errors
/// What reading it or `check` found wrong.
pub async fn read<T>(
    request: &Request,
    body: &mut RequestBody,
    wanted: &Wanted,
    check: impl FnOnce(Form) -> Result<T, Error>,
) -> Result<T, Error> {
    let uploads = request
        .data::<Uploads>()
        .ok_or_else(|| Error::internal("no uploads in the request"))?;
    let mut body = steady(request, body)?;
    let content_type = request.content_type();
    let read = async {
        if is_json(content_type) {
            let fields = json_fields(&body.collect(JSON_LIMIT).await?)?;
            let files = Vec::new();
            return Ok(Form { fields, files });
        }
        let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
        let boundary =
            boundary.ok_or_else(|| unsupported("multipart/form-data, application/json"))?;
        let mut form = upload::read(&mut body, &boundary, uploads, wanted).await?;
        // A form has no null: a field that was left empty says the same.
        for name in wanted.empty_is_absent {
            form.fields.forget_empty(name);
        }
        Ok(form)
    };
    match read.await.and_then(check) {
        Ok(checked) => Ok(checked),
        Err(error) => {
            body.drain().await;
            Err(error)
        }
    }
}

/// Both ways, for the document.
pub fn meta(description: &'static str, json: MetaSchemaRef, form: MetaSchema) -> MetaRequest {
    let content = [
        ("application/json; charset=utf-8", json),
        ("multipart/form-data", inline(form)),
    ];
    let content = content.map(|(content_type, schema)| MetaMediaType {
        content_type,
        schema,
    });
    MetaRequest {
        description: Some(description),
        content: content.into(),
        required: true,
    }
}

/// A schema that stands where it is used.
pub fn inline(schema: MetaSchema) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(schema))
}
