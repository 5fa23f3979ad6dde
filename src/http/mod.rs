//! HTTP: one file for each interface, plus bodies, errors, uploads and health. `routes` shows every path.

mod address;
mod asking;
mod auth;
mod body;
mod canned;
mod charts;
mod contact;
mod contacts;
mod cross_origin;
mod document;
mod edge;
mod errors;
mod feed;
mod fields;
mod files;
mod followers;
mod form_or_json;
mod helpdesk_admins;
mod helpdesk_asked;
mod helpdesk_categories;
mod helpdesk_category_shapes;
mod helpdesk_messages;
mod helpdesk_reports;
mod helpdesk_shapes;
mod helpdesk_tickets;
mod helpdesk_users;
mod hours;
mod jobs;
mod lines;
mod linking;
mod listing;
mod manager_door;
mod methods;
mod metrics;
mod mobile;
mod notes;
mod outcomes;
mod packed;
mod pages;
mod pages_of;
mod payloads;
mod range;
mod rating;
mod report_charts;
mod send;
mod session_body;
mod session_events;
mod session_wire;
mod sessions;
mod staff;
mod system;
mod ticket_message;
mod ticket_payloads;
mod ticket_wishes;
mod tickets;
mod upload;
mod user_in_path;
mod webhook;
mod wire;

use std::sync::Arc;

use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get, post};
use poem_openapi::{OpenApiService, Tags as ApiTags};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::desk::access::Access;
use cross_origin::Origins;
use edge::Edge;
pub use followers::Followers;
pub use lines::{Line, Lines};
use methods::Methods;
pub use webhook::WebhookSecrets;

#[derive(ApiTags)]
enum Tags {
    /// What apps call: send, read, register for push.
    Mobile,
    /// What a site's chat bubble and its pages call.
    Web,
    /// Staff accounts: sign in, sign out.
    Staff,
    /// Beside the conversation: notes, canned answers, hours, contacts, deliveries that were given up.
    Desk,
    /// Users, admins, categories, tickets, messages and figures, for programs and for owners.
    Helpdesk,
    /// Tickets, as operators' pages and programs handle them.
    Tickets,
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
    /// Who follows which session.
    pub followers: Arc<Followers>,
    /// The connections, where they can be cut off.
    pub lines: Lines,
    /// Socket.IO, which lives on the same port.
    pub socket: BoxEndpoint<'static, Response>,
    /// The operators' websocket, behind the door that asks who comes.
    pub manager_socket: BoxEndpoint<'static, Response>,
    /// Renders what was counted.
    pub counted: PrometheusHandle,
    /// Further paths, such as the demo's page.
    pub further: Option<Route>,
}

/// What an app developer reads first.
const ABOUT: &str = include_str!("about.md");

/// Every path, with everything around it.
///
/// # Errors
/// None is known.
pub fn routes(setup: Setup) -> std::io::Result<impl Endpoint<Output = Response>> {
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
            sessions::Sessions {
                desk: Arc::clone(&desk),
                followers: setup.followers,
                lines: setup.lines.clone(),
            },
            auth::Auth {
                desk: Arc::clone(&desk),
            },
            (
                notes::Notes {
                    desk: Arc::clone(&desk),
                },
                canned::Canned {
                    desk: Arc::clone(&desk),
                },
                hours::WorkingHours {
                    desk: Arc::clone(&desk),
                },
                contacts::Contacts {
                    desk: Arc::clone(&desk),
                },
                jobs::Jobs {
                    desk: Arc::clone(&desk),
                },
                rating::Ratings {
                    desk: Arc::clone(&desk),
                },
                report_charts::Charts {
                    desk: Arc::clone(&desk),
                },
            ),
            (
                helpdesk_users::HelpdeskUsers {
                    desk: Arc::clone(&desk),
                },
                helpdesk_admins::HelpdeskAdmins {
                    desk: Arc::clone(&desk),
                },
                helpdesk_categories::HelpdeskCategories {
                    desk: Arc::clone(&desk),
                },
                helpdesk_tickets::HelpdeskTickets {
                    desk: Arc::clone(&desk),
                },
                helpdesk_messages::HelpdeskMessages {
                    desk: Arc::clone(&desk),
                },
                helpdesk_reports::HelpdeskReports {
                    desk: Arc::clone(&desk),
                },
            ),
            tickets::Tickets {
                desk: Arc::clone(&desk),
            },
            linking::Linking {
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
            metrics::Metrics {
                desk: Arc::clone(&desk),
                counted: setup.counted,
                lines: setup.lines.clone(),
                telegram: setup.telegram,
                push: setup.push,
            },
        ),
        "Relaydesk",
        env!("CARGO_PKG_VERSION"),
    )
    .description(ABOUT)
    .contact(poem_openapi::ContactObject::new().name("Relaydesk"))
    .server(server);
    let document = document::complete(&api.spec());
    // The page holds the document as it was before it was completed.
    let page = api.swagger_ui_html().replace(&api.spec(), &document);
    let methods = Methods::of(
        &document,
        &[
            ("/support/webhook/telegram", "POST"),
            ("/api/telegram/webhook", "POST"),
            (manager_door::PATH, "GET"),
        ],
    );
    let route = Route::new()
        .at(
            "/docs",
            get(packed::large("text/html; charset=utf-8", &page)?),
        )
        .at(
            "/openapi.json",
            get(packed::large("application/json; charset=utf-8", &document)?),
        )
        .at("/support/webhook/telegram", post(webhook::support))
        .at("/api/telegram/webhook", post(webhook::telegram))
        .at(
            manager_door::PATH,
            get(manager_door::ManagerDoor(setup.manager_socket)),
        )
        .at("/socket.io", setup.socket);
    let route = pages::with_pages(route).nest("/", api);
    let inner = Paths {
        own: route,
        further: setup.further,
    }
    .data(Arc::clone(&desk))
    .data(Arc::new(pages::Files::new(desk.texts(), setup.telegram)))
    .data(Arc::new(pages::Widget::new(desk.texts(), setup.telegram)))
    .data(desk.clock().clone())
    .data(desk.uploads().clone())
    .data(setup.access)
    .data(setup.webhook)
    .map_to_response();
    Ok(Edge {
        inner,
        desk,
        origins: Origins(setup.cors_origins),
        trusted_proxies: setup.trusted_proxies,
        public_url: setup.public_url,
        stopping: setup.stopping,
        methods,
    })
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
