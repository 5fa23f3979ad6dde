-- The desk: staff, categories, tickets with an owner and a state, notes, canned answers, the log of who did what.

CREATE TABLE agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Lower case.
    email TEXT UNIQUE,
    -- Argon2id in PHC form; NULL: no sign-in by password.
    password_hash TEXT,
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    username TEXT,
    -- owner, agent
    role TEXT NOT NULL,
    is_blocked INTEGER NOT NULL DEFAULT 0,
    telegram_id INTEGER UNIQUE,
    last_assigned_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- Sign-ins: what a cookie or a bearer token leads to. Only the SHA-256 of a token is kept.
CREATE TABLE staff_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX staff_sessions_of_agent ON staff_sessions (agent_id);
CREATE INDEX staff_sessions_by_end ON staff_sessions (expires_at);

-- Failed sign-ins in a row by key: `account:…` or `address:…`.
CREATE TABLE login_failures (
    key TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    locked_until TEXT,
    last_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name_uz TEXT NOT NULL,
    name_ru TEXT,
    name_en TEXT,
    description TEXT,
    is_active INTEGER NOT NULL DEFAULT 1,
    position INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE agent_categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    UNIQUE (agent_id, category_id)
) STRICT;
CREATE INDEX agent_categories_of_category ON agent_categories (category_id);

ALTER TABLE contacts ADD COLUMN telegram_id INTEGER;
ALTER TABLE contacts ADD COLUMN username TEXT;
ALTER TABLE contacts ADD COLUMN first_name TEXT;
ALTER TABLE contacts ADD COLUMN last_name TEXT;
ALTER TABLE contacts ADD COLUMN email TEXT;
-- uz, ru, en; NULL until the contact has chosen or shown one.
ALTER TABLE contacts ADD COLUMN language TEXT;
ALTER TABLE contacts ADD COLUMN is_blocked INTEGER NOT NULL DEFAULT 0;
-- The day (in TIMEZONE) the contact was last told that nobody is at work.
ALTER TABLE contacts ADD COLUMN away_told_on TEXT;
ALTER TABLE contacts ADD COLUMN updated_at TEXT;
UPDATE contacts SET updated_at = created_at;
CREATE UNIQUE INDEX contacts_by_telegram_id ON contacts (telegram_id) WHERE telegram_id IS NOT NULL;

ALTER TABLE tickets ADD COLUMN category_id INTEGER REFERENCES categories (id);
ALTER TABLE tickets ADD COLUMN agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL;
ALTER TABLE tickets ADD COLUMN priority TEXT NOT NULL DEFAULT 'medium';
ALTER TABLE tickets ADD COLUMN description TEXT;
ALTER TABLE tickets ADD COLUMN subject TEXT;
ALTER TABLE tickets ADD COLUMN page_url TEXT;
-- 1 exactly while the status is closed or expired.
ALTER TABLE tickets ADD COLUMN resolved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN closed_by INTEGER REFERENCES agents (id) ON DELETE SET NULL;
ALTER TABLE tickets ADD COLUMN close_reason TEXT;
-- Staff has opened or answered it since the contact last wrote.
ALTER TABLE tickets ADD COLUMN viewed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN viewed_at TEXT;
-- The contact has read this ticket's support messages up to this id; beside contacts.read_up_to.
ALTER TABLE tickets ADD COLUMN contact_read_up_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN last_message_id INTEGER REFERENCES messages (id) ON DELETE SET NULL;
ALTER TABLE tickets ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN assigned_at TEXT;
ALTER TABLE tickets ADD COLUMN first_answer_at TEXT;
-- 1 to 5, after closing.
ALTER TABLE tickets ADD COLUMN rating INTEGER;
ALTER TABLE tickets ADD COLUMN rating_comment TEXT;
ALTER TABLE tickets ADD COLUMN rated_at TEXT;
-- The post in the group that carries the ticket's buttons.
ALTER TABLE tickets ADD COLUMN buttons_chat_id INTEGER;
ALTER TABLE tickets ADD COLUMN buttons_message_id INTEGER;

UPDATE tickets SET resolved = 1 WHERE status = 'closed';
UPDATE tickets SET
    last_message_id = (SELECT MAX(m.id) FROM messages m WHERE m.ticket_id = tickets.id),
    message_count = (SELECT COUNT(*) FROM messages m WHERE m.ticket_id = tickets.id),
    first_answer_at = (SELECT MIN(m.created_at) FROM messages m WHERE m.ticket_id = tickets.id AND m.direction = 'support');

-- Every list's filter and order is led by one of these: equal columns first, then the order, then what further
-- filters look at, so that a page is found without touching rows that are not on it.
CREATE INDEX tickets_by_state ON tickets (resolved, id, agent_id);
CREATE INDEX tickets_of_agent ON tickets (agent_id, resolved, id);
CREATE INDEX tickets_of_agent_by_number ON tickets (agent_id, id, status, priority, category_id);
CREATE INDEX tickets_of_contact_by_state ON tickets (contact_id, resolved, id, agent_id);
CREATE INDEX tickets_of_category ON tickets (category_id, id, status, priority) WHERE category_id IS NOT NULL;
CREATE INDEX tickets_of_category_by_state ON tickets (category_id, resolved, id, agent_id) WHERE category_id IS NOT NULL;
CREATE INDEX tickets_by_status ON tickets (status, id, priority, category_id, agent_id);
CREATE INDEX tickets_by_priority ON tickets (priority, id, status, category_id, agent_id);
CREATE INDEX tickets_by_time ON tickets (created_at);
CREATE INDEX tickets_by_close ON tickets (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX tickets_by_last_message ON tickets (last_message_id) WHERE last_message_id IS NOT NULL;
CREATE INDEX tickets_by_closer ON tickets (closed_by) WHERE closed_by IS NOT NULL;
CREATE INDEX tickets_by_assignment ON tickets (assigned_at) WHERE assigned_at IS NOT NULL;
CREATE INDEX tickets_by_first_answer ON tickets (first_answer_at) WHERE first_answer_at IS NOT NULL;
CREATE INDEX tickets_by_rating ON tickets (rated_at) WHERE rated_at IS NOT NULL;

ALTER TABLE messages ADD COLUMN agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL;
CREATE INDEX messages_of_agent ON messages (agent_id, created_at, ticket_id) WHERE agent_id IS NOT NULL;

-- The Bot API's name of a file that came from Telegram.
ALTER TABLE attachments ADD COLUMN telegram_file_id TEXT;

-- Seen by staff only, and therefore no messages.
CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    agent_name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX notes_of_ticket ON notes (ticket_id, id);
CREATE INDEX notes_of_agent ON notes (agent_id) WHERE agent_id IS NOT NULL;

CREATE TABLE canned_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What is typed after /t: one word, lower case.
    name TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- What owners set on the page, JSON by name: `hours`; and `session_secret`, which signs links where no JWT_SECRET is set.
CREATE TABLE desk_settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what to which ticket or contact. The actor's name stays when the account goes.
CREATE TABLE activity_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    ticket_id INTEGER REFERENCES tickets (id) ON DELETE SET NULL,
    contact_id INTEGER REFERENCES contacts (id) ON DELETE SET NULL,
    detail TEXT
) STRICT;
CREATE INDEX activity_log_of_agent ON activity_log (agent_id, at) WHERE agent_id IS NOT NULL;
CREATE INDEX activity_log_of_ticket ON activity_log (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX activity_log_of_contact ON activity_log (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX activity_log_by_time ON activity_log (at);

-- What was handled or given up is counted, forgotten and let go again without reading all of it.
CREATE INDEX inbox_done ON inbox (received_at) WHERE state = 'done';
CREATE INDEX inbox_dead ON inbox (id) WHERE state = 'dead';
