//! The parameters of one Bot API call, however they came: query, form, JSON or multipart. As in the Bot
//! API itself each value is text; objects are JSON in text.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use super::answer::ApiError;
use super::entities::{Entity, settle, units};
use super::html::{self, Formatted};

#[derive(Default)]
pub(super) struct Params {
    fields: HashMap<String, String>,
    uploads: Vec<(String, Upload)>,
}

/// A file that came with the call, or that the sandbox fetched for it.
#[derive(Clone)]
pub(super) struct Upload {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

impl Params {
    pub async fn read(
        query: Option<&str>,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Self, ApiError> {
        let mut params = Self::default();
        params.take_form(query.unwrap_or_default().as_bytes());
        let content_type = content_type.unwrap_or_default();
        if content_type.starts_with("application/json") {
            params.take_json(&body)?;
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            params.take_form(&body);
        } else if let Ok(boundary) = multer::parse_boundary(content_type) {
            params
                .take_multipart(boundary, body)
                .await
                .map_err(|_| ApiError::bad("Bad Request: can't parse multipart request body"))?;
        }
        Ok(params)
    }

    fn take_form(&mut self, encoded: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(encoded) {
            self.fields.insert(name.into_owned(), value.into_owned());
        }
    }

    fn take_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        if body.is_empty() {
            return Ok(());
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Err(ApiError::bad(
                "Bad Request: can't parse request body as JSON object",
            ));
        };
        for (name, value) in object {
            match value {
                Value::Null => {}
                Value::String(text) => {
                    self.fields.insert(name, text);
                }
                other => {
                    self.fields.insert(name, other.to_string());
                }
            }
        }
        Ok(())
    }

    async fn take_multipart(&mut self, boundary: String, body: Bytes) -> Result<(), multer::Error> {
        let body = stream::once(async move { Ok::<_, std::io::Error>(body) });
        let mut form = multer::Multipart::new(body, boundary);
        while let Some(field) = form.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let mime = field.content_type().map(ToString::to_string);
            let plain = file_name.is_none() && mime.is_none();
            let upload = Upload {
                name: file_name.unwrap_or_else(|| "file".to_owned()),
                mime: mime.unwrap_or_else(|| "application/octet-stream".to_owned()),
                bytes: field.bytes().await?,
            };
            // A file may come without name and type; whether a plain part is one shows only when
            // another field refers to it by `attach://`.
            if plain && let Ok(text) = std::str::from_utf8(&upload.bytes) {
                self.fields.insert(name.clone(), text.to_owned());
            }
            self.uploads.push((name, upload));
        }
        Ok(())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| matches!(value, "true" | "True" | "1" | "yes"))
    }

    pub fn json(&self, name: &str) -> Option<Result<Value, serde_json::Error>> {
        self.text(name).map(serde_json::from_str)
    }

    /// The first file of that part name.
    pub fn upload(&self, name: &str) -> Option<&Upload> {
        self.uploads_named(name).next()
    }

    pub fn uploads_named(&self, name: &str) -> impl Iterator<Item = &Upload> {
        let parts = self.uploads.iter();
        parts
            .filter(move |(part, _)| part == name)
            .map(|(_, upload)| upload)
    }

    pub fn put_upload(&mut self, name: String, upload: Upload) {
        self.uploads.push((name, upload));
    }

    /// A text with its entities, from `parse_mode` or the list of entities.
    pub fn formatted(&self, name: &str, entities: &str) -> Result<Formatted, ApiError> {
        format(
            self.text(name).unwrap_or_default(),
            self.text("parse_mode"),
            self.text(entities),
        )
    }
}

/// Applies a parse mode to a text as Telegram would. Of the modes only HTML is known here: Relaydesk
/// sends no other, so any other is a mistake worth hearing of.
pub(super) fn format(
    text: &str,
    parse_mode: Option<&str>,
    entities: Option<&str>,
) -> Result<Formatted, ApiError> {
    let text = text.replace('\r', "");
    let formatted = match parse_mode {
        Some(mode) if mode.eq_ignore_ascii_case("html") => html::parse(&text)
            .map_err(|why| ApiError::bad(format!("Bad Request: can't parse entities: {why}")))?,
        Some(_) => return Err(ApiError::bad("Bad Request: unsupported parse_mode")),
        None => Formatted {
            entities: explicit(&text, entities)?,
            text,
        },
    };
    Ok(settle(formatted))
}

fn explicit(text: &str, entities: Option<&str>) -> Result<Vec<Entity>, ApiError> {
    let Some(entities) = entities else {
        return Ok(Vec::new());
    };
    let mut entities: Vec<Entity> = serde_json::from_str(entities)
        .map_err(|_| ApiError::bad("Bad Request: can't parse entities"))?;
    let length = units(text);
    entities.retain(|entity| entity.length > 0 && entity.offset + entity.length <= length);
    html::sort(&mut entities);
    Ok(entities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn json_objects_become_text_and_nulls_are_absent() {
        let body = r#"{"chat_id":-5,"a":null,"reply_parameters":{"message_id":3},"on":true}"#;
        let params = Params::read(
            Some("limit=7"),
            Some("application/json"),
            Bytes::from_static(body.as_bytes()),
        )
        .await
        .unwrap();
        assert_eq!(params.number("chat_id"), Some(-5));
        assert_eq!(params.number("limit"), Some(7));
        assert_eq!(params.text("a"), None);
        assert_eq!(params.text("reply_parameters"), Some("{\"message_id\":3}"));
        assert!(params.flag("on"));
    }

    #[tokio::test]
    async fn multipart_parts_are_fields_or_files() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nbytes\r\n--X--\r\n";
        let params = Params::read(
            None,
            Some("multipart/form-data; boundary=X"),
            Bytes::from_static(body.as_bytes()),
        )
        .await
        .unwrap();
        assert_eq!(params.number("chat_id"), Some(5));
        let upload = params.upload("photo").unwrap();
        assert_eq!(
            (upload.name.as_str(), &upload.bytes[..]),
            ("a.png", &b"bytes"[..])
        );
    }

    #[tokio::test]
    async fn a_body_that_is_no_json_object_is_refused() {
        let read = Params::read(None, Some("application/json"), Bytes::from_static(b"[1]")).await;
        assert_eq!(read.err().unwrap().status, 400);
    }

    #[test]
    fn markdown_is_not_spoken_here() {
        assert!(format("x", Some("MarkdownV2"), None).is_err());
        assert_eq!(format("a\r\nb", Some("html"), None).unwrap().text, "a\nb");
    }
}
