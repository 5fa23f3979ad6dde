//! Servers as processes of their own: the real binary, and the bare ones it is measured beside.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use relaydesk::domain::clock::Clock;
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use tempfile::TempDir;

use crate::bare;

/// The secret of the webhook, for updates that are posted by hand.
pub const WEBHOOK_SECRET: &str = "bench";
/// How long a server may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ended when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its first answer.
    pub took: Duration,
}

/// A folder on the disk that holds the build, so that a commit costs what it costs there.
pub fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("intake-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap()
}

/// Telegram and FCM in this process.
pub async fn sandbox(clock: Clock, group_rate: u32) -> Sandbox {
    Sandbox::start(SandboxOptions {
        clock,
        forum: false,
        group_rate,
        port: 0,
    })
    .await
    .unwrap()
}

impl Server {
    /// The real binary with its data in `folder`.
    pub fn real(folder: &Path, sandbox: &Sandbox, settings: &[(&str, &str)]) -> Self {
        let account = folder.join("account.json");
        std::fs::write(&account, sandbox.service_account_json()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_relaydesk"));
        command
            .current_dir(folder)
            .env_clear()
            .env("DATABASE_PATH", database(folder))
            .env("RATE_LIMIT_PER_ADDRESS", "0")
            .env("RATE_LIMIT_PER_USER", "0")
            .env("LOG", "warn")
            .env("BOT_TOKEN", sandbox.bot_token())
            .env("GROUP_CHAT_ID", sandbox.group_chat_id().to_string())
            .env("TELEGRAM_API_URL", sandbox.url())
            .env("TG_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("FCM_API_URL", sandbox.fcm_url())
            .env("FCM_SERVICE_ACCOUNT_PATH", account)
            .envs(settings.iter().copied());
        let port = free_port();
        command.env("SERVER_PORT", port.to_string());
        Self::start(command, port)
    }

    /// A server that does the least for the same result.
    pub fn bare(kind: &str, database: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .arg(bare::ARGUMENT)
            .arg(kind)
            .arg(port.to_string())
            .arg(database);
        Self::start(command, port)
    }

    fn start(mut command: Command, port: u16) -> Self {
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            took: Duration::ZERO,
        };
        while !healthy(server.address) {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(began.elapsed() < PATIENCE, "the server does not answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        server.took = began.elapsed();
        server
    }

    /// Memory the process holds now, MB.
    pub fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most it held since the last [`Server::forget_peak`], MB.
    pub fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    fn status(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the real server in `folder` keeps its data.
pub fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("desk.db")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
