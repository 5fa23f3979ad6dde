//! Messages of a contact → the steps of a post. Pure: no clock, no store, no network. How a post looks is
//! drawn in the mobile interface's contract, and pinned by the snapshots below.

use uuid::Uuid;

use super::markup::Html;
use super::split::pieces;
use super::steps::Step;

/// Longest text of a post, in UTF-16 units after parsing.
pub const TEXT_UNITS: usize = 4096;
/// Longest caption, likewise.
pub const CAPTION_UNITS: usize = 1024;
/// Most parts of an album.
pub const ALBUM_PARTS: usize = 10;

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

/// One message of the contact.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: String,
    /// Names in the uploads folder.
    pub files: Vec<String>,
    /// Addresses elsewhere, which Telegram fetches.
    pub links: Vec<String>,
}

impl Said {
    fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }
}

/// The steps that post these messages of one contact, in order.
pub fn steps(labels: &Labels, writer: &Writer, said: &[Said]) -> Vec<Step> {
    let sheet = Sheet { labels, writer };
    match said {
        [] => Vec::new(),
        [one] => sheet.single(one),
        several if several.iter().any(Said::has_text) => sheet.joint(several),
        wordless => sheet.single(&Said {
            text: String::new(),
            files: wordless
                .iter()
                .flat_map(|said| said.files.clone())
                .collect(),
            links: wordless
                .iter()
                .flat_map(|said| said.links.clone())
                .collect(),
        }),
    }
}

struct Sheet<'a> {
    labels: &'a Labels,
    writer: &'a Writer,
}

impl Sheet<'_> {
    fn single(&self, said: &Said) -> Vec<Step> {
        let body = said.text.as_str();
        let photos = said.files.len() + said.links.len();
        if photos == 0 {
            return texts(self.texts(&self.labels.message, body));
        }
        let first = said.files.len().min(ALBUM_PARTS);
        let whole = self.block(
            said.has_text()
                .then_some((self.labels.message.as_str(), body)),
        );
        let whole = self.with_count(whole, "\n\n", first);
        if whole.units() <= CAPTION_UNITS {
            return self.pictures(said, Some(whole.into_string()));
        }
        let mut steps = texts(self.texts(&self.labels.message, body));
        steps.extend(self.pictures(said, None));
        steps
    }

    fn joint(&self, said: &[Said]) -> Vec<Step> {
        let words: Vec<&str> = said
            .iter()
            .filter(|said| said.has_text())
            .map(|said| said.text.as_str())
            .collect();
        let label = format!("{} ({})", self.labels.messages, said.len());
        let mut steps = texts(self.texts(&label, &words.join("\n\n")));
        steps.extend(self.pictures(
            &Said {
                text: String::new(),
                files: said.iter().flat_map(|said| said.files.clone()).collect(),
                links: said.iter().flat_map(|said| said.links.clone()).collect(),
            },
            None,
        ));
        steps
    }

    /// The photos. `whole` is the caption of the first that says everything; the others say whose they are.
    fn pictures(&self, said: &Said, mut whole: Option<String>) -> Vec<Step> {
        let mut with_words = whole.is_some();
        let mut steps = Step::photos(&said.files, |count| {
            let short = self.id_line().into_string();
            let caption = whole
                .take()
                .unwrap_or_else(|| self.with_count(self.id_line(), "\n", count).into_string());
            (caption, short)
        });
        for url in &said.links {
            let words = std::mem::take(&mut with_words) && said.files.is_empty();
            steps.push(Step::Link {
                url: url.clone(),
                caption: whole.take().unwrap_or_else(|| self.id_line().into_string()),
                instead: if words {
                    self.in_words(said, url)
                } else {
                    vec![self.id_line().text("\n").text(url).into_string()]
                },
            });
        }
        steps
    }

    /// The text with the link in it, for a photo that Telegram can not fetch.
    fn in_words(&self, said: &Said, url: &str) -> Vec<String> {
        let body = if said.has_text() {
            format!("{}\n{url}", said.text)
        } else {
            url.to_owned()
        };
        self.texts(&self.labels.message, &body)
    }

    /// The text as one post or several, the header on the first.
    fn texts(&self, label: &str, body: &str) -> Vec<String> {
        let header = self.block(Some((label, "")));
        let marked = Html::marked(self.writer.session);
        let mut posts: Vec<String> = pieces(
            body,
            TEXT_UNITS - header.units(),
            TEXT_UNITS - marked.units(),
        )
        .into_iter()
        .enumerate()
        .map(|(index, piece)| {
            let start = if index == 0 {
                header.clone()
            } else {
                marked.clone()
            };
            start.text(piece).into_string()
        })
        .collect();
        if posts.is_empty() {
            posts.push(self.block(None).into_string());
        }
        posts
    }

    /// Who writes, and what, if anything.
    fn block(&self, message: Option<(&str, &str)>) -> Html {
        let mut html = Html::marked(self.writer.session)
            .text("📱 ")
            .bold(&self.labels.from_user)
            .text("\n\n");
        html = self.user_line(html);
        if let Some(name) = self
            .writer
            .name
            .as_deref()
            .filter(|name| !name.trim().is_empty())
        {
            html = html
                .text("\n📝 ")
                .bold(&format!("{}:", self.labels.name))
                .text(" ")
                .text(name);
        }
        match message {
            Some((label, body)) => html
                .text("\n\n💬 ")
                .bold(&format!("{label}:"))
                .text("\n")
                .text(body),
            None => html,
        }
    }

    fn user_line(&self, html: Html) -> Html {
        html.text("👤 ")
            .bold(&format!("{}:", self.labels.user_id))
            .text(" ")
            .text(&self.writer.user)
    }

    /// The caption of photos whose words stand in another post.
    fn id_line(&self) -> Html {
        self.user_line(Html::marked(self.writer.session))
    }

    /// How many photos there are, where there are several.
    fn with_count(&self, html: Html, gap: &str, photos: usize) -> Html {
        if photos < 2 {
            return html;
        }
        html.text(gap)
            .text("📷 ")
            .bold(&format!("{}:", self.labels.photos))
            .text(&format!(" {photos} {}", self.labels.pieces))
    }
}

fn texts(posts: Vec<String>) -> Vec<Step> {
    posts.into_iter().map(|html| Step::Text { html }).collect()
}

#[cfg(test)]
mod tests;
