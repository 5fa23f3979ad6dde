-- Several groups of agents: categories may name one of their own, and a ticket may be known in more than one.

-- The groups that a category named at some time, by the id they had then; answers from them count for good.
CREATE TABLE groups (
    chat_id INTEGER PRIMARY KEY,
    -- As it was called then.
    title TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- NULL is the default group, of GROUP_CHAT_ID.
ALTER TABLE categories ADD COLUMN group_chat_id INTEGER REFERENCES groups (chat_id);
CREATE INDEX categories_of_group ON categories (group_chat_id) WHERE group_chat_id IS NOT NULL;

-- Where its posts go now. It follows the category, when something is next to be told.
ALTER TABLE tickets ADD COLUMN group_chat_id INTEGER REFERENCES groups (chat_id);

-- The topics of a ticket, one in each forum that knows it.
CREATE TABLE ticket_topics (
    chat_id INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    PRIMARY KEY (chat_id, thread_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ticket_topics_of_ticket ON ticket_topics (ticket_id, chat_id);
INSERT INTO ticket_topics (chat_id, thread_id, ticket_id)
    SELECT topic_chat_id, topic_thread_id, id FROM tickets WHERE topic_chat_id IS NOT NULL AND topic_thread_id IS NOT NULL;
DROP INDEX tickets_by_topic;
ALTER TABLE tickets DROP COLUMN topic_chat_id;
ALTER TABLE tickets DROP COLUMN topic_thread_id;
