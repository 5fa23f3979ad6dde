//! The helpdesk interface: tickets, messages, figures, as a program written for it sees them.

mod assigning;
mod expiry;
mod figures;
mod files;
mod messages;
mod rights;
mod tickets;

use reqwest::Method;
use rusqlite::params;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

pub const TICKETS: &str = "/api/ticket/tickets/";
pub const MESSAGES: &str = "/api/ticket/messages/";

/// What a program does besides GET and POST.
impl Phone {
    pub async fn patches(&self, path: &str, body: Value) -> Answer {
        self.answer(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub async fn puts(&self, path: &str, body: Value) -> Answer {
        self.answer(self.request(Method::PUT, path).json(&body))
            .await
    }

    pub async fn deletes(&self, path: &str) -> Answer {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Follows `next` from this path to the end, as a bot does; everything it met.
    pub async fn walks(&self, path: &str) -> Vec<Value> {
        let mut page = self.gets(path).await.ok();
        let mut all = page["results"].as_array().unwrap().clone();
        let count = page["count"].as_i64().unwrap();
        while let Some(next) = page["next"].as_str() {
            let url: url::Url = next.parse().unwrap();
            let path = format!("{}?{}", url.path(), url.query().unwrap());
            page = self.gets(&path).await.ok();
            all.extend(page["results"].as_array().unwrap().clone());
        }
        assert_eq!(all.len() as i64, count);
        all
    }

    /// The id a story's member of staff is known by.
    pub fn id(&self) -> i64 {
        self.user_id.parse().unwrap()
    }
}

impl Answer {
    /// Panics unless something was made.
    #[track_caller]
    pub fn made(self) -> Value {
        assert_eq!(self.status, 201, "{}", self.body);
        self.body
    }

    /// Panics unless it is a 400 that names this field.
    #[track_caller]
    pub fn blames(&self, field: &str) {
        let found = (self.status, self.body["field"].as_str());
        assert_eq!(found, (400, Some(field)), "{}", self.body);
    }
}

impl World {
    /// A contact of the app; its row's id.
    pub async fn contact(&self, user_id: &str) -> i64 {
        let sql = self.sql();
        sql.query_row(
            "INSERT INTO contacts (user_id, channel, created_at, updated_at) VALUES (?1, 'api', ?2, ?2) RETURNING id",
            params![user_id, "2026-03-01T12:00:00.000000Z"],
            |row| row.get(0),
        )
        .unwrap()
    }

    /// A category that these agents answer.
    pub fn category(&self, name: &str, agents: &[&Phone]) -> i64 {
        let (sql, now) = (self.sql(), "2026-03-01T12:00:00.000000Z");
        let id: i64 = sql
            .query_row(
                "INSERT INTO categories (name_uz, created_at) VALUES (?1, ?2) RETURNING id",
                params![name, now],
                |row| row.get(0),
            )
            .unwrap();
        for agent in agents {
            sql.execute(
                "INSERT INTO agent_categories (agent_id, category_id, created_at) VALUES (?1, ?2, ?3)",
                params![agent.id(), id, now],
            )
            .unwrap();
        }
        id
    }
}

/// A ticket of that contact, without a category.
pub async fn ticket(service: &Phone, user: i64, title: &str) -> i64 {
    let body = json!({"user": user, "title": title, "category": null, "description": null});
    service.posts(TICKETS, body).await.made()["id"]
        .as_i64()
        .unwrap()
}

pub fn ids(list: &[Value]) -> Vec<i64> {
    list.iter()
        .map(|entry| entry["id"].as_i64().unwrap())
        .collect()
}
