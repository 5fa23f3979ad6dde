-- The relay: contacts, tickets, messages, devices, what must leave (outbox) and what came in (inbox).
-- Times are UTC text with microseconds, RFC 3339, so that text order is time order.

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL UNIQUE,
    name TEXT,
    channel TEXT NOT NULL,
    -- The contact has read support messages up to this id.
    read_up_to INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    channel TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    -- Staff has answered or read the contact's messages up to this id.
    staff_read_up_to INTEGER NOT NULL DEFAULT 0,
    -- The topic of a forum group.
    topic_chat_id INTEGER,
    topic_thread_id INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    closed_at TEXT
) STRICT;
CREATE INDEX tickets_of_contact ON tickets (contact_id, id);
CREATE UNIQUE INDEX tickets_by_topic ON tickets (topic_chat_id, topic_thread_id) WHERE topic_thread_id IS NOT NULL;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    -- NULL for a greeting, which opens no ticket.
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE CASCADE,
    direction TEXT NOT NULL,
    text TEXT NOT NULL,
    agent_name TEXT,
    agent_telegram_id INTEGER,
    is_greeting INTEGER NOT NULL DEFAULT 0,
    client_msg_id TEXT,
    -- SHA-256 of what was sent, to tell a repeated request from another one under the same client_msg_id.
    content_hash BLOB,
    -- The agent's album this message was made of.
    media_group TEXT,
    created_at TEXT NOT NULL,
    edited_at TEXT
) STRICT;
CREATE INDEX messages_of_contact ON messages (contact_id, id);
CREATE INDEX messages_of_ticket ON messages (ticket_id, id);
CREATE UNIQUE INDEX messages_by_client_msg_id ON messages (contact_id, client_msg_id) WHERE client_msg_id IS NOT NULL;
CREATE INDEX messages_by_media_group ON messages (media_group) WHERE media_group IS NOT NULL;

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    file TEXT UNIQUE,
    thumb TEXT UNIQUE,
    link TEXT,
    name TEXT,
    mime TEXT,
    size INTEGER,
    latitude REAL,
    longitude REAL,
    phone TEXT
) STRICT;
CREATE INDEX attachments_of_message ON attachments (message_id, id);

CREATE TABLE greetings_sent (
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    day TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    PRIMARY KEY (contact_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    token TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    device_id TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL,
    refreshed_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX device_tokens_by_device ON device_tokens (contact_id, device_id) WHERE device_id IS NOT NULL;
CREATE INDEX device_tokens_of_contact ON device_tokens (contact_id);

-- A Telegram message and the ticket a reply to it belongs to: the bot's posts, and agents' own messages
-- that became answers (answer_id), so that an edit finds its answer.
CREATE TABLE message_mapping (
    chat_id INTEGER NOT NULL,
    telegram_message_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    answer_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (chat_id, telegram_message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_mapping_by_time ON message_mapping (created_at);
CREATE INDEX message_mapping_of_ticket ON message_mapping (ticket_id);
CREATE INDEX message_mapping_of_answer ON message_mapping (answer_id) WHERE answer_id IS NOT NULL;

-- A group that became a supergroup has a new id; the configured one leads here.
CREATE TABLE chat_migrations (
    old_chat_id INTEGER PRIMARY KEY,
    new_chat_id INTEGER NOT NULL
) STRICT;

-- What must leave, written in the transaction of its cause. state: waiting, sending, uncertain, dead.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    carrier TEXT NOT NULL,
    lane TEXT NOT NULL,
    fair_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE CASCADE,
    message_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    device_id INTEGER REFERENCES device_tokens (id) ON DELETE CASCADE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Sends of the present step whose fate is unknown.
    uncertain INTEGER NOT NULL DEFAULT 0,
    due_at TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_heads ON outbox (carrier, lane, fair_key, id) WHERE state <> 'dead';
CREATE INDEX outbox_by_state ON outbox (state, created_at);
CREATE INDEX outbox_of_ticket ON outbox (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX outbox_of_message ON outbox (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outbox_of_device ON outbox (device_id) WHERE device_id IS NOT NULL;

-- Updates from Telegram as they came. state: new, done, dead.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id INTEGER NOT NULL UNIQUE,
    body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    last_error TEXT,
    received_at TEXT NOT NULL
) STRICT;
CREATE INDEX inbox_new ON inbox (id) WHERE state = 'new';
