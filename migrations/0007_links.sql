-- One-time codes that tell which contact, or which account of staff, a Telegram user is.

CREATE TABLE link_codes (
    -- SHA-256 of the code.
    code_hash BLOB PRIMARY KEY,
    contact_id INTEGER REFERENCES contacts (id) ON DELETE CASCADE,
    agent_id INTEGER REFERENCES agents (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL,
    CHECK ((contact_id IS NULL) <> (agent_id IS NULL))
) STRICT;
-- A new code ends the one before.
CREATE UNIQUE INDEX link_codes_of_contact ON link_codes (contact_id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX link_codes_of_agent ON link_codes (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX link_codes_by_end ON link_codes (expires_at);

-- When two groups turn out to be one chat.
CREATE INDEX tickets_of_group ON tickets (group_chat_id) WHERE group_chat_id IS NOT NULL;
