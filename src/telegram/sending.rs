//! One step of a plan becomes one call that posts. Where it goes and what becomes of a failure is the carriers'.

use super::client::{Manner, Place, SentFile};
use super::failure::Failure;
use super::group::Group;
use super::steps::Step;
use crate::delivery::Receipt;

/// Posts a step, when the bot as a whole may post.
pub async fn send(
    group: &Group,
    place: Place,
    step: &Step,
    manner: &Manner,
) -> Result<Receipt, Failure> {
    let (client, uploads) = (&group.client, group.desk.uploads());
    group.pace.take(step.parts()).await;
    match step {
        Step::Text { html } => client.send_html(place, html, manner).await,
        Step::Link { url, caption, .. } => client.send_link(place, url, caption, manner).await,
        Step::Photo { file, caption, .. } => {
            let sent = SentFile { file, name: file };
            let method = ("sendPhoto", "photo");
            client
                .send_file(method, place, (uploads, sent), caption, manner)
                .await
        }
        Step::Document {
            file,
            caption,
            name,
        } => {
            let name = name.as_deref().unwrap_or(file);
            let sent = SentFile { file, name };
            let method = ("sendDocument", "document");
            client
                .send_file(method, place, (uploads, sent), caption, manner)
                .await
        }
        Step::Media {
            kind,
            file,
            caption,
            name,
        } => {
            let name = name.as_deref().unwrap_or(file);
            let sent = SentFile { file, name };
            client
                .send_file(kind.method(), place, (uploads, sent), caption, manner)
                .await
        }
        Step::Album { files, caption, .. } => {
            client
                .send_album(place, uploads, files, caption, manner)
                .await
        }
        Step::Location {
            latitude,
            longitude,
        } => {
            client
                .send_location(place, *latitude, *longitude, manner)
                .await
        }
        Step::Person { name, phone } => client.send_contact(place, name, phone, manner).await,
        Step::Buttons
        | Step::NoButtons { .. }
        | Step::CloseTopic
        | Step::ReopenTopic
        | Step::Farewell { .. } => Err(Failure::Refused("a step that posts nothing".into())),
    }
}
