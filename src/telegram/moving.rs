//! A ticket that goes from one group to another: what the new group sees of it, and what the old one is told.

use serde::Deserialize;
use serde_json::{Value, json};

use super::commands::history;
use super::group::{Group, Room};
use super::planner::one_line;
use super::render::{self, Document};
use super::steps::{MediaKind, Plan, Step};
use crate::delivery::Job;
use crate::desk::posting::{PostContent, TicketRef};
use crate::domain::attachment::AttachmentKind;
use crate::domain::error::Error;
use crate::domain::group::GroupRef;
use crate::domain::ids::MessageId;

/// What a supergroup's id begins with; links have the rest of it.
const SUPERGROUP: &str = "-100";

/// What the desk says of a move.
#[derive(Deserialize)]
struct Move {
    from: Option<i64>,
    messages: Vec<i64>,
    /// The post in the old group that carries the buttons: chat and message.
    buttons: Option<(i64, i64)>,
}

/// What the old group is to be told.
#[derive(Deserialize)]
struct Farewell {
    to: String,
    buttons: Option<i64>,
}

/// The new group sees where the ticket comes from and its last messages; then the old one gets its line.
pub async fn arrival(group: &Group, ticket: &TicketRef, job: &Job) -> Result<Plan, Error> {
    let desk = &group.desk;
    let Ok(moved) = Move::deserialize(&job.payload) else {
        return Ok(Plan::default());
    };
    let from = group.room(GroupRef::of_named(moved.from)).await?;
    let here = group.room(GroupRef::of_lane(&job.lane)).await?;
    let post = moved.buttons.filter(|(chat, _)| *chat == from.chat);
    let post = post.map(|(_, message)| message);
    let back = place(group, from, ticket, post).await?;
    let who = one_line(ticket);
    let values = [("who", who.as_str()), ("from", back.as_str())];
    let head = desk
        .texts()
        .get(desk.locale(), "telegram-line-moved-here", &values);
    let ids: Vec<MessageId> = moved.messages.into_iter().map(MessageId).collect();
    let messages = desk.messages_of(ids.clone()).await?;
    let mut text = head;
    if !messages.is_empty() {
        text = format!("{text}\n\n{}", history(group, ticket.id, &messages).await?);
    }
    let mut steps = render::line(ticket.session, &text);
    let farewell = Step::Farewell {
        from: moved.from,
        buttons: post,
    };
    steps.insert(1.min(steps.len()), farewell);
    if desk.topic_of(ticket.id, here.chat).await?.is_some() {
        // It was here before, and its topic was closed when it left.
        steps.insert(0, Step::ReopenTopic);
    }
    steps.extend(files(&desk.post_contents(ids).await?));
    Ok(Plan::new(steps))
}

/// What hangs on the messages: photos together, everything else as what it is.
fn files(contents: &[PostContent]) -> Vec<Step> {
    let all = contents.iter().flat_map(|content| &content.attachments);
    let mut photos = Vec::new();
    let mut others = Vec::new();
    for attachment in all {
        match (&attachment.file, &attachment.link) {
            (Some(file), _) if attachment.kind == AttachmentKind::Photo => {
                photos.push(file.clone());
            }
            (Some(file), _) => {
                let document = Document {
                    file: file.clone(),
                    name: attachment.name.clone(),
                    kind: MediaKind::with_caption_of(attachment.kind),
                };
                others.push(document.step(String::new()));
            }
            (None, _) => {}
        }
    }
    let mut steps = Step::photos(&photos, |_| (String::new(), String::new()));
    steps.append(&mut others);
    steps
}

/// Tells the old group where the ticket is now; the new one has posted it.
pub async fn farewell(
    group: &Group,
    here: Room,
    ticket: &TicketRef,
    step: &Step,
) -> Result<(), Error> {
    let Step::Farewell { from, buttons } = step else {
        return Ok(());
    };
    let post = ticket.buttons.filter(|(chat, _)| *chat == here.chat);
    let to = place(group, here, ticket, post.map(|(_, message)| message)).await?;
    let told = json!({ "to": to, "buttons": buttons });
    let from = GroupRef::of_named(*from);
    group.desk.tell_left(ticket.id, from, told).await
}

/// The old group's line; nothing where the ticket is there again.
pub fn departure(group: &Group, ticket: &TicketRef, job: &Job) -> Plan {
    let Ok(farewell) = Farewell::deserialize(&job.payload) else {
        return Plan::default();
    };
    if ticket.group == GroupRef::of_lane(&job.lane) {
        return Plan::default();
    }
    let desk = &group.desk;
    let who = one_line(ticket);
    let values = [("who", who.as_str()), ("to", farewell.to.as_str())];
    let words = desk
        .texts()
        .get(desk.locale(), "telegram-line-moved-away", &values);
    let mut steps = render::line(ticket.session, &words);
    steps.extend(farewell.buttons.map(|post| Step::NoButtons { post }));
    steps.push(Step::CloseTopic);
    Plan::new(steps)
}

/// How people find a group's post about a ticket: the group's name, and a link where Telegram has one.
async fn place(
    group: &Group,
    room: Room,
    ticket: &TicketRef,
    post: Option<i64>,
) -> Result<String, Error> {
    let topic = group.desk.topic_of(ticket.id, room.chat).await?;
    let title = group.title(room.of);
    let parts = [title, link(room.chat, topic, post)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Ok(match parts.is_empty() {
        true => room.chat.to_string(),
        false => parts.join(" "),
    })
}

/// A link that members of the group can follow; an ordinary group has none.
fn link(chat: i64, topic: Option<i64>, post: Option<i64>) -> Option<String> {
    let chat = chat.to_string();
    let chat = chat.strip_prefix(SUPERGROUP)?;
    let way: Vec<String> = [topic, post]
        .into_iter()
        .flatten()
        .map(|id| format!("/{id}"))
        .collect();
    (!way.is_empty()).then(|| format!("https://t.me/c/{chat}{}", way.concat()))
}

/// Buttons that were left behind are taken away.
pub fn no_buttons() -> Value {
    json!({ "inline_keyboard": [] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attachment::Attachment;

    #[test]
    fn a_link_leads_to_the_post_in_its_topic_where_telegram_has_links() {
        let link = |chat, topic, post| link(chat, topic, post).unwrap_or_default();
        assert_eq!(link(-100_123, Some(5), Some(9)), "https://t.me/c/123/5/9");
        assert_eq!(link(-100_123, None, Some(9)), "https://t.me/c/123/9");
        assert_eq!(link(-100_123, Some(5), None), "https://t.me/c/123/5");
        assert_eq!(link(-100_123, None, None), "");
        assert_eq!(link(-4_567, None, Some(9)), "");
    }

    #[test]
    fn photos_go_together_and_other_files_behind_them() {
        let of = |kind, file: &str| {
            let mut attachment = Attachment::of(kind);
            attachment.file = Some(file.to_owned());
            attachment
        };
        let content = |message, attachments| PostContent {
            message: MessageId(message),
            text: String::new(),
            agent_name: None,
            attachments,
        };
        let steps = files(&[
            content(1, vec![of(AttachmentKind::Photo, "a.jpg")]),
            content(2, vec![of(AttachmentKind::Document, "d.pdf")]),
            content(3, vec![of(AttachmentKind::Photo, "b.jpg")]),
        ]);
        assert!(matches!(
            steps.as_slice(),
            [Step::Album { files, .. }, Step::Document { file, .. }]
                if files == &["a.jpg", "b.jpg"] && file == "d.pdf"
        ));
    }
}
