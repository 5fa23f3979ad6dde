//! A crowd that writes as fast as it is answered, and a ledger of what was acknowledged to it: whatever
//! happens to the server, the histories must hold each of those messages once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{PATIENCE, Phone, jpeg};

#[derive(Default)]
pub struct Ledger {
    acknowledged: Mutex<Vec<Entry>>,
    /// Answers that are neither an acknowledgement nor an allowed refusal.
    strange: Mutex<Vec<String>>,
    refused: Mutex<Vec<String>>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub user_id: String,
    pub text: String,
    pub id: i64,
    pub photos: Vec<String>,
}

impl Ledger {
    pub fn entries(&self) -> Vec<Entry> {
        self.acknowledged.lock().unwrap().clone()
    }

    /// The codes of what was refused, in order.
    pub fn refusals(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until this many more are acknowledged than `before`.
    pub async fn grows(&self, before: usize, by: usize) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.count() < before + by {
            assert!(
                tokio::time::Instant::now() < deadline,
                "nothing is acknowledged"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Each phone writes until its connection fails, one message in five with a photo; `name` makes the
    /// texts unique. `allowed` are the codes of errors that may come instead of an acknowledgement.
    pub fn crowd(
        self: &Arc<Self>,
        phones: Vec<Phone>,
        name: &str,
        allowed: &'static [&'static str],
    ) -> JoinSet<()> {
        let mut crowd = JoinSet::new();
        for phone in phones {
            let (ledger, name) = (Arc::clone(self), name.to_owned());
            crowd.spawn(async move {
                for number in 0.. {
                    let text = format!("[{name}.{}.{number}]", phone.user_id);
                    if ledger
                        .send(&phone, text, number % 5 == 4, allowed)
                        .await
                        .is_none()
                    {
                        return;
                    }
                }
            });
        }
        crowd
    }

    /// One message; None when the connection failed, after which nobody knows whether it was stored.
    pub async fn send(
        &self,
        phone: &Phone,
        text: String,
        photo: bool,
        allowed: &[&str],
    ) -> Option<()> {
        let request = phone.request(Method::POST, "/send_message");
        let request = if photo {
            let form = Form::new()
                .text("user_id", phone.user_id.clone())
                .text("message", text.clone());
            request.multipart(form.part("photo", Part::bytes(jpeg(24, 16)).file_name("p.jpg")))
        } else {
            request.json(&json!({"user_id": phone.user_id, "message": text}))
        };
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let body: Value = response.json().await.ok()?;
        let code = body["code"].as_str().unwrap_or_default();
        if status == 200 {
            let photos = body["photo_urls"].as_array().unwrap();
            self.acknowledged.lock().unwrap().push(Entry {
                user_id: phone.user_id.clone(),
                text,
                id: body["message_id"].as_i64().unwrap(),
                photos: photos
                    .iter()
                    .map(|url| url.as_str().unwrap().to_owned())
                    .collect(),
            });
        } else if allowed.contains(&code) {
            self.refused.lock().unwrap().push(code.to_owned());
        } else {
            self.strange
                .lock()
                .unwrap()
                .push(format!("{status} {body}"));
        }
        Some(())
    }

    /// Every history holds what was acknowledged to its user, once, under the id that was told, and
    /// every photo in it is whole. Answers with the histories.
    pub async fn is_kept_by(&self, phone: impl Fn(&str) -> Phone) -> HashMap<String, Vec<Value>> {
        let strange = self.strange.lock().unwrap().clone();
        assert!(strange.is_empty(), "{strange:#?}");
        let mut histories: HashMap<String, Vec<Value>> = HashMap::new();
        for entry in self.entries() {
            if !histories.contains_key(&entry.user_id) {
                let history = whole_history(&phone(&entry.user_id)).await;
                photos_are_whole(&phone(&entry.user_id), &history).await;
                histories.insert(entry.user_id.clone(), history);
            }
            let found: Vec<&Value> = histories[&entry.user_id]
                .iter()
                .filter(|item| item["message"] == *entry.text)
                .collect();
            assert_eq!(found.len(), 1, "{entry:?} is there {} times", found.len());
            assert_eq!(
                (&found[0]["id"], &found[0]["photo_urls"]),
                (&json!(entry.id), &json!(entry.photos))
            );
        }
        histories
    }
}

/// All messages of a user, read page by page, as an app resynchronises.
pub async fn whole_history(phone: &Phone) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = phone.history(&format!("?after_id={after}&limit=500")).await;
        let items = page["messages"].as_array().unwrap();
        if let Some(last) = items.last() {
            after = last["id"].as_i64().unwrap();
        }
        all.extend(items.iter().cloned());
        if page["has_more"] == false {
            return all;
        }
    }
}

async fn photos_are_whole(phone: &Phone, history: &[Value]) {
    for item in history {
        for url in item["photo_urls"].as_array().unwrap() {
            let url = url.as_str().unwrap();
            let response = phone.request(Method::GET, url).send().await.unwrap();
            assert_eq!(response.status(), 200, "{url} of {item}");
            let bytes = response.bytes().await.unwrap();
            image::load_from_memory(&bytes)
                .unwrap_or_else(|error| panic!("{url} is broken: {error}"));
        }
    }
}
