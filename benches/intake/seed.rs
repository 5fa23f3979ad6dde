//! Databases that have been in use for a while, made by SQL in one go.

use std::path::Path;

use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::Chance;
use relaydesk::store::{Purpose, Store};
use rusqlite::{Connection, params};

/// Makes the tables.
pub async fn empty(database: &Path) {
    let store = Store::open(database, Purpose::Serve, Clock::system(), Chance).unwrap();
    store.close().await;
}

/// Contacts `user-1`, `user-2` …, each with a ticket and messages to and fro, every tenth with a photo.
pub async fn conversations(database: &Path, contacts: u32, messages_each: u32) {
    empty(database).await;
    let connection = Connection::open(database).unwrap();
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN")
        .unwrap();
    let run = |sql: &str| connection.execute(sql, params![contacts, messages_each]);
    run(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1 AND ?2 > 0)
         INSERT INTO contacts (id, user_id, name, channel, created_at)
         SELECT i, 'user-' || i, 'User ' || i, 'mobile', '2026-01-01T00:00:00.000000Z' FROM n",
    )
    .unwrap();
    run("INSERT INTO tickets (id, session_id, contact_id, channel, title, status, staff_read_up_to, created_at, updated_at)
         SELECT id, printf('%08x-0000-4000-8000-000000000000', id), id, 'mobile', 'Where is my order?', 'open',
                ?1 * (?2 - 1), created_at, created_at FROM contacts")
    .unwrap();
    run("WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1 * ?2)
         INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, agent_name, created_at)
         SELECT i + 1, printf('%08x-0000-4000-8000-000000000001', i), i % ?1 + 1, i % ?1 + 1,
                CASE (i / ?1) % 2 WHEN 0 THEN 'user' ELSE 'support' END,
                'Message ' || i || ': the parcel was to come on Monday, and nobody has called.',
                CASE (i / ?1) % 2 WHEN 1 THEN 'Anna Petrova' END,
                strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + i, 'unixepoch') || '.000000Z' FROM n")
    .unwrap();
    run(
        "INSERT INTO attachments (message_id, kind, file, thumb, mime, size)
         SELECT id, 'photo', printf('%032x.jpg', id), printf('%032x.webp', id), 'image/jpeg', 123456
         FROM messages WHERE id % 10 = 0 AND id <= ?1 * ?2",
    )
    .unwrap();
    connection
        .execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
}
