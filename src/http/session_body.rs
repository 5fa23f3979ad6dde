//! The body of `POST /support/api/messages/`, as JSON or as a form with files.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaRequest, MetaSchema, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;
use uuid::Uuid;

use super::contact::session;
use super::errors::as_poem;
use super::fields::Fields;
use super::form_or_json::{self, inline};
use super::send::{CLIENT_MSG_ID_MAX, client_msg_id, idempotency_key};
use super::session_wire::ChatMessageJson;
use super::upload::{self, Form, Wanted};
use crate::desk::sessions::ChatMessage;
use crate::domain::error::Error;
use crate::domain::text;

/// Longest `page_url`, characters.
const PAGE_URL_MAX: usize = 2048;
/// Longest `subject`, characters.
const SUBJECT_MAX: usize = 255;
/// What a message may call itself.
const TYPES: [&str; 3] = ["text", "image", "file"];

const FORM: Wanted = Wanted {
    texts: &[
        "content",
        "message_type",
        "page_url",
        "subject",
        "session_id",
        "client_msg_id",
    ],
    files: "file",
    only_photos: false,
    empty_is_absent: &[
        "message_type",
        "page_url",
        "subject",
        "session_id",
        "client_msg_id",
    ],
};

/// A checked message.
pub struct ChatMessageBody(pub ChatMessage);

impl<'a> ApiExtractor<'a> for ChatMessageBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        ChatMessageJson::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = ChatMessageJson::schema_ref();
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
        let checked = form_or_json::read(request, body, &FORM, |form| {
            check(form, idempotency_key(request)?)
        });
        checked.await.map(Self).map_err(as_poem)
    }
}

fn check(form: Form, idempotency_key: Option<&str>) -> Result<ChatMessage, Error> {
    let Form { mut fields, files } = form;
    let text = match fields.text("content")? {
        Some(raw) => text::message_text(&raw, "content")?,
        None if !files.is_empty() => String::new(),
        None => return Err(Error::missing("content")),
    };
    if text.trim().is_empty() && files.is_empty() {
        return Err(Error::bad("empty_message", "content"));
    }
    let named = fields.text("message_type")?;
    if named.is_some_and(|word| !TYPES.contains(&word.as_str())) {
        return Err(Error::bad("invalid_field", "message_type"));
    }
    Ok(ChatMessage {
        text,
        files,
        page_url: fields.web_address("page_url", PAGE_URL_MAX)?,
        subject: subject(&mut fields)?,
        client_msg_id: client_msg_id(&mut fields, idempotency_key)?,
        // Last: whatever else is wrong is the caller's to mend, an unknown session may be none of its business.
        session: session_id(&mut fields)?,
    })
}

/// One line; blank means none was given.
fn subject(fields: &mut Fields) -> Result<Option<String>, Error> {
    let Some(raw) = fields.text("subject")? else {
        return Ok(None);
    };
    if raw.chars().count() > SUBJECT_MAX {
        return Err(Error::bad("field_too_long", "subject").with("max", SUBJECT_MAX));
    }
    let line = text::without_control(&raw).replace(['\n', '\t'], " ");
    let line = line.trim();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

/// A session that can not be is one that is not there, whatever was sent for it.
fn session_id(fields: &mut Fields) -> Result<Option<Uuid>, Error> {
    match fields.any("session_id") {
        None => Ok(None),
        Some(Value::String(raw)) => session(&raw).map(Some),
        Some(_) => session("").map(Some),
    }
}

/// The form, described by hand: files in an array have no type of the library's.
fn form_schema() -> MetaSchema {
    let text = |max, description| MetaSchema {
        max_length: Some(max),
        description: Some(description),
        ..MetaSchema::new("string")
    };
    let files = MetaSchema {
        items: Some(Box::new(inline(MetaSchema::new_with_format(
            "string", "binary",
        )))),
        max_items: Some(upload::MOST_FILES),
        description: Some(
            "Files of any type, at most 10 × 1024 × 1024 bytes each. Pictures (PNG, JPEG, GIF, WebP by their content) lose their metadata. Repeat the field for more.",
        ),
        ..MetaSchema::new("array")
    };
    let kind = MetaSchema {
        enum_items: TYPES.iter().map(|word| Value::from(*word)).collect(),
        description: Some("What is answered and shown goes by what the message really holds."),
        ..MetaSchema::new("string")
    };
    let session = MetaSchema {
        description: Some("The session to go on with; without it a new one begins."),
        ..MetaSchema::new("string")
    };
    MetaSchema {
        properties: vec![
            (
                "content",
                inline(text(
                    text::MESSAGE_MAX_CHARS,
                    "The text. May be empty, blank or left out together with a file.",
                )),
            ),
            ("message_type", inline(kind)),
            (
                "page_url",
                inline(text(
                    PAGE_URL_MAX,
                    "http or https address of the page it is written from.",
                )),
            ),
            (
                "subject",
                inline(text(SUBJECT_MAX, "What a new session is about.")),
            ),
            ("session_id", inline(session)),
            (
                "client_msg_id",
                inline(text(
                    CLIENT_MSG_ID_MAX,
                    "The page's own id of this message, as in JSON.",
                )),
            ),
            ("file", inline(files)),
        ],
        ..MetaSchema::new("object")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Kind;
    use serde_json::json;

    fn checked(body: Value) -> Result<ChatMessage, Error> {
        let Value::Object(map) = body else {
            panic!("not an object")
        };
        let form = Form {
            fields: map.into(),
            files: Vec::new(),
        };
        check(form, None)
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let long = |length| "x".repeat(length);
        let address = |length| format!("https://h.example/{}", long(length));
        for (body, code, field) in [
            (json!({}), "missing_field", "content"),
            (json!({"content": null}), "missing_field", "content"),
            (json!({"content": 5}), "invalid_field", "content"),
            (json!({"content": " \n\u{0}"}), "empty_message", "content"),
            (
                json!({"content": long(16_001)}),
                "message_too_long",
                "content",
            ),
            (
                json!({"content": "x", "message_type": "video"}),
                "invalid_field",
                "message_type",
            ),
            (
                json!({"content": "x", "message_type": 1}),
                "invalid_field",
                "message_type",
            ),
            (
                json!({"content": "x", "page_url": "ftp://h/x"}),
                "invalid_url",
                "page_url",
            ),
            (
                json!({"content": "x", "page_url": "javascript:alert(1)"}),
                "invalid_url",
                "page_url",
            ),
            (
                json!({"content": "x", "page_url": address(2049)}),
                "field_too_long",
                "page_url",
            ),
            (
                json!({"content": "x", "page_url": []}),
                "invalid_field",
                "page_url",
            ),
            (
                json!({"content": "x", "subject": long(256)}),
                "field_too_long",
                "subject",
            ),
            (
                json!({"content": "x", "subject": 1}),
                "invalid_field",
                "subject",
            ),
            (
                json!({"content": "x", "client_msg_id": long(129)}),
                "field_too_long",
                "client_msg_id",
            ),
        ] {
            let error = checked(body.clone())
                .err()
                .unwrap_or_else(|| panic!("taken: {body}"));
            let found = (error.code, error.field.as_deref());
            assert_eq!(found, (code, Some(field)), "{body}");
        }
    }

    #[test]
    fn a_session_that_can_not_be_is_not_there() {
        for wrong in [json!(""), json!("x"), json!(5), json!([]), json!("../a")] {
            let body = json!({"content": "x", "session_id": wrong});
            let error = checked(body).err().unwrap();
            assert_eq!(
                (error.kind, error.code),
                (Kind::NotFound, "session_not_found")
            );
        }
        let id = "6F1F64C2-5a0e-4a54-9a6e-0d7f1f3c9a01";
        let known = checked(json!({"content": "x", "session_id": id})).unwrap();
        assert_eq!(known.session.unwrap().to_string(), id.to_lowercase());
    }

    #[test]
    fn null_is_absent_and_a_subject_is_one_line() {
        let said = checked(json!({
            "content": "x", "session_id": null, "page_url": null, "subject": " a\nb\u{0} ", "message_type": null, "further": {},
        }))
        .unwrap();
        assert_eq!(said.subject.as_deref(), Some("a b"));
        assert_eq!((said.session, said.page_url), (None, None));
        let blank = checked(json!({"content": "x", "subject": "  "})).unwrap();
        assert_eq!(blank.subject, None);
    }
}
