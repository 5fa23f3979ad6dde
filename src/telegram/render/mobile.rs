//! The post of a contact who writes from an app, as the mobile interface's contract draws it.

use uuid::Uuid;

use super::{Frame, Label, Said, framed};
use crate::telegram::markup::Html;
use crate::telegram::steps::Step;

/// The words around what people wrote, in the desk's language.
#[derive(Debug, Clone)]
pub struct Labels {
    pub from_user: String,
    pub user_id: String,
    pub name: String,
    pub message: String,
    pub messages: String,
    pub photos: String,
    pub pieces: String,
}

/// Who wrote, and the ticket it belongs to.
#[derive(Debug, Clone)]
pub struct Writer {
    pub session: Uuid,
    pub user: String,
    /// The latest known name.
    pub name: Option<String>,
}

/// The steps that post these messages of one contact, in order.
pub fn steps(labels: &Labels, writer: &Writer, said: &[Said]) -> Vec<Step> {
    framed(&Mobile { labels, writer }, said)
}

struct Mobile<'a> {
    labels: &'a Labels,
    writer: &'a Writer,
}

impl Mobile<'_> {
    fn user_line(&self, html: Html) -> Html {
        html.text("👤 ")
            .bold(&format!("{}:", self.labels.user_id))
            .text(" ")
            .text(&self.writer.user)
    }
}

impl Frame for Mobile<'_> {
    fn mark(&self) -> Html {
        Html::marked(self.writer.session)
    }

    fn head(&self, label: Option<Label>) -> Html {
        let mut html = self
            .mark()
            .text("📱 ")
            .bold(&self.labels.from_user)
            .text("\n\n");
        html = self.user_line(html);
        let name = self.writer.name.as_deref();
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            html = html
                .text("\n📝 ")
                .bold(&format!("{}:", self.labels.name))
                .text(" ")
                .text(name);
        }
        let label = match label {
            Some(Label::Message) => format!("{}:", self.labels.message),
            Some(Label::Messages(count)) => format!("{} ({count}):", self.labels.messages),
            None => return html,
        };
        html.text("\n\n💬 ").bold(&label).text("\n")
    }

    fn short(&self) -> Html {
        self.user_line(self.mark())
    }

    fn count(&self, photos: usize) -> Html {
        count(self.labels, photos)
    }
}

pub(super) fn count(labels: &Labels, photos: usize) -> Html {
    Html::default()
        .text("📷 ")
        .bold(&format!("{}:", labels.photos))
        .text(&format!(" {photos} {}", labels.pieces))
}
