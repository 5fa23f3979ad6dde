INSERT INTO agents (id, email, first_name, role, telegram_id, created_at, updated_at) VALUES
    (1, 'olga@example.com', 'Olga', 'owner', 700, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z');
INSERT INTO staff_sessions (token_hash, agent_id, created_at, expires_at) VALUES (x'00ff', 1, '2026-03-01T12:00:00.000000Z', '2026-03-31T12:00:00.000000Z');
INSERT INTO categories (id, name_uz, created_at) VALUES (1, 'Savol', '2026-03-01T12:00:00.000000Z');
INSERT INTO agent_categories (agent_id, category_id, created_at) VALUES (1, 1, '2026-03-01T12:00:00.000000Z');
INSERT INTO contacts (id, user_id, name, channel, telegram_id, language, created_at, updated_at) VALUES
    (1, 'tg:5', 'Ann', 'telegram', 5, 'uz', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z');
INSERT INTO tickets (id, session_id, contact_id, channel, title, status, category_id, agent_id, created_at, updated_at) VALUES
    (1, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01', 1, 'telegram', 'hi', 'waiting_admin', 1, 1, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:05.000000Z');
INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, agent_id, agent_name, is_greeting, created_at) VALUES
    (1, '0b7c3a0e-0000-4000-8000-000000000001', 1, NULL, 'support', 'Hello!', NULL, NULL, 1, '2026-03-01T12:00:00.000000Z'),
    (2, '0b7c3a0e-0000-4000-8000-000000000002', 1, 1, 'user', 'hi', NULL, NULL, 0, '2026-03-01T12:00:01.000000Z'),
    (3, '0b7c3a0e-0000-4000-8000-000000000003', 1, 1, 'support', 'hello', 1, 'Olga', 0, '2026-03-01T12:00:05.000000Z');
INSERT INTO notes (ticket_id, agent_id, agent_name, text, created_at) VALUES (1, 1, 'Olga', 'a regular', '2026-03-01T12:00:06.000000Z');
INSERT INTO canned_answers (name, text, created_at, updated_at) VALUES ('hours', 'We work 9 to 18.', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z');
INSERT INTO activity_log (at, agent_id, actor_name, action, ticket_id, contact_id) VALUES ('2026-03-01T12:00:05.000000Z', 1, 'Olga', 'answered', 1, 1);
