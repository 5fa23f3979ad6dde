//! How long lists and searches take, one after the other on one connection.

use relaydesk::desk::access::TokenKey;
use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::UserId;

use crate::client::Client;
use crate::grown::Size;
use crate::server::Server;
use crate::table::{Table, share};
use crate::{API_TOKEN, JWT_SECRET, Scale};

/// What is asked for, and where: `{n}` is a number that grows, `{ticket}`, `{contact}`, `{agent}` and `{category}` are ids
/// from all over the tables. A path that is not there is left out of the table.
const PAGES: &[(&str, &str)] = &[
    ("tickets, an array", "/support/tickets/"),
    ("tickets, a page", "/support/tickets/?limit=50"),
    (
        "tickets, the last page",
        "/support/tickets/?limit=50&offset={last}",
    ),
    (
        "tickets, unresolved",
        "/support/tickets/?resolved=false&limit=50&offset={n}",
    ),
    (
        "tickets of an agent",
        "/support/tickets/?manager={agent}&limit=50",
    ),
    (
        "tickets of nobody",
        "/support/tickets/?manager__isnull=true&resolved=false&limit=50",
    ),
    (
        "tickets of somebody",
        "/support/tickets/?manager__isnull=false&limit=50",
    ),
    (
        "tickets of a contact",
        "/support/tickets/?user_id=user-{contact}",
    ),
    (
        "tickets by words",
        "/support/tickets/?q=refund+parcel&limit=50",
    ),
    ("one ticket", "/support/tickets/{ticket}/"),
    (
        "a ticket's messages",
        "/support/tickets/{ticket}/messages/?limit=50",
    ),
    ("search, a common word", "/support/search/?q=parcel"),
    (
        "search, two common words",
        "/support/search/?q=order+parcel&limit=50",
    ),
    ("search, a beginning", "/support/search/?q=deliv"),
    ("search, a rare beginning", "/support/search/?q=заказ+kalom"),
    ("search, nothing", "/support/search/?q=qqqqqq"),
    ("search, a name", "/support/search/?q=Family{contact}"),
    ("helpdesk tickets", "/api/ticket/tickets/?page={n}"),
    (
        "helpdesk tickets, filters",
        "/api/ticket/tickets/?status=closed&category={category}&priority=high",
    ),
    (
        "helpdesk tickets, a day long ago",
        "/api/ticket/tickets/?date_from={day}&date_to={day}",
    ),
    (
        "helpdesk tickets, search",
        "/api/ticket/tickets/?search=parcel",
    ),
    (
        "helpdesk messages, of all",
        "/api/ticket/messages/?page={n}",
    ),
    ("helpdesk messages", "/api/ticket/messages/?ticket={ticket}"),
    ("helpdesk users", "/api/user/users/?page={n}"),
    ("helpdesk log", "/api/admin/log/?page={n}"),
    ("contact's sessions", "/support/api/sessions/"),
];

pub async fn measure(server: &Server, size: Size, scale: Scale, table: &mut Table) {
    let user = UserId::parse("user-1", "user_id").unwrap();
    let key = TokenKey::new(JWT_SECRET.to_owned());
    let contact = key.issue(&user, 3600, &Clock::system()).unwrap();
    let mut client = Client::open(server.address).await;
    for (name, path) in PAGES {
        let token = match path.starts_with("/support/api/") {
            true => contact.as_str(),
            false => API_TOKEN,
        };
        let mut times = Vec::new();
        let mut status = 200;
        for turn in 0..scale.pick(300, 20) {
            let path = filled(path, turn, size);
            let (answered, took) = client.get(&path, token).await;
            status = answered;
            if answered != 200 {
                break;
            }
            times.push(took.as_secs_f64() * 1000.0);
        }
        if status != 200 {
            table.aside(name, format!("{path} answers {status}"));
            continue;
        }
        times.sort_by(f64::total_cmp);
        let beside = format!(" p99 ({:.2} ms p50)", share(&times, 0.5));
        table.most(name, 50.0, "ms", share(&times, 0.99), &beside);
    }
}

fn filled(path: &str, turn: u64, size: Size) -> String {
    let spread = |end: u64| turn * 7919 % end + 1;
    // One in three contacts is of Telegram and named otherwise.
    let contact = spread(size.contacts() / 3 - 1) * 3 + 1;
    let filled = path
        .replace("{n}", &(turn % 10 + 1).to_string())
        .replace("{day}", &long_ago())
        .replace("{last}", &(size.tickets - 50).to_string())
        .replace("{ticket}", &spread(size.tickets).to_string())
        .replace("{contact}", &contact.to_string())
        .replace("{agent}", &spread(crate::grown::AGENTS).to_string())
        .replace("{category}", &spread(crate::grown::CATEGORIES).to_string());
    percent_encoding::utf8_percent_encode(&filled, percent_encoding::CONTROLS).to_string()
}

/// Nearly two years before today.
fn long_ago() -> String {
    let at = Clock::system().now() - chrono::Duration::days(700);
    at.format("%Y-%m-%d").to_string()
}
