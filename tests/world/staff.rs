//! Members of staff in a story: accounts made where sign-in itself is not what is told.

use relaydesk::desk::staff::token_hash;
use rusqlite::params;

use super::{Phone, World};

/// The service's token in every story.
pub const API_TOKEN: &str = "api-token-of-the-story-0123456789";

impl World {
    /// An account of that role (`owner`, `agent`) that is signed in; requests carry its token.
    pub fn staff(&self, name: &str, role: &str) -> Phone {
        let token = format!("token-of-{name}");
        let sql = self.sql();
        let now = "2026-03-01T12:00:00.000000Z";
        let email = format!("{name}@example.com");
        let id: i64 = sql
            .query_row(
                "INSERT INTO agents (email, first_name, role, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
                params![email, name, role, now],
                |row| row.get(0),
            )
            .unwrap();
        sql.execute(
            "INSERT INTO staff_sessions (token_hash, agent_id, created_at, expires_at) VALUES (?1, ?2, ?3, '2036-03-01T12:00:00.000000Z')",
            params![token_hash(&token), id, now],
        )
        .unwrap();
        let mut staff = self.phone(&id.to_string());
        staff.token = Some(token);
        staff
    }

    /// A program with the service's token.
    pub fn service(&self) -> Phone {
        let mut service = self.phone("service");
        service.token = Some(API_TOKEN.to_owned());
        service
    }
}
