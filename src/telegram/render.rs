//! Messages → the steps of a post. Pure: no clock, no store, no network. What differs between the forms of a post is
//! its frame; how a text is cut and where files go is here. The forms are drawn in the contracts, and pinned by snapshots.

mod answer;
mod mobile;
mod private;
mod web;

use super::markup::Html;
use super::split::pieces;
use super::steps::{MediaKind, Step};

pub use answer::{answer, line};
pub use mobile::{Labels, Writer, steps};
pub use private::{Spoken, private, words};
pub use web::{Visitor, WebLabels, web};

/// Longest text of a post, in UTF-16 units after parsing.
pub const TEXT_UNITS: usize = 4096;
/// Longest caption, likewise.
pub const CAPTION_UNITS: usize = 1024;
/// Most parts of an album.
pub const ALBUM_PARTS: usize = 10;

/// One message.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: String,
    /// Photos: names in the uploads folder.
    pub files: Vec<String>,
    /// Addresses elsewhere, which Telegram fetches.
    pub links: Vec<String>,
    /// Files that are no photos.
    pub documents: Vec<Document>,
}

/// A file that is no photo: its name in the uploads folder, and the one people know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub file: String,
    pub name: Option<String>,
    /// What it is shown as; None: as a document.
    pub kind: Option<MediaKind>,
}

impl Document {
    pub fn step(self, caption: String) -> Step {
        let Self { file, name, kind } = self;
        match kind {
            None => Step::Document {
                file,
                caption,
                name,
            },
            Some(kind) => Step::Media {
                kind,
                file,
                caption,
                name,
            },
        }
    }
}

impl Said {
    fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }
}

/// What stands before the text of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Message,
    Messages(usize),
}

/// What a form puts around what was said. Every piece begins with the ticket's mark.
trait Frame {
    /// The mark alone, for a text that goes on.
    fn mark(&self) -> Html;
    /// Who says it; and the label where there is a text, which then follows.
    fn head(&self, label: Option<Label>) -> Html;
    /// What follows the text.
    fn tail(&self) -> Html {
        Html::default()
    }
    /// The caption of files whose words stand in another post.
    fn short(&self) -> Html;
    /// How many photos there are.
    fn count(&self, photos: usize) -> Html;
}

/// The steps that post these messages, in order.
fn framed(frame: &dyn Frame, said: &[Said]) -> Vec<Step> {
    let sheet = Sheet(frame);
    match said {
        [] => Vec::new(),
        [one] => sheet.single(one),
        several if several.iter().any(Said::has_text) => sheet.joint(several),
        wordless => sheet.single(&all_files(wordless)),
    }
}

/// The files of several messages, without their words.
fn all_files(said: &[Said]) -> Said {
    Said {
        text: String::new(),
        files: said.iter().flat_map(|said| said.files.clone()).collect(),
        links: said.iter().flat_map(|said| said.links.clone()).collect(),
        documents: said
            .iter()
            .flat_map(|said| said.documents.clone())
            .collect(),
    }
}

struct Sheet<'a>(&'a dyn Frame);

impl Sheet<'_> {
    fn single(&self, said: &Said) -> Vec<Step> {
        let body = said.text.as_str();
        if said.files.is_empty() && said.links.is_empty() && said.documents.is_empty() {
            return texts(self.texts(Label::Message, body));
        }
        let first = said.files.len().min(ALBUM_PARTS);
        let whole = match said.has_text() {
            true => self.0.head(Some(Label::Message)).text(body),
            false => self.0.head(None),
        };
        let whole = self.with_count(whole, "\n\n", first).then(&self.0.tail());
        if whole.units() <= CAPTION_UNITS {
            return self.files(said, Some(whole.into_string()));
        }
        let mut steps = texts(self.texts(Label::Message, body));
        steps.extend(self.files(said, None));
        steps
    }

    fn joint(&self, said: &[Said]) -> Vec<Step> {
        let words: Vec<&str> = said
            .iter()
            .filter(|said| said.has_text())
            .map(|said| said.text.as_str())
            .collect();
        let label = Label::Messages(said.len());
        let mut steps = texts(self.texts(label, &words.join("\n\n")));
        steps.extend(self.files(&all_files(said), None));
        steps
    }

    /// What hangs on it. `whole` is the caption of the first that says everything; the others say whose they are.
    fn files(&self, said: &Said, mut whole: Option<String>) -> Vec<Step> {
        let mut with_words = whole.is_some();
        let mut steps = Step::photos(&said.files, |count| {
            let short = self.0.short().into_string();
            let caption = whole
                .take()
                .unwrap_or_else(|| self.with_count(self.0.short(), "\n", count).into_string());
            (caption, short)
        });
        for url in &said.links {
            let words = std::mem::take(&mut with_words) && said.files.is_empty();
            steps.push(Step::Link {
                url: url.clone(),
                caption: whole.take().unwrap_or_else(|| self.0.short().into_string()),
                instead: if words {
                    self.in_words(said, url)
                } else {
                    vec![self.0.short().text("\n").text(url).into_string()]
                },
            });
        }
        steps.extend(said.documents.iter().map(|document| {
            let caption = whole.take();
            let caption = caption.unwrap_or_else(|| self.0.short().into_string());
            document.clone().step(caption)
        }));
        steps
    }

    /// The text with the link in it, for a photo that Telegram can not fetch.
    fn in_words(&self, said: &Said, url: &str) -> Vec<String> {
        let body = if said.has_text() {
            format!("{}\n{url}", said.text)
        } else {
            url.to_owned()
        };
        self.texts(Label::Message, &body)
    }

    /// The text as one post or several, the head on the first, the tail on the last.
    fn texts(&self, label: Label, body: &str) -> Vec<String> {
        let (head, mark, tail) = (self.0.head(Some(label)), self.0.mark(), self.0.tail());
        let room = TEXT_UNITS.saturating_sub(tail.units());
        let pieces = pieces(
            body,
            room.saturating_sub(head.units()),
            room.saturating_sub(mark.units()),
        );
        let Some(last) = pieces.len().checked_sub(1) else {
            return vec![self.0.head(None).then(&tail).into_string()];
        };
        pieces
            .into_iter()
            .enumerate()
            .map(|(index, piece)| {
                let start = if index == 0 { &head } else { &mark };
                let post = start.clone().text(piece);
                let post = if index == last {
                    post.then(&tail)
                } else {
                    post
                };
                post.into_string()
            })
            .collect()
    }

    /// How many photos there are, where there are several.
    fn with_count(&self, html: Html, gap: &str, photos: usize) -> Html {
        if photos < 2 {
            return html;
        }
        html.text(gap).then(&self.0.count(photos))
    }
}

fn texts(posts: Vec<String>) -> Vec<Step> {
    posts.into_iter().map(|html| Step::Text { html }).collect()
}

#[cfg(test)]
mod tests;
