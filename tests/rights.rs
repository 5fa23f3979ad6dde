//! Every operation of the document × every kind of caller, compared with the desk's own table of rights. An
//! operation that is not in the table below fails this test with its name: add a line.

use relaydesk::desk::rights::{Action, Rule, rule};
use relaydesk::desk::staff::token_hash;
use reqwest::Method;
use rusqlite::params;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

/// Whom an operation is for.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Everybody.
    Open,
    /// Contacts, each for itself; staff's tokens are none of theirs.
    Contacts,
    /// Contacts on the web, each with its own.
    Web,
    /// The same on one session, which for others is not there.
    Session,
    /// Contacts, each for itself; of staff owners.
    Linking,
    /// Agents who signed in, and the service only where it need not be an agent.
    Account {
        service: bool,
    },
    Staff(Action),
    /// The same, called on a ticket that is one agent's.
    OnTicket(Action),
}
use Kind::{Account, Contacts, Linking, OnTicket, Open, Session, Staff, Web};

/// What an operation needs beyond [`fields`].
#[derive(Debug, Clone, Copy)]
struct Entry {
    operation: &'static str,
    kind: Kind,
    query: &'static str,
}

const fn line(operation: &'static str, kind: Kind) -> Entry {
    asked(operation, kind, "")
}

const fn asked(operation: &'static str, kind: Kind, query: &'static str) -> Entry {
    Entry {
        operation,
        kind,
        query,
    }
}

/// One line for each operation, by interface.
const TABLE: &[Entry] = &[
    // The server.
    line("health", Open),
    line("ready", Open),
    line("metrics", Staff(Action::ReadMetrics)),
    line("get_upload", Open),
    line("head_upload", Open),
    // Apps.
    line("send_message", Contacts),
    line("message_history", Contacts),
    line("register_device", Contacts),
    line("unregister_device", Contacts),
    line("check_device", Contacts),
    line("mark_read", Contacts),
    line("rate_ticket", Contacts),
    line("link_code", Linking),
    line("unlink", Linking),
    // Sites.
    line("create_visitor", Open),
    line("say_in_session", Web),
    line("list_sessions", Web),
    line("get_session", Session),
    line("list_session_messages", Session),
    line("read_session", Session),
    line("close_session", Session),
    line("type_in_session", Session),
    line("follow_session", Session),
    line("rate_session", Session),
    // Accounts.
    line("auth_login", Open),
    line("auth_logout", Account { service: true }),
    line("auth_me", Account { service: false }),
    line("agents_list", Staff(Action::ReadAgents)),
    // Beside the conversation.
    line("ticket_notes", Staff(Action::ReadTickets)),
    line("add_ticket_note", OnTicket(Action::NoteTickets)),
    line("canned_answers", Staff(Action::ReadCannedAnswers)),
    line("add_canned_answer", Staff(Action::ManageCannedAnswers)),
    line("change_canned_answer", Staff(Action::ManageCannedAnswers)),
    line("delete_canned_answer", Staff(Action::ManageCannedAnswers)),
    line("working_hours", Staff(Action::ReadHours)),
    line("set_working_hours", Staff(Action::ManageHours)),
    line("contact_card", Staff(Action::ReadContacts)),
    line("block_contact", Staff(Action::BlockContacts)),
    line("unblock_contact", Staff(Action::BlockContacts)),
    line("report_chart", Staff(Action::ReadAllStatistics)),
    line("dead_jobs", Staff(Action::ManageJobs)),
    line("replay_job", Staff(Action::ManageJobs)),
    line("replay_all_jobs", Staff(Action::ManageJobs)),
    // Operators.
    line("support_tickets_list", Staff(Action::ReadTickets)),
    line("support_tickets_create", Staff(Action::CreateTickets)),
    line("support_tickets_get", Staff(Action::ReadTickets)),
    line("support_tickets_put", OnTicket(Action::ChangeTickets)),
    line("support_tickets_patch", OnTicket(Action::ChangeTickets)),
    line("support_tickets_messages", Staff(Action::ReadTickets)),
    line("support_tickets_say", OnTicket(Action::AnswerTickets)),
    line("support_tickets_assign", Staff(Action::AssignTickets)),
    line("support_tickets_close", OnTicket(Action::CloseTickets)),
    line("support_tickets_reopen", OnTicket(Action::CloseTickets)),
    asked("support_search", Staff(Action::ReadTickets), "?q=x"),
    // Helpdesk: users, admins, categories.
    line("users_list", Staff(Action::ReadContacts)),
    line("users_create", Staff(Action::ChangeContacts)),
    line("users_get", Staff(Action::ReadContacts)),
    line("users_put", Staff(Action::ChangeContacts)),
    line("users_patch", Staff(Action::ChangeContacts)),
    line("users_delete", Staff(Action::DeleteContacts)),
    line("users_block", Staff(Action::BlockContacts)),
    line("users_unblock", Staff(Action::BlockContacts)),
    line("admins_list", Staff(Action::ReadAgents)),
    line("admins_create", Staff(Action::ManageAgents)),
    line("admins_get", Staff(Action::ReadAgents)),
    line("admins_put", Staff(Action::ManageAgents)),
    line("admins_patch", Staff(Action::ManageAgents)),
    line("admins_delete", Staff(Action::ManageAgents)),
    line("admins_block", Staff(Action::ManageAgents)),
    line("admins_unblock", Staff(Action::ManageAgents)),
    line("categories_list", Staff(Action::ReadCategories)),
    line("categories_create", Staff(Action::ManageCategories)),
    line("categories_get", Staff(Action::ReadCategories)),
    line("categories_put", Staff(Action::ManageCategories)),
    line("categories_patch", Staff(Action::ManageCategories)),
    line("categories_delete", Staff(Action::ManageCategories)),
    line("admin_categories_list", Staff(Action::ReadAgents)),
    line("admin_categories_create", Staff(Action::ManageAgents)),
    line("admin_categories_get", Staff(Action::ReadAgents)),
    line("admin_categories_patch", Staff(Action::ManageAgents)),
    line("admin_categories_delete", Staff(Action::ManageAgents)),
    // Helpdesk: tickets, messages, reports.
    line("tickets_list", Staff(Action::ReadTickets)),
    line("tickets_create", Staff(Action::CreateTickets)),
    line("tickets_get", Staff(Action::ReadTickets)),
    line("tickets_put", OnTicket(Action::ChangeTickets)),
    line("tickets_patch", OnTicket(Action::ChangeTickets)),
    line("tickets_delete", Staff(Action::DeleteTickets)),
    line("tickets_assign_admin", Staff(Action::AssignTickets)),
    line("tickets_close", OnTicket(Action::CloseTickets)),
    line("tickets_close_expired", Staff(Action::ExpireTickets)),
    asked(
        "tickets_of_admin",
        Staff(Action::ReadAllStatistics),
        "?admin_id=999999",
    ),
    asked("tickets_of_user", Staff(Action::ReadTickets), "?user_id=1"),
    line("messages_list", Staff(Action::ReadTickets)),
    line("messages_create", Staff(Action::SpeakForOthers)),
    line("messages_get", Staff(Action::ReadTickets)),
    line("messages_patch", Staff(Action::SpeakForOthers)),
    line("messages_delete", Staff(Action::DeleteTickets)),
    line("admin_activities", Staff(Action::ReadOwnStatistics)),
    line("admin_log", Staff(Action::ReadAllStatistics)),
    line("admin_reports", Staff(Action::ReadAllStatistics)),
];

/// An id that nothing has: who is let in finds nothing, and so leaves nothing behind.
const NOBODY: i64 = 999_999;

/// A body that every operation can read: unknown fields are ignored.
fn fields(operation: &str, ticket: i64) -> Value {
    let mut fields = json!({
        "user_id": "alice", "message": "hi", "fcm_token": "t", "up_to_id": 1,
        "email": "rights@example.com", "password": "a long password", "telegram_id": 4242,
        "name": "x", "name_uz": "x", "text": "hi", "content": "hi", "title": "x", "description": "x",
        "admin": NOBODY, "category": NOBODY, "rating": 5, "ticket": ticket, "ticket_id": ticket,
    });
    // The same word means something else here.
    let own = match operation {
        _ if operation.starts_with("admins_") => json!({"user": null}),
        "tickets_create" => json!({"user": NOBODY}),
        // The contact of alice, who was the first to write.
        "messages_create" => json!({"sender_user": 1}),
        "support_tickets_say" => json!({"sender": "supp"}),
        _ => json!({}),
    };
    for (name, value) in own.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

pub const SECRET: &str = "a-secret-of-the-tests-of-40-characters!!";

/// A contact whose requests carry its token.
pub fn contact(world: &World, user: &str) -> Phone {
    let claims = json!({"sub": user, "exp": 1_900_000_000});
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let mut phone = world.phone(user);
    phone.token = Some(jsonwebtoken::encode(&header, &claims, &key).unwrap());
    phone
}

/// What came of a call, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Let in, whatever came of it then.
    In,
    Unknown,
    Refused,
    NotYours,
    /// There is no such thing, for this caller.
    Hidden,
}

fn came(answer: &Answer) -> Came {
    match (
        answer.status,
        answer.body["code"].as_str().unwrap_or_default(),
    ) {
        (401, "unauthorized") => Came::Unknown,
        (403, "not_yours") => Came::NotYours,
        (403, "not_allowed" | "not_an_agent" | "forbidden") => Came::Refused,
        (404, "session_not_found") => Came::Hidden,
        (403, code) => panic!("an unknown refusal: {code}"),
        _ => Came::In,
    }
}

struct Callers {
    nobody: Phone,
    alice: Phone,
    bob: Phone,
    agent: Phone,
    other: Phone,
    owner: Phone,
    service: Phone,
}

impl Callers {
    fn of(world: &World) -> Self {
        Self {
            nobody: world.phone("alice"),
            alice: contact(world, "alice"),
            bob: contact(world, "bob"),
            agent: world.staff("olga", "agent"),
            other: world.staff("otto", "agent"),
            owner: world.staff("anna", "owner"),
            service: world.service(),
        }
    }

    /// Everybody, those who are refused before those who may remove something.
    fn all(&self) -> [(&'static str, &Phone); 7] {
        [
            ("nobody", &self.nobody),
            ("other contact", &self.bob),
            ("contact", &self.alice),
            ("other agent", &self.other),
            ("agent", &self.agent),
            ("owner", &self.owner),
            ("service", &self.service),
        ]
    }

    /// An operation may have signed them out.
    fn sign_in(&self, world: &World) {
        for staff in [&self.agent, &self.other, &self.owner] {
            let token = token_hash(staff.token.as_deref().unwrap());
            world
                .sql()
                .execute(
                    "INSERT OR IGNORE INTO staff_sessions (token_hash, agent_id, created_at, expires_at)
                     VALUES (?1, ?2, '2026-03-01T12:00:00.000000Z', '2036-03-01T12:00:00.000000Z')",
                    params![token, staff.user_id],
                )
                .unwrap();
        }
    }
}

/// What the table of rights says of a caller; None where it says nothing.
fn expected(who: &str, kind: Kind) -> Option<Came> {
    let is_staff = matches!(who, "agent" | "other agent" | "owner" | "service");
    Some(match kind {
        Open => Came::In,
        Contacts => match who {
            "contact" => Came::In,
            "other contact" => Came::Refused,
            _ => Came::Unknown,
        },
        Web | Session => match who {
            "contact" => Came::In,
            "other contact" if matches!(kind, Session) => Came::Hidden,
            "other contact" => Came::In,
            _ => Came::Unknown,
        },
        Linking => match who {
            "contact" | "owner" | "service" => Came::In,
            "nobody" => Came::Unknown,
            _ => Came::Refused,
        },
        _ if !is_staff => Came::Unknown,
        Account { service } if who == "service" && !service => Came::Refused,
        Account { .. } => Came::In,
        Staff(action) | OnTicket(action) => match (rule(action)?, who) {
            (Rule::Staff, _) | (Rule::OwnTickets, "agent" | "owner" | "service") => Came::In,
            (Rule::OwnTickets, _) => match kind {
                OnTicket(_) => Came::NotYours,
                _ => Came::In,
            },
            (Rule::Owners, "owner" | "service") | (Rule::Service, "service") => Came::In,
            (Rule::Owners | Rule::Service, _) => Came::Refused,
        },
    })
}

/// A new open ticket of alice that is the agent's: its id and its session.
fn ticket_of(world: &World, agent: &Phone) -> (i64, String) {
    let session = uuid::Uuid::new_v4().to_string();
    let id = world
        .sql()
        .query_row(
            "INSERT INTO tickets (session_id, contact_id, channel, title, status, agent_id, created_at, updated_at)
             SELECT ?1, id, 'web', 'x', 'waiting_admin', ?2, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z'
             FROM contacts WHERE user_id = 'alice' RETURNING id",
            params![session, agent.user_id],
            |row| row.get(0),
        )
        .unwrap();
    (id, session)
}

/// The answer; of one that goes on for ever its beginning.
async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let kind = headers.get("content-type").map(|kind| kind.as_bytes());
    let endless = kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"));
    let body = match endless {
        true => Value::Null,
        false => response.json().await.unwrap_or_default(),
    };
    Answer {
        status,
        headers,
        body,
    }
}

struct Operation {
    id: String,
    method: Method,
    path: String,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap_or(path).to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
            });
        }
    }
    all
}

/// The path with ids in it: a ticket where the operation is about one, else what is not there.
fn filled(path: &str, entry: &Entry, ticket: i64, session: &str) -> String {
    let id = match entry.kind {
        OnTicket(_) => ticket,
        // Whose words they are is known of a message that is there: alice's first.
        _ if entry.operation == "messages_patch" => 1,
        _ => NOBODY,
    };
    let parts = path.split('/').map(|part| match part {
        "{user_id}" => "alice".to_owned(),
        "{filename}" => "x.jpg".to_owned(),
        "{session_id}" => session.to_owned(),
        _ if part.starts_with('{') => id.to_string(),
        _ => part.to_owned(),
    });
    format!("{}{}", parts.collect::<Vec<_>>().join("/"), entry.query)
}

#[tokio::test]
async fn every_operation_lets_in_whom_the_table_of_rights_names() {
    let world = World::with(|options| {
        options.telegram = false;
        options.settings.push(("USER_AUTH", "token".to_owned()));
        options.settings.push(("JWT_SECRET", SECRET.to_owned()));
    })
    .await;
    let callers = Callers::of(&world);
    callers.alice.sends("hi").await;
    callers.bob.sends("hi").await;
    let document = callers.nobody.gets("/openapi.json").await.ok();
    let operations = operations(&document);
    let mut wrong = Vec::new();
    for operation in &operations {
        let Some(entry) = TABLE.iter().find(|entry| entry.operation == operation.id) else {
            let (id, method, path) = (&operation.id, &operation.method, &operation.path);
            wrong.push(format!(
                "{id} ({method} {path}) has no line in tests/rights.rs"
            ));
            continue;
        };
        let (ticket, session) = ticket_of(&world, &callers.agent);
        let path = filled(&operation.path, entry, ticket, &session);
        for (who, caller) in callers.all() {
            callers.sign_in(&world);
            let request = caller.request(operation.method.clone(), &path);
            let request = match operation.method {
                Method::GET | Method::DELETE | Method::HEAD => request,
                _ => request.json(&fields(&operation.id, ticket)),
            };
            let answer = answered(request).await;
            let found = came(&answer);
            if Some(found) != expected(who, entry.kind) {
                wrong.push(format!(
                    "{} by {who}: {found:?} ({} {}), not {:?}",
                    operation.id,
                    answer.status,
                    answer.body,
                    expected(who, entry.kind)
                ));
            }
        }
    }
    for entry in TABLE {
        if !operations.iter().any(|known| known.id == entry.operation) {
            wrong.push(format!("{} is no operation any more", entry.operation));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.ends().await;
}
