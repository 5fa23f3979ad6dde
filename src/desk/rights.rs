//! Who of the staff may do what: one table, asked by every action of the desk before it does anything.

use crate::domain::agent::Role;
use crate::domain::error::{Error, Kind};
use crate::domain::ids::AgentId;

/// A caller that proved to be staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staff {
    Agent {
        id: AgentId,
        role: Role,
        /// The name contacts see.
        name: String,
    },
    /// Somebody of the agents' group without an account: has a name, and no tickets.
    Member { name: String },
    /// `API_TOKEN`: an owner's rights without being an agent.
    Service,
}

/// What staff can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    ReadTickets,
    CreateTickets,
    AnswerTickets,
    /// Store a message in the contact's name.
    SpeakForContacts,
    /// Send in the name of another agent, or of a contact, through the helpdesk interface.
    SpeakForOthers,
    NoteTickets,
    ChangeTickets,
    CloseTickets,
    /// Take, take over, give to another, or to nobody.
    AssignTickets,
    DeleteTickets,
    ExpireTickets,
    ReadContacts,
    ChangeContacts,
    BlockContacts,
    DeleteContacts,
    ReadDevices,
    ReadAgents,
    ManageAgents,
    ReadCategories,
    ManageCategories,
    ManageLinks,
    /// Say who a contact is in Telegram.
    LinkContacts,
    LinkOwnAccount,
    ReadOwnStatistics,
    ReadAllStatistics,
    ReadCannedAnswers,
    ManageCannedAnswers,
    ReadHours,
    ManageHours,
    ManageJobs,
    ManageWebhooks,
    ReadMetrics,
    Broadcast,
}

/// Whom an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// All staff.
    Staff,
    /// Owners, and agents on tickets that are their own or nobody's.
    OwnTickets,
    Owners,
    /// The service alone.
    Service,
}

/// The table. An action that is not in it is nobody's; a test finds one that is missing.
pub const TABLE: [(Action, Rule); 33] = [
    (Action::ReadTickets, Rule::Staff),
    (Action::CreateTickets, Rule::Staff),
    (Action::AnswerTickets, Rule::OwnTickets),
    (Action::SpeakForContacts, Rule::OwnTickets),
    (Action::SpeakForOthers, Rule::Service),
    (Action::NoteTickets, Rule::OwnTickets),
    (Action::ChangeTickets, Rule::OwnTickets),
    (Action::CloseTickets, Rule::OwnTickets),
    (Action::AssignTickets, Rule::Staff),
    (Action::DeleteTickets, Rule::Owners),
    (Action::ExpireTickets, Rule::Owners),
    (Action::ReadContacts, Rule::Staff),
    (Action::ChangeContacts, Rule::Staff),
    (Action::BlockContacts, Rule::Staff),
    (Action::DeleteContacts, Rule::Owners),
    (Action::ReadDevices, Rule::Owners),
    (Action::ReadAgents, Rule::Staff),
    (Action::ManageAgents, Rule::Owners),
    (Action::ReadCategories, Rule::Staff),
    (Action::ManageCategories, Rule::Owners),
    (Action::ManageLinks, Rule::Owners),
    (Action::LinkContacts, Rule::Owners),
    (Action::LinkOwnAccount, Rule::Staff),
    (Action::ReadOwnStatistics, Rule::Staff),
    (Action::ReadAllStatistics, Rule::Owners),
    (Action::ReadCannedAnswers, Rule::Staff),
    (Action::ManageCannedAnswers, Rule::Owners),
    (Action::ReadHours, Rule::Staff),
    (Action::ManageHours, Rule::Owners),
    (Action::ManageJobs, Rule::Owners),
    (Action::ManageWebhooks, Rule::Owners),
    (Action::ReadMetrics, Rule::Owners),
    (Action::Broadcast, Rule::Owners),
];

/// What somebody of the group without an account may do, and only on tickets that are nobody's.
pub const OF_MEMBERS: [Action; 5] = [
    Action::ReadTickets,
    Action::AnswerTickets,
    Action::NoteTickets,
    Action::CloseTickets,
    Action::AssignTickets,
];

/// The rule of an action.
pub fn rule(action: Action) -> Option<Rule> {
    let entry = TABLE.iter().find(|(known, _)| *known == action);
    entry.map(|(_, rule)| *rule)
}

impl Staff {
    pub fn is_owner(&self) -> bool {
        matches!(
            self,
            Self::Service
                | Self::Agent {
                    role: Role::Owner,
                    ..
                }
        )
    }

    fn is_member(&self) -> bool {
        matches!(self, Self::Member { .. })
    }

    /// The account behind it; the service and members of the group have none.
    pub fn agent(&self) -> Option<AgentId> {
        match self {
            Self::Agent { id, .. } => Some(*id),
            Self::Member { .. } | Self::Service => None,
        }
    }

    /// How it is called in the log and beside an answer.
    pub fn name(&self) -> &str {
        match self {
            Self::Agent { name, .. } | Self::Member { name } => name,
            Self::Service => crate::domain::agent::NAMELESS,
        }
    }

    /// # Errors
    /// `not_allowed` where the table does not allow it, whatever ticket it is about.
    pub fn may(&self, action: Action) -> Result<(), Error> {
        let allowed = match rule(action) {
            Some(_) if self.is_member() => OF_MEMBERS.contains(&action),
            Some(Rule::Staff | Rule::OwnTickets) => true,
            Some(Rule::Owners) => self.is_owner(),
            Some(Rule::Service) => *self == Self::Service,
            None => false,
        };
        allowed.then_some(()).ok_or_else(not_allowed)
    }

    /// The same for an action on a ticket of `agent`.
    ///
    /// # Errors
    /// `not_yours` for another agent's ticket, `not_allowed` as [`Staff::may`].
    pub fn may_on(&self, action: Action, agent: Option<AgentId>) -> Result<(), Error> {
        self.may(action)?;
        let others = agent.is_some() && agent != self.agent();
        let needs_own = rule(action) == Some(Rule::OwnTickets)
            || (self.is_member() && action != Action::ReadTickets);
        if needs_own && others && !self.is_owner() {
            return Err(Error::new(Kind::Forbidden, "not_yours"));
        }
        Ok(())
    }
}

fn not_allowed() -> Error {
    Error::new(Kind::Forbidden, "not_allowed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::each::one_of_each;

    impl Action {
        const EACH: [Self; 33] = one_of_each![
            ReadTickets,
            CreateTickets,
            AnswerTickets,
            SpeakForContacts,
            SpeakForOthers,
            NoteTickets,
            ChangeTickets,
            CloseTickets,
            AssignTickets,
            DeleteTickets,
            ExpireTickets,
            ReadContacts,
            ChangeContacts,
            BlockContacts,
            DeleteContacts,
            ReadDevices,
            ReadAgents,
            ManageAgents,
            ReadCategories,
            ManageCategories,
            ManageLinks,
            LinkContacts,
            LinkOwnAccount,
            ReadOwnStatistics,
            ReadAllStatistics,
            ReadCannedAnswers,
            ManageCannedAnswers,
            ReadHours,
            ManageHours,
            ManageJobs,
            ManageWebhooks,
            ReadMetrics,
            Broadcast,
        ];
    }

    fn agent(id: i64, role: Role) -> Staff {
        Staff::Agent {
            id: AgentId(id),
            role,
            name: "Olga".to_owned(),
        }
    }

    #[test]
    fn every_action_stands_in_the_table_once() {
        for action in Action::EACH {
            let lines = TABLE.iter().filter(|(known, _)| *known == action);
            assert_eq!(lines.count(), 1, "{action:?}");
        }
    }

    #[test]
    fn an_agent_has_its_own_and_nobodys_tickets_an_owner_has_all() {
        let (olga, owner) = (agent(1, Role::Agent), agent(2, Role::Owner));
        for (action, rule) in TABLE {
            let tickets = [None, Some(AgentId(1)), Some(AgentId(3))];
            let allowed = |staff: &Staff| tickets.map(|of| staff.may_on(action, of).is_ok());
            let expected = match rule {
                Rule::Staff => ([true; 3], [true; 3], [true; 3]),
                Rule::OwnTickets => ([true, true, false], [true; 3], [true; 3]),
                Rule::Owners => ([false; 3], [true; 3], [true; 3]),
                Rule::Service => ([false; 3], [false; 3], [true; 3]),
            };
            let found = (allowed(&olga), allowed(&owner), allowed(&Staff::Service));
            assert_eq!(found, expected, "{action:?}");
        }
    }

    #[test]
    fn a_member_without_an_account_has_nobodys_tickets_only() {
        let member = Staff::Member {
            name: "Olga".to_owned(),
        };
        for (action, rule) in TABLE {
            let tickets = [None, Some(AgentId(1)), Some(AgentId(3))];
            let found = tickets.map(|of| member.may_on(action, of).is_ok());
            let expected = match action {
                Action::ReadTickets => [true; 3],
                action if OF_MEMBERS.contains(&action) => [true, false, false],
                _ => [false; 3],
            };
            assert_eq!(found, expected, "{action:?}");
            assert!(
                !OF_MEMBERS.contains(&action) || matches!(rule, Rule::Staff | Rule::OwnTickets),
                "{action:?} is not even an agent's"
            );
        }
    }
}
