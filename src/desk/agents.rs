//! Accounts of staff: listed, made, changed, blocked, removed. The last owner who can sign in stays one.

use super::Desk;
use super::rights::{Action, Staff};
use super::signing_in::account_key;
use super::tickets;
use crate::domain::agent::{Agent, Email, Password, Role};
use crate::domain::error::{Error, Kind};
use crate::domain::ids::{AgentId, CategoryId, ContactId, UserId};
use crate::domain::ticket::Channel;
use crate::store::{AgentChange, NewEntry, Reading, Tx};

/// An account, and the contact that is the same person in Telegram.
#[derive(Debug, Clone)]
pub struct Account {
    pub agent: Agent,
    pub contact: Option<ContactId>,
}

/// What is said of an account; None leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountForm {
    /// A contact that is on Telegram; wins over `telegram_id`.
    pub contact: Option<ContactId>,
    /// An unknown one becomes a contact.
    pub telegram_id: Option<i64>,
    pub email: Option<Email>,
    pub password: Option<Password>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Option<Role>,
    pub is_blocked: Option<bool>,
    pub categories: Option<Vec<CategoryId>>,
    /// Taken away, the password with the address.
    pub without_email: bool,
    pub without_telegram: bool,
}

impl Desk {
    /// A page of accounts, the oldest first, and how many there are; with a contact those of that person.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn accounts(
        &self,
        staff: &Staff,
        contact: Option<ContactId>,
        limit: u32,
        offset: u32,
    ) -> Result<(Vec<Account>, i64), Error> {
        staff.may(Action::ReadAgents)?;
        self.store
            .read(move |r| {
                let Some(contact) = contact else {
                    let agents = r.agents(limit, offset)?.into_iter();
                    let page = agents.map(|agent| with_contact(r, agent));
                    return Ok((page.collect::<Result<_, _>>()?, r.count_agents()?));
                };
                let person = r.contact_by_id(contact)?;
                let agent = match person.and_then(|person| person.telegram_id) {
                    Some(telegram_id) => r.agent_of_telegram(telegram_id)?,
                    None => None,
                };
                let count = i64::from(agent.is_some());
                let agent = agent.filter(|_| offset == 0);
                let page = agent.map(|agent| with_contact(r, agent)).transpose()?;
                Ok((page.into_iter().collect(), count))
            })
            .await
    }

    /// All accounts, for choosing one.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn colleagues(&self, staff: &Staff) -> Result<Vec<Agent>, Error> {
        staff.may(Action::ReadAgents)?;
        self.store.read(|r| r.agents(u32::MAX, 0)).await
    }

    /// # Errors
    /// `agent_not_found`, `not_allowed`.
    pub async fn account(&self, staff: &Staff, id: AgentId) -> Result<Account, Error> {
        staff.may(Action::ReadAgents)?;
        self.store.read(move |r| known(r, id)).await
    }

    /// The account of an e-mail address.
    ///
    /// # Errors
    /// `agent_not_found`, `not_allowed`.
    pub async fn account_of_email(&self, staff: &Staff, email: Email) -> Result<Account, Error> {
        staff.may(Action::ReadAgents)?;
        let find = move |r: &Reading| match r.agent_of_email(email.as_str())? {
            Some((agent, _)) => with_contact(r, agent),
            None => Err(missing()),
        };
        self.store.read(find).await
    }

    /// Makes an account; it needs a Telegram id or an e-mail address.
    ///
    /// # Errors
    /// `missing_field`, `already_taken` and others on the field to blame; `not_allowed`.
    pub async fn create_account(&self, staff: &Staff, form: AccountForm) -> Result<Account, Error> {
        staff.may(Action::ManageAgents)?;
        if form.contact.is_none() && form.telegram_id.is_none() && form.email.is_none() {
            return Err(Error::missing("user"));
        }
        let password_hash = self.hash_of(form.password.as_ref()).await?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let id = tx.insert_agent(form.role.unwrap_or(Role::Agent))?;
                change(tx, &staff, id, form, password_hash)?;
                known(tx, id)
            })
            .await
    }

    /// Changes an account. A new password and a block sign it out everywhere.
    ///
    /// # Errors
    /// `agent_not_found`; `last_owner`; `already_taken` and others on the field to blame; `not_allowed`.
    pub async fn change_account(
        &self,
        staff: &Staff,
        id: AgentId,
        form: AccountForm,
    ) -> Result<Account, Error> {
        staff.may(Action::ManageAgents)?;
        let password_hash = self.hash_of(form.password.as_ref()).await?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                change(tx, &staff, id, form, password_hash)?;
                known(tx, id)
            })
            .await
    }

    /// Removes an account; its open tickets are nobody's then.
    ///
    /// # Errors
    /// `agent_not_found`, `last_owner`, `not_allowed`.
    pub async fn delete_account(&self, staff: &Staff, id: AgentId) -> Result<(), Error> {
        staff.may(Action::ManageAgents)?;
        let staff = staff.clone();
        self.store
            .write(move |tx| {
                let agent = known(tx, id)?.agent;
                keeps_an_owner(tx, &agent, false)?;
                for ticket in tx.open_tickets_of(id)? {
                    let ticket = tickets::known(tx, ticket)?;
                    // Staff's pages are told; the group is spared a line for each ticket.
                    tickets::assign(tx, &ticket, None, staff.name(), staff.agent(), false)?;
                }
                log(tx, &staff, "deleted", &agent)?;
                tx.delete_agent(id)
            })
            .await
    }

    async fn hash_of(&self, password: Option<&Password>) -> Result<Option<String>, Error> {
        match password {
            Some(password) => {
                let salt = self.chance.bytes();
                self.passwords.hash(password.clone(), salt).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

fn missing() -> Error {
    Error::not_found("agent_not_found")
}

fn known(r: &Reading, id: AgentId) -> Result<Account, Error> {
    with_contact(r, r.agent(id)?.ok_or_else(missing)?)
}

fn with_contact(r: &Reading, agent: Agent) -> Result<Account, Error> {
    let contact = match agent.telegram_id {
        Some(telegram_id) => r.contact_of_telegram(telegram_id)?,
        None => None,
    };
    Ok(Account {
        contact: contact.map(|contact| contact.id),
        agent,
    })
}

/// Refuses what would leave no owner who can sign in.
fn keeps_an_owner(r: &Reading, agent: &Agent, stays: bool) -> Result<(), Error> {
    let was = agent.role == Role::Owner && !agent.is_blocked;
    if was && !stays && !r.has_other_owner(agent.id)? {
        return Err(Error::new(Kind::Conflict, "last_owner"));
    }
    Ok(())
}

pub(super) fn change(
    tx: &mut Tx,
    staff: &Staff,
    id: AgentId,
    form: AccountForm,
    password_hash: Option<String>,
) -> Result<(), Error> {
    let before = known(tx, id)?.agent;
    let role = form.role.unwrap_or(before.role);
    let blocked = form.is_blocked.unwrap_or(before.is_blocked);
    keeps_an_owner(tx, &before, role == Role::Owner && !blocked)?;
    if let Some(email) = &form.email
        && tx
            .agent_of_email(email.as_str())?
            .is_some_and(|(other, _)| other.id != id)
    {
        return Err(Error::bad("already_taken", "email"));
    }
    let email = form.email.as_ref().map(Email::as_str);
    let email = email.or(before.email.as_deref()).map(str::to_owned);
    if password_hash.is_some() && email.is_none() {
        return Err(Error::missing("email"));
    }
    let telegram_id = telegram_id(tx, id, &form)?;
    let signs_out =
        password_hash.is_some() || form.without_email || (blocked && !before.is_blocked);
    let keeps_telegram = telegram_id.or(before.telegram_id).is_some() && !form.without_telegram;
    let keeps_email = email.is_some() && !form.without_email;
    if !keeps_telegram && !keeps_email && (form.without_telegram || form.without_email) {
        let taken = if form.without_telegram {
            "telegram_id"
        } else {
            "email"
        };
        return Err(Error::missing(taken));
    }
    let named = named(tx, &before, telegram_id)?;
    tx.change_agent(
        id,
        &AgentChange {
            email: form.email,
            password_hash,
            first_name: form.first_name.or(named.first_name),
            last_name: form.last_name.or(named.last_name),
            username: named.username,
            role: form.role,
            is_blocked: form.is_blocked,
            telegram_id,
        },
    )?;
    if form.without_email {
        tx.clear_email_of_agent(id)?;
    }
    if form.without_telegram {
        tx.clear_telegram_of_agent(id)?;
    }
    if let Some(categories) = form.categories {
        for category in &categories {
            if tx.category(*category)?.is_none() {
                return Err(Error::bad("category_not_found", "categories"));
            }
        }
        tx.set_categories_of(id, &categories)?;
    }
    if signs_out {
        tx.delete_sessions_of(id)?;
        if let Some(email) = email {
            tx.clear_login_failures(&account_key(&email))?;
        }
    }
    if blocked != before.is_blocked {
        let action = if blocked { "blocked" } else { "unblocked" };
        log(tx, staff, action, &before)?;
    }
    Ok(())
}

/// The Telegram id an account is to have; one that nobody knows becomes a contact.
fn telegram_id(tx: &mut Tx, id: AgentId, form: &AccountForm) -> Result<Option<i64>, Error> {
    let (telegram_id, field) = match (form.contact, form.telegram_id) {
        (Some(contact), _) => {
            let contact = tx.contact_by_id(contact)?;
            let contact = contact.ok_or_else(|| Error::bad("contact_not_found", "user"))?;
            let telegram_id = contact.telegram_id;
            let telegram_id = telegram_id.ok_or_else(|| Error::bad("not_on_telegram", "user"))?;
            (telegram_id, "user")
        }
        (None, Some(telegram_id)) => (telegram_id, "telegram_id"),
        (None, None) => return Ok(None),
    };
    if let Some(other) = tx.agent_of_telegram(telegram_id)?
        && other.id != id
    {
        return Err(Error::bad("already_taken", field));
    }
    if tx.contact_of_telegram(telegram_id)?.is_none() {
        let user = UserId::of_telegram(telegram_id);
        tx.insert_contact(&user, Channel::Telegram, Some(telegram_id))?;
    }
    Ok(Some(telegram_id))
}

/// The names of the contact, for an account that has none of its own.
fn named(tx: &Tx, before: &Agent, telegram_id: Option<i64>) -> Result<AgentChange, Error> {
    let contact = match telegram_id {
        Some(telegram_id) => tx.contact_of_telegram(telegram_id)?,
        None => None,
    };
    let Some(contact) = contact else {
        return Ok(AgentChange::default());
    };
    let nameless = before.first_name.is_empty() && before.last_name.is_empty();
    Ok(AgentChange {
        first_name: contact.first_name.filter(|_| nameless),
        last_name: contact.last_name.filter(|_| nameless),
        username: contact.username,
        ..AgentChange::default()
    })
}

fn log(tx: &mut Tx, staff: &Staff, action: &'static str, agent: &Agent) -> Result<(), Error> {
    tx.log(&NewEntry {
        agent: staff.agent(),
        actor: staff.name(),
        action,
        ticket: None,
        contact: None,
        detail: Some(&agent.shown_name()),
    })
}
