//! The servers beside which the real one is measured: bare poem handlers that do the least for the
//! same rows and the same answer. Each runs as a process of its own, as the real one does.

use std::path::Path;
use std::sync::Arc;

use chrono::Duration;
use poem::listener::TcpListener;
use poem::web::{Data, Json, Path as InPath};
use poem::{EndpointExt, Response, Route, Server, get, handler, post};
use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use relaydesk::domain::clock::Clock;
use relaydesk::domain::error::Error;
use relaydesk::domain::ids::{Chance, MessageId, UserId};
use relaydesk::domain::message::Direction;
use relaydesk::domain::ticket::Channel;
use relaydesk::store::{NewJob, NewMessage, NewTicket, Purpose, Store, Tx};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex, Semaphore};

/// First argument of a process that serves one of these.
pub const ARGUMENT: &str = "serve-bare";
/// The same rows through the same writer.
pub const SAME_WRITER: &str = "same-writer";
/// The same rows, each message in a commit of its own.
pub const OWN_COMMIT: &str = "own-commit";
/// The same page by plain SQL.
pub const PLAIN_SQL: &str = "plain-sql";

/// As many as the real server has.
const READERS: u32 = 4;

pub fn serve(kind: &str, port: u16, database: &Path) {
    let route = Route::new().at("/health", get(health));
    let routes = match kind {
        SAME_WRITER => {
            let store =
                Store::open(database, Purpose::Serve, Clock::system(), Chance).expect("a store");
            route.at("/send_message", post(through_writer).data(store))
        }
        OWN_COMMIT => route.at("/send_message", post(own_commit).data(one(database))),
        PLAIN_SQL => route.at(
            "/message_history/:user_id",
            get(plain_sql).data(Readers::open(database)),
        ),
        other => panic!("no bare server {other}"),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port));
    runtime.block_on(Server::new(listener).run(routes)).unwrap();
}

#[handler]
fn health() -> &'static str {
    "ok"
}

#[derive(Deserialize)]
struct Sent {
    user_id: String,
    message: String,
    user_name: Option<String>,
}

#[derive(Serialize)]
struct Taken {
    success: bool,
    message_id: i64,
}

fn taken(message_id: i64) -> Json<Taken> {
    Json(Taken {
        success: true,
        message_id,
    })
}

fn failed(error: impl ToString) -> poem::Error {
    poem::Error::from_string(
        error.to_string(),
        poem::http::StatusCode::INTERNAL_SERVER_ERROR,
    )
}

#[handler]
async fn through_writer(store: Data<&Store>, sent: Json<Sent>) -> poem::Result<Json<Taken>> {
    let written = store.write(move |tx| rows(tx, &sent.0)).await;
    Ok(taken(written.map_err(failed)?.0))
}

fn rows(tx: &mut Tx, sent: &Sent) -> Result<MessageId, Error> {
    let user = UserId::parse(&sent.user_id, "user_id")?;
    let contact = tx.touch_contact(&user, sent.user_name.as_deref(), Channel::Mobile)?;
    let reopen_since = tx.now() - Duration::days(7);
    let ticket = match tx.ticket_to_continue(contact.id, Channel::Mobile, reopen_since)? {
        Some(ticket) => ticket,
        None => tx.create_ticket(&NewTicket::titled(
            contact.id,
            Channel::Mobile,
            &sent.message,
        ))?,
    };
    let id = tx.insert_message(&NewMessage {
        contact: contact.id,
        ticket: Some(ticket),
        direction: Direction::User,
        text: &sent.message,
        attachments: &[],
        agent_name: None,
        agent_telegram_id: None,
        agent: None,
        is_greeting: false,
        client_msg_id: None,
        content_hash: None,
        media_group: None,
    })?;
    tx.contact_wrote(ticket, id)?;
    tx.add_job(&NewJob {
        carrier: "group",
        lane: "group",
        key: ticket.0,
        kind: "message",
        ticket: Some(ticket),
        message: Some(id),
        device: None,
        payload: json!({}),
    })?;
    Ok(id)
}

/// The one connection; whoever has it makes its own commit.
fn one(database: &Path) -> Arc<Mutex<Connection>> {
    let connection = Connection::open(database).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )
        .unwrap();
    connection.set_prepared_statement_cache_capacity(32);
    Arc::new(Mutex::new(connection))
}

#[handler]
async fn own_commit(
    connection: Data<&Arc<Mutex<Connection>>>,
    sent: Json<Sent>,
) -> poem::Result<Json<Taken>> {
    let mut connection = Arc::clone(&connection).lock_owned().await;
    let written = tokio::task::spawn_blocking(move || commit(&mut connection, &sent.0)).await;
    Ok(taken(written.map_err(failed)?.map_err(failed)?))
}

fn commit(connection: &mut Connection, sent: &Sent) -> rusqlite::Result<i64> {
    let now = Clock::system()
        .now()
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let unique = || Chance.uuid().to_string();
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let contact: i64 = tx
        .prepare_cached(
            "INSERT INTO contacts (user_id, name, channel, created_at) VALUES (?1, ?2, 'mobile', ?3)
             ON CONFLICT (user_id) DO UPDATE SET name = COALESCE(excluded.name, name) RETURNING id",
        )?
        .query_row(params![sent.user_id, sent.user_name, now], |row| row.get(0))?;
    let open: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM tickets WHERE contact_id = ?1 AND status = 'open' ORDER BY id DESC LIMIT 1",
        )?
        .query_row([contact], |row| row.get(0))
        .optional()?;
    let ticket: i64 = match open {
        Some(ticket) => {
            tx.prepare_cached("UPDATE tickets SET updated_at = ?2 WHERE id = ?1")?
                .execute(params![ticket, now])?;
            ticket
        }
        None => tx
            .prepare_cached(
                "INSERT INTO tickets (session_id, contact_id, channel, title, status, created_at, updated_at)
                 VALUES (?1, ?2, 'mobile', ?3, 'open', ?4, ?4) RETURNING id",
            )?
            .query_row(params![unique(), contact, sent.message, now], |row| {
                row.get(0)
            })?,
    };
    let message: i64 = tx
        .prepare_cached(
            "INSERT INTO messages (public_id, contact_id, ticket_id, direction, text, created_at)
             VALUES (?1, ?2, ?3, 'user', ?4, ?5) RETURNING id",
        )?
        .query_row(
            params![unique(), contact, ticket, sent.message, now],
            |row| row.get(0),
        )?;
    tx.prepare_cached(
        "INSERT INTO outbox (carrier, lane, fair_key, kind, ticket_id, message_id, payload, created_at)
         VALUES ('group', 'group', ?1, 'message', ?1, ?2, '{}', ?3)",
    )?
    .execute(params![ticket, message, now])?;
    tx.commit()?;
    Ok(message)
}

#[derive(Clone)]
struct Readers {
    pool: Pool<SqliteConnectionManager>,
    permits: Arc<Semaphore>,
}

impl Readers {
    fn open(database: &Path) -> Self {
        let manager = SqliteConnectionManager::file(database);
        Self {
            pool: Pool::builder()
                .max_size(READERS)
                .test_on_check_out(false)
                .build(manager)
                .unwrap(),
            permits: Arc::new(Semaphore::new(READERS as usize)),
        }
    }
}

#[handler]
async fn plain_sql(readers: Data<&Readers>, user: InPath<String>) -> poem::Result<Response> {
    let permit = Arc::clone(&readers.permits).acquire_owned().await;
    let permit = permit.map_err(failed)?;
    let pool = readers.pool.clone();
    let page = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        page(&*pool.get().map_err(failed)?, &user).map_err(failed)
    });
    let body = page.await.map_err(failed)??;
    Ok(Response::builder()
        .content_type("application/json; charset=utf-8")
        .body(body))
}

#[derive(Serialize)]
struct Page {
    success: bool,
    messages: Vec<Item>,
    greeting_sent: bool,
    has_more: bool,
}

#[derive(Serialize)]
struct Item {
    id: i64,
    message: String,
    photo_url: Option<String>,
    photo_urls: Vec<String>,
    direction: String,
    created_at: String,
    attachments: Vec<Photo>,
    agent_name: Option<String>,
    edited_at: Option<String>,
    read: bool,
}

/// The seed has no other attachments.
#[derive(Serialize)]
struct Photo {
    url: Option<String>,
    thumb_url: Option<String>,
    kind: String,
    name: Option<String>,
    size: Option<i64>,
    mime: Option<String>,
}

const PAGE: &str = "
    SELECT m.id, m.text, m.direction, m.created_at, m.edited_at, m.agent_name,
        CASE m.direction WHEN 'user' THEN m.id <= COALESCE(t.staff_read_up_to, 0) ELSE m.id <= c.read_up_to END,
        a.kind, a.file, a.thumb, a.name, a.size, a.mime
    FROM (SELECT id FROM messages WHERE contact_id = (SELECT id FROM contacts WHERE user_id = ?1)
          ORDER BY id DESC LIMIT 51) AS page
    JOIN messages m ON m.id = page.id JOIN contacts c ON c.id = m.contact_id
    LEFT JOIN tickets t ON t.id = m.ticket_id LEFT JOIN attachments a ON a.message_id = m.id
    ORDER BY m.id, a.id";

fn page(connection: &Connection, user: &str) -> Result<Vec<u8>, String> {
    let words = |error: rusqlite::Error| error.to_string();
    let mut statement = connection.prepare_cached(PAGE).map_err(words)?;
    let mut rows = statement.query([user]).map_err(words)?;
    let mut messages: Vec<Item> = Vec::with_capacity(51);
    while let Some(row) = rows.next().map_err(words)? {
        let item = item(row).map_err(words)?;
        match messages.last_mut() {
            Some(last) if last.id == item.id => last.attachments.extend(item.attachments),
            _ => messages.push(item),
        }
    }
    let has_more = messages.len() > 50;
    if has_more {
        messages.remove(0);
    }
    let page = Page {
        success: true,
        messages,
        greeting_sent: false,
        has_more,
    };
    serde_json::to_vec(&page).map_err(|error| error.to_string())
}

fn item(row: &rusqlite::Row) -> rusqlite::Result<Item> {
    let upload = |name: Option<String>| name.map(|name| format!("/uploads/{name}"));
    let kind: Option<String> = row.get(7)?;
    let attachments = match kind {
        None => Vec::new(),
        Some(kind) => vec![Photo {
            url: upload(row.get(8)?),
            thumb_url: upload(row.get(9)?),
            kind,
            name: row.get(10)?,
            size: row.get(11)?,
            mime: row.get(12)?,
        }],
    };
    let photo_urls: Vec<String> = attachments
        .iter()
        .filter_map(|photo| photo.url.clone())
        .collect();
    let edited_at: Option<String> = row.get(4)?;
    Ok(Item {
        id: row.get(0)?,
        message: row.get(1)?,
        photo_url: photo_urls.first().cloned(),
        photo_urls,
        direction: row.get(2)?,
        created_at: seconds(&row.get::<_, String>(3)?),
        attachments,
        agent_name: row.get(5)?,
        edited_at: edited_at.map(|at| seconds(&at)),
        read: row.get(6)?,
    })
}

/// The old format of times, cut from the stored one.
fn seconds(stored: &str) -> String {
    format!("{} {}", &stored[..10], &stored[11..19])
}
