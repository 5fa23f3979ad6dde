INSERT INTO contacts (id, user_id, channel, telegram_id, bot_blocked_at, created_at) VALUES
    (1, 'tg:7', 'telegram', 7, '2026-03-01T12:00:09.000000Z', '2026-03-01T12:00:00.000000Z');
INSERT INTO tickets (id, session_id, contact_id, channel, title, status, created_at, updated_at) VALUES
    (1, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01', 1, 'telegram', 'hi', 'open', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:05.000000Z');
INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, is_greeting, created_at) VALUES
    (1, '0b7c3a0e-0000-4000-8000-000000000001', 1, 1, 'user', 'hi', 0, '2026-03-01T12:00:01.000000Z'),
    (2, '0b7c3a0e-0000-4000-8000-000000000002', 1, 1, 'user', 'again', 0, '2026-03-01T12:00:02.000000Z'),
    (3, '0b7c3a0e-0000-4000-8000-000000000003', 1, 1, 'support', 'hello', 0, '2026-03-01T12:00:03.000000Z');
INSERT INTO message_mapping (chat_id, telegram_message_id, ticket_id, shows_id, created_at) VALUES (7, 3, 1, 3, '2026-03-01T12:00:04.000000Z');
INSERT INTO dialogues (chat_id, state, turn, updated_at) VALUES (7, '{"in":"idle"}', 2, '2026-03-01T12:00:04.000000Z');
INSERT INTO broadcasts (id, chat_id, state, text, total, created_at) VALUES (1, 7, 'running', 'hello all', 1, '2026-03-01T12:00:05.000000Z');
INSERT INTO broadcast_recipients (broadcast_id, chat_id) VALUES (1, 7);
INSERT INTO link_codes (code_hash, contact_id, expires_at) VALUES (x'00', 1, '2026-03-01T12:05:00.000000Z');
