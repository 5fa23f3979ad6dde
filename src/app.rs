//! The composition root: `App::start` turns a configuration into a running server, `stop` ends it.
//! Used by the command line and by every test.

mod counting;
mod parts;
mod prompt;

use std::net::SocketAddr;
use std::time::Duration;

use poem::listener::{Acceptor, TcpAcceptor};
use poem::{Route, Server};
use prompt::Prompt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Problems};
use crate::domain::clock::Clock;
use crate::http::Lines;
use crate::store::Store;
pub use parts::{check, desk_beside_server, push_settings, telegram_settings};
use parts::{make_desk, open_store, open_uploads};

/// How long a stop lets work under way finish before it is cut; what is cut is taken up after the next start.
const STOP_TIME: Duration = Duration::from_secs(10);
/// How long of that is left to requests.
const REQUEST_TIME: Duration = Duration::from_secs(8);

/// A running server.
pub struct App {
    address: SocketAddr,
    stopping: CancellationToken,
    tasks: Tasks,
    store: Store,
}

/// Named tasks; one that ends before the stop is a fault of the server.
#[derive(Default)]
pub struct Tasks(JoinSet<(&'static str, Result<(), String>)>);

impl Tasks {
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        self.0.spawn(async move { (name, task.await) });
    }

    /// The next task that ends, and how.
    async fn ended(&mut self) -> Option<String> {
        let ended = self.0.join_next().await?;
        Some(match ended {
            Ok((name, Ok(()))) => format!("the task `{name}` ended"),
            Ok((name, Err(error))) => format!("the task `{name}` failed: {error}"),
            Err(error) => format!("a task died: {error}"),
        })
    }
}

impl App {
    /// Starts everything that is configured.
    ///
    /// # Errors
    /// What keeps it from starting, each with its mend.
    pub async fn start(
        config: Config,
        clock: Clock,
        further: Option<Route>,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let listener = tokio::net::TcpListener::bind((config.host, config.port)).await;
        if let Err(error) = &listener {
            problems.push(format!(
                "can not listen on {}:{} ({error}): stop what listens there, or set another SERVER_PORT",
                config.host, config.port
            ));
        }
        let store = open_store(&config, &clock)
            .map_err(|words| problems.push(words))
            .ok();
        let (Ok(listener), Some(store)) = (listener, store) else {
            return Err(problems);
        };
        let one = |words: String| vec![words];
        let acceptor = TcpAcceptor::from_tokio(listener)
            .map_err(|error| one(format!("can not listen: {error}")))?;
        let address = acceptor
            .local_addr()
            .iter()
            .find_map(|address| address.as_socket_addr().copied())
            .ok_or_else(|| one("the listener has no address".to_owned()))?;
        let stopping = CancellationToken::new();
        let mut tasks = Tasks::default();
        let uploads = open_uploads(&config).await.map_err(one)?;
        let desk = make_desk(&config, store.clone(), uploads, &clock).map_err(one)?;
        // Before anything is sent: what waits must know its lane. The next start would find the same to do.
        if let Err(error) = desk.takes_default_group().await {
            tracing::error!(%error, "the default group could not be noted");
        }
        let lines = Lines::default();
        let routes = parts::wire(
            &config,
            &desk,
            &store,
            &stopping,
            &mut tasks,
            lines.clone(),
            further,
        )
        .map_err(one)?;
        let stop = stopping.clone();
        tasks.spawn("http", async move {
            Server::new_with_acceptor(Prompt { acceptor, lines })
                .run_with_graceful_shutdown(routes, stop.cancelled_owned(), Some(REQUEST_TIME))
                .await
                .map_err(|error| error.to_string())
        });
        tracing::info!(%address, docs = format!("http://{address}/docs"), "relaydesk is listening");
        Ok(Self {
            address,
            stopping,
            tasks,
            store,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until a task dies, which should never be; says which.
    pub async fn failed(&mut self) -> String {
        match self.tasks.ended().await {
            Some(words) => words,
            None => "no task is left".to_owned(),
        }
    }

    /// Stops: no new work, then what is under way, then the store.
    ///
    /// # Errors
    /// The tasks that failed while stopping, or had to be cut.
    pub async fn stop(mut self) -> Result<(), Problems> {
        tracing::info!("stopping");
        self.stopping.cancel();
        let mut problems = Problems::new();
        let drained = tokio::time::timeout(STOP_TIME, async {
            while let Some(ended) = self.tasks.0.join_next().await {
                match ended {
                    Ok((_, Ok(()))) => {}
                    Ok((name, Err(error))) => problems.push(format!("{name}: {error}")),
                    Err(error) => problems.push(format!("a task died: {error}")),
                }
            }
        });
        if drained.await.is_err() {
            tracing::warn!(
                tasks = self.tasks.0.len(),
                "cut off what did not end in time; it is taken up after the next start"
            );
            self.tasks.0.shutdown().await;
        }
        self.store.close().await;
        tracing::info!("stopped");
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}
