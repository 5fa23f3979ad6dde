//! What clients send. A bad payload is answered with `error` and never ends the connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{MaybeExtension, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::socket::DisconnectReason;

use super::rooms::{Rooms, Told};
use crate::desk::Desk;
use crate::desk::access::{Access, Caller};
use crate::desk::limits::ClientAddress;
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::ids::{MessageId, UserId};
use crate::domain::locale::Locale;

/// How much of what was missed is told before `joined`; beyond it `has_more` is true.
const MOST_MISSED: u32 = 500;
/// How long a client may take to read what it missed.
const CATCH_UP_TIME: Duration = Duration::from_secs(30);

/// The token a socket gave, at the handshake or when it joined.
#[derive(Clone)]
struct Token(String);

#[derive(Clone)]
struct Context {
    desk: Arc<Desk>,
    access: Access,
    rooms: Arc<Rooms>,
}

pub fn listen(io: &SocketIo, desk: &Arc<Desk>, access: &Access, rooms: &Arc<Rooms>) {
    let context = Context {
        desk: Arc::clone(desk),
        access: access.clone(),
        rooms: Arc::clone(rooms),
    };
    // Events may follow the connect answer at once: by then somebody must listen to them, so this is
    // a middleware, which runs before the answer, and not the handler, which runs after it.
    let prepare = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        prepare(&context, &socket, auth.ok().as_ref());
        std::future::ready(Ok::<(), Infallible>(()))
    };
    io.ns("/", (async || ()).with(prepare));
}

fn prepare(context: &Context, socket: &SocketRef, auth: Option<&Value>) {
    if let Some(token) = auth
        .and_then(|auth| auth.get("token"))
        .and_then(Value::as_str)
    {
        socket.extensions.insert(Token(token.to_owned()));
    }
    let rooms = Arc::clone(&context.rooms);
    socket.on_disconnect(move |socket: SocketRef, reason: DisconnectReason| {
        let rooms = Arc::clone(&rooms);
        async move {
            rooms.forget(socket.id);
            // Who only left the namespace may enter it again on the same connection.
            if reason != DisconnectReason::ClientNSDisconnect {
                rooms.end_line(&socket);
            }
        }
    });
    on(socket, "join_chat", context, join);
    on(socket, "leave_chat", context, leave);
    on(socket, "typing", context, typing);
    on(socket, "mark_read", context, mark_read);
}

/// An event's handler; its error is told to the client.
fn on<F, Fut>(socket: &SocketRef, event: &'static str, context: &Context, handle: F)
where
    F: Fn(Context, SocketRef, Payload) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let context = context.clone();
    socket.on(
        event,
        move |socket: SocketRef,
              TryData(data): TryData<Value>,
              MaybeExtension(token): MaybeExtension<Token>| {
            let context = context.clone();
            async move {
                let payload = Payload::of(data.ok(), token);
                until_open(&socket).await;
                if let Err(error) = admit(&context, &socket) {
                    return tell_error(&context, &socket, &error);
                }
                if let Err(error) = handle(context.clone(), socket.clone(), payload).await {
                    tell_error(&context, &socket, &error);
                }
            }
        },
    );
}

/// The library lets a socket's events in a moment before it lets answers out; what was said in
/// between would be lost. A socket that is gone is not waited for long.
async fn until_open(socket: &SocketRef) {
    for _ in 0..20 {
        if socket.connected() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Events count like requests.
fn admit(context: &Context, socket: &SocketRef) -> Result<(), Error> {
    match socket.req_parts().extensions.get::<ClientAddress>() {
        Some(address) => context.desk.limits().request_from(*address),
        None => Ok(()),
    }
}

fn tell_error(context: &Context, socket: &SocketRef, error: &Error) {
    let header = socket.req_parts().headers.get("accept-language");
    let locale = header
        .and_then(|value| value.to_str().ok())
        .and_then(Locale::accepted)
        .unwrap_or(context.desk.locale());
    if error.detail.is_some() {
        tracing::error!(%error, "a socket's event failed");
    }
    let request = socket.id.to_string();
    let message = context.desk.texts().error(locale, error, &request);
    // A socket that is gone needs no error.
    let body = json!({"message": message, "code": error.code, "field": error.field});
    let _ = context.rooms.emit(socket, "error", &body);
}

/// What came with an event.
struct Payload {
    fields: Value,
    token: Option<String>,
}

impl Payload {
    fn of(data: Option<Value>, token: Option<Token>) -> Self {
        let fields = data.unwrap_or(Value::Null);
        Self {
            token: token.map(|token| token.0),
            fields,
        }
    }

    fn user(&self) -> Result<UserId, Error> {
        match self.fields.get("user_id") {
            None | Some(Value::Null) => Err(Error::bad("user_id_required", "user_id")),
            Some(Value::String(text)) if text.is_empty() => {
                Err(Error::bad("user_id_required", "user_id"))
            }
            Some(Value::String(text)) => UserId::parse(text, "user_id"),
            Some(_) => Err(Error::bad("invalid_field", "user_id")),
        }
    }

    fn id(&self, name: &'static str) -> Result<Option<MessageId>, Error> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_i64() {
                Some(id) if id >= 0 => Ok(Some(MessageId(id))),
                _ => Err(Error::bad("invalid_field", name)),
            },
        }
    }

    fn own_token(&self) -> Result<Option<String>, Error> {
        match self.fields.get("token") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(token)) => Ok(Some(token.clone())),
            Some(_) => Err(Error::bad("invalid_field", "token")),
        }
    }

    fn caller(&self, context: &Context) -> Result<Caller, Error> {
        let own = self.own_token()?;
        let token = own.as_deref().or(self.token.as_deref());
        context.access.caller(token, context.desk.clock())
    }
}

async fn join(context: Context, socket: SocketRef, payload: Payload) -> Result<(), Error> {
    let user = payload.user()?;
    let after = payload.id("after_id")?;
    let caller = payload.caller(&context)?;
    caller.may_act_as(&user)?;
    if let Some(token) = payload.own_token()? {
        socket.extensions.insert(Token(token));
    }
    // First the ears, then the look back: what is committed in between is held, not lost.
    context.rooms.enter(&user, &socket);
    let caught_up = catch_up(&context, &socket, &caller, &user, after).await;
    if caught_up.is_err() {
        context.rooms.leave(&user, socket.id);
    }
    if !socket.connected() {
        context.rooms.forget(socket.id);
    }
    caught_up
}

/// Tells what was missed, oldest first, then `joined`, then what came in meanwhile.
async fn catch_up(
    context: &Context,
    socket: &SocketRef,
    caller: &Caller,
    user: &UserId,
    after: Option<MessageId>,
) -> Result<(), Error> {
    let rooms = &context.rooms;
    let reading = Reading::begins(context, socket);
    let (mut told_up_to, mut has_more) = (MessageId(0), false);
    if let Some(after) = after {
        let desk = &context.desk;
        let missed = desk
            .missed(caller, user.clone(), after, MOST_MISSED)
            .await?;
        told_up_to = missed.up_to;
        has_more = missed.has_more;
        for message in missed.messages {
            let event = Event::MessageCreated(message);
            reading.takes(|| rooms.tell_one(socket, &event)).await?;
        }
    }
    let joined = json!({"user_id": user, "status": "connected", "has_more": has_more});
    reading
        .takes(|| rooms.emit(socket, "joined", &joined))
        .await?;
    while let Some(held) = rooms.held_back(user, socket.id, told_up_to) {
        for event in held {
            reading.takes(|| rooms.tell_one(socket, &event)).await?;
        }
    }
    Ok(())
}

/// A client that is told much at once, and the time it has to read it.
struct Reading<'a> {
    context: &'a Context,
    socket: &'a SocketRef,
    until: Duration,
}

impl<'a> Reading<'a> {
    fn begins(context: &'a Context, socket: &'a SocketRef) -> Self {
        Self {
            context,
            socket,
            until: context.desk.clock().monotonic() + CATCH_UP_TIME,
        }
    }

    /// Tells something as soon as there is room for it. One that reads makes room soon, one that does not is
    /// cut off and may come back.
    async fn takes(&self, tell: impl Fn() -> Told) -> Result<(), Error> {
        while tell() == Told::Full {
            if self.context.desk.clock().monotonic() >= self.until {
                self.context.rooms.cut(self.socket);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

async fn leave(context: Context, socket: SocketRef, payload: Payload) -> Result<(), Error> {
    let user = payload.user()?;
    context.rooms.leave(&user, socket.id);
    Ok(())
}

async fn typing(context: Context, _: SocketRef, payload: Payload) -> Result<(), Error> {
    let user = payload.user()?;
    let typing = match payload.fields.get("typing") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(typing)) => *typing,
        Some(_) => return Err(Error::bad("invalid_field", "typing")),
    };
    let caller = payload.caller(&context)?;
    if typing {
        context.desk.contact_types(&caller, user)?;
    }
    Ok(())
}

async fn mark_read(context: Context, _: SocketRef, payload: Payload) -> Result<(), Error> {
    let user = payload.user()?;
    let up_to = payload
        .id("up_to_id")?
        .ok_or_else(|| Error::missing("up_to_id"))?;
    let caller = payload.caller(&context)?;
    context.desk.mark_read(&caller, user, up_to).await?;
    Ok(())
}
