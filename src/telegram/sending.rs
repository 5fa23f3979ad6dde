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
    if let Some((method, sent, caption)) = file_of(step) {
        let file = (uploads, sent);
        return client.send_file(method, place, file, caption, manner).await;
    }
    match step {
        Step::Text { html } => client.send_html(place, html, manner).await,
        Step::Link { url, caption, .. } => client.send_link(place, url, caption, manner).await,
        Step::Album { files, caption, .. } => {
            let album = client.send_album(place, uploads, files, caption, manner);
            album.await
        }
        Step::Location {
            latitude,
            longitude,
        } => {
            let location = client.send_location(place, *latitude, *longitude, manner);
            location.await
        }
        Step::Person { name, phone } => client.send_contact(place, name, phone, manner).await,
        _ => Err(Failure::Refused("a step that posts nothing".into())),
    }
}

/// A method, and its name for the file.
type Method = (&'static str, &'static str);

/// How a step of one file is sent: the method, the file, the words under it.
fn file_of(step: &Step) -> Option<(Method, SentFile<'_>, &str)> {
    let (method, file, caption, name) = match step {
        Step::Photo { file, caption, .. } => (("sendPhoto", "photo"), file, caption, &None),
        Step::Document {
            file,
            caption,
            name,
        } => (("sendDocument", "document"), file, caption, name),
        Step::Media {
            kind,
            file,
            caption,
            name,
        } => (kind.method(), file, caption, name),
        _ => return None,
    };
    let name = name.as_deref().unwrap_or(file);
    Some((method, SentFile { file, name }, caption))
}
