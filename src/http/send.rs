//! The body of `POST /send_message`, as JSON or as a form with photos.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaRequest, MetaSchema, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::errors::as_poem;
use super::fields::Fields;
use super::form_or_json::{self, inline};
use super::payloads::SendMessageJson;
use super::upload::{self, Form, Wanted};
use crate::desk::intake::Incoming;
use crate::domain::error::Error;
use crate::domain::text;

/// Longest `client_msg_id`, characters.
pub const CLIENT_MSG_ID_MAX: usize = 128;
/// Longest `photo_url`, characters.
const PHOTO_URL_MAX: usize = 2048;

const FORM: Wanted = Wanted {
    texts: &[
        "user_id",
        "message",
        "user_name",
        "client_msg_id",
        "photo_url",
    ],
    files: "photo",
    only_photos: true,
    empty_is_absent: &[],
};

/// A checked message.
pub struct SendMessageBody(pub Incoming);

impl<'a> ApiExtractor<'a> for SendMessageBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        SendMessageJson::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = SendMessageJson::schema_ref();
        Some(form_or_json::meta(
            "Without photos as JSON; with photos as a form.",
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

fn check(form: Form, idempotency_key: Option<&str>) -> Result<Incoming, Error> {
    let Form {
        mut fields,
        files: photos,
    } = form;
    let user = fields.user_id()?;
    let has_photos = !photos.is_empty();
    let photo_link = fields.web_address("photo_url", PHOTO_URL_MAX)?;
    let text = match fields.text("message")? {
        Some(raw) => text::message_text(&raw, "message")?,
        None if has_photos || photo_link.is_some() => String::new(),
        None => return Err(Error::missing("message")),
    };
    if text.trim().is_empty() && !has_photos && photo_link.is_none() {
        return Err(Error::bad("empty_message", "message"));
    }
    let user_name = match fields.text("user_name")? {
        Some(raw) => text::contact_name(&raw, "user_name")?,
        None => None,
    };
    Ok(Incoming {
        user,
        text,
        user_name,
        photos,
        photo_link,
        client_msg_id: client_msg_id(&mut fields, idempotency_key)?,
    })
}

/// The header in any alphabet: one that went unseen for its letters would store a message twice.
pub fn idempotency_key(request: &Request) -> Result<Option<&str>, Error> {
    let value = request.headers().get("idempotency-key");
    value
        .map(|value| std::str::from_utf8(value.as_bytes()))
        .transpose()
        .map_err(|_| Error::bad("invalid_field", "client_msg_id"))
}

/// The field, or the header that means the same.
pub fn client_msg_id(fields: &mut Fields, header: Option<&str>) -> Result<Option<String>, Error> {
    let field = fields.word("client_msg_id", CLIENT_MSG_ID_MAX)?;
    let Some(header) = header else {
        return Ok(field);
    };
    let mut named = Fields::default();
    named.put("client_msg_id", header.to_owned())?;
    let header = named.word("client_msg_id", CLIENT_MSG_ID_MAX)?;
    match (&field, &header) {
        (Some(field), Some(header)) if field != header => {
            Err(Error::bad("client_msg_id_mismatch", "client_msg_id"))
        }
        _ => Ok(field.or(header)),
    }
}

/// The form, described by hand: files in an array have no type of the library's.
fn form_schema() -> MetaSchema {
    let text = |max, description| MetaSchema {
        max_length: Some(max),
        description: Some(description),
        ..MetaSchema::new("string")
    };
    let id = |max, description| MetaSchema {
        min_length: Some(1),
        pattern: Some(r"^[^\x00-\x1F\x7F-\x9F]+$".to_owned()),
        ..text(max, description)
    };
    let photo = MetaSchema {
        items: Some(Box::new(inline(MetaSchema::new_with_format(
            "string", "binary",
        )))),
        max_items: Some(upload::MOST_FILES),
        description: Some(
            "PNG, JPEG, GIF or WebP by its content, at most 10 × 1024 × 1024 bytes and 50 megapixels each. Repeat the field for more.",
        ),
        ..MetaSchema::new("array")
    };
    MetaSchema {
        required: vec!["user_id"],
        properties: vec![
            (
                "user_id",
                inline(id(
                    128,
                    "The app's own id of its user, without control characters.",
                )),
            ),
            (
                "message",
                inline(text(
                    text::MESSAGE_MAX_CHARS,
                    "The text. May be empty or blank only together with a photo.",
                )),
            ),
            (
                "user_name",
                inline(text(
                    text::NAME_MAX_CHARS,
                    "Remembered as the contact's name.",
                )),
            ),
            (
                "client_msg_id",
                inline(id(
                    CLIENT_MSG_ID_MAX,
                    "The app's own id of this message, as in JSON.",
                )),
            ),
            ("photo", inline(photo)),
        ],
        ..MetaSchema::new("object")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(body: Value, header: Option<&str>) -> Result<Incoming, Error> {
        let Value::Object(map) = body else {
            panic!("not an object")
        };
        let form = Form {
            fields: map.into(),
            files: Vec::new(),
        };
        check(form, header)
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let long = "x".repeat(16_001);
        let cases = [
            (json!({}), "missing_field", "user_id"),
            (
                json!({"user_id": 5, "message": "x"}),
                "invalid_field",
                "user_id",
            ),
            (
                json!({"user_id": "", "message": "x"}),
                "missing_field",
                "user_id",
            ),
            (
                json!({"user_id": "a\u{7}", "message": "x"}),
                "invalid_user_id",
                "user_id",
            ),
            (json!({"user_id": "a"}), "missing_field", "message"),
            (
                json!({"user_id": "a", "message": null}),
                "missing_field",
                "message",
            ),
            (
                json!({"user_id": "a", "message": " \n\u{0}"}),
                "empty_message",
                "message",
            ),
            (
                json!({"user_id": "a", "message": long}),
                "message_too_long",
                "message",
            ),
            (
                json!({"user_id": "a", "message": "x", "user_name": ["n"]}),
                "invalid_field",
                "user_name",
            ),
            (
                json!({"user_id": "a", "message": "x", "user_name": "n".repeat(257)}),
                "name_too_long",
                "user_name",
            ),
            (
                json!({"user_id": "a", "message": "x", "photo_url": "ftp://h/x.png"}),
                "invalid_url",
                "photo_url",
            ),
            (
                json!({"user_id": "a", "message": "x", "photo_url": "javascript:alert(1)"}),
                "invalid_url",
                "photo_url",
            ),
            (
                json!({"user_id": "a", "message": "x", "client_msg_id": ""}),
                "missing_field",
                "client_msg_id",
            ),
        ];
        for (body, code, field) in cases {
            let error = checked(body.clone(), None)
                .err()
                .unwrap_or_else(|| panic!("taken: {body}"));
            assert_eq!(
                (error.code, error.field.as_deref()),
                (code, Some(field)),
                "{body}"
            );
        }
    }

    #[test]
    fn a_blank_text_is_fine_with_a_link_to_a_photo() {
        let incoming = checked(
            json!({"user_id": "a", "photo_url": "https://h.example/x.png", "user_name": "  "}),
            None,
        )
        .unwrap();
        assert_eq!((incoming.text.as_str(), incoming.user_name), ("", None));
    }

    #[test]
    fn header_and_field_may_both_name_the_message_if_they_agree() {
        let body = json!({"user_id": "a", "message": "x", "client_msg_id": "1"});
        assert_eq!(
            checked(body.clone(), Some("1"))
                .unwrap()
                .client_msg_id
                .as_deref(),
            Some("1")
        );
        assert_eq!(
            checked(body, Some("2")).err().unwrap().code,
            "client_msg_id_mismatch"
        );
        let bare = json!({"user_id": "a", "message": "x"});
        assert_eq!(
            checked(bare, Some("2")).unwrap().client_msg_id.as_deref(),
            Some("2")
        );
    }
}
