//! Deliveries that were given up: looked at, and let go once more.

use super::Desk;
use super::rights::{Action, Staff};
use crate::domain::error::Error;
use crate::domain::ids::JobId;
pub use crate::store::DeadJob;

impl Desk {
    /// Newest first.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn dead_jobs(&self, staff: &Staff, limit: u32) -> Result<Vec<DeadJob>, Error> {
        staff.may(Action::ManageJobs)?;
        self.store.read(move |r| r.dead_jobs(limit)).await
    }

    /// Lets a dead delivery try again.
    ///
    /// # Errors
    /// `not_allowed`; `job_not_found` also for one that is not dead.
    pub async fn replay_job(&self, staff: &Staff, id: JobId) -> Result<(), Error> {
        staff.may(Action::ManageJobs)?;
        match self.store.write(move |tx| tx.replay(Some(id))).await? {
            0 => Err(Error::not_found("job_not_found")),
            _ => Ok(()),
        }
    }

    /// Lets all dead deliveries try again, and the updates that could not be handled; how many.
    ///
    /// # Errors
    /// `not_allowed`, or a failure of the store.
    pub async fn replay_all(&self, staff: &Staff) -> Result<usize, Error> {
        staff.may(Action::ManageJobs)?;
        self.store.write(|tx| tx.replay(None)).await
    }
}
