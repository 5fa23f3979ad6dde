//! Contacts on the web: with a token of their site, as visitors, or with the key of a link; and the events
//! that they follow.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{Answer, PATIENCE, Phone, World};

/// Signs the site's tokens in every story about the web.
pub const JWT_SECRET: &str = "jwt-secret-of-the-stories-0123456789";

/// A token with these claims, signed with the site's secret.
pub fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    encode(&Header::default(), claims, &key).unwrap()
}

impl World {
    /// A world whose server knows the site's secret.
    pub async fn web() -> Self {
        Self::with(|options| options.settings.push(("JWT_SECRET", JWT_SECRET.to_owned()))).await
    }

    /// A user of the site, signed in there.
    pub fn guest(&self, user: &str) -> Phone {
        let mut guest = self.phone(user);
        guest.token = Some(token(&json!({"sub": user, "exp": 2_000_000_000})));
        guest
    }

    /// A new anonymous visitor.
    pub async fn visitor(&self) -> Phone {
        let answer = self
            .phone("")
            .posts("/support/api/visitors/", json!({}))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let mut visitor = self.phone(answer.body["user_id"].as_str().unwrap());
        visitor.token = Some(answer.body["token"].as_str().unwrap().to_owned());
        visitor
    }
}

impl Answer {
    /// Panics unless the status is 201.
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, 201, "{}", self.body);
        self.body
    }
}

impl Phone {
    /// Says something on the web; in a new session where none is named. The id of the session.
    pub async fn tells(&self, session: Option<&str>, content: &str) -> String {
        let body = json!({"content": content, "message_type": "text", "session_id": session});
        let answer = self.posts("/support/api/messages/", body).await.created();
        answer["session_id"].as_str().unwrap().to_owned()
    }

    pub async fn session(&self, session: &str) -> Value {
        self.gets(&format!("/support/api/sessions/{session}/"))
            .await
            .ok()
    }

    /// The messages of a session, with a query such as `?limit=5`.
    pub async fn messages(&self, session: &str, query: &str) -> Vec<Value> {
        let path = format!("/support/api/sessions/{session}/messages/{query}");
        self.gets(&path).await.ok().as_array().unwrap().clone()
    }

    /// The texts of a session.
    pub async fn contents(&self, session: &str) -> Vec<String> {
        let messages = self.messages(session, "").await;
        let texts = messages
            .iter()
            .map(|message| message["content"].as_str().unwrap());
        texts.map(str::to_owned).collect()
    }

    /// Does something to a session, such as `read` or `close`.
    pub async fn does(&self, session: &str, what: &str) -> Answer {
        self.posts(
            &format!("/support/api/sessions/{session}/{what}/"),
            json!({}),
        )
        .await
    }

    /// Follows a session from a message on, or from now on.
    pub async fn follows(&self, session: &str, after: Option<&str>) -> Events {
        let path = format!("/support/api/sessions/{session}/events/");
        let mut request = self.request(Method::GET, &path);
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        Events::of(request.send().await.unwrap())
    }
}

/// A stream of server-sent events.
pub struct Events {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    text: String,
    /// Comments that came: heartbeats.
    comments: usize,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sse {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Events {
    #[track_caller]
    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            chunks: response.bytes_stream().boxed(),
            text: String::new(),
            comments: 0,
        }
    }

    /// The next event, which must have this name; the story's time passes meanwhile.
    pub async fn hears(&mut self, world: &World, name: &str) -> Sse {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(event) = self.parsed() {
                assert_eq!(event.name, name, "{event:?}");
                return event;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "in vain waited for {name}"
            );
            tokio::select! {
                more = self.more() => assert!(more, "the stream ended before {name}"),
                () = world.breathe() => {}
            }
        }
    }

    /// The next event, or None when the stream has ended. The story's time stands still.
    pub async fn next(&mut self) -> Option<Sse> {
        loop {
            if let Some(event) = self.parsed() {
                return Some(event);
            }
            let more = tokio::time::timeout(PATIENCE, self.more());
            if !more.await.expect("an event or the end, in time") {
                return None;
            }
        }
    }

    /// Lets time pass until so many comments have come in all, and nothing else.
    pub async fn beats(&mut self, world: &World, count: usize) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.comments < count {
            assert!(
                tokio::time::Instant::now() < deadline,
                "a heartbeat in time"
            );
            self.listens(world).await;
            assert_eq!(self.parsed(), None);
        }
    }

    /// Lets time pass until the stream ends.
    pub async fn ends(&mut self, world: &World) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.listens(world).await {
            assert!(tokio::time::Instant::now() < deadline, "the end in time");
        }
    }

    /// Listens through a while of the story's time; false when the stream has ended.
    async fn listens(&mut self, world: &World) -> bool {
        world.clock.advance(Duration::from_secs(15));
        let more = tokio::time::timeout(Duration::from_millis(20), self.more());
        more.await.unwrap_or(true)
    }

    /// Waits for more of the stream; false when it has ended or was cut.
    async fn more(&mut self) -> bool {
        match self.chunks.next().await {
            Some(Ok(bytes)) => {
                self.text.push_str(std::str::from_utf8(&bytes).unwrap());
                true
            }
            Some(Err(_)) | None => false,
        }
    }

    fn parsed(&mut self) -> Option<Sse> {
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (mut name, mut id, mut data) = (None, None, None);
            for line in block.split('\n') {
                match line.split_once(':').unwrap() {
                    ("event", value) => name = Some(value.trim().to_owned()),
                    ("id", value) => id = Some(value.trim().to_owned()),
                    ("data", value) => data = Some(serde_json::from_str(value).unwrap()),
                    ("retry", _) => {}
                    ("", _) => self.comments += 1,
                    other => panic!("an odd line: {other:?}"),
                }
            }
            self.text = rest.to_owned();
            if let (Some(name), Some(data)) = (name, data) {
                return Some(Sse { name, id, data });
            }
        }
        None
    }
}
