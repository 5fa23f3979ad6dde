//! `relaydesk agent …`: accounts of staff from the command line, before the first start and beside a running
//! server.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::ArgMatches;
use relaydesk::app;
use relaydesk::config::Problems;
use relaydesk::desk::Desk;
use relaydesk::desk::agents::{Account, AccountForm};
use relaydesk::desk::rights::Staff;
use relaydesk::domain::agent::{Email, Password, Role};
use relaydesk::domain::clock::Clock;
use relaydesk::domain::error::Error;
use relaydesk::domain::ids::Chance;
use relaydesk::domain::locale::Locale;
use relaydesk::store::{Purpose, Store};

use super::{Failure, run, settings};

/// Whoever can write the database is an owner.
const OPERATOR: Staff = Staff::Service;

pub async fn agent(
    matches: &ArgMatches,
    args: &ArgMatches,
    problems: Problems,
) -> Result<(), Failure> {
    let config = settings(matches, problems)?;
    let clock = Clock::system();
    let store =
        Store::open(&config.database, Purpose::Command, clock.clone(), Chance).map_err(run)?;
    let desk = app::desk_beside_server(&config, store.clone(), &clock).map_err(run)?;
    let done = match args.subcommand() {
        Some(("add", args)) => add(&desk, args).await,
        Some(("block", args)) => block(&desk, args, true).await,
        Some(("unblock", args)) => block(&desk, args, false).await,
        Some(("password", args)) => password(&desk, args).await,
        _ => list(&desk).await,
    };
    store.close().await;
    done
}

async fn add(desk: &Arc<Desk>, args: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| args.get_one::<String>(name).cloned();
    let email = email(desk, args)?;
    let (password, made) = wanted_password(desk, args)?;
    let form = AccountForm {
        email: Some(email),
        password: Some(password.clone()),
        role: text("role").and_then(|word| Role::parse(&word)),
        first_name: text("first-name"),
        last_name: text("last-name"),
        telegram_id: args.get_one::<i64>("telegram-id").copied(),
        ..AccountForm::default()
    };
    let account = desk.create_account(&OPERATOR, form).await;
    let account = account.map_err(|error| told(desk, &error))?;
    println!("added {}", line(&account));
    tell_password(&password, made);
    Ok(())
}

async fn list(desk: &Arc<Desk>) -> Result<(), Failure> {
    let all = desk.accounts(&OPERATOR, None, u32::MAX, 0).await;
    let (accounts, _) = all.map_err(|error| told(desk, &error))?;
    for account in accounts {
        println!("{}", line(&account));
    }
    Ok(())
}

async fn block(desk: &Arc<Desk>, args: &ArgMatches, blocked: bool) -> Result<(), Failure> {
    let form = AccountForm {
        is_blocked: Some(blocked),
        ..AccountForm::default()
    };
    let account = change(desk, email(desk, args)?, form).await?;
    println!("{}", line(&account));
    Ok(())
}

async fn password(desk: &Arc<Desk>, args: &ArgMatches) -> Result<(), Failure> {
    let email = email(desk, args)?;
    // An unknown address is told before anybody thinks of a password.
    let known = desk.account_of_email(&OPERATOR, email.clone()).await;
    known.map_err(|error| told(desk, &error))?;
    let (password, made) = wanted_password(desk, args)?;
    let form = AccountForm {
        password: Some(password.clone()),
        ..AccountForm::default()
    };
    let account = change(desk, email, form).await?;
    println!("changed, and signed out everywhere: {}", line(&account));
    tell_password(&password, made);
    Ok(())
}

async fn change(desk: &Arc<Desk>, email: Email, form: AccountForm) -> Result<Account, Failure> {
    let known = desk.account_of_email(&OPERATOR, email).await;
    let id = known.map_err(|error| told(desk, &error))?.agent.id;
    let changed = desk.change_account(&OPERATOR, id, form).await;
    changed.map_err(|error| told(desk, &error))
}

fn email(desk: &Arc<Desk>, args: &ArgMatches) -> Result<Email, Failure> {
    let given = args.get_one::<String>("email").map(String::as_str);
    Email::parse(given.unwrap_or_default(), "email").map_err(|error| usage(desk, &error))
}

/// From standard input where that was asked for, else from a prompt; where nobody sits at a terminal, or the
/// prompt is left empty, one is made. Whether it was made.
fn wanted_password(desk: &Arc<Desk>, args: &ArgMatches) -> Result<(Password, bool), Failure> {
    let parsed = |raw: String| {
        Password::parse(raw, "password")
            .map(|password| (password, false))
            .map_err(|error| usage(desk, &error))
    };
    if args.get_flag("password-stdin") {
        let mut given = String::new();
        std::io::stdin().read_line(&mut given).map_err(run)?;
        return parsed(given.trim_end_matches(['\r', '\n']).to_owned());
    }
    if std::io::stdin().is_terminal() {
        let prompt = "Password (empty: one is made for you): ";
        let given = rpassword::prompt_password(prompt).map_err(run)?;
        if !given.is_empty() {
            let again = rpassword::prompt_password("Once more: ").map_err(run)?;
            if again != given {
                return Err(run("the two passwords differ"));
            }
            return parsed(given);
        }
    }
    Ok((Password::made(Chance.bytes()), true))
}

fn tell_password(password: &Password, made: bool) {
    if made {
        println!("password, shown this once: {}", password.as_str());
    }
}

/// Id, role, state, address and name.
fn line(account: &Account) -> String {
    let agent = &account.agent;
    format!(
        "{}\t{}\t{}\t{}\t{}",
        agent.id,
        agent.role.as_str(),
        if agent.is_blocked {
            "blocked"
        } else {
            "active"
        },
        agent.email.as_deref().unwrap_or("-"),
        agent.shown_name()
    )
}

fn words(desk: &Arc<Desk>, error: &Error) -> String {
    match &error.detail {
        Some(detail) => detail.clone(),
        None => desk.texts().error(Locale::En, error, ""),
    }
}

fn told(desk: &Arc<Desk>, error: &Error) -> Failure {
    run(words(desk, error))
}

fn usage(desk: &Arc<Desk>, error: &Error) -> Failure {
    Failure::Settings(vec![words(desk, error)])
}
