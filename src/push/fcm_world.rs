//! FCM and the token endpoint on loopback, which answer as they are told.

use std::future::pending;
use std::sync::{Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::super::super::token::tests::account_file;
use super::super::*;

/// What the world answers, in order; the last one again and again.
#[derive(Clone)]
pub enum Says {
    Status(u16, &'static str),
    After(u16, String),
    /// Closes the connection without a word.
    Cut,
    /// Never answers.
    Nothing,
}

#[derive(Default)]
pub struct World {
    pub fcm: Mutex<Vec<Says>>,
    pub tokens: Mutex<Vec<Says>>,
    /// Authorization and body of each send.
    pub sent: Mutex<Vec<(String, Value)>>,
    pub grants: Mutex<Vec<String>>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn next(queue: &Mutex<Vec<Says>>) -> Option<Says> {
        let mut queue = lock(queue);
        if queue.len() > 1 {
            return Some(queue.remove(0));
        }
        queue.first().cloned()
    }

    async fn answer(
        &self,
        request: hyper::Request<hyper::body::Incoming>,
    ) -> Result<hyper::Response<Full<Bytes>>, std::io::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let says = match head.uri.path() {
            "/token" => {
                let mut grants = lock(&self.grants);
                grants.push(String::from_utf8(body.to_vec()).unwrap());
                let token = format!(
                    r#"{{"access_token":"token-{}","expires_in":3600}}"#,
                    grants.len()
                );
                match Self::next(&self.tokens) {
                    None => return Ok(hyper::Response::new(token.into())),
                    Some(says) => says,
                }
            }
            "/v1/projects/desk-under-test/messages:send" => {
                let bearer = head.headers["authorization"].to_str().unwrap().to_owned();
                lock(&self.sent).push((bearer, serde_json::from_slice(&body).unwrap()));
                Self::next(&self.fcm)
                    .unwrap_or(Says::Status(200, r#"{"name":"projects/p/messages/1"}"#))
            }
            other => panic!("nobody asked for {other}"),
        };
        match says {
            Says::Status(status, body) => Ok(hyper::Response::builder()
                .status(status)
                .body(body.into())
                .unwrap()),
            Says::After(status, after) => {
                let answer = hyper::Response::builder()
                    .status(status)
                    .header("retry-after", after);
                Ok(answer.body(Bytes::new().into()).unwrap())
            }
            Says::Cut => Err(std::io::Error::other("cut")),
            Says::Nothing => pending().await,
        }
    }
}

pub struct Phone {
    pub world: Arc<World>,
    pub fcm: Fcm,
    pub clock: Clock,
    pub account: Value,
}

/// Starts a world and gives its address.
pub async fn start() -> (Arc<World>, String) {
    let world = Arc::new(World::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn({
        let world = world.clone();
        async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let world = world.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let world = world.clone();
                        async move { world.answer(request).await }
                    });
                    // A cut is an error here, and meant.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        }
    });
    (world, base)
}

impl Phone {
    pub async fn new() -> Self {
        let (world, base) = start().await;
        Self::at(world, &base, &base)
    }

    pub fn at(world: Arc<World>, api: &str, tokens: &str) -> Self {
        let clock = Clock::fake("2026-03-01T12:00:00Z".parse().unwrap());
        let file = account_file(&format!("{tokens}/token"), 2048);
        let account = ServiceAccount::parse(file.to_string().as_bytes()).unwrap();
        let patience = Patience {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(3),
        };
        let fcm = Fcm::new(account, &format!("{api}/"), patience, clock.clone()).unwrap();
        Self {
            world,
            fcm,
            clock,
            account: file,
        }
    }

    pub async fn push(&self) -> Verdict {
        self.fcm.send(&json!({"token": "t"})).await
    }

    pub async fn push_when_fcm_says(&self, says: &[Says]) -> Verdict {
        *lock(&self.world.fcm) = says.to_vec();
        self.push().await
    }

    pub async fn push_when_google_says(&self, says: &[Says]) -> Verdict {
        *lock(&self.world.tokens) = says.to_vec();
        self.push().await
    }
}

/// An address where nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
