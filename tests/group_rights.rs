//! Every button and command of the agents' group × everybody in it, compared with the desk's own table of rights. A
//! button or a command that is not in the table below fails this test with its name: add a line.

use relaydesk::desk::in_group::Button;
use relaydesk::desk::rights::{Action, OF_MEMBERS, Rule, rule};
use relaydesk::sandbox::Sandbox;

use crate::world::{Beginning, World};

/// Whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An answer to the contact: of whoever is in the group, whosever the ticket is.
    Answer,
    /// What the table of rights says, on a ticket that is an agent's.
    Staff(Action),
    /// The same, for who has an account to give the ticket to.
    ForMe(Action),
}
use Kind::{Answer, ForMe, Staff};

struct Entry {
    /// A button's word, or a command's name.
    name: &'static str,
    /// What is pressed, or said as a reply to the ticket's post.
    says: &'static str,
    kind: Kind,
    changes: bool,
    /// Only where the ticket is nobody's: a button takes nothing over.
    only_free: bool,
}

const fn line(name: &'static str, says: &'static str, kind: Kind, changes: bool) -> Entry {
    Entry {
        name,
        says,
        kind,
        changes,
        only_free: false,
    }
}

const BUTTONS: &[Entry] = &[
    Entry {
        only_free: true,
        ..line("take", "take:{ticket}", ForMe(Action::AssignTickets), true)
    },
    line("close", "close:{ticket}", Staff(Action::CloseTickets), true),
];

const COMMANDS: &[Entry] = &[
    line("take", "/take", ForMe(Action::AssignTickets), true),
    line(
        "assign",
        "/assign Third",
        Staff(Action::AssignTickets),
        true,
    ),
    line("close", "/close", Staff(Action::CloseTickets), true),
    line("note", "/note seen", Staff(Action::NoteTickets), true),
    line("history", "/history", Staff(Action::ReadTickets), false),
    line("t", "/t hello", Answer, true),
    line("reply", "/reply {session} good day", Answer, true),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Member,
    /// Who is on the ticket.
    Agent,
    Other,
    Blocked,
    Owner,
}

impl Who {
    const ALL: [Self; 5] = [
        Self::Member,
        Self::Agent,
        Self::Other,
        Self::Blocked,
        Self::Owner,
    ];
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    In,
    NotYours,
    NeedsAccount,
    Blocked,
    Else(String),
}

fn came(said: &str, refused: bool) -> Came {
    let said = said.trim_start_matches("⚠️ ");
    match said {
        _ if !refused => Came::In,
        _ if said.starts_with("This ticket is another agent's.") => Came::NotYours,
        _ if said.starts_with("This needs an agent's account") => Came::NeedsAccount,
        "Your account is blocked." => Came::Blocked,
        _ => Came::Else(said.to_owned()),
    }
}

/// What the table of rights says; `free` where the ticket is nobody's.
fn expected(who: Who, kind: Kind, free: bool) -> Came {
    let action = match kind {
        _ if who == Who::Blocked => return Came::Blocked,
        Answer => return Came::In,
        ForMe(_) if who == Who::Member => return Came::NeedsAccount,
        Staff(action) | ForMe(action) => action,
    };
    let is_own = free || matches!(who, Who::Agent | Who::Owner);
    match (rule(action), who) {
        (Some(Rule::Staff | Rule::OwnTickets), Who::Member) if OF_MEMBERS.contains(&action) => {
            match free || action == Action::ReadTickets {
                true => Came::In,
                false => Came::NotYours,
            }
        }
        (Some(Rule::Staff), _) => Came::In,
        (Some(Rule::OwnTickets), _) if is_own => Came::In,
        (Some(Rule::OwnTickets), _) => Came::NotYours,
        (rule, _) => Came::Else(format!("{rule:?}")),
    }
}

/// What shows itself in the group or to the contact, and is not what rights are about.
const SHOWN: [&str; 3] = ["outbox", "message_mapping", "ticket_topics"];

struct Walk<'w> {
    world: &'w World,
    people: Vec<(Who, Sandbox)>,
    post: i64,
    ticket: i64,
    session: String,
    beginning: Beginning,
    wrong: Vec<String>,
}

async fn walk(world: &World) -> Walk<'_> {
    world.phone("alice").sends("good evening").await;
    let post = world.known_post("good evening").await;
    let mut people = Vec::new();
    for who in Who::ALL {
        let person = world.sandbox.as_agent(&format!("{who:?}"), None, None);
        if who != Who::Member {
            let role = if who == Who::Owner { "owner" } else { "agent" };
            let id = world.has_account(&person, role);
            let sql = match who {
                Who::Blocked => "UPDATE agents SET is_blocked = 1 WHERE id = ?1",
                Who::Agent => "UPDATE tickets SET agent_id = ?1, status = 'waiting_admin'",
                _ => "UPDATE agents SET is_blocked = 0 WHERE id = ?1",
            };
            world.in_database(|database| database.execute(sql, [id]).unwrap());
        }
        people.push((who, person));
    }
    // To whom it can be given.
    let third = world.sandbox.as_agent("Third", None, None);
    world.has_account(&third, "agent");
    world.has_canned("hello", "Good day to you");
    world.queue_is_empty().await;
    Walk {
        world,
        people,
        post,
        ticket: world.of_ticket("id").parse().unwrap(),
        session: world.of_ticket("session_id"),
        beginning: world.begins(&["tickets", "agents"]),
        wrong: Vec::new(),
    }
}

impl Walk<'_> {
    async fn goes(&mut self, at: usize, entry: &Entry, free: bool, is_button: bool) {
        let (who, person) = &self.people[at];
        let free_too = if free {
            "UPDATE tickets SET agent_id = NULL"
        } else {
            ""
        };
        self.beginning.again(free_too);
        let before = self.beginning.rows();
        let ticket = self.ticket.to_string();
        let says = entry.says.replace("{ticket}", &ticket);
        let says = says.replace("{session}", &self.session);
        let (said, refused) = match is_button {
            true => {
                let chat = self.world.sandbox.group_chat_id();
                let sandbox = &self.world.sandbox;
                let press = sandbox.button_pressed(&person.agent(), chat, self.post, &says);
                self.world.press_is_answered(&press).await
            }
            false => {
                let id = person.agent_replies(self.post, &says);
                self.world.settles().await;
                let mut posts = self.world.bot_posts().into_iter();
                let reply = posts.find(|post| post.reply_to == Some(id));
                let said = reply.map(|post| post.text).unwrap_or_default();
                let refused = said.starts_with("⚠️");
                (said, refused)
            }
        };
        self.world.settles().await;
        let (found, right) = (came(&said, refused), expected(*who, entry.kind, free));
        let changed = before.changed(&self.beginning.rows(), &SHOWN);
        // Who has it already takes nothing.
        let has_it = entry.name == "take" && *who == Who::Agent && !free;
        let must = found == Came::In && entry.changes && !has_it;
        if found != right || changed.is_empty() == must {
            self.wrong.push(format!(
                "{says} by {who:?} (free: {free}): {found:?}, not {right:?}; changed: {changed:?}"
            ));
        }
    }
}

#[tokio::test]
async fn every_button_and_command_does_what_the_table_of_rights_says_for_everybody() {
    let world = World::with(|options| options.settings.push(("LOCALE", "en".to_owned()))).await;
    let mut walk = walk(&world).await;
    for button in Button::EACH {
        let name = format!("{button:?}").to_lowercase();
        let known = BUTTONS.iter().any(|entry| entry.name == name);
        assert!(known, "{name} has no line in tests/group_rights.rs");
    }
    for (name, _) in world.sandbox.commands() {
        let known = COMMANDS.iter().any(|entry| entry.name == name);
        assert!(known, "/{name} has no line in tests/group_rights.rs");
    }
    assert_eq!(world.sandbox.commands().len(), COMMANDS.len());
    for (entries, is_button) in [(BUTTONS, true), (COMMANDS, false)] {
        for entry in entries {
            for at in 0..Who::ALL.len() {
                walk.goes(at, entry, true, is_button).await;
                if !entry.only_free {
                    walk.goes(at, entry, false, is_button).await;
                }
            }
        }
    }
    assert!(walk.wrong.is_empty(), "{:#?}", walk.wrong);
    drop(walk);
    world.ends().await;
}

#[tokio::test]
async fn who_is_blocked_changes_nothing_that_was_said_before_either() {
    let world = World::with(|options| options.settings.push(("LOCALE", "en".to_owned()))).await;
    let alice = world.chatter("Alice");
    let olga = world.sandbox.as_agent("Olga", None, None);
    world.has_account(&olga, "agent");
    let question = alice.person.writes("Where is it?");
    alice.sees("is accepted").await;
    let post = world.known_post("Where is it?").await;
    let answer = olga.agent_replies(post, "On its way");
    alice.sees("On its way").await;
    let in_private = world.sandbox.private_of(&olga.agent());
    in_private.writes("/admin");
    let seen = || in_private.sees().into_iter().rev().find(|post| post.by_bot);
    world.until("a menu", async || seen().is_some()).await;
    let open = seen().unwrap().id;
    in_private.presses_data(open, "s.answer.1");
    world.settles().await;
    let second = in_private.writes("Tomorrow");
    alice.sees("Tomorrow").await;
    world.in_database(|sql| {
        sql.execute_batch("UPDATE agents SET is_blocked = 1; UPDATE contacts SET is_blocked = 1")
            .unwrap()
    });
    assert!(world.sandbox.agent_edits(answer, "Never"));
    assert!(in_private.edits(second, "Never"));
    assert!(alice.person.edits(question, "Never"));
    world.settles().await;
    let said = "SELECT group_concat(text, ', ') FROM messages WHERE is_greeting = 0";
    let said: String = world.in_database(|sql| sql.query_row(said, [], |row| row.get(0)).unwrap());
    assert_eq!(said, "Where is it?, On its way, Tomorrow");
    world.ends().await;
}
