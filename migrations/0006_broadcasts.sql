-- Broadcasts: one message of an owner's to everybody who has a private chat with the bot.

CREATE TABLE broadcasts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    -- The owner's private chat, and the post in it that shows how far it is.
    chat_id INTEGER NOT NULL,
    post_id INTEGER,
    -- draft, running, stopping, stopped, done
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    file_kind TEXT,
    -- The Bot API's name of the file.
    file_id TEXT,
    total INTEGER NOT NULL DEFAULT 0,
    -- How far it was when that was last told; while it runs, its job knows exactly.
    sent INTEGER NOT NULL DEFAULT 0,
    unreached INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT
) STRICT;
-- One at a time.
CREATE UNIQUE INDEX broadcasts_running ON broadcasts ((1)) WHERE state IN ('running', 'stopping');

-- Whom a broadcast goes to, as they were when it was confirmed; gone when it is over.
CREATE TABLE broadcast_recipients (
    broadcast_id INTEGER NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    chat_id INTEGER NOT NULL,
    PRIMARY KEY (broadcast_id, chat_id)
) STRICT, WITHOUT ROWID;
