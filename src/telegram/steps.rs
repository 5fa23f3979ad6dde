//! The plan of a post: which calls to Telegram it takes, in order. It is stored with the job, so a restart
//! goes on where it stopped. Nothing here renders or sends.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::domain::attachment::AttachmentKind;

/// One call to Telegram. Texts and captions are HTML, rendered and within Telegram's limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    Text {
        html: String,
    },
    /// A photo from the uploads folder. `short` is the caption for when it has to travel alone.
    Photo {
        file: String,
        caption: String,
        short: String,
    },
    /// A photo that Telegram fetches itself; the texts say it `instead` where it can not.
    Link {
        url: String,
        caption: String,
        instead: Vec<String>,
    },
    /// Two to ten photos in one.
    Album {
        files: Vec<String>,
        caption: String,
        short: String,
    },
    /// A file that is no photo, or a photo Telegram would not take as one.
    Document {
        file: String,
        caption: String,
        /// The name people know it by.
        #[serde(default)]
        name: Option<String>,
    },
    /// A file that is shown as what it is; a sticker and a round video have no caption.
    Media {
        kind: MediaKind,
        file: String,
        caption: String,
        #[serde(default)]
        name: Option<String>,
    },
    /// A place on the map, degrees.
    Location {
        latitude: f64,
        longitude: f64,
    },
    /// Somebody's number.
    Person {
        name: String,
        phone: String,
    },
    /// The buttons under the ticket's first post become what its state asks for.
    Buttons,
    /// A post that was left behind has none any more.
    NoButtons {
        post: i64,
    },
    CloseTopic,
    ReopenTopic,
    /// The group that a ticket left, None for the default one, is told where it is; `buttons` is the post there that
    /// carried them.
    Farewell {
        from: Option<i64>,
        buttons: Option<i64>,
    },
}

/// What a file is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Video,
    VideoNote,
    Animation,
    Audio,
    Voice,
    Sticker,
}

impl MediaKind {
    /// None for what is a photo, a document, or no file at all.
    pub fn of(kind: AttachmentKind) -> Option<Self> {
        Some(match kind {
            AttachmentKind::Video => Self::Video,
            AttachmentKind::VideoNote => Self::VideoNote,
            AttachmentKind::Animation => Self::Animation,
            AttachmentKind::Audio => Self::Audio,
            AttachmentKind::Voice => Self::Voice,
            AttachmentKind::Sticker => Self::Sticker,
            AttachmentKind::Photo
            | AttachmentKind::Document
            | AttachmentKind::Location
            | AttachmentKind::Contact => return None,
        })
    }

    /// The same where whose it is has to stand below: a round video is a video there, a sticker a file.
    pub fn with_caption_of(kind: AttachmentKind) -> Option<Self> {
        match Self::of(kind)? {
            Self::VideoNote => Some(Self::Video),
            Self::Sticker => None,
            other => Some(other),
        }
    }

    /// The method that sends it, and that method's name for the file.
    pub fn method(self) -> (&'static str, &'static str) {
        match self {
            Self::Video => ("sendVideo", "video"),
            Self::VideoNote => ("sendVideoNote", "video_note"),
            Self::Animation => ("sendAnimation", "animation"),
            Self::Audio => ("sendAudio", "audio"),
            Self::Voice => ("sendVoice", "voice"),
            Self::Sticker => ("sendSticker", "sticker"),
        }
    }

    pub fn has_caption(self) -> bool {
        !matches!(self, Self::VideoNote | Self::Sticker)
    }
}

impl Step {
    /// Photos of the uploads folder as the fewest steps: albums of up to ten, one that is left over alone.
    pub fn photos(
        files: &[String],
        mut caption: impl FnMut(usize) -> (String, String),
    ) -> Vec<Self> {
        files
            .chunks(super::render::ALBUM_PARTS)
            .map(|chunk| {
                let (caption, short) = caption(chunk.len());
                match chunk {
                    [file] => Self::Photo {
                        file: file.clone(),
                        caption,
                        short,
                    },
                    files => Self::Album {
                        files: files.to_vec(),
                        caption,
                        short,
                    },
                }
            })
            .collect()
    }

    /// Whether it posts something; else it only changes what is there, and twice does no harm.
    pub fn is_post(&self) -> bool {
        !matches!(
            self,
            Self::Buttons
                | Self::NoButtons { .. }
                | Self::CloseTopic
                | Self::ReopenTopic
                | Self::Farewell { .. }
        )
    }

    /// Telegram has no buttons under albums.
    pub fn takes_buttons(&self) -> bool {
        self.is_post() && !matches!(self, Self::Album { .. })
    }

    /// How many messages it makes in the group; Telegram counts each part of an album.
    pub fn parts(&self) -> u32 {
        match self {
            Self::Album { files, .. } => u32::try_from(files.len()).unwrap_or(u32::MAX),
            _ => 1,
        }
    }

    /// What Telegram will not take in this form, in another: an address as words, a file as a document. None: this is
    /// no such refusal.
    pub fn instead(&self, failure: &Failure) -> Option<Vec<Self>> {
        match (self, failure) {
            (
                Self::Link { instead, .. },
                Failure::LinkRefused(_)
                | Failure::PhotoRefused { .. }
                | Failure::TooBig(_)
                | Failure::Refused(_),
            ) => {
                let texts = instead.iter().cloned();
                Some(texts.map(|html| Self::Text { html }).collect())
            }
            (step, Failure::PhotoRefused { part, .. }) => step.as_documents(*part),
            (step @ Self::Media { .. }, Failure::Refused(_)) => step.as_documents(None),
            _ => None,
        }
    }

    /// What to send after Telegram refused a photo for its size or shape; `part` is the album's part it named.
    /// None: this step holds no photo that could go as a document.
    fn as_documents(&self, part: Option<usize>) -> Option<Vec<Self>> {
        match self {
            Self::Media {
                file,
                caption,
                name,
                ..
            } => Some(vec![Self::Document {
                file: file.clone(),
                caption: caption.clone(),
                name: name.clone(),
            }]),
            Self::Photo { file, caption, .. } => Some(vec![Self::Document {
                file: file.clone(),
                caption: caption.clone(),
                name: None,
            }]),
            Self::Album {
                files,
                caption,
                short,
            } => Some(Self::album_without(files, part, caption, short)),
            _ => None,
        }
    }

    /// The refused part becomes a document behind the others; without a name for it each photo tries its own luck.
    fn album_without(
        files: &[String],
        part: Option<usize>,
        caption: &str,
        short: &str,
    ) -> Vec<Self> {
        let refused = part.and_then(|part| files.get(part));
        let Some(refused) = refused else {
            return files
                .iter()
                .enumerate()
                .map(|(index, file)| Self::Photo {
                    file: file.clone(),
                    caption: if index == 0 { caption } else { short }.to_owned(),
                    short: short.to_owned(),
                })
                .collect();
        };
        let others: Vec<String> = files
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != part)
            .map(|(_, file)| file.clone())
            .collect();
        let mut steps = Self::photos(&others, |_| (caption.to_owned(), short.to_owned()));
        steps.push(Self::Document {
            file: refused.clone(),
            caption: short.to_owned(),
            name: None,
        });
        steps
    }
}

/// What is left to do for a post.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plan {
    pub steps: VecDeque<Step>,
    /// The topic was lost at this step and has been made anew once.
    #[serde(default)]
    pub recreated: bool,
    /// The topic was found closed at this step and has been opened once.
    #[serde(default)]
    pub reopened: bool,
    /// The messages it says, for as long as nothing of it was posted: with more of them it is planned anew.
    #[serde(default)]
    pub says: Vec<i64>,
}

impl Plan {
    pub fn new(steps: Vec<Step>) -> Self {
        Self {
            steps: steps.into(),
            ..Self::default()
        }
    }

    /// Reads a stored plan; None for the payload of a job that was never planned.
    pub fn stored(payload: &serde_json::Value) -> Option<Self> {
        payload.get("steps")?;
        Plan::deserialize(payload).ok()
    }

    pub fn to_value(&self) -> serde_json::Value {
        serde_json::json!({ "steps": self.steps, "recreated": self.recreated, "reopened": self.reopened, "says": self.says })
    }

    /// Puts other steps in the place of the first.
    #[must_use]
    pub fn replace_first(mut self, others: Vec<Step>) -> Self {
        self.says.clear();
        self.steps.pop_front();
        for step in others.into_iter().rev() {
            self.steps.push_front(step);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(n: usize) -> Vec<String> {
        (1..=n).map(|i| format!("{i}.jpg")).collect()
    }

    fn album(n: usize) -> Step {
        Step::Album {
            files: files(n),
            caption: "all".into(),
            short: "id".into(),
        }
    }

    #[test]
    fn a_plan_survives_being_stored() {
        let plan = Plan::new(vec![
            Step::Text {
                html: "<b>x</b>".into(),
            },
            Step::Link {
                url: "https://example.com/a.png".into(),
                caption: "c".into(),
                instead: vec!["t".into()],
            },
            album(3),
        ]);
        assert_eq!(Plan::stored(&plan.to_value()), Some(plan));
        assert_eq!(Plan::stored(&serde_json::json!({})), None);
        assert_eq!(Plan::stored(&serde_json::Value::Null), None);
    }

    #[test]
    fn eleven_photos_are_an_album_of_ten_and_a_single_one() {
        let steps = Step::photos(&files(11), |_| ("c".into(), "s".into()));
        assert_eq!(steps.iter().map(Step::parts).collect::<Vec<_>>(), [10, 1]);
        assert!(matches!(steps.last(), Some(Step::Photo { file, .. }) if file == "11.jpg"));
        assert!(Step::photos(&[], |_| ("c".into(), "s".into())).is_empty());
    }

    #[test]
    fn the_refused_part_of_an_album_goes_as_a_document_after_the_rest() {
        let steps = album(3).as_documents(Some(1)).unwrap();
        assert_eq!(
            steps,
            [
                Step::Album {
                    files: vec!["1.jpg".into(), "3.jpg".into()],
                    caption: "all".into(),
                    short: "id".into()
                },
                Step::Document {
                    file: "2.jpg".into(),
                    caption: "id".into(),
                    name: None,
                },
            ]
        );
        let two = album(2).as_documents(Some(0)).unwrap();
        assert!(
            matches!(two.first(), Some(Step::Photo { file, caption, .. }) if file == "2.jpg" && caption == "all")
        );
    }

    #[test]
    fn without_a_named_part_every_photo_goes_alone_and_only_the_first_has_the_text() {
        let steps = album(3).as_documents(None).unwrap();
        let captions: Vec<_> = steps
            .iter()
            .map(|step| match step {
                Step::Photo { caption, .. } => caption.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(captions, ["all", "id", "id"]);
    }

    #[test]
    fn replacing_the_first_step_keeps_the_order() {
        let text = |t: &str| Step::Text { html: t.into() };
        let plan = Plan::new(vec![text("a"), text("d")]).replace_first(vec![text("b"), text("c")]);
        assert_eq!(plan, Plan::new(vec![text("b"), text("c"), text("d")]));
    }
}
