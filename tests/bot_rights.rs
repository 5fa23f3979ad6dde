//! Every button and command of private chats × everybody who may press it, compared with the desk's own table of rights.
//! A button or a command that is in neither of `table`'s tables fails this test with its name: add a line.

mod table;

use std::collections::HashMap;

use relaydesk::desk::bot::{
    BotButton, BotOwnerButton, BotStaffButton, COMMANDS, OWNER_COMMANDS, STAFF_COMMANDS,
    UNLISTED_COMMANDS,
};
use relaydesk::desk::rights::{Rule, rule};
use serde_json::json;

use crate::world::{Beginning, Chatter, World};
use table::Kind::{self, OnTicket, Own, Self_, Staff, Talk, Unheard};
use table::{BUTTONS, COMMANDS_OF, Entry, IDLE, NOBODYS, WORDS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Named by the settings.
    Named,
    NamedAndBlocked,
    Stranger,
    /// Whose ticket it is.
    Contact,
    Banned,
    /// Who is on that ticket.
    Agent,
    OtherAgent,
    BlockedAgent,
    Owner,
}

impl Who {
    /// In the order in which they come to the bot.
    const ALL: [Self; 9] = [
        Self::Named,
        Self::NamedAndBlocked,
        Self::Stranger,
        Self::Contact,
        Self::Banned,
        Self::Agent,
        Self::OtherAgent,
        Self::BlockedAgent,
        Self::Owner,
    ];

    fn is_owner(self) -> bool {
        matches!(self, Self::Named | Self::Owner)
    }

    fn is_staff(self) -> bool {
        self.is_owner() || matches!(self, Self::Agent | Self::OtherAgent)
    }
}

/// What came of it, as far as rights go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    In,
    Refused,
    NotYours,
    /// There is no such thing, for this one.
    Hidden,
    Banned,
    Unheard,
    /// Refused for a reason that has nothing to do with rights.
    Else(String),
}

fn came(said: &str, refused: bool) -> Came {
    let said = said.trim_start_matches("⚠️ ");
    let known = [
        ("Your role does not allow this.", Came::Refused),
        ("This ticket is another agent's.", Came::NotYours),
        ("There is no such ticket.", Came::Hidden),
        ("This contact is blocked", Came::Banned),
        ("I do not know this command", Came::Unheard),
    ];
    let found = known.into_iter().find(|(words, _)| said.starts_with(words));
    match found {
        Some((_, came)) => came,
        None if refused => Came::Else(said.to_owned()),
        None => Came::In,
    }
}

/// Which ticket a button is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Agents,
    Nobodys,
    /// One that is not there.
    Nothing,
}

/// What the table of rights says.
fn expected(who: Who, kind: Kind, of: Of) -> Came {
    let (action, is_own) = match kind {
        Talk | Own if who == Who::Banned => return Came::Banned,
        Talk => return Came::In,
        Own if who == Who::Contact => return Came::In,
        Own => return Came::Hidden,
        _ if !who.is_staff() => return Came::Refused,
        Self_ => return Came::In,
        Staff(action) | Unheard(action) => (action, true),
        OnTicket(action) => (action, of == Of::Nobodys || who == Who::Agent),
    };
    match rule(action) {
        Some(Rule::Staff) => Came::In,
        Some(Rule::OwnTickets) if is_own || who.is_owner() => Came::In,
        Some(Rule::OwnTickets) => Came::NotYours,
        Some(Rule::Owners) if who.is_owner() => Came::In,
        _ => Came::Refused,
    }
}

/// Ids as they are, or all of them 1, as in the listings of the code.
fn filled(template: &str, ids: &HashMap<&str, String>) -> String {
    let mut filled = template.to_owned();
    for (name, id) in ids {
        filled = filled.replace(&format!("{{{name}}}"), id);
    }
    filled
}

/// What shows itself, and is not what rights are about.
const SHOWN: [&str; 3] = ["outbox", "dialogues", "message_mapping"];

struct Walk<'w> {
    world: &'w World,
    people: Vec<(Who, Chatter<'w>, i64)>,
    ids: HashMap<&'static str, String>,
    beginning: Beginning,
    wrong: Vec<String>,
}

/// Everybody has spoken to the bot, there is a ticket of one of them, and nothing waits.
async fn walk(world: &World) -> Walk<'_> {
    let mut people = Vec::new();
    let mut ids = HashMap::new();
    for who in Who::ALL {
        let chatter = world.chatter(&format!("{who:?}"));
        if matches!(
            who,
            Who::Agent | Who::OtherAgent | Who::BlockedAgent | Who::Owner
        ) {
            let role = if who.is_owner() {
                "super_admin"
            } else {
                "admin"
            };
            let body = json!({"telegram_id": chatter.person.id(), "first_name": format!("{who:?}"), "role": role});
            let made = world.service().posts("/api/admin/admins/", body).await;
            assert_eq!(made.status, 201, "{}", made.body);
            if who == Who::OtherAgent {
                ids.insert("agent", made.body["id"].to_string());
            }
        }
        chatter.person.writes("/help");
        let post = chatter.sees("/questions").await;
        if who == Who::Contact {
            ids.insert("ticket", chatter.asked("Where is it?").await.to_string());
        }
        people.push((who, chatter, post.id));
    }
    let category = json!({"name_uz": "Tolov", "name_en": "Billing"});
    let made = world
        .service()
        .posts("/api/admin/categories/", category)
        .await;
    ids.insert("category", made.body["id"].to_string());
    world.has_canned("hello", "Good day to you");
    ids.extend([("canned", "1".to_owned()), ("broadcast", "1".to_owned())]);
    world.queue_is_empty().await;
    let chat = |of: Who| {
        let (_, chatter, _) = people.iter().find(|(who, ..)| *who == of).unwrap();
        chatter.person.id()
    };
    let (banned, agent) = (chat(Who::Banned), chat(Who::Agent));
    let blocked = [chat(Who::BlockedAgent), chat(Who::NamedAndBlocked)];
    let as_it_is = format!(
        "UPDATE contacts SET language = 'en', is_blocked = (telegram_id = {banned});
         UPDATE agents SET is_blocked = (telegram_id IN ({}, {}));
         UPDATE tickets SET status = 'waiting_admin', viewed = 1, staff_read_up_to = last_message_id,
         agent_id = (SELECT id FROM agents WHERE telegram_id = {agent})",
        blocked[0], blocked[1]
    );
    world.in_database(|sql| sql.execute_batch(&as_it_is).unwrap());
    Walk {
        world,
        people,
        ids,
        beginning: world.begins(&["tickets", "contacts", "agents", "categories"]),
        wrong: Vec::new(),
    }
}

impl Walk<'_> {
    /// Everything is as it was, but for what this needs.
    fn begins(&self, chat: i64, state: &str, besides: &str) {
        let mut ids = self.ids.clone();
        let now = self.world.clock.now();
        let now = now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        ids.extend([("chat", chat.to_string()), ("now", now.clone())]);
        let (state, besides) = (filled(state, &ids), filled(besides, &ids));
        self.beginning.again(&format!(
            "DELETE FROM agent_categories; DELETE FROM broadcasts;
             UPDATE dialogues SET state = '{state}', turn = 1, updated_at = '{now}'; {besides}"
        ));
    }

    /// Presses it, and says what came of it and what the answer was; what it changed is judged here.
    async fn press(&mut self, at: usize, entry: &Entry, of: Of) -> String {
        let (who, chatter, post) = &self.people[at];
        let mut ids = self.ids.clone();
        if of == Of::Nothing {
            ids.insert("ticket", "999999".to_owned());
        }
        let data = filled(entry.data, &ids);
        let nobodys = if of == Of::Nobodys { NOBODYS } else { "" };
        let besides = format!("{}; {nobodys}", entry.before);
        self.begins(chatter.person.id(), entry.state, &besides);
        let before = self.beginning.rows();
        let press = chatter.person.presses_data(*post, &data);
        let answer = chatter.answer_to(&press).await;
        let after = self.beginning.rows();
        let mut presses = chatter.person.presses_answered().into_iter();
        let alert = presses.rfind(|known| known.id == press).unwrap().alert;
        let (found, right) = (came(&answer, alert), expected(*who, entry.kind, of));
        let changed = match found {
            Came::In | Came::Banned => before.changed(&after, &SHOWN),
            _ => before.changed(&after, &[]),
        };
        let must = found == Came::In && entry.changes;
        if found != right || alert != (found != Came::In) || changed.is_empty() == must {
            self.wrong.push(format!(
                "{data} of {of:?} by {who:?}: {found:?}, not {right:?}; changed: {changed:?}; alert: {alert}"
            ));
        }
        if matches!(found, Came::In | Came::Banned) {
            self.world.queue_is_empty().await;
        }
        answer
    }

    /// Says it in the middle of that, and judges what the bot says to it and what it changed.
    async fn says(&mut self, at: usize, state: &str, words: &str, kind: Kind) {
        let (who, chatter, _) = &self.people[at];
        self.begins(chatter.person.id(), state, "");
        let before = self.beginning.rows();
        let said = chatter.person.writes(words);
        let reply = || {
            let mut heard = chatter.heard().into_iter();
            heard.find(|post| post.id > said).map(|post| post.text)
        };
        chatter
            .waits(&format!("a reply to {words}"), async || reply().is_some())
            .await;
        let found = came(&reply().unwrap(), false);
        let right = match (expected(*who, kind, Of::Agents), kind) {
            (Came::Refused, _) if *who == Who::Banned => Came::Banned,
            (Came::Refused, _) if !who.is_staff() => Came::Unheard,
            (Came::Refused, Unheard(_)) => Came::Unheard,
            (right, _) => right,
        };
        self.world.queue_is_empty().await;
        let changed = before.changed(&self.beginning.rows(), &SHOWN);
        let may_change = found == Came::In && !words.starts_with('/');
        if found != right || !(changed.is_empty() || may_change) {
            self.wrong.push(format!(
                "{words} in {state} by {who:?}: {found:?}, not {right:?}; changed: {changed:?}"
            ));
        }
    }
}

async fn world() -> World {
    World::with(|options| {
        let named = "300000001,300000002".to_owned();
        let year = "525600".to_owned();
        options.settings.push(("SUPER_ADMIN_IDS", named));
        options.settings.push(("TICKET_EXPIRY_MINUTES", year));
        options.settings.push(("LOCALE", "en".to_owned()));
    })
    .await
}

#[test]
fn every_button_and_command_has_a_line() {
    let ones = ["ticket", "agent", "category", "canned", "broadcast"].map(|id| (id, "1".into()));
    let lines: Vec<String> = BUTTONS
        .iter()
        .map(|entry| filled(entry.data, &HashMap::from(ones.clone())))
        .collect();
    let contacts = BotButton::EACH.map(|button| button.data(1));
    let (staff, owners) = (
        BotStaffButton::EACH.map(BotStaffButton::data),
        BotOwnerButton::EACH.map(BotOwnerButton::data),
    );
    for data in contacts.iter().chain(&staff).chain(&owners) {
        assert!(
            lines.contains(data),
            "{data} has no line in tests/bot_rights/table.rs"
        );
    }
    let commands = COMMANDS.iter().chain(&STAFF_COMMANDS);
    let commands = commands.chain(&OWNER_COMMANDS).map(|(name, _)| *name);
    for name in commands.chain(UNLISTED_COMMANDS) {
        assert!(
            COMMANDS_OF.iter().any(|(known, _)| *known == name),
            "/{name} has no line in tests/bot_rights/table.rs"
        );
    }
}

#[tokio::test]
async fn every_button_does_what_the_table_of_rights_says_for_everybody() {
    let world = world().await;
    let mut walk = walk(&world).await;
    for entry in BUTTONS {
        for at in 0..Who::ALL.len() {
            let answer = walk.press(at, entry, Of::Agents).await;
            if matches!(entry.kind, OnTicket(_)) {
                walk.press(at, entry, Of::Nobodys).await;
            }
            // To who may not see it a ticket is as one that is not there.
            let who = Who::ALL[at];
            if who.is_staff() && entry.kind != Own || who == Who::Contact && entry.kind == Own {
                continue;
            }
            if entry.data.contains("{ticket}") {
                let same = walk.press(at, entry, Of::Nothing).await;
                if same != answer {
                    let line = format!("{} by {who:?}: {answer}, or {same}", entry.data);
                    walk.wrong.push(line);
                }
            }
        }
    }
    assert!(walk.wrong.is_empty(), "{:#?}", walk.wrong);
    drop(walk);
    world.ends().await;
}

#[tokio::test]
async fn every_command_and_what_follows_a_button_does_what_the_table_of_rights_says_for_everybody()
{
    let world = world().await;
    let mut walk = walk(&world).await;
    for (name, kind) in COMMANDS_OF {
        for at in 0..Who::ALL.len() {
            walk.says(at, IDLE, &format!("/{name}"), *kind).await;
        }
    }
    // In the middle of something rights are asked for again, for whom they were taken from meanwhile.
    for (state, kind) in WORDS {
        for at in (0..Who::ALL.len()).filter(|at| Who::ALL[*at].is_staff()) {
            walk.says(at, state, "good day", *kind).await;
        }
    }
    assert!(walk.wrong.is_empty(), "{:#?}", walk.wrong);
    drop(walk);
    world.ends().await;
}
