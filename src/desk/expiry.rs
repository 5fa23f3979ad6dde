//! Tickets that nobody answered are ended as expired, when somebody calls for it and never else.

use super::Desk;
use super::rights::{Action, Staff};
use super::tickets::{Ending, end, end_quietly};
use crate::domain::error::Error;
use crate::domain::ids::TicketId;
use crate::domain::ticket::Status;
use crate::store::Tx;

/// Tickets in one transaction: everybody else who writes waits for no more than these.
const CHUNK: u32 = 100;
/// So many endings of one call are told to the group, which hears twenty messages a minute; the rest it finds closed.
const MOST_TOLD: usize = 20;

impl Desk {
    /// Ends open tickets whose last message is older than `TICKET_EXPIRY_MINUTES` and that staff never answered;
    /// how many.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store; what was ended before it stays so.
    pub async fn close_expired(&self, staff: &Staff) -> Result<usize, Error> {
        staff.may(Action::ExpireTickets)?;
        let before = self.clock.now() - self.settings.ticket_expiry;
        let (mut after, mut ended) = (TicketId(0), 0);
        loop {
            let all = TicketId(i64::MAX);
            let found = self
                .store
                .read(move |r| r.expired_tickets(before, (after, all), CHUNK))
                .await?;
            let Some(last) = found.last() else {
                return Ok(ended);
            };
            after = *last;
            let (staff, to_group, told) = (staff.clone(), self.settings.group, ended);
            ended += self
                .store
                .write(move |tx| {
                    let mut count = 0;
                    for id in found {
                        let tell = told + count < MOST_TOLD;
                        // Somebody may have written meanwhile.
                        let one = (TicketId(id.0 - 1), id);
                        if !tx.expired_tickets(before, one, 1)?.is_empty() {
                            expire(tx, &staff, id, (tell, to_group))?;
                            count += 1;
                        }
                    }
                    Ok(count)
                })
                .await?;
        }
    }
}

fn expire(
    tx: &mut Tx,
    staff: &Staff,
    id: TicketId,
    (tell, telegram): (bool, bool),
) -> Result<(), Error> {
    let Some(ticket) = tx.ticket(id)? else {
        return Ok(());
    };
    let ending = Ending {
        status: Status::Expired,
        by: None,
        actor: staff.name(),
        reason: None,
    };
    match tell {
        true => end(tx, &ticket, &ending, telegram),
        false => end_quietly(tx, &ticket, &ending, telegram),
    }
}
