-- Full-text search over messages, titles of tickets and names of contacts: what only SQLite has. The texts stay
-- where they are, the index follows them by triggers.

CREATE VIRTUAL TABLE messages_fts USING fts5 (text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER messages_fts_insert AFTER INSERT ON messages WHEN new.is_greeting = 0 BEGIN
    INSERT INTO messages_fts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER messages_fts_delete AFTER DELETE ON messages WHEN old.is_greeting = 0 BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER messages_fts_update AFTER UPDATE OF text ON messages WHEN old.is_greeting = 0 BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO messages_fts (rowid, text) VALUES (new.id, new.text);
END;
INSERT INTO messages_fts (rowid, text) SELECT id, text FROM messages WHERE is_greeting = 0;

CREATE VIRTUAL TABLE tickets_fts USING fts5 (title, description, content = 'tickets', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER tickets_fts_insert AFTER INSERT ON tickets BEGIN
    INSERT INTO tickets_fts (rowid, title, description) VALUES (new.id, new.title, new.description);
END;
CREATE TRIGGER tickets_fts_delete AFTER DELETE ON tickets BEGIN
    INSERT INTO tickets_fts (tickets_fts, rowid, title, description) VALUES ('delete', old.id, old.title, old.description);
END;
CREATE TRIGGER tickets_fts_update AFTER UPDATE OF title, description ON tickets BEGIN
    INSERT INTO tickets_fts (tickets_fts, rowid, title, description) VALUES ('delete', old.id, old.title, old.description);
    INSERT INTO tickets_fts (rowid, title, description) VALUES (new.id, new.title, new.description);
END;
INSERT INTO tickets_fts (rowid, title, description) SELECT id, title, description FROM tickets;

CREATE VIRTUAL TABLE contacts_fts USING fts5 (user_id, name, username, first_name, last_name, email, content = 'contacts', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER contacts_fts_insert AFTER INSERT ON contacts BEGIN
    INSERT INTO contacts_fts (rowid, user_id, name, username, first_name, last_name, email)
    VALUES (new.id, new.user_id, new.name, new.username, new.first_name, new.last_name, new.email);
END;
CREATE TRIGGER contacts_fts_delete AFTER DELETE ON contacts BEGIN
    INSERT INTO contacts_fts (contacts_fts, rowid, user_id, name, username, first_name, last_name, email)
    VALUES ('delete', old.id, old.user_id, old.name, old.username, old.first_name, old.last_name, old.email);
END;
CREATE TRIGGER contacts_fts_update AFTER UPDATE OF user_id, name, username, first_name, last_name, email ON contacts BEGIN
    INSERT INTO contacts_fts (contacts_fts, rowid, user_id, name, username, first_name, last_name, email)
    VALUES ('delete', old.id, old.user_id, old.name, old.username, old.first_name, old.last_name, old.email);
    INSERT INTO contacts_fts (rowid, user_id, name, username, first_name, last_name, email)
    VALUES (new.id, new.user_id, new.name, new.username, new.first_name, new.last_name, new.email);
END;
INSERT INTO contacts_fts (rowid, user_id, name, username, first_name, last_name, email)
SELECT id, user_id, name, username, first_name, last_name, email FROM contacts;
