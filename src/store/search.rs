//! Full-text search: all that is said to FTS5 is said here, and nobody's words reach it but as quoted terms.

use rusqlite::params;

use super::reader::Reading;
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId, UserId};
use crate::domain::message::Message;
use crate::domain::ticket::TicketNumber;

/// The most terms of one search; further ones are left out.
const TERMS: usize = 12;
/// A last term shorter than this is taken as a whole word: it begins half the words of a language, and FTS5 puts
/// the lists of all of them together before it gives out the first entry.
const SHORTEST_BEGINNING: usize = 3;
/// Contacts whose tickets are looked at.
const CONTACTS: u32 = 200;

/// What is searched for: words that all must be there, of the last one the beginning is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    terms: Vec<String>,
    raw: String,
}

impl Words {
    /// Takes any text; everything that is no letter and no digit separates words.
    pub fn of(raw: &str) -> Self {
        let words = raw.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).take(TERMS);
        Self {
            terms: words.map(str::to_lowercase).collect(),
            raw: raw.trim().to_owned(),
        }
    }

    /// The words, lower case, for marking them in what was found.
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// The query for `MATCH` that wants whole words; None where nothing can be found.
    fn whole(&self) -> Option<String> {
        // Letters and digits only, so nothing in a term ends its quotes.
        let terms = self.terms.iter().map(|term| format!("\"{term}\""));
        let terms: Vec<String> = terms.collect();
        (!terms.is_empty()).then(|| terms.join(" "))
    }

    /// The one that is content with the beginning of the last word.
    fn beginning(&self) -> Option<String> {
        let last = self.terms.last()?;
        let long = last.chars().count() >= SHORTEST_BEGINNING;
        self.whole().filter(|_| long).map(|whole| whole + "*")
    }
}

impl Reading<'_> {
    /// Messages with these words, newest first, each with its ticket's title.
    pub fn search_messages(
        &self,
        words: &Words,
        limit: u32,
    ) -> Result<Vec<(Message, String)>, Error> {
        let sql = r"SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
        let ids = self.matching(sql, words, limit)?;
        let mut found = self.messages_by_id(ids.into_iter().map(MessageId))?;
        found.reverse();
        let mut titles = self.prepare(r"SELECT title FROM tickets WHERE id = ?1")?;
        // Messages of no ticket are greetings, and those are not indexed.
        found
            .into_iter()
            .filter_map(|message| message.ticket.map(|ticket| (message, ticket)))
            .map(|(message, ticket)| {
                let title = titles.query_row([ticket.0], |row| row.get(0))?;
                Ok((message, title))
            })
            .collect()
    }

    /// Tickets with this number, of this user id, with these words in the title or in what is known of the
    /// contact: the exact ones first, then the newest.
    pub fn search_tickets(&self, words: &Words, limit: u32) -> Result<Vec<TicketId>, Error> {
        let mut found = Vec::new();
        if let Some(number) = TicketNumber::parse(&words.raw)
            && let Some(ticket) = self.ticket(number.id())?
        {
            found.push(ticket.id);
        }
        if let Ok(user) = UserId::parse(&words.raw, "q")
            && let Some(contact) = self.contact(&user)?
        {
            let sql = r"SELECT id FROM tickets WHERE contact_id = ?1 ORDER BY id DESC LIMIT ?2";
            found.extend(
                self.numbers(sql, params![contact.id.0, limit])?
                    .into_iter()
                    .map(TicketId),
            );
        }
        let sql = r"SELECT rowid FROM tickets_fts WHERE tickets_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
        let mut others = self.matching(sql, words, limit)?;
        // A contact's newest tickets are enough of each: the list is cut all the same.
        let sql = r"SELECT t.id FROM
                    (SELECT rowid AS id FROM contacts_fts WHERE contacts_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2) AS page
                    JOIN tickets t ON t.contact_id = page.id";
        others.extend(self.matching(sql, words, limit.max(CONTACTS))?);
        others.sort_unstable_by(|a, b| b.cmp(a));
        for id in others.into_iter().map(TicketId) {
            if !found.contains(&id) {
                found.push(id);
            }
            if found.len() >= limit as usize {
                break;
            }
        }
        found.truncate(limit as usize);
        Ok(found)
    }

    /// Tickets with these words in one of their newest messages, each as often as it says them.
    pub fn tickets_saying(&self, words: &Words, limit: u32) -> Result<Vec<TicketId>, Error> {
        let sql = r"SELECT m.ticket_id FROM
                    (SELECT rowid AS id FROM messages_fts WHERE messages_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2) AS page
                    JOIN messages m ON m.id = page.id WHERE m.ticket_id IS NOT NULL";
        let ids = self.matching(sql, words, limit)?;
        Ok(ids.into_iter().map(TicketId).collect())
    }

    /// What has the words whole; only where that is too little, also what has the beginning of the last one.
    fn matching(&self, sql: &'static str, words: &Words, limit: u32) -> Result<Vec<i64>, Error> {
        let Some(whole) = words.whole() else {
            return Ok(Vec::new());
        };
        let found = self.numbers(sql, params![whole, limit])?;
        match words.beginning() {
            Some(beginning) if found.len() < limit as usize => {
                self.numbers(sql, params![beginning, limit])
            }
            _ => Ok(found),
        }
    }

    fn numbers(&self, sql: &'static str, params: impl rusqlite::Params) -> Result<Vec<i64>, Error> {
        let numbers = self
            .prepare(sql)?
            .query_map(params, |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    use rusqlite::Connection;

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::run(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO contacts (id, user_id, name, email, channel, created_at) VALUES
                   (1, 'user-42', 'Анна Петрова', 'anna@example.com', 'mobile', '2026-03-01T12:00:00.000000Z'),
                   (2, 'tg:7', NULL, NULL, 'telegram', '2026-03-01T12:00:00.000000Z');
                 INSERT INTO tickets (id, session_id, contact_id, channel, title, status, created_at, updated_at) VALUES
                   (1, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a01', 1, 'mobile', 'Where is my parcel?', 'open', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z'),
                   (2, '6f1f64c2-5a0e-4a54-9a6e-0d7f1f3c9a02', 2, 'telegram', 'Возврат', 'open', '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z');
                 INSERT INTO messages (id, public_id, contact_id, ticket_id, direction, text, is_greeting, created_at) VALUES
                   (1, 'a', 1, 1, 'user', 'My parcel has not come: order #55-A', 0, '2026-03-01T12:00:00.000000Z'),
                   (2, 'b', 2, 2, 'user', 'Верните деньги, пожалуйста. Ёлка!', 0, '2026-03-01T12:00:00.000000Z'),
                   (3, 'c', 2, NULL, 'support', 'parcel greeting', 1, '2026-03-01T12:00:00.000000Z');
                 UPDATE tickets SET last_message_id = id, message_count = 1;",
            )
            .unwrap();
        connection
    }

    fn messages(connection: &Connection, words: &str) -> Vec<i64> {
        let found = Reading(connection).search_messages(&Words::of(words), 10);
        let ids = found.unwrap().into_iter().map(|(message, _)| message.id.0);
        ids.collect()
    }

    fn tickets(connection: &Connection, words: &str) -> Vec<i64> {
        let found = Reading(connection).search_tickets(&Words::of(words), 10);
        found.unwrap().into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn all_words_must_be_there_and_the_last_may_be_a_beginning() {
        let db = database();
        assert_eq!(messages(&db, "parcel order"), [1]);
        assert_eq!(messages(&db, "order PARC"), [1]);
        assert_eq!(messages(&db, "parc order"), [0; 0]);
        assert_eq!(messages(&db, "#55-a"), [1]);
        assert_eq!(messages(&db, "деньги верн"), [2]);
        assert_eq!(messages(&db, "ВЕРНИТЕ"), [2]);
        assert_eq!(messages(&db, "greeting"), [0; 0]);
        for nothing in ["", " ", "\"", "* ^ : ( )", "NEAR", "-", "💳"] {
            assert_eq!(messages(&db, nothing), [0; 0], "{nothing:?}");
        }
    }

    #[test]
    fn tickets_are_found_by_number_user_id_name_email_and_title() {
        let db = database();
        let number = TicketNumber::of(TicketId(2)).to_string();
        for (words, expected) in [
            (number.as_str(), vec![2]),
            ("user-42", vec![1]),
            ("tg:7", vec![2]),
            ("петр", vec![1]),
            ("anna@example", vec![1]),
            ("parcel", vec![1]),
            ("возвр", vec![2]),
            ("nobody", vec![]),
        ] {
            assert_eq!(tickets(&db, words), expected, "{words}");
        }
        let saying = Reading(&db).tickets_saying(&Words::of("деньги"), 5);
        assert_eq!(saying.unwrap(), [TicketId(2)]);
    }

    #[test]
    fn the_index_follows_what_changes() {
        let db = database();
        db.execute_batch(
            "UPDATE messages SET text = 'changed' WHERE id = 1; UPDATE contacts SET name = 'Olga' WHERE id = 1;
             UPDATE tickets SET title = 'New' WHERE id = 1; DELETE FROM tickets WHERE id = 2;",
        )
        .unwrap();
        assert_eq!(messages(&db, "parcel"), [0; 0]);
        assert_eq!(messages(&db, "changed"), [1]);
        assert_eq!(tickets(&db, "olga"), [1]);
        assert_eq!(tickets(&db, "петрова"), [0; 0]);
        assert_eq!(tickets(&db, "new"), [1]);
    }

    #[test]
    fn whatever_is_asked_there_is_an_answer() {
        let db = database();
        let near = "[\"'*^():{}+\\-a-zа-я\u{0}\u{345}\u{301} ]{0,30}";
        let words = prop_oneof![any::<String>(), near.prop_map(String::from)];
        let run = TestRunner::default().run(&words, |words| {
            let words = Words::of(&words);
            prop_assert!(Reading(&db).search_messages(&words, 5).is_ok());
            prop_assert!(Reading(&db).search_tickets(&words, 5).is_ok());
            prop_assert!(Reading(&db).tickets_saying(&words, 5).is_ok());
            Ok(())
        });
        run.unwrap();
    }

    #[test]
    fn a_word_of_every_letter_there_is_harms_nothing() {
        let db = database();
        let letters = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        let mut word = String::new();
        for letter in letters.filter(|letter| letter.is_alphanumeric()) {
            word.push(letter);
            if word.chars().count() == 500 {
                let words = Words::of(&std::mem::take(&mut word));
                assert!(Reading(&db).search_messages(&words, 5).is_ok(), "{words:?}");
            }
        }
    }
}
