//! A contact on the web at the door: a token of its site or of a visitor, or the key of one session's link.

use std::borrow::Cow;
use std::sync::Arc;

use poem::http::Method;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, MetaSecurityScheme, Registry};
use poem_openapi::types::{ParseFromParameter, ParseResult, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use uuid::Uuid;

use super::asking::bearer;
use super::errors::as_poem;
use crate::desk::Desk;
use crate::desk::limits::ClientAddress;
use crate::desk::session_keys::ChatCaller;
use crate::desk::sessions::Proof;
use crate::domain::error::{Error, Kind};

/// The header with the key of a session's link.
const KEY_HEADER: &str = "x-session-key";

/// A caller that is a contact on the web.
pub struct ContactAsking {
    pub caller: ChatCaller,
}

pub const TOKEN: &str = "contact_token";
const KEY: &str = "session_key";

impl<'a> ApiExtractor<'a> for ContactAsking {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            TOKEN,
            MetaSecurityScheme {
                ty: "http",
                description: Some(
                    "HS256 JWT signed with `JWT_SECRET`: `sub` is the user id, `exp` is required; `name`, `email` and `username` are remembered \
                     when there are any. Or a visitor's token. What can not send headers (`EventSource`) may read with `?access_token=` instead.",
                ),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: Some("JWT"),
                flows: None,
                openid_connect_url: None,
            },
        );
        registry.create_security_scheme(
            KEY,
            MetaSecurityScheme {
                ty: "apiKey",
                description: Some(
                    "The `key` in a `session_link`: opens that one session for 30 days. May stand in the address as `?key=` instead.",
                ),
                name: Some("X-Session-Key"),
                key_in: Some("header"),
                scheme: None,
                bearer_format: None,
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![TOKEN, KEY]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        ask(request).await.map_err(as_poem)
    }
}

/// The contact behind a request. A token in the header counts first, then a key in the header, then what stands
/// in the address.
///
/// # Errors
/// `unauthorized` without a valid token or key.
pub async fn ask(request: &Request) -> Result<ContactAsking, Error> {
    let desk = request
        .data::<Arc<Desk>>()
        .ok_or_else(|| Error::internal("no desk in the request"))?;
    // An address is seen by more eyes than a header: a token in it may read and no more.
    let token = match *request.method() {
        Method::GET => parameter(request, "access_token"),
        _ => None,
    };
    let key = parameter(request, "key");
    let proof = if let Some(token) = bearer(request) {
        Some(Proof::Token(token))
    } else if let Some(key) = request.header(KEY_HEADER).filter(|key| !key.is_empty()) {
        Some(Proof::Key(key))
    } else if let Some(token) = &token {
        Some(Proof::Token(token))
    } else {
        key.as_deref().map(Proof::Key)
    };
    Ok(ContactAsking {
        caller: desk.chat_caller(proof).await?,
    })
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}

/// The address a request came from.
pub struct FromAddress(pub ClientAddress);

impl<'a> ApiExtractor<'a> for FromAddress {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let address = request.extensions().get::<ClientAddress>().copied();
        address
            .map(Self)
            .ok_or_else(|| as_poem(Error::internal("no address in the request")))
    }
}

/// A session's id as a part of a path. What is no UUID is no session.
pub struct SessionInPath(String);

impl SessionInPath {
    /// # Errors
    /// `session_not_found`.
    pub fn id(&self) -> Result<Uuid, Error> {
        session(&self.0)
    }
}

/// # Errors
/// `session_not_found` for what is no UUID.
pub fn session(raw: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(raw)
        .map_err(|_| Error::new(Kind::NotFound, "session_not_found").on("session_id"))
}

impl Type for SessionInPath {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_session_id".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "uuid")))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromParameter for SessionInPath {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(value.to_owned()))
    }
}
