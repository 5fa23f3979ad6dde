//! One socket from its first frame to its end: frames in and out, signs of life, and whether its sign-in still holds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use super::hall::{Hall, Queue, Seat};
use super::incoming;
use crate::desk::Desk;
use crate::desk::limits::ClientAddress;
use crate::desk::operators::SignedIn;
use crate::desk::rights::Staff;
use crate::domain::error::{Error, Kind};

/// How often a silent socket is asked whether it lives; one that did not answer the last time is gone.
const PING_EVERY: Duration = Duration::from_secs(25);
/// How often, by the desk's clock, a sign-in is looked at besides with each frame that comes in.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long a frame may take to leave; it waits only where the other side does not read.
const LEAVE_TIME: Duration = Duration::from_secs(10);
/// How long a goodbye may take.
const GOODBYE_TIME: Duration = Duration::from_secs(1);
/// The close code of a sign-in that no longer holds.
const SIGNED_OUT: u16 = 4401;

pub struct Session {
    pub desk: Arc<Desk>,
    pub hall: Arc<Hall>,
    pub signed_in: SignedIn,
    pub address: Option<ClientAddress>,
    pub stopping: CancellationToken,
}

/// How a socket ends.
enum End {
    /// With a code and a word.
    Says(CloseCode, &'static str),
    /// At once: the other side is gone, or does not read.
    Cut,
}

impl Session {
    pub async fn serve<S>(self, mut stream: WebSocketStream<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Ok(staff) = self.desk.staff_of_token(Some(&self.signed_in.token)).await else {
            return;
        };
        let (seat, queue) = self.hall.enter(staff.agent());
        let end = tokio::select! {
            end = self.talk(&mut stream, &seat, queue) => end,
            () = self.stopping.cancelled() => End::Says(CloseCode::Away, "the server stops"),
            () = seat.cut.cancelled() => End::Cut,
        };
        // From here on nothing is queued for it any more.
        drop(seat);
        if let End::Says(code, reason) = end {
            let reason = Utf8Bytes::from_static(reason);
            let goodbye = async {
                // Nobody hears an error now.
                let _ = stream.close(Some(CloseFrame { code, reason })).await;
                while let Some(Ok(_)) = stream.next().await {}
            };
            let _ = tokio::time::timeout(GOODBYE_TIME, goodbye).await;
        }
    }

    async fn talk<S>(&self, stream: &mut WebSocketStream<S>, seat: &Seat, mut queue: Queue) -> End
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut pings = tokio::time::interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        let mut alive = true;
        let clock = self.desk.clock();
        let mut look_at = clock.monotonic() + LOOK_EVERY;
        loop {
            let until_look = look_at.saturating_sub(clock.monotonic());
            let out = tokio::select! {
                frame = stream.next() => {
                    alive = true;
                    match frame {
                        Some(Ok(Message::Text(text))) => self.answer(text.as_str(), seat).await,
                        Some(Ok(Message::Binary(bytes))) => match std::str::from_utf8(&bytes) {
                            Ok(text) => self.answer(text, seat).await,
                            Err(_) => self.answer("", seat).await,
                        },
                        // The library answers pings and closings by itself.
                        Some(Ok(_)) => continue,
                        Some(Err(WsError::Capacity(_))) => {
                            return End::Says(CloseCode::Size, "too large a frame");
                        }
                        Some(Err(_)) | None => return End::Cut,
                    }
                }
                frame = queue.next() => match frame {
                    Some(frame) => Ok(Some(Message::Text(frame))),
                    None => return End::Cut,
                },
                _ = pings.tick() => {
                    if !std::mem::take(&mut alive) {
                        return End::Cut;
                    }
                    Ok(Some(Message::Ping(Bytes::new())))
                }
                () = clock.sleep(until_look) => {
                    look_at = clock.monotonic() + LOOK_EVERY;
                    match self.staff().await {
                        Ok(_) => continue,
                        Err(error) => Err(error),
                    }
                }
            };
            match out {
                Ok(None) => {}
                Ok(Some(message)) => {
                    let sent = tokio::time::timeout(LEAVE_TIME, stream.send(message)).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return End::Cut;
                    }
                }
                Err(error) if error.kind == Kind::Unauthorized => {
                    return End::Says(CloseCode::Library(SIGNED_OUT), "signed out");
                }
                Err(error) => {
                    tracing::error!(%error, "an operator's sign-in could not be looked at")
                }
            }
        }
    }

    /// What is answered to a frame, if anything.
    ///
    /// # Errors
    /// Only where the sign-in no longer holds, or can not be looked at.
    async fn answer(&self, text: &str, seat: &Seat) -> Result<Option<Message>, Error> {
        let staff = self.staff().await?;
        let admitted = match self.address {
            Some(address) => self.desk.limits().request_from(address),
            None => Ok(()),
        };
        let ticket = incoming::ticket_named(text);
        let handled = match admitted {
            Ok(()) => incoming::handle(&self.desk, &staff, seat, text).await,
            Err(error) => Err(error),
        };
        let error = match handled {
            Ok(reply) => return Ok(reply.map(Message::Text)),
            Err(error) => error,
        };
        if error.detail.is_some() {
            tracing::error!(%error, "an operator's frame failed");
        }
        let request = self.desk.chance().uuid().simple().to_string();
        let (texts, locale) = (self.desk.texts(), self.signed_in.locale);
        let frame = json!({
            "type": "error",
            "code": error.code,
            "message": texts.error(locale, &error, &request),
            "field": error.field,
            "ticket_id": ticket,
        });
        Ok(Some(Message::text(frame.to_string())))
    }

    async fn staff(&self) -> Result<Staff, Error> {
        self.desk.staff_of_token(Some(&self.signed_in.token)).await
    }
}
