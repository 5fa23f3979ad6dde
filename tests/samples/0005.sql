INSERT INTO groups (chat_id, title, created_at) VALUES (-1002, 'Sales', '2026-03-01T12:00:00.000000Z');
INSERT INTO categories (id, name_uz, group_chat_id, created_at) VALUES (1, 'Savdo', -1002, '2026-03-01T12:00:00.000000Z');
INSERT INTO contacts (id, user_id, channel, created_at) VALUES (1, 'alice', 'mobile', '2026-03-01T12:00:00.000000Z');
INSERT INTO tickets (id, session_id, contact_id, channel, title, status, category_id, group_chat_id, created_at, updated_at) VALUES
    (1, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01', 1, 'mobile', 'hi', 'open', 1, -1002, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:05.000000Z');
INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, is_greeting, created_at) VALUES
    (1, '0b7c3a0e-0000-4000-8000-000000000001', 1, 1, 'user', 'hi', 0, '2026-03-01T12:00:01.000000Z'),
    (2, '0b7c3a0e-0000-4000-8000-000000000002', 1, 1, 'user', 'again', 0, '2026-03-01T12:00:02.000000Z'),
    (3, '0b7c3a0e-0000-4000-8000-000000000003', 1, 1, 'support', 'hello', 0, '2026-03-01T12:00:03.000000Z');
INSERT INTO ticket_topics (chat_id, thread_id, ticket_id) VALUES (-1002, 5, 1), (-1001, 9, 1);
