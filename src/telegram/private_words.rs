//! What the bot itself says in private chats that is put into words only when it is sent: that a ticket is over, that
//! an agent has something to look at; and the commands that apps offer there.

use serde_json::{Value, json};

use super::chart;
use super::client::{Manner, Place};
use super::failure::Failure;
use super::private::{Private, Trouble, dropped};
use super::render;
use super::split::pieces;
use crate::delivery::{Job, Outcome, Receipt};
use crate::desk::bot::{BotButton, COMMANDS, OWNER_COMMANDS, STAFF_COMMANDS};
use crate::desk::private::{Line, LineButton};
use crate::domain::locale::Locale;

impl Private {
    /// Says something in words.
    pub(super) async fn say(
        &self,
        chat: i64,
        line: &Line,
        silent: bool,
    ) -> Result<Receipt, Failure> {
        let manner = Manner {
            keyboard: (!line.buttons.is_empty()).then(|| keyboard(&line.buttons)),
            silent,
            ..Manner::default()
        };
        self.group.pace.take(1).await;
        let place = Place { chat, topic: None };
        let text = shown(&line.text);
        self.group.client.send_line(place, text, &manner).await
    }

    /// The ticket is over; the contact may say how it was.
    pub(super) async fn closed(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let desk = &self.group.desk;
        let Some(ticket) = job.ticket else {
            return Ok(dropped("an end of nothing"));
        };
        let Some(known) = desk.ticket(ticket).await?.filter(|known| known.is_over) else {
            return Ok(dropped("the ticket is open again, or gone"));
        };
        let locale = known.language.unwrap_or(desk.locale());
        let number = known.number.to_string();
        let values = [("number", number.as_str())];
        let star = |stars: i64| LineButton {
            text: format!("{stars} ⭐"),
            data: BotButton::Rate(ticket, stars).data(0),
        };
        let line = Line {
            text: desk.texts().get(locale, "bot-closed", &values),
            buttons: vec![(1..=5).map(star).collect()],
            edits: None,
        };
        let said = self.say(chat, &line, false).await?;
        Ok(Outcome::Delivered(Some(said)))
    }

    /// Tells an agent of a ticket; a reply to that post is an answer.
    pub(super) async fn bell(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let desk = &self.group.desk;
        let Some(ticket) = job.ticket else {
            return Ok(dropped("a bell for nothing"));
        };
        let Some(bell) = desk.bell(ticket, job.message, chat, &job.payload).await? else {
            return Ok(dropped("the ticket is gone"));
        };
        let said = self.say(chat, &bell.line, bell.silent).await?;
        Ok(Outcome::Delivered(Some(said)))
    }

    /// The figures of a report as a picture.
    pub(super) async fn chart(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let counts = |name: &str| -> Vec<i64> {
            let all = job.payload.get(name).and_then(Value::as_array);
            all.into_iter()
                .flatten()
                .filter_map(Value::as_i64)
                .collect()
        };
        let caption = job.payload.get("caption").and_then(Value::as_str);
        let picture = match chart::png(&counts("created"), &counts("closed")) {
            Ok(picture) => picture,
            Err(reason) => return Ok(Outcome::Refused { reason }),
        };
        self.group.pace.take(1).await;
        let client = &self.group.client;
        let place = Place { chat, topic: None };
        let sent = client.send_picture(place, picture, caption.unwrap_or_default());
        Ok(Outcome::Delivered(Some(sent.await?)))
    }

    /// Apps offer staff its own commands besides those of everybody.
    pub(super) async fn commands(&self, chat: i64, job: &Job) -> Result<Outcome, Trouble> {
        let owns = job.payload.get("owner") == Some(&Value::Bool(true));
        let own: &[(&str, &str)] = if owns { &OWNER_COMMANDS } else { &[] };
        let desk = &self.group.desk;
        let scope = json!({ "type": "chat", "chat_id": chat });
        for locale in Locale::ALL {
            let all = own.iter().chain(&STAFF_COMMANDS).chain(&COMMANDS);
            let all = all.map(|(name, key)| (*name, desk.texts().get(locale, key, &[])));
            let all: Vec<(&str, String)> = all.collect();
            let language = Some(locale.as_str()).filter(|_| locale != desk.locale());
            let client = &self.group.client;
            client.set_commands(scope.clone(), language, &all).await?;
        }
        Ok(Outcome::Delivered(None))
    }
}

pub fn keyboard(rows: &[Vec<LineButton>]) -> Value {
    let row = |row: &Vec<LineButton>| -> Value {
        let buttons = row.iter();
        buttons
            .map(|button| json!({ "text": button.text, "callback_data": button.data }))
            .collect()
    };
    json!({ "inline_keyboard": rows.iter().map(row).collect::<Vec<Value>>() })
}

/// What fits into one post; the bot's own words are short, people's titles within them are not always.
pub fn shown(text: &str) -> &str {
    let pieces = pieces(text, render::TEXT_UNITS, render::TEXT_UNITS);
    pieces.first().copied().unwrap_or("…")
}
