//! The people of a story: phones that speak the mobile interface.

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// An app of a user.
#[derive(Clone)]
pub struct Phone {
    pub user_id: String,
    pub token: Option<String>,
    url: String,
    http: Client,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Panics unless the status is 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Panics unless it is this error.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert!(
            self.body["error"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Phone {
    pub fn new(url: String, http: Client, user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            token: None,
            url,
            http,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into()));
        Answer {
            status,
            headers,
            body,
        }
    }

    pub async fn posts(&self, path: &str, body: Value) -> Answer {
        self.answer(self.request(Method::POST, path).json(&body))
            .await
    }

    pub async fn gets(&self, path: &str) -> Answer {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Sends a text; its id.
    pub async fn sends(&self, text: &str) -> i64 {
        let body = json!({"user_id": self.user_id, "message": text});
        self.posts("/send_message", body).await.ok()["message_id"]
            .as_i64()
            .unwrap()
    }

    /// Sends a text and photos as a form.
    pub async fn sends_photos(&self, text: &str, photos: Vec<Vec<u8>>) -> Answer {
        let mut form = Form::new()
            .text("user_id", self.user_id.clone())
            .text("message", text.to_owned());
        for photo in photos {
            form = form.part("photo", Part::bytes(photo).file_name("photo.jpg"));
        }
        self.sends_form(form).await
    }

    pub async fn sends_form(&self, form: Form) -> Answer {
        self.answer(self.request(Method::POST, "/send_message").multipart(form))
            .await
    }

    /// The history with this query, such as `?limit=5`.
    pub async fn history(&self, query: &str) -> Value {
        let user = percent_encoding::utf8_percent_encode(
            &self.user_id,
            percent_encoding::NON_ALPHANUMERIC,
        );
        self.gets(&format!("/message_history/{user}{query}"))
            .await
            .ok()
    }

    /// The texts of the history, the greeting left out.
    pub async fn reads(&self) -> Vec<String> {
        let history = self.history("?limit=500").await;
        let items = history["messages"].as_array().unwrap();
        let told = items.iter().filter(|item| !is_greeting(item));
        told.map(|item| item["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Waits until the history is these texts.
    pub async fn sees(&self, world: &super::World, texts: &[&str]) {
        world
            .until(&format!("{} sees {texts:?}", self.user_id), async || {
                self.reads().await == texts
            })
            .await;
    }

    pub async fn registers(&self, fcm_token: &str) -> Value {
        let body = json!({"user_id": self.user_id, "fcm_token": fcm_token});
        self.posts("/register_device", body).await.ok()
    }

    pub async fn connects(&self) -> super::Socket {
        super::Socket::connect(&self.url, self.token.as_deref()).await
    }

    /// Connects and joins its own room.
    pub async fn joins(&self, after_id: Option<i64>) -> super::Socket {
        let mut socket = self.connects().await;
        let mut payload = json!({"user_id": self.user_id});
        if let Some(id) = after_id {
            payload["after_id"] = id.into();
        }
        socket.emits("join_chat", payload).await;
        socket
    }
}

fn is_greeting(item: &Value) -> bool {
    let text = item["message"].as_str().unwrap_or_default();
    item["direction"] == "support"
        && item["agent_name"].is_null()
        && ["Здравствуйте", "Hello", "Assalomu"]
            .iter()
            .any(|start| text.starts_with(start))
}

/// A real picture of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, image::ImageFormat::Png)
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, image::ImageFormat::Jpeg)
}

pub fn gif(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, image::ImageFormat::Gif)
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, image::ImageFormat::WebP)
}

fn picture(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 251) as u8, (y % 241) as u8, 80])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
