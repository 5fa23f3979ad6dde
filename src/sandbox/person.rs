//! What a person does in the private chat with the bot, and what that chat shows. The world's side of
//! private chats is in `people`.

use serde_json::{Map, Value, json};

use super::Sandbox;
use super::agents::{AgentFile, plain, set_text};
use super::buttons::{Press, button_data, button_texts};
use super::html::Formatted;
use super::post::{Draft, Post, User};

/// A person in the private chat with the bot; clones are the same person. Agents are people too, see
/// [`Sandbox::private_of`].
#[derive(Clone)]
pub struct Person {
    sandbox: Sandbox,
    user: User,
}

/// Whose message somebody forwards.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A user who lets others see so.
    User(User),
    /// A user who hides; only the name is told.
    Hidden(String),
    /// An administrator who writes in the name of the group: its id is told.
    Group(i64),
    /// A channel: its id is told.
    Channel(i64),
}

impl From<&User> for Origin {
    fn from(user: &User) -> Self {
        Self::User(user.clone())
    }
}

impl Sandbox {
    /// A person with a private chat, of this language; the same two names are the same person. The bot
    /// may write there once the person has written.
    pub fn person(
        &self,
        first_name: &str,
        username: Option<&str>,
        language: Option<&str>,
    ) -> Person {
        let user = self.change(|world| world.person(first_name, username, language));
        self.private_of(&user)
    }

    /// A user's private chat with the bot, chat id = user id.
    pub fn private_of(&self, user: &User) -> Person {
        self.change(|world| world.know(user).user.clone());
        Person {
            sandbox: self.clone(),
            user: user.clone(),
        }
    }

    /// Somebody writes to the bot privately; from then on the bot may write there, chat id = user id.
    pub fn private_message(&self, user: &User, text: &str) -> i64 {
        self.private_of(user).writes(text)
    }

    /// A user of this id who is in no chat yet.
    pub fn stranger(&self, id: i64, first_name: &str, username: Option<&str>) -> User {
        User {
            id,
            is_bot: false,
            first_name: first_name.to_owned(),
            last_name: None,
            username: username.map(str::to_owned),
            language_code: None,
        }
    }
}

impl Person {
    /// Telegram's id of the user, and of the private chat.
    pub fn id(&self) -> i64 {
        self.user.id
    }

    /// The user, as the bot is told of it.
    pub fn user(&self) -> User {
        self.user.clone()
    }

    /// The same person, with the app set to another language.
    pub fn speaks(&self, language: &str) -> Self {
        let mut user = self.user();
        user.language_code = Some(language.to_owned());
        self.sandbox.private_of(&user)
    }

    /// Has spoken with the bot long ago: it may write here, and no update of that is waiting.
    pub fn has_begun(&self) {
        self.sandbox.change(|world| world.comes(&self.user));
    }

    /// How many messages the bot has ever sent here, also those that are no longer kept.
    pub fn received(&self) -> usize {
        self.sandbox.look(|world| {
            let human = world.people.get(&self.id());
            human.map(|human| human.received).unwrap_or_default()
        })
    }

    /// Writes a text; gives the message's id.
    pub fn writes(&self, text: &str) -> i64 {
        self.says(None, "text", plain(text), Map::new())
    }

    /// Answers a message of the chat by text.
    pub fn replies(&self, post_id: i64, text: &str) -> i64 {
        self.says(Some(post_id), "text", plain(text), Map::new())
    }

    /// Sends a file, or several: those that may share an album do. The caption stands on the first.
    pub fn sends_files(&self, files: Vec<AgentFile>, caption: &str) -> Vec<i64> {
        self.replies_with(None, files, caption)
    }

    /// Sends files, as an answer or not.
    pub fn replies_with(
        &self,
        post_id: Option<i64>,
        files: Vec<AgentFile>,
        caption: &str,
    ) -> Vec<i64> {
        self.sandbox.change(|world| {
            world.comes(&self.user);
            let mut base = Draft::new(self.id(), self.user(), "text");
            base.reply_to = post_id.filter(|id| world.post(self.id(), *id).is_some());
            world.files_by_person(&base, files, caption)
        })
    }

    /// Sends a place.
    pub fn sends_location(&self, latitude: f64, longitude: f64) -> i64 {
        let place = json!({"latitude": latitude, "longitude": longitude});
        self.says(
            None,
            "location",
            Formatted::default(),
            one("location", place),
        )
    }

    /// Sends a phone number; with the id of its user where Telegram knows one.
    pub fn sends_contact(&self, phone: &str, first_name: &str, user_id: Option<i64>) -> i64 {
        let mut contact = json!({"phone_number": phone, "first_name": first_name});
        if let (Some(id), Some(fields)) = (user_id, contact.as_object_mut()) {
            fields.insert("user_id".into(), json!(id));
        }
        self.says(
            None,
            "contact",
            Formatted::default(),
            one("contact", contact),
        )
    }

    /// Forwards a text that somebody wrote elsewhere.
    pub fn forwards(&self, from: impl Into<Origin>) -> i64 {
        let date = self.sandbox.look(|world| world.clock.now().timestamp());
        let origin = match from.into() {
            Origin::User(user) => {
                json!({"type": "user", "date": date, "sender_user": user.json()})
            }
            Origin::Hidden(name) => {
                json!({"type": "hidden_user", "date": date, "sender_user_name": name})
            }
            Origin::Group(id) => json!({"type": "chat", "date": date, "sender_chat": {
                "id": id, "type": "supergroup", "title": "A group",
            }}),
            Origin::Channel(id) => {
                json!({"type": "channel", "date": date, "message_id": 1, "chat": {
                    "id": id, "type": "channel", "title": "A channel",
                }})
            }
        };
        let body = one("forward_origin", origin);
        self.says(None, "text", plain("As I said elsewhere."), body)
    }

    /// Edits the text or caption of an own message; false if there is none of that id.
    pub fn edits(&self, message_id: i64, text: &str) -> bool {
        let formatted = plain(text);
        self.sandbox.change(|world| {
            let now = world.clock.now();
            let own = world.post_mut(self.id(), message_id);
            let Some(post) = own.filter(|post| !post.by_bot) else {
                return false;
            };
            post.set_text(formatted.text, formatted.entities, now);
            let edited = world.draw(self.id(), message_id);
            world.updates.push("edited_message", edited);
            true
        })
    }

    /// Presses the button of a post whose text contains `label`; gives the id of the press, None where
    /// there is no such button.
    pub fn presses(&self, post_id: i64, label: &str) -> Option<String> {
        let data = self
            .sandbox
            .look(|world| button_data(world, self.id(), post_id, label))?;
        Some(self.presses_data(post_id, &data))
    }

    /// A press with this data, whatever buttons the post has and whether or not it still stands.
    pub fn presses_data(&self, post_id: i64, data: &str) -> String {
        self.sandbox
            .button_pressed(&self.user, self.id(), post_id, data)
    }

    /// This person's presses with what the bot answered, oldest first.
    pub fn pressed(&self) -> Vec<Press> {
        let mut presses = self.sandbox.presses();
        presses.retain(|press| press.by_id == self.id() && press.chat_id == self.id());
        presses
    }

    /// Answers to this person's presses, oldest first; those the bot has not answered are left out.
    pub fn presses_answered(&self) -> Vec<Press> {
        let mut presses = self.pressed();
        presses.retain(|press| press.answer.is_some());
        presses
    }

    /// Deletes a message for both, the bot's too; bots are not told. False if there is none of that id.
    pub fn deletes(&self, post_id: i64) -> bool {
        self.sandbox.change(|world| {
            let post = world.post_mut(self.id(), post_id);
            post.map(|post| post.deleted = true).is_some()
        })
    }

    /// Blocks the bot: from here on every send is refused.
    pub fn blocks_bot(&self) {
        self.sandbox
            .change(|world| world.set_blocked(&self.user, true));
    }

    /// Lets the bot back in. Writing to it does so too.
    pub fn unblocks_bot(&self) {
        self.sandbox
            .change(|world| world.set_blocked(&self.user, false));
    }

    /// What the chat shows, in order, deleted messages left out.
    pub fn sees(&self) -> Vec<Post> {
        let mut posts = self.sandbox.chat_posts(self.id());
        posts.retain(|post| !post.deleted);
        posts
    }

    /// The texts of the inline buttons of a post, links included.
    pub fn buttons(&self, post_id: i64) -> Vec<String> {
        self.sandbox
            .look(|world| button_texts(world, self.id(), post_id))
    }

    /// The buttons below the input, as the bot set them last; pressing one is writing its text.
    pub fn keyboard(&self) -> Vec<String> {
        self.sandbox.look(|world| {
            let human = world.people.get(&self.id());
            human
                .map(|human| human.keyboard.clone())
                .unwrap_or_default()
        })
    }

    /// The commands Telegram offers this person, each with its description.
    pub fn commands(&self) -> Vec<(String, String)> {
        self.sandbox
            .look(|world| world.offered(self.id(), &self.user))
    }

    fn says(
        &self,
        reply_to: Option<i64>,
        kind: &'static str,
        text: Formatted,
        body: Map<String, Value>,
    ) -> i64 {
        self.sandbox.change(|world| {
            world.comes(&self.user);
            let mut draft = Draft::new(self.id(), self.user(), kind);
            draft.reply_to = reply_to.filter(|id| world.post(self.id(), *id).is_some());
            set_text(&mut draft, text);
            draft.body = body;
            world.post_by_person(draft)
        })
    }
}

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}
