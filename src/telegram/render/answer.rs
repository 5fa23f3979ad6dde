//! What the group sees besides contacts' messages: an answer that was given elsewhere, and lines about a ticket.

use uuid::Uuid;

use super::mobile::{Labels, count};
use super::{Frame, Label, Said, TEXT_UNITS, framed, texts};
use crate::telegram::markup::Html;
use crate::telegram::split::pieces;
use crate::telegram::steps::Step;

/// An answer by this agent, with what hangs on it.
pub fn answer(labels: &Labels, session: Uuid, agent: &str, said: &Said) -> Vec<Step> {
    let frame = Answer {
        labels,
        session,
        agent,
    };
    framed(&frame, std::slice::from_ref(said))
}

/// A line about a ticket; several posts where people wrote much into it.
pub fn line(session: Uuid, text: &str) -> Vec<Step> {
    let mark = Html::marked(session);
    let room = TEXT_UNITS - mark.units();
    let posts = pieces(text, room, room)
        .into_iter()
        .map(|piece| mark.clone().text(piece).into_string());
    texts(posts.collect())
}

struct Answer<'a> {
    labels: &'a Labels,
    session: Uuid,
    agent: &'a str,
}

impl Frame for Answer<'_> {
    fn mark(&self) -> Html {
        Html::marked(self.session)
    }

    fn head(&self, label: Option<Label>) -> Html {
        let html = self.mark().text("💬 ");
        match label {
            Some(_) => html.bold(&format!("{}:", self.agent)).text(" "),
            None => html.bold(self.agent),
        }
    }

    fn short(&self) -> Html {
        self.head(None)
    }

    fn count(&self, photos: usize) -> Html {
        count(self.labels, photos)
    }
}
