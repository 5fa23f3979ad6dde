//! Devices that a contact's pushes go to.

use super::Desk;
use super::access::Caller;
use crate::domain::device::Platform;
use crate::domain::error::Error;
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::ticket::Channel;

/// A registration as an app sends it.
pub struct Registration {
    pub user: UserId,
    pub token: String,
    pub platform: Platform,
    pub device_id: Option<String>,
}

impl Desk {
    /// Registers a device, moves its token here from whoever had it; how many the contact has now.
    ///
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn register_device(&self, caller: &Caller, new: Registration) -> Result<i64, Error> {
        caller.may_act_as(&new.user)?;
        self.store
            .write(move |tx| {
                let contact = tx.touch_contact(&new.user, None, Channel::Mobile)?;
                tx.put_device(
                    contact.id,
                    &new.token,
                    new.platform,
                    new.device_id.as_deref(),
                )?;
                tx.device_count(contact.id)
            })
            .await
    }

    /// Forgets a token of this contact; one that is not there changes nothing. How many are left.
    ///
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn unregister_device(
        &self,
        caller: &Caller,
        user: UserId,
        token: String,
    ) -> Result<i64, Error> {
        caller.may_act_as(&user)?;
        self.store
            .write(move |tx| {
                let Some(contact) = tx.contact(&user)? else {
                    return Ok(0);
                };
                tx.delete_token(contact.id, &token)?;
                tx.device_count(contact.id)
            })
            .await
    }

    /// How many devices the contact has.
    ///
    /// # Errors
    /// `forbidden`, or a failure of the store.
    pub async fn device_count(&self, caller: &Caller, user: UserId) -> Result<i64, Error> {
        caller.may_act_as(&user)?;
        self.store
            .read(move |r| match r.contact(&user)? {
                Some(contact) => r.device_count(contact.id),
                None => Ok(0),
            })
            .await
    }

    /// The contact's devices, for the operator's own test push.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn devices_of(
        &self,
        user: UserId,
    ) -> Result<Vec<crate::domain::device::Device>, Error> {
        self.store
            .read(move |r| {
                let Some(contact) = r.contact(&user)? else {
                    return Ok(Vec::new());
                };
                let ids: Vec<DeviceId> = r.devices_of(contact.id)?;
                ids.into_iter()
                    .filter_map(|id| r.device(id).transpose())
                    .collect()
            })
            .await
    }
}
