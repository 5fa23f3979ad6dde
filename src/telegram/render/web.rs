//! The post of a web session, as the sessions interface's contract draws it.

use uuid::Uuid;

use super::{Frame, Label, Said, framed};
use crate::telegram::markup::Html;
use crate::telegram::steps::Step;

/// Longest name or address in the line of the user, in UTF-16 units: a header must leave room for the message.
const NAME_UNITS: usize = 256;
/// Longest address of a page, likewise.
const PAGE_UNITS: usize = 2048;
/// Longest subject, likewise.
const SUBJECT_UNITS: usize = 510;

/// The words around what visitors wrote.
#[derive(Debug, Clone)]
pub struct WebLabels {
    pub new: String,
    pub user: String,
    pub session: String,
    pub url: String,
    pub page: String,
    pub subject: String,
    pub unknown: String,
    pub message: String,
    pub messages: String,
    pub photos: String,
    pub reply_with: String,
    pub response: String,
}

/// Who writes from where.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub session: Uuid,
    pub session_url: String,
    pub user: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub page_url: Option<String>,
    pub subject: Option<String>,
}

/// The steps that post these messages of one session, in order.
pub fn web(labels: &WebLabels, visitor: &Visitor, said: &[Said]) -> Vec<Step> {
    framed(&Web { labels, visitor }, said)
}

struct Web<'a> {
    labels: &'a WebLabels,
    visitor: &'a Visitor,
}

impl Web<'_> {
    fn user(&self) -> String {
        let known = |name: &Option<String>| {
            let name = name
                .as_deref()
                .map(str::trim)
                .filter(|name| !name.is_empty());
            name.map(|name| cut(name, NAME_UNITS))
        };
        let visitor = self.visitor;
        match (known(&visitor.email), known(&visitor.username)) {
            (Some(email), Some(username)) => format!("{email} ({username})"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => known(&visitor.name).unwrap_or_else(|| visitor.user.clone()),
        }
    }

    fn or_unknown(&self, value: &Option<String>, most: usize) -> String {
        let value = value.as_deref().filter(|value| !value.trim().is_empty());
        value.map_or_else(|| self.labels.unknown.clone(), |value| cut(value, most))
    }

    fn session_line(&self, html: Html) -> Html {
        html.text(&format!("🆔 {}: ", self.labels.session))
            .code(&self.visitor.session.to_string())
    }
}

impl Frame for Web<'_> {
    fn mark(&self) -> Html {
        Html::marked(self.visitor.session)
    }

    fn head(&self, label: Option<Label>) -> Html {
        let (labels, visitor) = (self.labels, self.visitor);
        let first = format!("🆘 {}\n\n👤 {}: {}\n", labels.new, labels.user, self.user());
        let page = self.or_unknown(&visitor.page_url, PAGE_UNITS);
        let subject = self.or_unknown(&visitor.subject, SUBJECT_UNITS);
        let html = self
            .session_line(self.mark().text(&first))
            .text(&format!("\n🔗 {}: {}", labels.url, visitor.session_url))
            .text(&format!("\n📄 {}: {page}", labels.page))
            .text(&format!("\n📝 {}: {subject}", labels.subject));
        match label {
            Some(Label::Message) => html.text(&format!("\n\n💬 {}:\n", labels.message)),
            Some(Label::Messages(count)) => {
                html.text(&format!("\n\n💬 {} ({count}):\n", labels.messages))
            }
            None => html,
        }
    }

    fn tail(&self) -> Html {
        Html::default()
            .text(&format!("\n\n---\n{}: /reply ", self.labels.reply_with))
            .code(&self.visitor.session.to_string())
            .text(&format!(" <{}>", self.labels.response))
    }

    fn short(&self) -> Html {
        self.session_line(self.mark())
    }

    fn count(&self, photos: usize) -> Html {
        Html::default().text(&format!("📷 {}: {photos}", self.labels.photos))
    }
}

/// The longest start of at most so many units.
fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= most
        })
        .collect()
}
