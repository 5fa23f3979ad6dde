//! What a job of the group takes: which calls, in which order. It gathers what is to be shown and in which words;
//! how a post looks is `render`'s.

use serde_json::Value;

use super::buttons::{self, ButtonLabels, State};
use super::group::Group;
use super::moving;
use super::render::{self, Document, Labels, Said, Visitor, WebLabels, Writer};
use super::steps::{MediaKind, Plan, Step};
use crate::delivery::Job;
use crate::desk::Desk;
use crate::desk::groups::{LEFT, MOVED};
use crate::desk::posting::{PostContent, TicketRef};
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::Error;
use crate::domain::ids::{MessageId, TicketId};
use crate::domain::ticket::Channel;

/// Longest name of a contact in a line, in characters.
const NAME_CHARS: usize = 64;

/// Whether a job says what a contact wrote; such jobs may be joined.
pub fn is_of_contact(kind: &str) -> bool {
    matches!(kind, "message" | "post")
}

/// What carrying this job takes; nothing where its message or ticket is gone.
pub async fn of_job(group: &Group, job: &Job) -> Result<Plan, Error> {
    let Some(ticket) = job.ticket else {
        return Ok(Plan::default());
    };
    let messages = job.message.into_iter().collect();
    match job.kind.as_str() {
        MOVED | LEFT => {
            let Some(ticket) = group.desk.ticket(ticket).await? else {
                return Ok(Plan::default());
            };
            match job.kind == MOVED {
                true => moving::arrival(group, &ticket, job).await,
                false => Ok(moving::departure(group, &ticket, job)),
            }
        }
        "answer" => answer(group, ticket, messages).await,
        kind if is_of_contact(kind) => of_messages(group, ticket, messages).await,
        _ => line(group, ticket, job).await,
    }
}

/// What posting these messages of the contact takes.
pub async fn of_messages(
    group: &Group,
    ticket: TicketId,
    messages: Vec<MessageId>,
) -> Result<Plan, Error> {
    let desk = &group.desk;
    let says = messages.iter().map(|message| message.0).collect();
    let contents = desk.post_contents(messages).await?;
    let Some(ticket) = desk.ticket(ticket).await?.filter(|_| !contents.is_empty()) else {
        return Ok(Plan::default());
    };
    // A site's files are documents, whatever they are; who writes in Telegram sends what is seen and heard there.
    let as_is = ticket.channel != Channel::Web;
    let said: Vec<Said> = contents
        .into_iter()
        .map(|content| said(content, as_is))
        .collect();
    let steps = match ticket.channel {
        Channel::Web => render::web(&web_labels(desk), &visitor(group, ticket), &said),
        Channel::Mobile | Channel::Telegram | Channel::Api => {
            let writer = Writer {
                session: ticket.session,
                user: ticket.user.to_string(),
                name: ticket.user_name,
            };
            render::steps(&labels(desk), &writer, &said)
        }
    };
    Ok(Plan {
        says,
        ..Plan::new(steps)
    })
}

async fn answer(group: &Group, ticket: TicketId, messages: Vec<MessageId>) -> Result<Plan, Error> {
    let desk = &group.desk;
    let content = desk.post_contents(messages).await?.pop();
    let (Some(ticket), Some(content)) = (desk.ticket(ticket).await?, content) else {
        return Ok(Plan::default());
    };
    let agent = content.agent_name.clone().unwrap_or_default();
    let steps = render::answer(&labels(desk), ticket.session, &agent, &said(content, true));
    Ok(Plan::new(steps))
}

async fn line(group: &Group, ticket: TicketId, job: &Job) -> Result<Plan, Error> {
    let desk = &group.desk;
    let Some(ticket) = desk.ticket(ticket).await? else {
        return Ok(Plan::default());
    };
    let mut steps = words(desk, &ticket, &job.kind, &job.payload)
        .map(|words| render::line(ticket.session, &words))
        .unwrap_or_default();
    match job.kind.as_str() {
        "assigned" | "buttons" => steps.push(Step::Buttons),
        "closed" => steps.extend([Step::Buttons, Step::CloseTopic]),
        "reopened" => {
            steps.insert(0, Step::ReopenTopic);
            steps.push(Step::Buttons);
        }
        _ => {}
    }
    Ok(Plan::new(steps))
}

/// What a line about a ticket says; None for a kind nobody knows.
fn words(desk: &Desk, ticket: &TicketRef, kind: &str, payload: &Value) -> Option<String> {
    let of = |name: &str| {
        let value = payload.get(name).and_then(Value::as_str);
        value.map(str::trim).filter(|value| !value.is_empty())
    };
    let who = one_line(ticket);
    let (by, agent) = (of("by"), of("agent"));
    let rating = payload.get("rating").map(ToString::to_string);
    let key = match kind {
        "assigned" => match (agent, by) {
            (Some(agent), Some(by)) if agent == by => "telegram-line-taken",
            (Some(_), Some(_)) => "telegram-line-assigned-by",
            (Some(_), None) => "telegram-line-assigned",
            (None, Some(_)) => "telegram-line-unassigned-by",
            (None, None) => "telegram-line-unassigned",
        },
        "closed" if payload.get("expired") == Some(&Value::Bool(true)) => "telegram-line-expired",
        "closed" if by.is_some() => "telegram-line-closed-by",
        "closed" => "telegram-line-closed",
        "reopened" => "telegram-line-reopened",
        "nobody_for_category" => "telegram-line-nobody",
        "rated" => "telegram-line-rated",
        "edited" => "telegram-line-edited",
        "bot_out" => "telegram-line-bot-out",
        "not_reached" => "telegram-line-not-reached",
        _ => return None,
    };
    let values = [
        ("who", who.as_str()),
        ("by", by.unwrap_or_default()),
        ("agent", agent.unwrap_or_default()),
        ("rating", rating.as_deref().unwrap_or_default()),
    ];
    let line = desk.texts().get(desk.locale(), key, &values);
    Some(match of("reason").or(of("comment")) {
        Some(said) => format!("{line}\n{said}"),
        None => line,
    })
}

/// How the contact is called in a line.
pub fn one_line(ticket: &TicketRef) -> String {
    let name = ticket.user_name.clone().unwrap_or_default();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = match name.is_empty() {
        true => ticket.user.to_string(),
        false => name,
    };
    name.chars().take(NAME_CHARS).collect()
}

/// The keyboard that the ticket's state asks for.
pub fn keyboard(desk: &Desk, ticket: &TicketRef) -> Value {
    let text = |key| desk.texts().get(desk.locale(), key, &[]);
    let labels = ButtonLabels {
        take: text("telegram-button-take"),
        taken_by: text("telegram-button-taken-by"),
        close: text("telegram-button-close"),
    };
    let state = State {
        ticket: ticket.id,
        agent: ticket.agent.as_deref(),
        is_over: ticket.is_over,
    };
    buttons::keyboard(&labels, state)
}

fn visitor(group: &Group, ticket: TicketRef) -> Visitor {
    let public = group.settings.public_url.as_ref();
    let base = public.map_or("", |url| url.as_str().trim_end_matches('/'));
    Visitor {
        session_url: format!("{base}/support/chat/{}/", ticket.session),
        session: ticket.session,
        user: ticket.user.to_string(),
        name: ticket.user_name,
        email: ticket.email,
        username: ticket.username,
        page_url: ticket.page_url,
        subject: ticket.subject,
    }
}

/// A message as it is posted: photos as photos, other files as what they are or as documents, the rest in words.
fn said(content: PostContent, as_is: bool) -> Said {
    let mut said = Said {
        text: content.text,
        ..Said::default()
    };
    let mut words = Vec::new();
    for attachment in content.attachments {
        let photo = attachment.kind == AttachmentKind::Photo;
        match (&attachment.file, &attachment.link) {
            (Some(file), _) if photo => said.files.push(file.clone()),
            (Some(file), _) => said.documents.push(Document {
                file: file.clone(),
                kind: MediaKind::with_caption_of(attachment.kind).filter(|_| as_is),
                name: attachment.name,
            }),
            (None, Some(link)) if photo => said.links.push(link.clone()),
            (None, Some(link)) => words.push(link.clone()),
            (None, None) => words.extend(in_words(&attachment)),
        }
    }
    if !words.is_empty() {
        let text = std::mem::take(&mut said.text);
        let text = Some(text).filter(|text| !text.trim().is_empty());
        said.text = text.into_iter().chain(words).collect::<Vec<_>>().join("\n");
    }
    said
}

/// A place or a phone number in words.
fn in_words(attachment: &Attachment) -> Option<String> {
    if let (Some(latitude), Some(longitude)) = (attachment.latitude, attachment.longitude) {
        return Some(format!("📍 {latitude}, {longitude}"));
    }
    let parts = [&attachment.name, &attachment.phone];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (attachment.kind == AttachmentKind::Contact).then(|| format!("👤 {}", parts.join(" ")))
}

/// The words of a post in the desk's language.
fn labels(desk: &Desk) -> Labels {
    let text = |key| desk.texts().get(desk.locale(), key, &[]);
    Labels {
        from_user: text("telegram-from-user"),
        user_id: text("telegram-user-id"),
        name: text("telegram-name"),
        message: text("telegram-message"),
        messages: text("telegram-messages"),
        photos: text("telegram-photos"),
        pieces: text("telegram-pieces"),
    }
}

fn web_labels(desk: &Desk) -> WebLabels {
    let text = |key| desk.texts().get(desk.locale(), key, &[]);
    WebLabels {
        new: text("telegram-web-new"),
        user: text("telegram-web-user"),
        session: text("telegram-web-session"),
        url: text("telegram-web-url"),
        page: text("telegram-web-page"),
        subject: text("telegram-web-subject"),
        unknown: text("telegram-web-unknown"),
        message: text("telegram-web-message"),
        messages: text("telegram-web-messages"),
        photos: text("telegram-web-photos"),
        reply_with: text("telegram-web-reply-with"),
        response: text("telegram-web-response"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(kind: AttachmentKind, file: Option<&str>, link: Option<&str>) -> Attachment {
        let mut attachment = Attachment::of(kind);
        attachment.file = file.map(str::to_owned);
        attachment.link = link.map(str::to_owned);
        attachment
    }

    #[test]
    fn photos_are_photos_files_are_documents_and_the_rest_is_said_in_words() {
        let mut place = Attachment::of(AttachmentKind::Location);
        (place.latitude, place.longitude) = (Some(41.3), Some(69.2));
        let mut person = Attachment::of(AttachmentKind::Contact);
        person.name = Some("Courier".into());
        person.phone = Some("+998".into());
        let mut voice = attachment(AttachmentKind::Voice, Some("v.ogg"), None);
        voice.name = Some("voice.ogg".into());
        let content = PostContent {
            message: MessageId(1),
            text: " ".into(),
            agent_name: None,
            attachments: vec![
                attachment(AttachmentKind::Photo, Some("p.jpg"), None),
                attachment(AttachmentKind::Photo, None, Some("https://e.com/p.png")),
                attachment(AttachmentKind::Document, None, Some("https://e.com/d.pdf")),
                voice,
                place,
                person,
            ],
        };
        assert_eq!(
            said(content.clone(), true).documents[0].kind,
            Some(MediaKind::Voice)
        );
        let said = said(content, false);
        assert_eq!(
            said.text,
            "https://e.com/d.pdf\n📍 41.3, 69.2\n👤 Courier +998"
        );
        assert_eq!(said.files, ["p.jpg"]);
        assert_eq!(said.links, ["https://e.com/p.png"]);
        let documents = [Document {
            file: "v.ogg".into(),
            name: Some("voice.ogg".into()),
            kind: None,
        }];
        assert_eq!(said.documents, documents);
    }
}
