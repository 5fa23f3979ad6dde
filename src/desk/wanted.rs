//! Which tickets a list shows, and in which order; what it takes to ask the store for them.

use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, UserId};
use crate::domain::ticket::Status;
use crate::store::{Reading, TicketFilter, TicketOrder, Words};

/// How many tickets a search within a list looks at.
const MOST_FOUND: u32 = 500;

/// Which tickets a list shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub user: Option<UserId>,
    pub resolved: Option<bool>,
    pub agent: Option<AgentId>,
    pub unassigned: Option<bool>,
    /// Only the caller's own; a service has none.
    pub mine: bool,
    /// A number, a user id, or words of a name, a title or a message.
    pub words: Option<String>,
    pub status: Option<Status>,
    pub category: Option<CategoryId>,
    pub order: TicketOrder,
}

impl Wanted {
    /// What the store is asked for; None where nothing can be found. `own` is the caller's account.
    pub(super) fn filter(
        self,
        r: &Reading,
        own: Option<AgentId>,
    ) -> Result<Option<TicketFilter>, Error> {
        let mut filter = TicketFilter {
            resolved: self.resolved,
            agent: self.agent,
            unassigned: self.unassigned,
            status: self.status,
            category: self.category,
            ..TicketFilter::default()
        };
        if let Some(user) = self.user {
            let Some(contact) = r.contact(&user)? else {
                return Ok(None);
            };
            filter.contact = Some(contact.id);
        }
        if self.mine {
            if own.is_none() || (filter.agent.is_some() && filter.agent != own) {
                return Ok(None);
            }
            filter.agent = own;
        }
        if let Some(raw) = self.words {
            let words = Words::of(&raw);
            let mut ids = r.search_tickets(&words, MOST_FOUND)?;
            ids.extend(r.tickets_saying(&words, MOST_FOUND)?);
            ids.sort_unstable();
            ids.dedup();
            filter.ids = Some(ids);
        }
        Ok(Some(filter))
    }
}
