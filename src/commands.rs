//! What the commands do, each in a few lines over the library.

mod agent;
mod backup;
mod telegram;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ArgMatches;
use relaydesk::app::{self, App};
use relaydesk::config::{self, Account, Config, Problems, Telegram, UserAuth};
use relaydesk::desk::access::TokenKey;
use relaydesk::desk::rights::Staff;
use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::{Chance, JobId, UserId};
use relaydesk::sandbox::{Sandbox, SandboxOptions};
use relaydesk::store::{Purpose, Store};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use agent::agent;
pub use backup::backup;
pub use telegram::telegram;

/// Why a command ended without success.
pub enum Failure {
    /// The settings are wrong; each problem with its mend.
    Settings(Problems),
    Run(String),
}

fn run(words: impl ToString) -> Failure {
    Failure::Run(words.to_string())
}

fn settings(matches: &ArgMatches, mut problems: Problems) -> Result<Config, Failure> {
    let config = config::read(matches, &mut problems);
    app::check(&config, &mut problems);
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(Failure::Settings(problems))
    }
}

fn log_to_stderr(filter: &str) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Below info, libraries print frames, headers and addresses, and so tokens and what people say.
    let discreet = filter_fn(|line| {
        *line.level() <= tracing::Level::INFO || line.target().starts_with("relaydesk")
    });
    tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(discreet)
        .with(lines)
        .init();
}

pub async fn serve(matches: &ArgMatches, problems: Problems) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    log_to_stderr(&config.log);
    let app = App::start(config, Clock::system(), None)
        .await
        .map_err(Failure::Settings)?;
    until_stopped(app, std::future::ready(())).await
}

/// The first signal drains, the second ends at once; a dead task ends the process as a failure.
async fn until_stopped(mut app: App, beside: impl Future<Output = ()>) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(run)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(run)?;
    let failed = tokio::select! {
        words = app.failed() => Some(words),
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
    };
    let stopped = tokio::select! {
        (stopped, ()) = async { tokio::join!(app.stop(), beside) } => stopped,
        _ = terminate.recv() => return Err(run("stopped at once by a second signal")),
        _ = interrupt.recv() => return Err(run("stopped at once by a second signal")),
    };
    match (failed, stopped) {
        (Some(words), _) => Err(run(words)),
        (None, Err(problems)) => Err(run(problems.join("; "))),
        (None, Ok(())) => Ok(()),
    }
}

pub async fn demo(matches: &ArgMatches, mut problems: Problems) -> Result<(), Failure> {
    // Only where to listen, the language and the log are taken from outside: the demo needs no settings.
    let allowed = |name: &str| matches!(name, "SERVER_PORT" | "LOG" | "LOCALE" | "TIMEZONE");
    let given = |name: &str| {
        matches
            .get_one::<String>(name)
            .filter(|_| allowed(name))
            .cloned()
    };
    let mut config = config::read_from(given, &mut problems);
    if !problems.is_empty() {
        return Err(Failure::Settings(problems));
    }
    log_to_stderr(&config.log);
    let folder = std::env::temp_dir().join(format!("relaydesk-demo-{}", Chance.uuid().simple()));
    std::fs::create_dir(&folder).map_err(run)?;
    let result = demo_in(&mut config, &folder).await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(%error, folder = %folder.display(), "the demo's folder stays behind");
    }
    result
}

async fn demo_in(config: &mut Config, folder: &std::path::Path) -> Result<(), Failure> {
    let clock = Clock::system();
    let options = SandboxOptions {
        clock: clock.clone(),
        forum: false,
        group_rate: 20,
        port: 0,
    };
    let sandbox = Sandbox::start(options).await.map_err(run)?;
    let account = folder.join("service-account.json");
    std::fs::write(&account, sandbox.service_account_json()).map_err(run)?;
    config.database = folder.join("demo.db");
    config.uploads = folder.join("uploads");
    config.auth = UserAuth::Open;
    config.fcm_api_url = sandbox.fcm_url().parse().map_err(run)?;
    config.push_account = Account {
        path: account,
        named: true,
    };
    // Whoever tries it finds an owner in the agent's private chat.
    config.super_admins = vec![sandbox.agent().id];
    config.telegram = Some(Telegram {
        token: sandbox.bot_token(),
        group_chat_id: sandbox.group_chat_id(),
        api_url: sandbox.url().parse().map_err(run)?,
        webhook: false,
        group_rate: 20,
    });
    let page = poem::Route::new()
        .nest("/demo/api", sandbox.control_routes())
        .nest("/", relaydesk::sandbox::page_routes());
    let app = App::start(config.clone(), clock, Some(page))
        .await
        .map_err(Failure::Settings)?;
    println!(
        "The demo is ready: open http://{}/ (documentation: /docs). Ctrl-C ends it; nothing is kept.",
        app.address()
    );
    until_stopped(app, sandbox.stop()).await
}

pub async fn sandbox(args: &ArgMatches) -> Result<(), Failure> {
    log_to_stderr("info");
    let options = SandboxOptions {
        clock: Clock::system(),
        forum: args.get_flag("forum"),
        group_rate: 20,
        port: args.get_one::<u16>("port").copied().unwrap_or_default(),
    };
    let sandbox = Sandbox::start(options).await.map_err(run)?;
    let account: PathBuf = args
        .get_one::<String>("account")
        .cloned()
        .unwrap_or_default()
        .into();
    std::fs::write(&account, sandbox.service_account_json()).map_err(run)?;
    println!("BOT_TOKEN={}", sandbox.bot_token());
    println!("GROUP_CHAT_ID={}", sandbox.group_chat_id());
    println!("TELEGRAM_API_URL={}", sandbox.url());
    println!("FCM_API_URL={}", sandbox.fcm_url());
    println!("FCM_SERVICE_ACCOUNT_PATH={}", account.display());
    println!(
        "# what the group shows: curl {}/state",
        sandbox.control_url()
    );
    let mut terminate = signal(SignalKind::terminate()).map_err(run)?;
    tokio::select! {
        _ = terminate.recv() => {}
        ended = tokio::signal::ctrl_c() => ended.map_err(run)?,
    }
    sandbox.stop().await;
    Ok(())
}

pub fn token(
    matches: &ArgMatches,
    args: &ArgMatches,
    mut problems: Problems,
) -> Result<(), Failure> {
    let given = |name: &str| {
        matches
            .get_one::<String>(name)
            .filter(|value| name == "JWT_SECRET" && value.len() >= TokenKey::MIN_BYTES)
            .cloned()
    };
    let config = config::read_from(given, &mut problems);
    let text = |name: &str| {
        args.get_one::<String>(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let user = UserId::parse(text("user"), "user")
        .map_err(|error| problems.push(format!("--user: {error}")))
        .ok();
    let seconds = seconds(text("ttl"));
    if seconds.is_none() {
        problems.push("--ttl must be a number and a unit: 45s, 30m, 12h, 30d".to_owned());
    }
    let secret = config.jwt_secret;
    if secret.is_none() {
        problems.push(format!(
            "JWT_SECRET is not set or shorter than {} bytes: give the server's own",
            TokenKey::MIN_BYTES
        ));
    }
    match (secret, user, seconds) {
        (Some(secret), Some(user), Some(seconds)) if problems.is_empty() => {
            let token = TokenKey::new(secret)
                .issue(&user, seconds, &Clock::system())
                .map_err(run)?;
            println!("{token}");
            Ok(())
        }
        _ => Err(Failure::Settings(problems)),
    }
}

/// `45s`, `30m`, `12h`, `30d` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text
        .strip_suffix(unit)?
        .parse()
        .ok()
        .filter(|number| *number > 0)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    number.checked_mul(factor)
}

pub async fn push(
    matches: &ArgMatches,
    args: &ArgMatches,
    problems: Problems,
) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    let Some(("test", args)) = args.subcommand() else {
        return Err(run("there is only `push test`"));
    };
    let Some(push) = app::push_settings(&config).map_err(run)? else {
        return Err(Failure::Settings(vec![
            "push is off: set FCM_SERVICE_ACCOUNT_PATH".to_owned(),
        ]));
    };
    let user = args
        .get_one::<String>("user")
        .map(String::as_str)
        .unwrap_or_default();
    let user = UserId::parse(user, "user").map_err(run)?;
    let clock = Clock::system();
    let store =
        Store::open(&config.database, Purpose::Command, clock.clone(), Chance).map_err(run)?;
    let desk = app::desk_beside_server(&config, store.clone(), &clock).map_err(run)?;
    let devices = desk.devices_of(user).await.map_err(run)?;
    if devices.is_empty() {
        return Err(run("this user has no registered device"));
    }
    let sender = relaydesk::push::Sender::new(push, desk).map_err(run)?;
    let mut refused = 0;
    for tested in sender.test(&devices).await {
        refused += usize::from(tested.said.is_err());
        println!("{tested}");
    }
    store.close().await;
    if refused > 0 {
        Err(run(format!("{refused} of {} refused", devices.len())))
    } else {
        Ok(())
    }
}

pub async fn outbox(
    matches: &ArgMatches,
    args: &ArgMatches,
    problems: Problems,
) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    let clock = Clock::system();
    let store =
        Store::open(&config.database, Purpose::Command, clock.clone(), Chance).map_err(run)?;
    let desk = app::desk_beside_server(&config, store.clone(), &clock).map_err(run)?;
    // Whoever may run the binary on the server's files may do what the service may.
    let operator = Staff::Service;
    match args.subcommand() {
        Some(("replay", args)) => {
            let count = match args.get_one::<i64>("id").copied().map(JobId) {
                Some(id) => desk.replay_job(&operator, id).await.map(|()| 1),
                None => desk.replay_all(&operator).await,
            };
            println!("{} to be tried again", count.map_err(run)?);
        }
        _ => {
            for job in desk.dead_jobs(&operator, 1000).await.map_err(run)? {
                let reason = job.last_error.as_deref().unwrap_or("unknown");
                println!(
                    "{}\t{}\t{}\t{reason}",
                    job.id,
                    job.created_at.format("%F %T"),
                    job.kind
                );
            }
        }
    }
    store.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_time_to_live_has_a_unit() {
        assert_eq!(seconds("45s"), Some(45));
        assert_eq!(seconds("30d"), Some(30 * 86400));
        for wrong in ["", "30", "d", "-1d", "0h", "1w", "99999999999999999d", "яd"] {
            assert_eq!(seconds(wrong), None, "{wrong:?}");
        }
    }
}
