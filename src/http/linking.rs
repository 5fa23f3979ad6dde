//! Codes that link a contact, or an account of staff, with somebody in Telegram.

use std::sync::Arc;

use poem::{Request, RequestBody};
use poem_openapi::payload::Json;
use poem_openapi::registry::Registry;
use poem_openapi::types::Example;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, Object, OpenApi};

use super::Tags;
use super::contact::{self, ContactAsking};
use super::errors::{ContactWrites, Failure, as_poem};
use super::fields::Fields;
use super::staff::{self, StaffAsking};
use super::wire::{MaybeJsonFields, moment};
use crate::desk::Desk;
use crate::desk::linking::{LinkCaller, START};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::UserId;

pub struct Linking {
    pub desk: Arc<Desk>,
}

/// A caller that proved who it is: a contact by its token, or staff. Without a token nobody is linked, whatever
/// `USER_AUTH` says: a link lasts.
pub struct LinkAsking(LinkCaller);

impl<'a> ApiExtractor<'a> for LinkAsking {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        ContactAsking::register(registry);
        StaffAsking::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![contact::TOKEN, staff::SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        ask(request).await.map(Self).map_err(as_poem)
    }
}

async fn ask(request: &Request) -> Result<LinkCaller, Error> {
    match staff::ask(request).await {
        Err(error) if error.kind == Kind::Unauthorized => {
            let contact = contact::ask(request).await?;
            Ok(LinkCaller::Contact(contact.caller))
        }
        asking => Ok(LinkCaller::Staff(asking?.staff)),
    }
}

/// Whom it is about.
#[derive(Debug, Object)]
#[oai(example)]
pub struct LinkJson {
    /// The contact. Left out, it is the caller itself: the contact of the token, or the account that is signed in. The
    /// service's `API_TOKEN` has to name one.
    #[oai(validator(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]+$"
    ))]
    pub user_id: Option<String>,
}

impl Example for LinkJson {
    fn example() -> Self {
        Self {
            user_id: Some("user-42".to_owned()),
        }
    }
}

/// A code, and the two ways to use it.
#[derive(Debug, Object)]
#[oai(example)]
pub struct LinkCodeAnswer {
    /// Six letters and digits; shown this once.
    pub code: String,
    /// What is sent to the bot in its private chat.
    pub command: String,
    /// Opens the bot and sends the code; null until Telegram has told the bot's name.
    pub link: Option<String>,
    /// RFC 3339, UTC; 5 minutes from now.
    pub expires_at: String,
}

impl Example for LinkCodeAnswer {
    fn example() -> Self {
        Self {
            code: "7K2M0Q".to_owned(),
            command: "/link 7K2M0Q".to_owned(),
            link: Some("https://t.me/example_bot?start=link_7K2M0Q".to_owned()),
            expires_at: "2026-03-01T12:05:00Z".to_owned(),
        }
    }
}

#[derive(Debug, Object)]
pub struct UnlinkAnswer {
    pub success: bool,
}

#[OpenApi(prefix_path = "/api/telegram")]
impl Linking {
    /// Get a code that links a user with Telegram
    ///
    /// The user opens `link`, or sends `command` to the bot, and says yes there. From then on its chat with the bot and its
    /// account are one contact: what was written in that chat before is in its history too, and every answer arrives in
    /// the app, by push and in the chat. An agent that asks for itself answers tickets from its private chat then.
    ///
    /// A code works once, for 5 minutes, and ends the one before. Who asks has to prove who it is, also with
    /// `USER_AUTH=open`: a contact by its token (signed with `JWT_SECRET`), the app's own server by `API_TOKEN` and
    /// `user_id`. 409 `already_linked` where there is a link already (or the user is one of Telegram, `tg:…`), 409
    /// `linking_needs_telegram` without a bot.
    #[oai(
        path = "/link-code",
        method = "post",
        operation_id = "link_code",
        tag = "Tags::Mobile"
    )]
    async fn code(
        &self,
        asking: LinkAsking,
        body: MaybeJsonFields<LinkJson>,
    ) -> Result<Json<LinkCodeAnswer>, Failure<ContactWrites>> {
        let made = self.desk.link_code(asking.0, user(body.0)?).await?;
        let code = made.code.as_str();
        Ok(Json(LinkCodeAnswer {
            command: format!("/link {code}"),
            link: made
                .bot
                .map(|bot| format!("https://t.me/{bot}?start={START}{code}")),
            expires_at: moment(made.expires_at),
            code: code.to_owned(),
        }))
    }

    /// End a link with Telegram
    ///
    /// What was said stays with the user; what waits to be sent into the chat does not go there any more. Without a link
    /// nothing changes. In the chat itself `/unlink` does the same.
    #[oai(
        path = "/unlink",
        method = "post",
        operation_id = "unlink",
        tag = "Tags::Mobile"
    )]
    async fn unlink(
        &self,
        asking: LinkAsking,
        body: MaybeJsonFields<LinkJson>,
    ) -> Result<Json<UnlinkAnswer>, Failure<ContactWrites>> {
        self.desk.unlink(asking.0, user(body.0)?).await?;
        Ok(Json(UnlinkAnswer { success: true }))
    }
}

fn user(mut fields: Fields) -> Result<Option<UserId>, Error> {
    match fields.text("user_id")? {
        Some(user) => UserId::parse(&user, "user_id").map(Some),
        None => Ok(None),
    }
}
