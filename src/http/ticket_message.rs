//! The body of `POST /support/tickets/{id}/messages/`: JSON, or a form with files.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::body::{JSON_LIMIT, json_fields};
use super::errors::as_poem;
use super::ticket_payloads::TicketMessageJson;
use super::upload::{self, Form, Wanted};
use super::wire::{is_json, steady, unsupported};
use crate::desk::answers::AnswerPart;
use crate::desk::operators::{TEXT_MAX_CHARS, checked_text};
use crate::domain::attachment::AttachmentKind;
use crate::domain::error::Error;
use crate::media::{Stored, Uploads};

const FORM: Wanted = Wanted {
    texts: &["text", "sender"],
    files: "file",
    only_photos: false,
};

/// Who said what.
pub enum Saying {
    /// Stored in the contact's name.
    Contact(String),
    Staff(String, Vec<AnswerPart>),
}

/// A checked message.
pub struct TicketMessageBody(pub Saying);

impl<'a> ApiExtractor<'a> for TicketMessageBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        TicketMessageJson::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = TicketMessageJson::schema_ref();
        let form = MetaSchemaRef::Inline(Box::new(form_schema()));
        let content = [
            ("application/json; charset=utf-8", json),
            ("multipart/form-data", form),
        ];
        let content = content.map(|(content_type, schema)| MetaMediaType {
            content_type,
            schema,
        });
        Some(MetaRequest {
            description: Some("Without files as JSON; with files as a form."),
            content: content.into(),
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        read(request, body).await.map(Self).map_err(as_poem)
    }
}

async fn read(request: &Request, body: &mut RequestBody) -> Result<Saying, Error> {
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
        upload::read(&mut body, &boundary, uploads, &FORM).await
    };
    match read.await.and_then(check) {
        Ok(saying) => Ok(saying),
        Err(error) => {
            body.drain().await;
            Err(error)
        }
    }
}

fn check(form: Form) -> Result<Saying, Error> {
    let Form { mut fields, files } = form;
    let sender = fields.required_text("sender")?;
    let text = match fields.text("text")? {
        Some(raw) => checked_text(&raw)?,
        None if !files.is_empty() => String::new(),
        None => return Err(Error::missing("text")),
    };
    if text.trim().is_empty() && files.is_empty() {
        return Err(Error::bad("empty_message", "text"));
    }
    match sender.as_str() {
        "user" if files.is_empty() => Ok(Saying::Contact(text)),
        "user" => Err(Error::bad("invalid_field", "file")),
        "supp" => {
            let parts = files.into_iter();
            let parts = parts.map(|stored| AnswerPart::File(kind(&stored), stored));
            Ok(Saying::Staff(text, parts.collect()))
        }
        _ => Err(Error::bad("invalid_field", "sender")),
    }
}

/// What a file is shown as, by its content.
fn kind(stored: &Stored) -> AttachmentKind {
    let file = stored.file();
    if file.thumb.is_some() {
        return AttachmentKind::Photo;
    }
    match file.mime.split('/').next() {
        Some("video") => AttachmentKind::Video,
        Some("audio") => AttachmentKind::Audio,
        _ => AttachmentKind::Document,
    }
}

/// The form, described by hand: files in an array have no type of the library's.
fn form_schema() -> MetaSchema {
    let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
    let text = MetaSchema {
        max_length: Some(TEXT_MAX_CHARS),
        description: Some("The text. May be empty only together with a file."),
        ..MetaSchema::new("string")
    };
    let sender = MetaSchema {
        enum_items: vec!["user".into(), "supp".into()],
        description: Some("Files can only be sent as supp."),
        ..MetaSchema::new("string")
    };
    let file = MetaSchema::new_with_format("string", "binary");
    let files = MetaSchema {
        items: Some(Box::new(inline(file))),
        max_items: Some(upload::MOST_FILES),
        description: Some(
            "At most 10 × 1024 × 1024 bytes each, of any type. Repeat the field for more.",
        ),
        ..MetaSchema::new("array")
    };
    MetaSchema {
        required: vec!["sender"],
        properties: vec![
            ("text", inline(text)),
            ("sender", inline(sender)),
            ("file", inline(files)),
        ],
        ..MetaSchema::new("object")
    }
}
