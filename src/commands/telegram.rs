//! `relaydesk telegram …`: what is asked of Telegram itself, beside a running server or without one.

use clap::ArgMatches;
use relaydesk::app;
use relaydesk::config::{Config, Problems};
use relaydesk::domain::clock::Clock;
use relaydesk::domain::ids::Chance;
use relaydesk::store::{Purpose, Store};
use relaydesk::telegram::admin::{self, Named};

use super::{Failure, run, settings};

pub async fn telegram(
    matches: &ArgMatches,
    args: &ArgMatches,
    problems: Problems,
) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    let Some(telegram) = app::telegram_settings(&config) else {
        return Err(Failure::Settings(vec![
            "Telegram is off: set BOT_TOKEN and GROUP_CHAT_ID".to_owned(),
        ]));
    };
    let lines = match args.subcommand() {
        Some(("set-webhook", args)) => {
            let url = args
                .get_one::<String>("url")
                .map(String::as_str)
                .unwrap_or_default();
            admin::set_webhook(&telegram, url).await
        }
        Some(("delete-webhook", _)) => admin::delete_webhook(&telegram).await,
        _ => admin::info(&telegram, named_groups(&config).await).await,
    };
    for line in lines.map_err(run)? {
        println!("{line}");
    }
    Ok(())
}

/// The groups that categories name, of a server that runs or has run here.
async fn named_groups(config: &Config) -> Result<Vec<Named>, String> {
    if !config.database.exists() {
        return Ok(Vec::new());
    }
    let clock = Clock::system();
    let store = Store::open(&config.database, Purpose::Command, clock.clone(), Chance)?;
    let desk = app::desk_beside_server(config, store.clone(), &clock)?;
    let mut named = Vec::new();
    for (chat, title) in desk
        .groups_in_use()
        .await
        .map_err(|error| error.to_string())?
    {
        let chat = desk
            .group_chat(chat)
            .await
            .map_err(|error| error.to_string())?;
        named.push(Named { chat, title });
    }
    store.close().await;
    Ok(named)
}
