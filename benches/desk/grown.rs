//! A database that has been in use for years, made by SQL in one go.

use std::path::Path;

use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::Chance;
use relaydesk::store::{Purpose, Store};
use rusqlite::{Connection, params};

use crate::Scale;
use crate::words::{Dice, Words};

pub const AGENTS: u64 = 20;
pub const CATEGORIES: u64 = 10;
/// Messages of a ticket.
const EACH: u64 = 10;
/// Tickets of a contact.
const TICKETS_EACH: u64 = 4;

#[derive(Clone, Copy)]
pub struct Size {
    pub tickets: u64,
}

impl Size {
    /// 100,000 tickets, fewer in a smoke run, or what `RELAYDESK_BENCH_TICKETS` says.
    pub fn asked(scale: Scale) -> Self {
        let asked = std::env::var("RELAYDESK_BENCH_TICKETS").ok();
        let asked = asked.map(|number| number.parse().expect("a number of tickets"));
        Self {
            tickets: asked.unwrap_or(scale.pick(100_000, 2_000)).max(100),
        }
    }

    pub fn messages(self) -> u64 {
        self.tickets * EACH
    }

    pub fn contacts(self) -> u64 {
        self.tickets / TICKETS_EACH
    }
}

pub async fn make(database: &Path, size: Size) {
    let store = Store::open(database, Purpose::Serve, Clock::system(), Chance).unwrap();
    store.close().await;
    let connection = Connection::open(database).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN",
        )
        .unwrap();
    // Row by row the index of words would take longer than all the rest.
    let triggers = take_triggers(&connection);
    let mut dice = Dice::new();
    let words = Words::new(&mut dice);
    staff(&connection);
    contacts(&connection, size);
    tickets(&connection, size, &words, &mut dice);
    messages(&connection, size, &words, &mut dice);
    log(&connection, size);
    for sql in triggers {
        connection.execute_batch(&sql).unwrap();
    }
    for table in ["messages_fts", "tickets_fts", "contacts_fts"] {
        let sql = format!("INSERT INTO {table} ({table}) VALUES ('rebuild')");
        connection.execute(&sql, []).unwrap();
    }
    connection
        .execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
}

fn take_triggers(connection: &Connection) -> Vec<String> {
    let mut found = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap();
    let found: Vec<(String, String)> = found
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (name, _) in &found {
        connection
            .execute_batch(&format!("DROP TRIGGER {name}"))
            .unwrap();
    }
    found.into_iter().map(|(_, sql)| sql).collect()
}

fn run(connection: &Connection, sql: &str, size: u64) {
    connection
        .execute(sql, params![size.cast_signed()])
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
}

fn staff(connection: &Connection) {
    run(
        connection,
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO agents (id, email, first_name, role, created_at, updated_at)
         SELECT i, 'agent-' || i || '@example.com', 'Agent ' || i, 'agent', '2025-01-01T00:00:00.000000Z', '2025-01-01T00:00:00.000000Z' FROM n",
        AGENTS,
    );
    run(
        connection,
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO categories (id, name_uz, created_at) SELECT i, 'Savol ' || i, '2025-01-01T00:00:00.000000Z' FROM n",
        CATEGORIES,
    );
}

fn contacts(connection: &Connection, size: Size) {
    run(
        connection,
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO contacts (id, user_id, name, channel, telegram_id, created_at, updated_at)
         SELECT i, CASE i % 3 WHEN 0 THEN 'tg:' || (1000000 + i) ELSE 'user-' || i END, 'Name' || (i % 5000) || ' Family' || i,
                CASE i % 3 WHEN 0 THEN 'telegram' WHEN 1 THEN 'mobile' ELSE 'web' END, CASE i % 3 WHEN 0 THEN 1000000 + i END,
                '2025-01-01T00:00:00.000000Z', '2025-01-01T00:00:00.000000Z' FROM n",
        size.contacts(),
    );
}

fn tickets(connection: &Connection, size: Size, words: &Words, dice: &mut Dice) {
    let mut insert = connection
        .prepare(
            "INSERT INTO tickets (id, session_id, contact_id, channel, title, status, resolved, agent_id, category_id, priority,
                                  staff_read_up_to, last_message_id, message_count, viewed, rating, rated_at, closed_at, closed_by,
                                  first_answer_at, created_at, updated_at)
             VALUES (?1, printf('%08x-0000-4000-8000-000000000000', ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                     CASE WHEN ?14 > 0 THEN ?14 END, CASE WHEN ?14 > 0 THEN ?15 END, CASE ?6 WHEN 1 THEN ?15 END,
                     CASE ?6 WHEN 1 THEN ?7 END, ?15, ?15, ?15)",
        )
        .unwrap();
    let open = [
        "open",
        "waiting_admin",
        "in_progress",
        "waiting_user",
        "replied",
        "escalated",
    ];
    for id in 1..=size.tickets {
        let contact = (id - 1) % size.contacts() + 1;
        let over = dice.below(100) < 85;
        let status = match (over, dice.below(20)) {
            (true, 0) => "expired",
            (true, _) => "closed",
            (false, other) => open[other as usize % open.len()],
        };
        let agent = (dice.below(10) > 0).then(|| (dice.below(AGENTS) + 1).cast_signed());
        let category = (dice.below(4) > 0).then(|| (dice.below(CATEGORIES) + 1).cast_signed());
        let channel = ["telegram", "mobile", "web"][(contact % 3) as usize];
        let last = size.messages() - size.tickets + id;
        let at = time(id, size);
        insert
            .execute(params![
                id.cast_signed(),
                contact.cast_signed(),
                channel,
                words.text(dice, 5),
                status,
                over,
                agent,
                category,
                ["low", "medium", "high"][dice.below(3) as usize],
                last.cast_signed() - if over { 0 } else { 1 },
                last.cast_signed(),
                EACH.cast_signed(),
                over,
                if over { dice.below(6).cast_signed() } else { 0 },
                at
            ])
            .unwrap();
    }
}

fn messages(connection: &Connection, size: Size, words: &Words, dice: &mut Dice) {
    let mut insert = connection
        .prepare(
            "INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, agent_name, created_at)
             VALUES (?1, printf('%08x-0000-4000-8000-000000000001', ?1), ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .unwrap();
    for id in 1..=size.messages() {
        let turn = (id - 1) / size.tickets;
        let ticket = (id - 1) % size.tickets + 1;
        // The contact begins and has the last word.
        let by_user = turn.is_multiple_of(2) || turn + 1 == EACH;
        let length = 4 + dice.below(16);
        insert
            .execute(params![
                id.cast_signed(),
                ((ticket - 1) % size.contacts() + 1).cast_signed(),
                ticket.cast_signed(),
                if by_user { "user" } else { "support" },
                words.text(dice, length),
                (!by_user).then_some("Anna Petrova"),
                time(ticket, size)
            ])
            .unwrap();
    }
    run(
        connection,
        "INSERT INTO attachments (message_id, kind, file, thumb, mime, size)
         SELECT id, 'photo', printf('%032x.jpg', id), printf('%032x.webp', id), 'image/jpeg', 123456 FROM messages WHERE id % ?1 = 0",
        20,
    );
}

fn log(connection: &Connection, size: Size) {
    run(
        connection,
        "INSERT INTO activity_log (at, agent_id, actor_name, action, ticket_id, contact_id)
         SELECT created_at, agent_id, 'Agent', 'answered', id, contact_id FROM tickets WHERE agent_id IS NOT NULL AND id <= ?1",
        size.tickets,
    );
    run(
        connection,
        "INSERT INTO activity_log (at, agent_id, actor_name, action, ticket_id, contact_id)
         SELECT created_at, agent_id, 'Agent', 'closed', id, contact_id FROM tickets WHERE resolved = 1 AND id <= ?1",
        size.tickets,
    );
}

/// Spread over the two years up to today, in the order of the tickets.
fn time(ticket: u64, size: Size) -> String {
    let today = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let years = 2 * 365 * 86_400;
    let at = today.as_secs() - years + years * ticket / (size.tickets + 1);
    let at = chrono::DateTime::from_timestamp(at.cast_signed(), 0).unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
