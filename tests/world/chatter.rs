//! Somebody in a private chat with the bot.

use relaydesk::sandbox::{Person, Post};

use super::World;

/// A person, and the world to wait in.
pub struct Chatter<'w> {
    pub person: Person,
    world: &'w World,
}

impl World {
    /// Somebody whose app speaks English.
    pub fn chatter(&self, name: &str) -> Chatter<'_> {
        self.chatter_speaking(name, "en")
    }

    pub fn chatter_speaking(&self, name: &str, language: &str) -> Chatter<'_> {
        let username = format!("{}_u", name.to_lowercase());
        Chatter {
            person: self.sandbox.person(name, Some(&username), Some(language)),
            world: self,
        }
    }
}

impl Chatter<'_> {
    /// What the bot wrote, in order.
    pub fn heard(&self) -> Vec<Post> {
        let posts = self.person.sees().into_iter();
        posts.filter(|post| post.by_bot).collect()
    }

    fn last_with(&self, text: &str) -> Option<Post> {
        let heard = self.heard().into_iter();
        heard.rev().find(|post| post.text.contains(text))
    }

    pub async fn waits(&self, what: &str, condition: impl AsyncFn() -> bool) {
        self.world.until(what, condition).await;
    }

    /// Waits for something of the bot's with this in it.
    pub async fn sees(&self, text: &str) -> Post {
        let what = format!("{text:?} in a private chat");
        self.world
            .until(&what, async || self.last_with(text).is_some())
            .await;
        self.last_with(text).unwrap()
    }

    /// Waits until a post has a button with this in it.
    pub async fn until_button(&self, post: i64, label: &str) {
        let has = || {
            let buttons = self.person.buttons(post).into_iter();
            buttons.filter(|button| button.contains(label)).count() > 0
        };
        self.waits(&format!("a button {label:?}"), async || has())
            .await;
    }

    /// Presses a button, waits until the press is answered, and gives the answer.
    pub async fn presses(&self, post: i64, label: &str) -> String {
        let known = self.person.presses(post, label);
        let press = known.unwrap_or_else(|| {
            let there = self.person.buttons(post);
            panic!("no button {label:?} under {post}: {there:?}")
        });
        self.answer_to(&press).await
    }

    pub async fn answer_to(&self, press: &str) -> String {
        let answer = || {
            let mut answered = self.person.presses_answered().into_iter();
            answered.find(|known| known.id == press)
        };
        self.world
            .until("an answer to a press", async || answer().is_some())
            .await;
        answer().and_then(|press| press.answer).unwrap_or_default()
    }

    /// Has chosen English.
    pub async fn began(&self) {
        self.person.writes("/start");
        let post = self.sees("language").await;
        self.presses(post.id, "English").await;
        self.sees("Write your question").await;
        self.person.writes("/cancel");
        self.sees("nothing happens").await;
    }

    /// Has an open ticket with this question; its id.
    pub async fn asked(&self, question: &str) -> i64 {
        self.person.writes(question);
        self.sees("is accepted").await;
        let sql = "SELECT MAX(t.id) FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE c.telegram_id = ?1";
        self.world
            .sql()
            .query_row(sql, [self.person.id()], |row| row.get(0))
            .unwrap()
    }
}
