//! What a story asks of the agents' group and of what runs beside it, and the files agents send.

use std::process::Command;

use relaydesk::sandbox::{AgentFile, Fault, FileKind, Post};
use serde_json::Value;

use super::{World, binary, jpeg, said};

impl World {
    /// The bot's posts that stand in the group, topics' service messages left out.
    pub fn bot_posts(&self) -> Vec<Post> {
        let posts = self.sandbox.posts().into_iter();
        posts
            .filter(|post| post.by_bot && post.kind != "service" && !post.deleted)
            .collect()
    }

    /// Of these, the ones that name this contact, by the texts without their mark.
    pub fn texts_of(&self, user: &str) -> Vec<String> {
        let line = format!("👤 ID пользователя: {user}");
        let names = |text: &String| text.lines().any(|found| found == line);
        self.group_posts().into_iter().filter(names).collect()
    }

    /// Waits until this many posts name the contact; their texts.
    pub async fn posts_of(&self, user: &str, count: usize) -> Vec<String> {
        self.until(&format!("{count} posts of {user}"), async || {
            self.texts_of(user).len() >= count
        })
        .await;
        let texts = self.texts_of(user);
        assert_eq!(texts.len(), count, "{texts:#?}");
        texts
    }

    /// Telegram asks for a pause, so that what comes now waits; zoe's message took the refusal.
    pub async fn telegram_pauses(&self, seconds: u64) {
        self.expects_warning("Telegram asks for a pause");
        let pause = Fault::TooManyRequests {
            retry_after: seconds,
        };
        self.sandbox.break_next(pause, Some("sendMessage"), 1);
        self.phone("zoe").sends("as always").await;
        self.until("a refusal", async || self.sandbox.faults_planned() == 0)
            .await;
    }

    /// Waits until `/ready` calls that part degraded, in these words.
    pub async fn is_in_trouble(&self, part: &str, words: &str) {
        self.expects_warning("a part is in trouble");
        self.until(&format!("trouble with {part}: {words}"), async || {
            let told = &self.ready().await["parts"][part];
            let reason = told["reason"].as_str().unwrap_or_default();
            told["state"] == "degraded" && reason.contains(words)
        })
        .await;
    }

    /// Waits until `/ready` finds nothing wrong.
    pub async fn is_well(&self) {
        self.until("all to be well", async || {
            self.ready().await["status"] == "ok"
        })
        .await;
    }

    /// Waits until this many deliveries and updates are dead.
    pub async fn are_dead(&self, count: i64) {
        self.until(&format!("{count} dead"), async || {
            self.ready().await["queue"]["dead"] == count
        })
        .await;
    }

    /// Runs a command of the real binary beside the server, on the same files and settings; whether it
    /// succeeded, and what it said.
    pub async fn runs(&self, args: &[&str]) -> (bool, String) {
        let mut command = binary(self.folder.path());
        command
            .args(args)
            .env("BOT_TOKEN", self.sandbox.bot_token())
            .env("GROUP_CHAT_ID", self.sandbox.group_chat_id().to_string())
            .env("TELEGRAM_API_URL", self.sandbox.url())
            .env("DATABASE_PATH", self.database())
            .env("UPLOADS_DIR", self.uploads())
            .env("FCM_API_URL", self.sandbox.fcm_url())
            .env("FCM_SERVICE_ACCOUNT_PATH", &self.config.push_account.path);
        ends(command).await
    }

    /// Changes the database as no command could, for what an operator may find there.
    pub fn in_database<T>(&self, change: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection.busy_timeout(super::PATIENCE).unwrap();
        change(&connection)
    }
}

/// Waits for a command without holding up the sandbox, which it may call; whether it succeeded, and
/// what it said.
pub async fn ends(mut command: Command) -> (bool, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    (output.status.success(), said(&output))
}

/// A file as an agent would send it.
pub fn file(kind: FileKind) -> AgentFile {
    let (name, mime, bytes): (_, _, Vec<u8>) = match kind {
        FileKind::Photo => ("photo.jpg", "image/jpeg", jpeg(60, 40)),
        FileKind::Document => ("bill.pdf", "application/pdf", b"%PDF-1.7\n%%EOF\n".into()),
        FileKind::Video | FileKind::VideoNote | FileKind::Animation => (
            "clip.mp4",
            "video/mp4",
            b"\0\0\0\x18ftypisom\0\0\0\0isom".into(),
        ),
        FileKind::Voice | FileKind::Audio => ("sound.ogg", "audio/ogg", b"OggS\0\x02".into()),
        FileKind::Sticker => ("sticker.webp", "image/webp", webp()),
    };
    AgentFile {
        kind,
        name: name.to_owned(),
        mime: mime.to_owned(),
        bytes: bytes.into(),
        claimed_size: None,
    }
}

fn webp() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(32, 32, image::Rgb([9, 80, 7]));
    picture
        .write_to(&mut bytes, image::ImageFormat::WebP)
        .unwrap();
    bytes.into_inner()
}

impl super::Phone {
    /// Sends a text under a name; its id.
    pub async fn sends_named(&self, name: &str, text: &str) -> i64 {
        let body = serde_json::json!({"user_id": self.user_id, "user_name": name, "message": text});
        self.posts("/send_message", body).await.ok()["message_id"]
            .as_i64()
            .unwrap()
    }

    /// What agents have answered so far.
    pub async fn answers(&self) -> Vec<Value> {
        let history = self.history("?limit=500").await;
        let items = history["messages"].as_array().unwrap().iter();
        items
            .filter(|item| item["direction"] == "support" && !item["agent_name"].is_null())
            .cloned()
            .collect()
    }

    /// Waits until there are this many answers; the last.
    pub async fn is_answered(&self, world: &World, count: usize) -> Value {
        world
            .until(
                &format!("{count} answers for {}", self.user_id),
                async || self.answers().await.len() >= count,
            )
            .await;
        let answers = self.answers().await;
        assert_eq!(answers.len(), count, "{answers:#?}");
        answers[count - 1].clone()
    }
}

impl World {
    /// Gives a person of the group an account of that role; its id.
    pub fn has_account(&self, person: &relaydesk::sandbox::Sandbox, role: &str) -> i64 {
        let user = person.agent();
        let now = "2026-03-01T12:00:00.000000Z";
        self.in_database(|sql| {
            sql.query_row(
                "INSERT INTO agents (email, first_name, last_name, username, role, telegram_id, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) RETURNING id",
                rusqlite::params![
                    format!("{}@example.com", user.first_name.to_lowercase()),
                    user.first_name,
                    user.last_name.unwrap_or_default(),
                    user.username,
                    role,
                    user.id,
                    now
                ],
                |row| row.get(0),
            )
            .unwrap()
        })
    }

    /// A column of the first ticket, as text.
    pub fn of_ticket(&self, column: &str) -> String {
        let sql = format!("SELECT CAST(COALESCE({column}, '') AS TEXT) FROM tickets ORDER BY id");
        self.in_database(|database| database.query_row(&sql, [], |row| row.get(0)).unwrap())
    }

    /// Puts a canned answer into the database.
    pub fn has_canned(&self, name: &str, text: &str) {
        let sql = "INSERT INTO canned_answers (name, text, created_at, updated_at) VALUES (?1, ?2, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000000Z')";
        self.in_database(|database| database.execute(sql, [name, text]).unwrap());
    }

    /// Waits until the ticket's column is this.
    pub async fn ticket_has(&self, column: &str, value: &str) {
        self.until(&format!("{column} = {value}"), async || {
            self.of_ticket(column) == value
        })
        .await;
    }

    /// Waits until a press was answered; the answer, and whether it was an alert.
    pub async fn press_is_answered(&self, press: &str) -> (String, bool) {
        let found = || {
            let presses = self.sandbox.presses();
            let press = presses.into_iter().find(|known| known.id == press)?;
            Some((press.answer?, press.alert))
        };
        self.until("an answer to the press", async || found().is_some())
            .await;
        found().unwrap()
    }
}
