//! Who asks, and in which language: read from a request's headers.

use std::sync::Arc;

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::errors::as_poem;
use crate::desk::Desk;
use crate::desk::access::{Access, Caller};
use crate::domain::error::Error;
use crate::domain::locale::Locale;

/// The caller of an operation, proven by the token where tokens are wanted.
pub struct Asking {
    pub caller: Caller,
    /// The language asked for, else the server's.
    pub locale: Locale,
}

const SCHEME: &str = "user_token";

impl<'a> ApiExtractor<'a> for Asking {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "http",
                description: Some(
                    "HS256 JWT signed with `JWT_SECRET`: `sub` is the user id, `exp` is required. Wanted only with `USER_AUTH=token`; \
                     with `USER_AUTH=open` no token is needed. `relaydesk token --user ID` makes one.",
                ),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: Some("JWT"),
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        ask(request).map_err(as_poem)
    }
}

fn ask(request: &Request) -> Result<Asking, Error> {
    let (Some(access), Some(desk)) = (request.data::<Access>(), request.data::<Arc<Desk>>()) else {
        return Err(Error::internal("no access rules in the request"));
    };
    Ok(Asking {
        caller: access.caller(bearer(request), desk.clock())?,
        locale: locale(request, desk.locale()),
    })
}

pub fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The language asked for, else `fallback`.
pub fn locale(request: &Request, fallback: Locale) -> Locale {
    request
        .header("accept-language")
        .and_then(Locale::accepted)
        .unwrap_or(fallback)
}
