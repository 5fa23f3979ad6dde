//! What a push says, and what became of a device.

use super::Desk;
use crate::domain::attachment::AttachmentKind;
use crate::domain::error::Error;
use crate::domain::ids::{DeviceId, MessageId, UserId};

/// What a push is made of.
#[derive(Debug, Clone)]
pub struct PushContent {
    pub token: String,
    pub user: UserId,
    pub message_id: MessageId,
    pub text: String,
    pub kinds: Vec<AttachmentKind>,
    /// The first photo's name in the uploads folder.
    pub photo: Option<String>,
    /// Unread support messages, for the app's icon.
    pub badge: i64,
    /// Why the last push to this device was refused, where it was.
    pub last_error: Option<String>,
}

impl Desk {
    /// None when the device or the message is gone.
    pub async fn push_content(
        &self,
        message: MessageId,
        device: DeviceId,
    ) -> Result<Option<PushContent>, Error> {
        self.store
            .read(move |r| {
                let (Some(device), Some(message)) = (r.device(device)?, r.message(message)?) else {
                    return Ok(None);
                };
                let Some(contact) = r.contact(&message.user)? else {
                    return Ok(None);
                };
                let last_error = device.last_error;
                let photo = message
                    .attachments
                    .iter()
                    .find(|attachment| attachment.kind == AttachmentKind::Photo)
                    .and_then(|photo| photo.file.clone());
                Ok(Some(PushContent {
                    token: device.token,
                    user: message.user,
                    message_id: message.id,
                    text: message.text,
                    kinds: message
                        .attachments
                        .iter()
                        .map(|attachment| attachment.kind)
                        .collect(),
                    photo,
                    badge: r.unread_count(contact.id)?,
                    last_error,
                }))
            })
            .await
    }

    /// FCM no longer knows the token.
    pub async fn device_unregistered(&self, device: DeviceId) -> Result<(), Error> {
        tracing::info!(%device, "a device's token is no longer registered; it is deleted");
        self.store.write(move |tx| tx.delete_device(device)).await
    }

    /// What FCM said to the last push, kept beside the device: why it refused, or nothing where it took it.
    pub async fn device_answered(
        &self,
        device: DeviceId,
        error: Option<String>,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| tx.device_answered(device, error.as_deref()))
            .await
    }
}
