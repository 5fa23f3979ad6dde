//! `/support/chat/{session_id}/`: a contact's chat for whoever holds the key of its link. It can be read and answered
//! without scripts; with them it is live. Without a key the page tells nothing, not even whether there is such a chat.

use std::sync::Arc;

use askama::Template;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, Request, Response, handler};
use uuid::Uuid;

use super::{Frame, guard, parameter};
use crate::desk::Desk;
use crate::desk::session_keys::ChatCaller;
use crate::desk::session_reading::Session;
use crate::desk::sessions::ChatMessage;
use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::error::{Error, Kind};
use crate::domain::item::upload_path;
use crate::domain::message::{Direction, Message};
use crate::domain::text;
use crate::http::body::{JSON_LIMIT, SteadyBody};
use crate::http::contact::session;
use crate::http::errors::{bare, status};

#[derive(Template)]
#[template(path = "chat.html")]
struct Page<'a> {
    frame: &'a Frame<'a>,
    session: String,
    chat: Option<Chat>,
}

/// What the holder of the link is shown.
struct Chat {
    key: String,
    said: Vec<Said>,
    closed: bool,
    /// Tells a form that was sent twice from two messages.
    client_msg_id: String,
    /// Why what was written was not taken, and what that was.
    trouble: Option<String>,
    typed: String,
}

struct Said {
    id: String,
    support: bool,
    name: String,
    text: String,
    edited: bool,
    at: String,
    shown_at: String,
    files: Vec<Shown>,
}

/// An attachment as a link.
struct Shown {
    url: String,
    picture: Option<String>,
    name: String,
}

/// Who asks for which chat.
struct Visit {
    desk: Arc<Desk>,
    id: Uuid,
    key: String,
    caller: ChatCaller,
}

/// The page to read, with its form.
#[handler]
pub async fn read(request: &Request) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    match enter(request).await {
        Ok(visit) => show(&frame, &visit, None).await,
        Err(error) => nothing(&frame, request, &error),
    }
}

/// The form of the page, for those without scripts.
#[handler]
pub async fn say(request: &Request, body: Body) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    let visit = match enter(request).await {
        Ok(visit) => visit,
        Err(error) => return nothing(&frame, request, &error),
    };
    let mut body = SteadyBody::new(body, visit.desk.clock().clone());
    let bytes = match body.collect(JSON_LIMIT).await {
        Ok(bytes) => bytes,
        Err(error) => {
            body.drain().await;
            return bare(error);
        }
    };
    let field = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(&bytes);
        let found = pairs.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    let typed = field("content").unwrap_or_default();
    // Forms write line ends as two characters.
    let written = typed.replace("\r\n", "\n");
    match store(&visit, &written, field("client_msg_id")).await {
        Ok(()) => back(&visit),
        Err(error) if error.kind == Kind::Internal => bare(error),
        Err(error) => show(&frame, &visit, Some((error, typed))).await,
    }
}

async fn enter(request: &Request) -> Result<Visit, Error> {
    let desk: &Arc<Desk> = request
        .data()
        .ok_or_else(|| Error::internal("no desk in the request"))?;
    let key = parameter(request, "key");
    let key = key.ok_or_else(|| Error::new(Kind::Unauthorized, "unauthorized"))?;
    let id = session(request.raw_path_param("session_id").unwrap_or_default())?;
    Ok(Visit {
        caller: desk.session_by_key(id, &key).await?,
        desk: Arc::clone(desk),
        id,
        key,
    })
}

async fn store(visit: &Visit, written: &str, client_msg_id: Option<String>) -> Result<(), Error> {
    let own = client_msg_id.filter(|id| Uuid::try_parse(id).is_ok());
    let said = ChatMessage {
        session: Some(visit.id),
        text: text::message_text(written, "content")?,
        files: Vec::new(),
        page_url: None,
        subject: None,
        client_msg_id: own,
    };
    visit.desk.chat_says(&visit.caller, said).await.map(|_| ())
}

/// To the page itself, so that loading it anew sends nothing again.
fn back(visit: &Visit) -> Response {
    let page = format!("/support/chat/{}/?key={}#end", visit.id, visit.key);
    let mut answer = Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, page)
        .header(header::CACHE_CONTROL, "no-store")
        .finish();
    guard(answer.headers_mut());
    answer
}

async fn show(frame: &Frame<'_>, visit: &Visit, refused: Option<(Error, String)>) -> Response {
    let found = match visit.desk.chat_session(&visit.caller, visit.id).await {
        Ok(found) => found,
        Err(error) if error.kind == Kind::NotFound => return blank(frame, visit.id.to_string()),
        Err(error) => return bare(error),
    };
    let (code, trouble, typed) = match refused {
        Some((error, typed)) => {
            let words = visit.desk.texts().error(frame.locale, &error, "");
            (status(error.kind), Some(words), typed)
        }
        None => (StatusCode::OK, None, String::new()),
    };
    let chat = Chat {
        key: visit.key.clone(),
        closed: found.ticket.status.is_over(),
        said: said(frame, &found),
        client_msg_id: visit.desk.chance().uuid().to_string(),
        trouble,
        typed,
    };
    let page = Page {
        frame,
        session: visit.id.to_string(),
        chat: Some(chat),
    };
    unlisted(frame.show(code, &page))
}

/// The page that tells nothing. What is wrong is not told either, but for what failed here.
fn nothing(frame: &Frame<'_>, request: &Request, error: &Error) -> Response {
    if error.kind == Kind::Internal {
        return bare(error.clone());
    }
    let id = session(request.raw_path_param("session_id").unwrap_or_default());
    blank(frame, id.map(|id| id.to_string()).unwrap_or_default())
}

fn blank(frame: &Frame<'_>, session: String) -> Response {
    let page = Page {
        frame,
        session,
        chat: None,
    };
    unlisted(frame.show(StatusCode::OK, &page))
}

/// Nobody finds a chat by a search engine.
fn unlisted(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(
        "x-robots-tag",
        HeaderValue::from_static("noindex, nofollow"),
    );
    answer
}

fn said(frame: &Frame<'_>, session: &Session) -> Vec<Said> {
    let one = |message: &Message| Said {
        id: message.public_id.clone(),
        support: message.direction == Direction::Support,
        name: match message.agent_name.as_deref() {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => frame.t("widget-team"),
        },
        text: message.text.clone(),
        edited: message.edited_at.is_some(),
        at: message.created_at.to_rfc3339(),
        shown_at: message.created_at.format("%d.%m.%Y %H:%M UTC").to_string(),
        files: message
            .attachments
            .iter()
            .filter_map(|one| shown(frame, one))
            .collect(),
    };
    session.messages.iter().map(one).collect()
}

fn shown(frame: &Frame<'_>, attachment: &Attachment) -> Option<Shown> {
    let own = attachment.file.as_deref().map(upload_path);
    // Only what lies here is shown: a picture from elsewhere would tell its host of the reader.
    let small = attachment.thumb.as_deref().map(upload_path);
    let picture = match attachment.kind {
        AttachmentKind::Photo | AttachmentKind::Sticker => small.or_else(|| own.clone()),
        _ => None,
    };
    let named = attachment.name.clone();
    let place = attachment.latitude.zip(attachment.longitude);
    if let Some((latitude, longitude)) = place {
        return Some(Shown {
            url: format!("geo:{latitude},{longitude}"),
            picture: None,
            name: format!("{latitude}, {longitude}"),
        });
    }
    if let Some(phone) = &attachment.phone {
        return Some(Shown {
            url: format!("tel:{phone}"),
            picture: None,
            name: format!("{} {phone}", named.unwrap_or_default()),
        });
    }
    let kind = if picture.is_some() {
        "widget-photo"
    } else {
        "widget-file"
    };
    Some(Shown {
        url: own.or_else(|| attachment.link.clone())?,
        name: named.unwrap_or_else(|| frame.t(kind)),
        picture,
    })
}
