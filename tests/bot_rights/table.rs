//! Whose each button and command of private chats is: one line for each.

use relaydesk::desk::rights::Action::{self, *};

use Kind::{OnTicket, Own, Self_, Staff, Talk, Unheard};

/// Whom a button or a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whoever may write.
    Talk,
    /// The contact whose ticket it is; for others it is not there.
    Own,
    /// All staff, each for itself.
    Self_,
    Staff(Action),
    /// The same on a ticket that is an agent's.
    OnTicket(Action),
    /// A command that nobody else is told of.
    Unheard(Action),
}

/// A button, as it travels: `{ticket}` and the like stand for what there is.
pub struct Entry {
    pub data: &'static str,
    pub kind: Kind,
    /// Whether it changes more than what is shown.
    pub changes: bool,
    /// What its chat is in the middle of, and how the desk is, before it is pressed.
    pub state: &'static str,
    pub before: &'static str,
}

const fn shows(data: &'static str, kind: Kind) -> Entry {
    Entry {
        data,
        kind,
        changes: false,
        state: IDLE,
        before: "",
    }
}

const fn changes(data: &'static str, kind: Kind) -> Entry {
    Entry {
        changes: true,
        ..shows(data, kind)
    }
}

impl Entry {
    const fn while_in(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    const fn where_it(self, before: &'static str) -> Self {
        Self { before, ..self }
    }
}

/// A code that leads to nobody.
const LINKING: &str = r#"{"in":"linking","code":""}"#;
pub const IDLE: &str = r#"{"in":"idle"}"#;
const CHOOSING: &str = r#"{"in":"category"}"#;
const WRITING: &str = r#"{"in":"staff","doing":{"what":"broadcasting"}}"#;
const CLOSED: &str =
    "UPDATE tickets SET status = 'closed', resolved = 1, closed_at = '{now}' WHERE id = {ticket}";
pub const NOBODYS: &str = "UPDATE tickets SET agent_id = NULL WHERE id = {ticket}";
const DRAFT: &str = "INSERT INTO broadcasts (id, chat_id, state, text, created_at) VALUES ({broadcast}, {chat}, 'draft', 'all', '{now}')";
const RUNS: &str = "INSERT INTO broadcasts (id, chat_id, state, text, created_at) VALUES ({broadcast}, 1, 'running', 'all', '{now}')";

const GROUPED: &str = "INSERT OR IGNORE INTO groups (chat_id, title, created_at) VALUES (-1009, 'Sales', '{now}'); UPDATE categories SET group_chat_id = -1009 WHERE id = {category}";

pub const BUTTONS: &[Entry] = &[
    // Contacts'.
    changes("lang.ru", Talk),
    shows("cat.1.0", Talk).while_in(CHOOSING),
    shows("cat.1.{category}", Talk).while_in(CHOOSING),
    changes("about.{ticket}.{category}", Own),
    shows("ask", Talk),
    shows("questions", Talk),
    shows("mine.0", Talk),
    shows("show.{ticket}", Own),
    shows("reply.{ticket}", Own),
    changes("close.{ticket}", Own),
    changes("rate.{ticket}.5", Own).where_it(CLOSED),
    shows("link.1.1", Talk).while_in(LINKING),
    shows("link.1.0", Talk).while_in(LINKING),
    // Staff's.
    shows("s.menu", Staff(ReadTickets)),
    shows("s.mine.today.0", Staff(ReadTickets)),
    shows("s.free.0", Staff(ReadTickets)),
    shows("s.show.{ticket}", Staff(ReadTickets)),
    shows("s.open.{ticket}", Staff(ReadTickets)),
    shows("s.files.{ticket}", Staff(ReadTickets)),
    shows("s.answer.{ticket}", OnTicket(AnswerTickets)),
    changes("s.take.{ticket}", Staff(AssignTickets)).where_it(NOBODYS),
    changes("s.work.{ticket}", OnTicket(ChangeTickets)),
    shows("s.end.{ticket}", OnTicket(CloseTickets)),
    changes("s.close.{ticket}", OnTicket(CloseTickets)),
    shows("s.note.{ticket}", OnTicket(NoteTickets)),
    shows("s.who.{ticket}", Staff(AssignTickets)),
    changes("s.give.{ticket}.{agent}", Staff(AssignTickets)),
    shows("s.canned.{ticket}", Staff(ReadCannedAnswers)),
    changes("s.say.{ticket}.{canned}", OnTicket(AnswerTickets)),
    shows("s.figures", Staff(ReadOwnStatistics)),
    shows("s.quiet", Self_),
    changes("s.quiet.night", Self_),
    shows("s.all", Staff(Broadcast)),
    changes("s.send.{broadcast}", Staff(Broadcast))
        .while_in(WRITING)
        .where_it(DRAFT),
    changes("s.drop.{broadcast}", Staff(Broadcast))
        .while_in(WRITING)
        .where_it(DRAFT),
    changes("s.stop.{broadcast}", Staff(Broadcast)).where_it(RUNS),
    // Owners'; reading what staff reads elsewhere is owners' here, for it is all of the desk.
    shows("o.menu", Staff(ReadAllStatistics)),
    shows("o.tickets.unresolved.0", Staff(ReadAllStatistics)),
    shows("o.admins", Staff(ManageAgents)),
    shows("o.admin.{agent}", Staff(ManageAgents)),
    shows("o.add", Staff(ManageAgents)),
    changes("o.block.{agent}.1", Staff(ManageAgents)),
    changes("o.owner.{agent}.1", Staff(ManageAgents)),
    changes("o.answers.{agent}.{category}.1", Staff(ManageAgents)),
    shows("o.categories", Staff(ManageCategories)),
    shows("o.category.{category}", Staff(ManageCategories)),
    shows("o.addcat", Staff(ManageCategories)),
    shows("o.name.{category}.en", Staff(ManageCategories)),
    changes("o.offer.{category}.0", Staff(ManageCategories)),
    shows("o.group.{category}", Staff(ManageCategories)),
    changes("o.use.{category}.0", Staff(ManageCategories)).where_it(GROUPED),
    shows("o.report.7", Staff(ReadAllStatistics)),
    shows("o.system", Staff(ManageJobs)),
    shows("o.replay", Staff(ManageJobs)),
];

pub const COMMANDS_OF: &[(&str, Kind)] = &[
    ("start", Talk),
    ("ask", Talk),
    ("questions", Talk),
    ("language", Talk),
    ("cancel", Talk),
    ("help", Talk),
    ("link", Talk),
    ("unlink", Talk),
    ("admin", Unheard(ReadTickets)),
    ("superadmin", Unheard(ReadAllStatistics)),
    ("broadcast", Staff(Broadcast)),
];

/// What staff can be in the middle of, and whose the next words are then.
pub const WORDS: &[(&str, Kind)] = &[
    (
        r#"{"in":"staff","doing":{"what":"answering","ticket":{ticket}}}"#,
        OnTicket(AnswerTickets),
    ),
    (
        r#"{"in":"staff","doing":{"what":"closing","ticket":{ticket}}}"#,
        OnTicket(CloseTickets),
    ),
    (
        r#"{"in":"staff","doing":{"what":"noting","ticket":{ticket}}}"#,
        OnTicket(NoteTickets),
    ),
    (WRITING, Staff(Broadcast)),
    (
        r#"{"in":"owner","doing":{"what":"adding"}}"#,
        Staff(ManageAgents),
    ),
    (
        r#"{"in":"owner","doing":{"what":"naming","category":{category},"locale":"en"}}"#,
        Staff(ManageCategories),
    ),
    (
        r#"{"in":"owner","doing":{"what":"grouping","category":{category}}}"#,
        Staff(ManageCategories),
    ),
];
