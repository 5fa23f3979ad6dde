//! The body of `POST /support/tickets/{id}/messages/`: JSON, or a form with files.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaRequest, MetaSchema, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::errors::as_poem;
use super::form_or_json::{self, inline};
use super::ticket_payloads::TicketMessageJson;
use super::upload::{self, Form, Wanted};
use crate::desk::answers::AnswerPart;
use crate::desk::operators::{TEXT_MAX_CHARS, checked_text};
use crate::domain::attachment::AttachmentKind;
use crate::domain::error::Error;
use crate::media::Stored;

const FORM: Wanted = Wanted {
    texts: &["text", "sender"],
    files: "file",
    only_photos: false,
    empty_is_absent: &[],
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
        Some(form_or_json::meta(
            "Without files as JSON; with files as a form.",
            json,
            form_schema(),
        ))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let checked = form_or_json::read(request, body, &FORM, check);
        checked.await.map(Self).map_err(as_poem)
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
