//! The command line. No logic: each command reads settings and calls into the library.

mod commands;

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use relaydesk::config;
use tokio::signal::unix::{SignalKind, signal};

/// Wrong settings or usage; anything else that fails is 1.
const WRONG_SETTINGS: u8 = 2;
/// The signal of a write beyond a limit on file sizes, which otherwise kills; the same on Linux and macOS.
const SIGXFSZ: i32 = 25;

fn command_line() -> Command {
    let user = || {
        Arg::new("user")
            .long("user")
            .value_name("ID")
            .required(true)
            .help("The user id the app chose")
    };
    Command::new("relaydesk")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Support desk server: apps write in, agents answer from a Telegram group")
        .args(config::flags())
        .subcommand(Command::new("serve").about("Run the server (the default)"))
        .subcommand(Command::new("demo").about("Run the server with a Telegram and an FCM of its own, and a page to try it all; needs no settings"))
        .subcommand(
            Command::new("sandbox")
                .about("Run only the Telegram and the FCM of the demo, for tests of your own")
                .arg(Arg::new("port").long("port").default_value("8800").value_parser(value_parser!(u16)).help("First of three ports"))
                .arg(Arg::new("forum").long("forum").action(clap::ArgAction::SetTrue).help("The group has topics"))
                .arg(Arg::new("account").long("account").default_value("sandbox-service-account.json").help("Where the service account is written")),
        )
        .subcommand(
            Command::new("token")
                .about("Make a token for a user (USER_AUTH=token)")
                .arg(user())
                .arg(Arg::new("ttl").long("ttl").default_value("30d").help("How long it is valid: 45s, 30m, 12h, 30d")),
        )
        .subcommand(
            Command::new("telegram")
                .about("Look after the bot's webhook")
                .subcommand_required(true)
                .subcommand(Command::new("set-webhook").about("Tell Telegram to post updates to URL").arg(Arg::new("url").value_name("URL").required(true)))
                .subcommand(Command::new("delete-webhook").about("Tell Telegram to post updates nowhere, as polling needs"))
                .subcommand(Command::new("info").about("Print what Telegram says of the bot and its webhook")),
        )
        .subcommand(
            Command::new("push")
                .about("Look after pushes")
                .subcommand_required(true)
                .subcommand(Command::new("test").about("Send a test push to each device of a user and print what FCM said").arg(user())),
        )
        .subcommand(
            Command::new("outbox")
                .about("Look after what could not be delivered")
                .subcommand_required(true)
                .subcommand(Command::new("list").about("Print what is dead, and why"))
                .subcommand(
                    Command::new("replay")
                        .about("Let dead deliveries and updates try again; works beside a running server")
                        .arg(Arg::new("id").value_name("JOB").value_parser(value_parser!(i64)).help("Only this one")),
                ),
        )
        .subcommand(
            Command::new("backup")
                .about("Copy the database and the uploads to a folder; works beside a running server, and a second time copies only what is new")
                .arg(Arg::new("folder").value_name("FOLDER").required(true).help("Made where it is not there")),
        )
        .subcommand(agent_commands())
}

/// Accounts of staff.
fn agent_commands() -> Command {
    let email = || {
        Arg::new("email")
            .value_name("EMAIL")
            .required(true)
            .help("The account's e-mail address")
    };
    let password = || {
        Arg::new("password-stdin")
            .long("password-stdin")
            .action(clap::ArgAction::SetTrue)
            .help("Read the password from standard input; without it a prompt asks, or one is made and shown")
    };
    let text = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("TEXT").help(help)
    };
    Command::new("agent")
        .about(
            "Look after staff's accounts; works before the first start and beside a running server",
        )
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("Add an account")
                .arg(email().long("email"))
                .arg(
                    Arg::new("role")
                        .long("role")
                        .required(true)
                        .value_parser(["owner", "agent"])
                        .help("owner may do everything"),
                )
                .arg(text("first-name", "What contacts see"))
                .arg(text("last-name", "What contacts see"))
                .arg(
                    Arg::new("telegram-id")
                        .long("telegram-id")
                        .value_name("ID")
                        .value_parser(value_parser!(i64).range(1..))
                        .help("Makes answers in the group the account's"),
                )
                .arg(password()),
        )
        .subcommand(
            Command::new("list").about("Print the accounts: id, role, state, address, name"),
        )
        .subcommand(
            Command::new("block")
                .about("Sign an account out and keep it out")
                .arg(email()),
        )
        .subcommand(
            Command::new("unblock")
                .about("Let a blocked account sign in again")
                .arg(email()),
        )
        .subcommand(
            Command::new("password")
                .about("Set an account's password and sign it out everywhere")
                .arg(email())
                .arg(password()),
        )
}

fn main() -> ExitCode {
    let env_file = dotenvy::dotenv();
    let matches = command_line().get_matches();
    let mut problems = config::Problems::new();
    if let Err(error) = env_file
        && !error.not_found()
    {
        problems.push(format!(
            ".env can not be read ({error}): each line must be NAME=value"
        ));
    }
    match run(&matches, problems) {
        Ok(()) => ExitCode::SUCCESS,
        Err(commands::Failure::Settings(problems)) => {
            for problem in problems {
                eprintln!("relaydesk: {problem}");
            }
            ExitCode::from(WRONG_SETTINGS)
        }
        Err(commands::Failure::Run(words)) => {
            eprintln!("relaydesk: {words}");
            ExitCode::FAILURE
        }
    }
}

fn run(matches: &ArgMatches, problems: config::Problems) -> Result<(), commands::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| commands::Failure::Run(format!("can not start the runtime: {error}")))?;
    let ended = runtime.block_on(async {
        // Caught and left alone: a write beyond a limit on file sizes then fails like one on a full disk.
        let _alive = signal(SignalKind::from_raw(SIGXFSZ))
            .map_err(|error| commands::Failure::Run(format!("can not catch a signal: {error}")))?;
        match matches.subcommand() {
            None | Some(("serve", _)) => commands::serve(matches, problems).await,
            Some(("demo", _)) => commands::demo(matches, problems).await,
            Some(("sandbox", args)) => commands::sandbox(args).await,
            Some(("token", args)) => commands::token(matches, args, problems),
            Some(("telegram", args)) => commands::telegram(matches, args, problems).await,
            Some(("push", args)) => commands::push(matches, args, problems).await,
            Some(("outbox", args)) => commands::outbox(matches, args, problems).await,
            Some(("backup", args)) => commands::backup(matches, args, problems).await,
            Some(("agent", args)) => commands::agent(matches, args, problems).await,
            Some((other, _)) => Err(commands::Failure::Run(format!("unknown command {other}"))),
        }
    });
    // What still runs on a blocking thread, such as a look at every page, holds nobody up.
    runtime.shutdown_background();
    ended
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command_line().debug_assert();
    }
}
