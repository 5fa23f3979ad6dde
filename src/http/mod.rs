//! HTTP: one file for each interface, plus bodies, errors, uploads and health. `routes` shows every path.

mod address;
mod asking;
mod body;
mod cors;
mod document;
mod edge;
mod errors;
mod fields;
mod files;
mod methods;
mod mobile;
mod payloads;
mod range;
mod send;
mod system;
mod upload;
mod webhook;
mod wire;

use std::sync::Arc;

use ipnet::IpNet;
use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, Request, Response, Route, handler, post};
use poem_openapi::{LicenseObject, OpenApiService, Tags as ApiTags};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::desk::access::Access;
use edge::Edge;
use methods::Methods;
pub use webhook::WebhookSecrets;

#[derive(ApiTags)]
enum Tags {
    /// What apps call: send, read, register for push.
    Mobile,
    /// For whoever runs the server.
    System,
}

/// What the interfaces are set up with.
pub struct Setup {
    pub desk: Arc<Desk>,
    pub access: Access,
    /// Origins whose pages may call; `*` is any.
    pub cors_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub public_url: Option<url::Url>,
    pub webhook: WebhookSecrets,
    /// Whether Telegram and push are configured.
    pub telegram: bool,
    pub push: bool,
    pub stopping: CancellationToken,
    /// Socket.IO, which lives on the same port.
    pub socket: BoxEndpoint<'static, Response>,
    /// Further paths, such as the demo's page.
    pub further: Option<Route>,
}

const ABOUT: &str = "Relaydesk brings an app's messages to the support agents' Telegram group and their answers back, by Socket.IO, \
by FCM push and in the history.\n\n\
**Start:** `POST /register_device` once, `GET /message_history/{user_id}` when the chat opens, `POST /send_message` to write, and a Socket.IO \
connection (path `/socket.io/`, event `join_chat` with `{\"user_id\"}`) for live answers (`new_message`).\n\n\
**Errors** are always `{\"error\", \"code\", \"field\"?}`: `error` is for people, in the language of `Accept-Language` (ru, en, uz), `code` is for programs. \
Every answer has an `X-Request-Id` that the server's log knows.\n\n\
**Limits:** `RATE_LIMIT_PER_ADDRESS` requests a minute (600) and `RATE_LIMIT_PER_USER` messages a minute (60), bursts of a quarter; beyond is 429 with \
`Retry-After`.";

/// Every path, with everything around it.
pub fn routes(setup: Setup) -> impl Endpoint<Output = Response> {
    let desk = setup.desk;
    let server = setup
        .public_url
        .as_ref()
        .map_or("/", url::Url::as_str)
        .to_owned();
    let api = OpenApiService::new(
        (
            mobile::Mobile {
                desk: Arc::clone(&desk),
            },
            files::Files {
                uploads: desk.uploads().clone(),
            },
            system::System {
                desk: Arc::clone(&desk),
                telegram: setup.telegram,
                push: setup.push,
                stopping: setup.stopping.clone(),
            },
        ),
        "Relaydesk",
        env!("CARGO_PKG_VERSION"),
    )
    .description(ABOUT)
    .license(LicenseObject::new("MIT").url("https://opensource.org/license/mit"))
    .contact(poem_openapi::ContactObject::new().name("Relaydesk"))
    .server(server);
    let document = document::complete(&api.spec());
    let methods = Methods::of(
        &document,
        &[
            ("/docs", "GET"),
            ("/openapi.json", "GET"),
            ("/support/webhook/telegram", "POST"),
            ("/api/telegram/webhook", "POST"),
        ],
    );
    let route = Route::new()
        .at("/docs", poem::get(docs).data(Docs(api.swagger_ui_html())))
        .at("/openapi.json", poem::get(openapi).data(Document(document)))
        .at("/support/webhook/telegram", post(webhook::support))
        .at("/api/telegram/webhook", post(webhook::telegram))
        .at("/socket.io", setup.socket)
        .nest("/", api);
    let inner = Paths {
        own: route,
        further: setup.further,
    }
    .data(Arc::clone(&desk))
    .data(desk.clock().clone())
    .data(desk.uploads().clone())
    .data(setup.access)
    .data(setup.webhook)
    .map_to_response();
    Edge {
        inner,
        desk,
        origins: cors::Origins(setup.cors_origins),
        trusted_proxies: setup.trusted_proxies,
        stopping: setup.stopping,
        methods,
    }
}

/// The server's own paths, and beside them the root and `/demo` where a demo runs.
struct Paths {
    own: Route,
    further: Option<Route>,
}

impl Endpoint for Paths {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let path = request.uri().path();
        match &self.further {
            Some(further) if path == "/" || path.starts_with("/demo") => {
                further.call(request).await
            }
            _ => self.own.call(request).await,
        }
    }
}

/// The page that shows the document, made once.
#[derive(Clone)]
struct Docs(String);

#[handler]
fn docs(page: poem::web::Data<&Docs>) -> poem::web::Html<String> {
    poem::web::Html(page.0.0.clone())
}

#[derive(Clone)]
struct Document(String);

#[handler]
fn openapi(document: poem::web::Data<&Document>) -> Response {
    Response::builder()
        .content_type("application/json; charset=utf-8")
        .body(document.0.0.clone())
}
