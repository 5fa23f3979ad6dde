//! How the parts are made from the settings and joined.

use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, Response, Route};
use tokio_util::sync::CancellationToken;

use super::Tasks;
use crate::config::{Config, Problems, UserAuth};
use crate::delivery::{Carrier, Engine};
use crate::desk::access::{Access, TokenKey};
use crate::desk::files::FileSource;
use crate::desk::groups::GroupSource;
use crate::desk::{Desk, Settings};
use crate::domain::clock::Clock;
use crate::domain::ids::Chance;
use crate::http::{self, Followers, Lines, WebhookSecrets};
use crate::media::Uploads;
use crate::push::{self, PushSettings, Sender};
use crate::realtime::{Managers, Realtime};
use crate::store::{Purpose, Store};
use crate::telegram::settings::{Mode, TelegramSettings};
use crate::telegram::{self, TelegramFiles, TelegramGroups};
use crate::texts::Texts;

/// How often stray files and old updates are looked for.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(3600);
/// How often the rate limits forget who was quiet.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What can only be checked with files at hand; adds to the problems of the settings.
pub fn check(config: &Config, problems: &mut Problems) {
    if let Err(words) = push_settings(config) {
        problems.push(words);
    }
}

/// What pushes need; None where they are off.
///
/// # Errors
/// The service account was named and can not be used.
pub fn push_settings(config: &Config) -> Result<Option<PushSettings>, String> {
    let account = &config.push_account;
    if !account.named && !account.path.exists() {
        return Ok(None);
    }
    let read = push::read_service_account(&account.path).map_err(|words| {
        format!(
            "FCM_SERVICE_ACCOUNT_PATH is `{}`: {words}. Download the key again (Firebase console, project settings, service accounts), or remove the setting to run without push",
            account.path.display()
        )
    })?;
    Ok(Some(PushSettings {
        account: read,
        api_url: config.fcm_api_url.as_str().trim_end_matches('/').to_owned(),
        public_url: config
            .public_url
            .as_ref()
            .map(|url| url.as_str().trim_end_matches('/').to_owned()),
    }))
}

/// What Telegram needs; None where it is off.
pub fn telegram_settings(config: &Config) -> Option<TelegramSettings> {
    let telegram = config.telegram.as_ref()?;
    Some(TelegramSettings {
        token: telegram.token.clone(),
        group_chat_id: telegram.group_chat_id,
        api_url: telegram.api_url.clone(),
        mode: if telegram.webhook {
            Mode::Webhook
        } else {
            Mode::Polling
        },
        webhook_secret: config.telegram_secret.clone(),
        public_url: config.public_url.clone(),
        group_rate: telegram.group_rate,
    })
}

/// Opens the database for the server.
///
/// # Errors
/// A sentence for the operator.
pub fn open_store(config: &Config, clock: &Clock) -> Result<Store, String> {
    measure_disk(config, clock);
    Store::open(&config.database, Purpose::Serve, clock.clone(), Chance)
}

/// Tells how long the disk takes to make something durable: every acknowledged message waits for it.
fn measure_disk(config: &Config, clock: &Clock) {
    let mut path = config.database.as_os_str().to_owned();
    path.push(".fsync");
    let path = std::path::PathBuf::from(path);
    let began = clock.monotonic();
    let synced = std::fs::File::create(&path).and_then(|mut file| {
        std::io::Write::write_all(&mut file, b"relaydesk")?;
        file.sync_all()
    });
    let took = clock.monotonic().saturating_sub(began);
    // Only a measurement; a folder that can not be written shows when the database is opened.
    let _ = std::fs::remove_file(&path);
    if synced.is_ok() {
        tracing::info!(
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "the disk made a file durable"
        );
    }
}

/// The uploads folder of the server.
///
/// # Errors
/// A sentence for the operator.
pub async fn open_uploads(config: &Config) -> Result<Uploads, String> {
    Uploads::open(config.uploads.clone()).await.map_err(|error| {
        format!(
            "can not use the uploads folder {} ({error}): make it writable for this user, or set UPLOADS_DIR",
            config.uploads.display()
        )
    })
}

/// The desk for a command beside a running server, whose uploads are left alone.
///
/// # Errors
/// A sentence for the operator.
pub fn desk_beside_server(
    config: &Config,
    store: Store,
    clock: &Clock,
) -> Result<Arc<Desk>, String> {
    make_desk(
        config,
        store,
        Uploads::beside(config.uploads.clone()),
        clock,
    )
}

/// Sets the desk up.
///
/// # Errors
/// A sentence for the operator.
pub fn make_desk(
    config: &Config,
    store: Store,
    uploads: Uploads,
    clock: &Clock,
) -> Result<Arc<Desk>, String> {
    let settings = Settings {
        timezone: config.timezone,
        locale: config.locale,
        group: config.telegram.is_some(),
        push: push_settings(config)?.is_some(),
        files: file_source(config)?,
        groups: group_source(config)?,
        ticket_expiry: chrono::Duration::minutes(config.ticket_expiry_minutes.into()),
        api_token: config.api_token.clone(),
        super_admins: config.super_admins.clone(),
        jwt_secret: config.jwt_secret.clone(),
        rate_per_address: config.rate_per_address,
        rate_per_user: config.rate_per_user,
    };
    let texts = Arc::new(Texts::load()?);
    Ok(Arc::new(Desk::new(
        store,
        uploads,
        clock.clone(),
        Chance,
        texts,
        settings,
    )))
}

/// Telegram, for files that a request names by their `file_id`.
fn file_source(config: &Config) -> Result<Option<Arc<dyn FileSource>>, String> {
    let Some(settings) = telegram_settings(config) else {
        return Ok(None);
    };
    Ok(Some(Arc::new(TelegramFiles::new(&settings)?)))
}

/// Telegram, for groups that categories name.
fn group_source(config: &Config) -> Result<Option<Arc<dyn GroupSource>>, String> {
    let Some(settings) = telegram_settings(config) else {
        return Ok(None);
    };
    Ok(Some(Arc::new(TelegramGroups::new(&settings)?)))
}

fn access(config: &Config) -> Access {
    match (config.auth, &config.jwt_secret) {
        (UserAuth::Token, secret) => {
            Access::Token(TokenKey::new(secret.clone().unwrap_or_default()))
        }
        (UserAuth::Open, _) => Access::Open,
    }
}

/// Starts the workers and answers with the endpoint of every path.
///
/// # Errors
/// A sentence for the operator.
pub fn wire(
    config: &Config,
    desk: &Arc<Desk>,
    store: &Store,
    stopping: &CancellationToken,
    tasks: &mut Tasks,
    lines: Lines,
    further: Option<Route>,
) -> Result<impl Endpoint<Output = Response> + use<>, String> {
    let telegram = start_telegram(config, desk, store, stopping, tasks)?;
    let push = start_push(config, desk, store, stopping, tasks)?;
    let access = access(config);
    let (realtime, socket) = Realtime::new(Arc::clone(desk), access.clone(), stopping.clone());
    tasks.spawn("sockets", async move {
        realtime.run().await;
        Ok(())
    });
    let (followers, tell_followers) = Followers::start(desk, stopping.clone());
    tasks.spawn("chat events", async move {
        tell_followers.await;
        Ok(())
    });
    let (managers, manager_socket) = Managers::new(Arc::clone(desk), stopping.clone());
    tasks.spawn("operators' sockets", async move {
        managers.run().await;
        Ok(())
    });
    start_housekeeping(desk, stopping, tasks);
    watch_store(store, stopping, tasks);
    let counted = super::counting::begin()?;
    http::routes(http::Setup {
        desk: Arc::clone(desk),
        access,
        cors_origins: config.cors_origins.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        public_url: config.public_url.clone(),
        webhook: WebhookSecrets {
            telegram: config.telegram_secret.clone(),
            api_key: config.telegram_api_key.clone(),
        },
        telegram,
        push,
        stopping: stopping.clone(),
        followers,
        lines,
        socket,
        manager_socket,
        counted,
        further,
    })
    .map_err(|error| format!("the pages could not be made: {error}"))
}

fn start_telegram(
    config: &Config,
    desk: &Arc<Desk>,
    store: &Store,
    stopping: &CancellationToken,
    tasks: &mut Tasks,
) -> Result<bool, String> {
    let Some(settings) = telegram_settings(config) else {
        tracing::info!(
            "telegram is off: set BOT_TOKEN and GROUP_CHAT_ID to bring messages to a group of agents"
        );
        return Ok(false);
    };
    tracing::info!(?settings, "telegram is on");
    let started = telegram::start(settings, Arc::clone(desk), stopping)?;
    for (name, task) in started.tasks {
        tasks.spawn(name, async move {
            task.await;
            Ok(())
        });
    }
    start_engine("group posts", started.poster, desk, store, stopping, tasks);
    let private = started.private;
    start_engine("private chats", private, desk, store, stopping, tasks);
    let broadcasts = started.broadcasts;
    start_engine("broadcasts", broadcasts, desk, store, stopping, tasks);
    Ok(true)
}

fn start_push(
    config: &Config,
    desk: &Arc<Desk>,
    store: &Store,
    stopping: &CancellationToken,
    tasks: &mut Tasks,
) -> Result<bool, String> {
    let Some(settings) = push_settings(config)? else {
        tracing::info!(
            path = %config.push_account.path.display(),
            "push is off: put the Firebase service account there, or name it with FCM_SERVICE_ACCOUNT_PATH"
        );
        return Ok(false);
    };
    tracing::info!(api = settings.api_url, "push is on");
    let sender = Sender::new(settings, Arc::clone(desk)).map_err(|error| error.to_string())?;
    start_engine("pushes", Arc::new(sender), desk, store, stopping, tasks);
    Ok(true)
}

fn start_engine<C: Carrier>(
    name: &'static str,
    carrier: Arc<C>,
    desk: &Arc<Desk>,
    store: &Store,
    stopping: &CancellationToken,
    tasks: &mut Tasks,
) {
    let engine = Engine::new(carrier, store.clone(), desk.clock().clone(), Chance);
    let stop = stopping.clone();
    tasks.spawn(name, async move {
        engine.run(stop).await.map_err(|error| error.to_string())
    });
}

/// A store that takes no more is a dead server, though it would answer.
fn watch_store(store: &Store, stopping: &CancellationToken, tasks: &mut Tasks) {
    let (store, stop) = (store.clone(), stopping.clone());
    tasks.spawn("store", async move {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = store.ended() => Err("the writer is gone".to_owned()),
        }
    });
}

fn start_housekeeping(desk: &Arc<Desk>, stopping: &CancellationToken, tasks: &mut Tasks) {
    let (cleaner, stop) = (Arc::clone(desk), stopping.clone());
    tasks.spawn("housekeeping", async move {
        log_trouble(cleaner.look_for_damage().await);
        loop {
            log_trouble(cleaner.clean_up().await);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = cleaner.clock().sleep(CLEAN_UP_EVERY) => {}
            }
        }
    });
    let (desk, stop) = (Arc::clone(desk), stopping.clone());
    tasks.spawn("rate limits", async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = desk.clock().sleep(FORGET_EVERY) => desk.limits().forget_quiet(),
            }
        }
    });
}

fn log_trouble(result: Result<(), crate::domain::error::Error>) {
    if let Err(error) = result {
        tracing::error!(%error, "housekeeping failed; it is tried again later");
    }
}
