//! Lists of tickets: one filter for every interface, each of its combinations led by an index.

use chrono::{DateTime, Utc};
use rusqlite::ToSql;

use super::open::time;
use super::reader::Reading;
use super::tickets::{select_tickets, ticket};
use crate::domain::error::Error;
use crate::domain::ids::{AgentId, CategoryId, ContactId, TicketId};
use crate::domain::ticket::{Priority, Status, Ticket, TicketNumber};

/// What is asked for; None leaves a column open.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    pub contact: Option<ContactId>,
    pub resolved: Option<bool>,
    pub agent: Option<AgentId>,
    pub unassigned: Option<bool>,
    pub status: Option<Status>,
    pub category: Option<CategoryId>,
    pub priority: Option<Priority>,
    /// Created at or after.
    pub from: Option<DateTime<Utc>>,
    /// Created before.
    pub to: Option<DateTime<Utc>>,
    /// A number, or words in title and description that begin so.
    pub search: Option<String>,
    /// Only these, such as what a search found.
    pub ids: Option<Vec<TicketId>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketOrder {
    /// Unresolved first, then oldest first.
    #[default]
    Waiting,
    Newest,
}

/// The words of a query and its values, in the same order.
#[derive(Default)]
struct Clauses {
    words: Vec<String>,
    values: Vec<Box<dyn ToSql>>,
}

impl Clauses {
    fn add(&mut self, words: &str, value: impl ToSql + 'static) {
        self.words.push(words.to_owned());
        self.values.push(Box::new(value));
    }

    fn add_search(&mut self, search: &str) {
        let number = TicketNumber::parse(search)
            .or_else(|| TicketNumber::parse(&format!("TKT-{}", search.trim())));
        // No ticket has the number 0.
        let id = number.map_or(0, |number| number.id().0);
        let terms: Vec<String> = search
            .split(|c: char| !c.is_alphanumeric())
            .filter(|term| !term.is_empty())
            .map(|term| format!("\"{term}\"*"))
            .collect();
        if terms.is_empty() {
            return self.add("id = ?", id);
        }
        // One list of ids, so that the rows are looked up by it and not all of them compared.
        let words =
            "id IN (SELECT ? UNION ALL SELECT rowid FROM tickets_fts WHERE tickets_fts MATCH ?)";
        self.add(words, id);
        self.values.push(Box::new(terms.join(" ")));
    }

    fn sql(&self) -> String {
        if self.words.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.words.join(" AND "))
    }

    fn params(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|value| &**value).collect()
    }
}

impl TicketFilter {
    fn clauses(&self) -> Clauses {
        let mut all = Clauses::default();
        if let Some(contact) = self.contact {
            all.add("contact_id = ?", contact.0);
        }
        if let Some(resolved) = self.resolved {
            all.add("resolved = ?", resolved);
        }
        if let Some(agent) = self.agent {
            all.add("agent_id = ?", agent.0);
        }
        match self.unassigned {
            Some(true) => all.words.push("agent_id IS NULL".to_owned()),
            Some(false) => all.words.push("agent_id IS NOT NULL".to_owned()),
            None => {}
        }
        if let Some(status) = self.status {
            all.add("status = ?", status.as_str());
        }
        if let Some(category) = self.category {
            all.add("category_id = ?", category.0);
        }
        if let Some(priority) = self.priority {
            all.add("priority = ?", priority.as_str());
        }
        if let Some(from) = self.from {
            all.add("created_at >= ?", time(from));
        }
        if let Some(to) = self.to {
            all.add("created_at < ?", time(to));
        }
        if let Some(search) = &self.search {
            all.add_search(search);
        }
        if let Some(ids) = &self.ids {
            let marks = vec!["?"; ids.len()].join(", ");
            all.words.push(format!("id IN ({marks})"));
            let values = ids.iter().map(|id| Box::new(id.0) as Box<dyn ToSql>);
            all.values.extend(values);
        }
        all
    }

    /// The query of a page, also for the test that reads its plan.
    fn page_sql(&self, order: TicketOrder) -> (String, Vec<Box<dyn ToSql>>) {
        let clauses = self.clauses();
        let (inner, outer) = match order {
            // Of one state all are over, or none is: what is left of the order comes from the index by itself.
            TicketOrder::Waiting if self.status.is_some() => ("id", "t.id"),
            TicketOrder::Waiting => ("resolved, id", "t.resolved, t.id"),
            TicketOrder::Newest => ("id DESC", "t.id DESC"),
        };
        let page = format!(
            "SELECT id FROM tickets{} ORDER BY {inner} LIMIT ? OFFSET ?",
            clauses.sql()
        );
        // The page first, from an index alone where there is one; the rows of the page after it.
        let select = select_tickets!("(@page) AS page CROSS JOIN tickets t ON t.id = page.id");
        let sql = format!("{} ORDER BY {outer}", select.replace("@page", &page));
        (sql, clauses.values)
    }
}

impl Reading<'_> {
    pub fn tickets(
        &self,
        filter: &TicketFilter,
        order: TicketOrder,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Ticket>, Error> {
        let (sql, mut values) = filter.page_sql(order);
        values.push(Box::new(limit));
        values.push(Box::new(offset));
        let params: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
        let tickets = self
            .prepare_any(&sql)?
            .query_map(params.as_slice(), ticket)?
            .collect::<Result<_, _>>()?;
        Ok(tickets)
    }

    pub fn count_tickets(&self, filter: &TicketFilter) -> Result<i64, Error> {
        let clauses = filter.clauses();
        let sql = format!("SELECT COUNT(*) FROM tickets{}", clauses.sql());
        Ok(self
            .prepare_any(&sql)?
            .query_row(clauses.params().as_slice(), |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan_tests::{begins_with_its_page, database, sorts, whole_reads};
    use super::*;

    /// Every filter one by one and every two of them together.
    fn filters() -> Vec<TicketFilter> {
        let sets: [fn(&mut TicketFilter); 9] = [
            |_| (),
            |f| f.contact = Some(ContactId(1)),
            |f| f.resolved = Some(false),
            |f| f.agent = Some(AgentId(1)),
            |f| f.unassigned = Some(true),
            |f| f.unassigned = Some(false),
            |f| f.status = Some(Status::Open),
            |f| f.category = Some(CategoryId(1)),
            |f| f.priority = Some(Priority::High),
        ];
        let pairs = sets
            .iter()
            .flat_map(|one| sets.iter().map(move |other| (one, other)));
        pairs
            .map(|(one, other)| {
                let mut filter = TicketFilter::default();
                one(&mut filter);
                other(&mut filter);
                filter
            })
            .collect()
    }

    #[test]
    fn every_page_comes_from_an_index_in_order() {
        let connection = database();
        let mut wrong = Vec::new();
        for filter in filters() {
            for order in [TicketOrder::Waiting, TicketOrder::Newest] {
                // What only the helpdesk filters by, it lists newest first.
                if filter.priority.is_some() && order == TicketOrder::Waiting {
                    continue;
                }
                let (sql, _) = filter.page_sql(order);
                let (_, page) = sql.split_once("FROM (").unwrap();
                let (page, _) = page.split_once(") AS page").unwrap();
                let whole = whole_reads(&connection, &sql);
                let begins = begins_with_its_page(&connection, &sql);
                if !whole.is_empty() || sorts(&connection, page) || !begins {
                    wrong.push(format!("{page}: {whole:?}"));
                }
            }
            let count = format!("SELECT COUNT(*) FROM tickets{}", filter.clauses().sql());
            let whole = whole_reads(&connection, &count);
            if !whole.is_empty() {
                wrong.push(format!("{count}: {whole:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
