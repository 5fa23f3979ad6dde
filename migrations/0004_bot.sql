-- The bot in private chats: what each chat is in the middle of, and whom the bot can not reach.

-- Since when the user keeps the bot out; NULL while it may write.
ALTER TABLE contacts ADD COLUMN bot_blocked_at TEXT;

CREATE TABLE dialogues (
    -- A private chat has its user's id.
    chat_id INTEGER PRIMARY KEY,
    -- JSON.
    state TEXT NOT NULL,
    -- Grows with every step: buttons of a dialogue carry it, so that an older one is known as such.
    turn INTEGER NOT NULL,
    -- What the user's app speaks: a guess, where the contact has chosen no language.
    language TEXT,
    updated_at TEXT NOT NULL
) STRICT;

-- A post in a private chat that shows a message, so that an edit of the message finds it.
ALTER TABLE message_mapping ADD COLUMN shows_id INTEGER REFERENCES messages (id) ON DELETE CASCADE;
CREATE INDEX message_mapping_of_shown ON message_mapping (shows_id) WHERE shows_id IS NOT NULL;

-- When the bot tells an agent of tickets without a sound: never, night, long, always.
ALTER TABLE agents ADD COLUMN quiet TEXT NOT NULL DEFAULT 'never';
