INSERT INTO contacts (id, user_id, name, channel, read_up_to, created_at) VALUES
    (1, 'a/b', 'Ann', 'mobile', 3, '2026-03-01T12:00:00.000000Z');
INSERT INTO tickets (id, session_id, contact_id, channel, title, status, staff_read_up_to, topic_chat_id, topic_thread_id, created_at, updated_at) VALUES
    (1, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01', 1, 'mobile', 'hi', 'open', 2, -1001, 7, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:05.000000Z');
INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, agent_name, is_greeting, client_msg_id, created_at) VALUES
    (1, '0b7c3a0e-0000-4000-8000-000000000001', 1, NULL, 'support', 'Hello!', NULL, 1, NULL, '2026-03-01T12:00:00.000000Z'),
    (2, '0b7c3a0e-0000-4000-8000-000000000002', 1, 1, 'user', 'hi', NULL, 0, 'c-1', '2026-03-01T12:00:01.000000Z'),
    (3, '0b7c3a0e-0000-4000-8000-000000000003', 1, 1, 'support', 'hello', 'Olga', 0, NULL, '2026-03-01T12:00:05.000000Z');
INSERT INTO attachments (message_id, kind, file, thumb, mime, size) VALUES (2, 'photo', 'x.jpg', 'y.jpg', 'image/jpeg', 100);
INSERT INTO greetings_sent (contact_id, day, message_id) VALUES (1, '2026-03-01', 1);
INSERT INTO device_tokens (id, contact_id, token, platform, device_id, created_at, refreshed_at) VALUES
    (1, 1, 'token-1', 'android', 'd-1', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z');
INSERT INTO message_mapping (chat_id, telegram_message_id, ticket_id, answer_id, created_at) VALUES
    (-1001, 10, 1, NULL, '2026-03-01T12:00:02.000000Z'), (-1001, 11, 1, 3, '2026-03-01T12:00:05.000000Z');
INSERT INTO outbox (carrier, lane, fair_key, kind, ticket_id, message_id, device_id, payload, created_at) VALUES
    ('push', 'device:1', 0, 'reply', 1, 3, 1, '{}', '2026-03-01T12:00:05.000000Z');
INSERT INTO inbox (update_id, body, state, received_at) VALUES (100, x'7b7d', 'done', '2026-03-01T12:00:05.000000Z');
