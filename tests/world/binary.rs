//! The real binary as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use relaydesk::sandbox::Sandbox;

use super::{PATIENCE, Phone};

/// A running server; killed when dropped.
pub struct Binary {
    child: Child,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

/// The binary with a clean environment in that folder.
pub fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relaydesk"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

impl Binary {
    /// Starts `serve` in that folder with these settings and the sandbox as Telegram and FCM.
    pub fn serves(folder: &Path, sandbox: Option<&Sandbox>, settings: &[(&str, &str)]) -> Self {
        let mut command = binary(folder);
        command
            .env("SERVER_PORT", "0")
            .env("RATE_LIMIT_PER_ADDRESS", "0")
            .env("RATE_LIMIT_PER_USER", "0")
            .env("LOG", "info")
            .envs(settings.iter().copied());
        if let Some(sandbox) = sandbox {
            let account = folder.join("account.json");
            std::fs::write(&account, sandbox.service_account_json()).unwrap();
            command
                .env("BOT_TOKEN", sandbox.bot_token())
                .env("GROUP_CHAT_ID", sandbox.group_chat_id().to_string())
                .env("TELEGRAM_API_URL", sandbox.url())
                .env("FCM_API_URL", sandbox.fcm_url())
                .env("FCM_SERVICE_ACCOUNT_PATH", account);
        }
        Self::spawn(command)
    }

    /// Starts this command, which must come to listen.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let mut server = Self {
            child,
            port: 0,
            log,
        };
        server.port = server.listens_on();
        server
    }

    fn listens_on(&mut self) -> u16 {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let line = self
                .log()
                .into_iter()
                .find(|line| line.contains("relaydesk is listening"));
            if let Some(port) = line.and_then(|line| {
                let (_, rest) = line.split_once("address=")?;
                let address = rest.split_whitespace().next()?;
                address.rsplit(':').next()?.parse().ok()
            }) {
                return port;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the server ended: {ended:?}\n{}",
                self.log().join("\n")
            );
            assert!(
                std::time::Instant::now() < deadline,
                "the server does not listen\n{}",
                self.log().join("\n")
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn phone(&self, user_id: &str) -> Phone {
        Phone::new(self.url(), reqwest::Client::new(), user_id)
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn asked_to_stop(&mut self) {
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(killed.success());
    }

    /// Waits until the log has a line with this in it.
    pub async fn says(&self, words: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.log().iter().any(|line| line.contains(words)) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "the server never says {words:?}\n{}",
                self.log().join("\n")
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for the end; the exit code.
    pub fn ends(&mut self) -> Option<i32> {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                std::time::Instant::now() < deadline,
                "the server does not end\n{}",
                self.log().join("\n")
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command that ends by itself said.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
