//! Private chats: what people do there, as teloxide reads it, and what the bot may do.

use std::time::Duration;

use serde_json::json;
use teloxide::payloads::{GetUpdatesSetters, SendAudioSetters, SendVideoSetters};
use teloxide::requests::Requester;
use teloxide::types::{
    ChatId, ChatMemberKind, InputFile, Message, MessageEntityKind, MessageOrigin, UpdateKind,
};

use super::*;

async fn updates(bot: &Bot) -> Vec<UpdateKind> {
    let updates = bot.get_updates().await.unwrap();
    if let Some(last) = updates.last() {
        bot.get_updates().offset(last.id.as_offset()).await.unwrap();
    }
    updates.into_iter().map(|update| update.kind).collect()
}

async fn messages(bot: &Bot) -> Vec<Message> {
    let message = |kind| match kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => message,
        other => panic!("{other:?}"),
    };
    updates(bot).await.into_iter().map(message).collect()
}

fn says(person: &Person, text: &str) -> Value {
    json!({"chat_id": person.id(), "text": text})
}

#[tokio::test]
async fn a_person_writes_first_and_is_told_in_updates_as_telegram_tells_it() {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", Some("alice_u"), Some("ru"));
    assert_eq!(
        sandbox.person("Alice", Some("alice_u"), Some("ru")).id(),
        alice.id()
    );
    let too_early = "Forbidden: bot can't initiate conversation with a user";
    let hello = || says(&alice, "hello");
    assert_eq!(refusal(&sandbox, "sendMessage", hello()).await, too_early);
    let typing = json!({"chat_id": alice.id(), "action": "typing"});
    assert_eq!(refusal(&sandbox, "sendChatAction", typing).await, too_early);
    // Agents of the group are known to the bot, which changes nothing for their private chats.
    let anna = json!({"chat_id": sandbox.agent().id, "text": "hello"});
    assert_eq!(refusal(&sandbox, "sendMessage", anna).await, too_early);
    let nobody = json!({"chat_id": 5, "text": "hello"});
    let unknown = refusal(&sandbox, "sendMessage", nobody).await;
    assert_eq!(unknown, "Bad Request: chat not found");

    let start = alice.writes("/start sales");
    let [message] = &messages(&bot).await[..] else {
        panic!()
    };
    assert!(message.chat.is_private() && message.chat.id == ChatId(alice.id()));
    let from = message.from.as_ref().unwrap();
    assert_eq!(from.language_code.as_deref(), Some("ru"));
    let entity = &message.entities().unwrap()[0];
    assert_eq!(entity.kind, MessageEntityKind::BotCommand);
    assert_eq!((entity.offset, entity.length), (0, 6));
    assert_eq!(call(&sandbox, "sendMessage", hello()).await.0, 200);
    let texts: Vec<String> = alice.sees().into_iter().map(|post| post.text).collect();
    assert_eq!(texts, ["/start sales", "hello"]);
    assert_eq!(alice.sees()[0].id, start);
    assert!(sandbox.posts().is_empty());
    let chat = bot.get_chat(ChatId(alice.id())).await.unwrap();
    assert_eq!(
        (chat.username(), chat.first_name()),
        (Some("alice_u"), Some("Alice"))
    );
}

#[tokio::test]
async fn people_answer_send_files_places_contacts_and_forward() {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    let first = alice.writes("first");
    alice.replies(first, "second");
    let photo = |name: &str| file(FileKind::Photo, name, "image/png", png(4, 4));
    let film = file(FileKind::Video, "a.mp4", "video/mp4", png(4, 4));
    let album = alice.sends_files(vec![photo("a.png"), film], "both");
    let alone = alice.sends_files(vec![photo("c.png")], "one");
    assert_eq!((album.len(), alone.len()), (2, 1));
    alice.sends_location(41.3, 69.2);
    alice.sends_contact("+998901234567", "Vera", Some(77));
    alice.sends_contact("+998901234568", "Nobody", None);
    alice.forwards(&sandbox.agent());
    alice.forwards(Origin::Hidden("Somebody".to_owned()));
    assert!(alice.edits(first, "first, really"));
    assert!(!alice.edits(999, "x"));
    let got = messages(&bot).await;
    let replied = got[1].reply_to_message().unwrap();
    assert_eq!(i64::from(replied.id.0), first);
    assert_eq!(got[2].caption(), Some("both"));
    assert!(got[2].photo().is_some() && got[3].video().is_some());
    assert!(got[2].media_group_id().is_some());
    assert_eq!(got[2].media_group_id(), got[3].media_group_id());
    assert_eq!(got[4].media_group_id(), None);
    assert!(got[5].location().is_some());
    assert_eq!(got[6].contact().unwrap().user_id.unwrap().0, 77);
    assert_eq!(got[7].contact().unwrap().user_id, None);
    assert!(matches!(got[8].forward_origin(),
        Some(MessageOrigin::User { sender_user, .. }) if sender_user.first_name == "Anna"));
    assert!(matches!(got[9].forward_origin(),
        Some(MessageOrigin::HiddenUser { sender_user_name, .. }) if sender_user_name == "Somebody"));
    assert_eq!(got[10].text(), Some("first, really"));
    assert!(got[10].edit_date().is_some());
}

#[tokio::test]
async fn an_agent_of_the_group_has_a_private_chat_under_the_same_id() {
    let (sandbox, bot) = world(false).await;
    sandbox.agent_writes(None, "in the group");
    let anna = sandbox.private_of(&sandbox.agent()).speaks("uz");
    anna.writes("in private");
    let got = messages(&bot).await;
    let ids = got.iter().map(|m| m.from.as_ref().unwrap().id.0);
    assert_eq!(ids.collect::<Vec<_>>(), [anna.id().unsigned_abs(); 2]);
    assert!(got[0].chat.is_supergroup() && got[1].chat.is_private());
    let language = &got[1].from.as_ref().unwrap().language_code;
    assert_eq!(language.as_deref(), Some("uz"));
}

#[tokio::test]
async fn buttons_of_a_private_chat_are_pressed_and_answered() {
    let (sandbox, bot) = world(false).await;
    let (alice, vera) = (
        sandbox.person("Alice", None, None),
        sandbox.person("Vera", None, None),
    );
    alice.writes("/start");
    vera.writes("/start");
    updates(&bot).await;
    let mut post = says(&alice, "which?");
    post["reply_markup"] = json!({"inline_keyboard": [
        [{"text": "Payments", "callback_data": "c:1"}, {"text": "Other", "callback_data": "c:2"}],
        [{"text": "Site", "url": "https://e.example/"}],
    ]});
    let (_, sent) = call(&sandbox, "sendMessage", post).await;
    let post = sent["result"]["message_id"].as_i64().unwrap();
    assert_eq!(alice.buttons(post), ["Payments", "Other", "Site"]);
    assert_eq!(alice.presses(post, "Site"), None);
    assert_eq!(vera.presses(post, "Other"), None);
    let press = alice.presses(post, "Oth").unwrap();
    assert!(alice.deletes(post) && !alice.deletes(post));
    let late = alice.presses_data(post, "c:1");
    let [
        UpdateKind::CallbackQuery(first),
        UpdateKind::CallbackQuery(second),
    ] = &updates(&bot).await[..]
    else {
        panic!()
    };
    assert_eq!(first.data.as_deref(), Some("c:2"));
    assert!(first.regular_message().unwrap().chat.is_private());
    assert_eq!(second.from.id.0, alice.id().unsigned_abs());
    assert!(second.message.is_some() && second.regular_message().is_none());
    assert!(alice.presses_answered().is_empty());
    for (id, text) in [(&press, "Noted"), (&late, "")] {
        let answer = json!({"callback_query_id": id, "text": text});
        assert_eq!(call(&sandbox, "answerCallbackQuery", answer).await.0, 200);
    }
    let answers: Vec<_> = alice.presses_answered();
    let answers: Vec<_> = answers
        .iter()
        .map(|press| press.answer.as_deref())
        .collect();
    assert_eq!(answers, [Some("Noted"), Some("")]);
    assert!(vera.presses_answered().is_empty() && vera.pressed().is_empty());
}

#[tokio::test]
async fn who_blocks_the_bot_gets_nothing_until_the_bot_is_let_back() {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    alice.writes("hi");
    updates(&bot).await;
    let (_, sent) = call(&sandbox, "sendMessage", says(&alice, "hello")).await;
    alice.blocks_bot();
    alice.blocks_bot();
    let place = json!({"chat_id": alice.id(), "latitude": 1, "longitude": 2});
    let edit =
        json!({"chat_id": alice.id(), "message_id": sent["result"]["message_id"], "text": "x"});
    let typing = json!({"chat_id": alice.id(), "action": "typing"});
    for (method, params) in [
        ("sendMessage", says(&alice, "hello")),
        ("sendLocation", place),
        ("editMessageText", edit),
        ("sendChatAction", typing),
    ] {
        let words = refusal(&sandbox, method, params).await;
        assert_eq!(words, "Forbidden: bot was blocked by the user", "{method}");
    }
    alice.unblocks_bot();
    assert_eq!(
        call(&sandbox, "sendMessage", says(&alice, "again")).await.0,
        200
    );
    alice.blocks_bot();
    alice.writes("changed my mind");
    let kinds = updates(&bot).await;
    let standing = |kind: &UpdateKind| match kind {
        UpdateKind::MyChatMember(change) => {
            assert!(change.chat.is_private());
            let old = matches!(change.old_chat_member.kind, ChatMemberKind::Banned(_));
            let new = matches!(change.new_chat_member.kind, ChatMemberKind::Banned(_));
            assert_ne!(old, new);
            Some(new)
        }
        _ => None,
    };
    let standings: Vec<_> = kinds.iter().map(standing).collect();
    assert_eq!(
        standings,
        [Some(true), Some(false), Some(true), Some(false), None]
    );
}

#[tokio::test]
async fn a_private_chat_has_a_limit_and_the_bot_one_over_all_chats() {
    let (sandbox, _) = world(false).await;
    let people: Vec<Person> = ["Alice", "Vera", "Zoya"]
        .map(|name| sandbox.person(name, None, None))
        .to_vec();
    for person in &people {
        person.writes("hi");
    }
    let sent = async |person: &Person| call(&sandbox, "sendMessage", says(person, "x")).await;
    let clock = sandbox.look(|world| world.clock.clone());
    for _ in 0..20 {
        assert_eq!(sent(&people[0]).await.0, 200);
    }
    let (status, body) = sent(&people[0]).await;
    assert_eq!(
        (status, &body["description"], &body["parameters"]),
        (
            429,
            &json!("Too Many Requests: retry after 20"),
            &json!({"retry_after": 20})
        )
    );
    // Ten of the second's thirty are left.
    for _ in 0..10 {
        assert_eq!(sent(&people[1]).await.0, 200);
    }
    let (status, body) = sent(&people[2]).await;
    assert_eq!(status, 429);
    assert_eq!(body["parameters"]["retry_after"], 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(sent(&people[2]).await.0, 200);
    assert_eq!(sent(&people[0]).await.1["parameters"]["retry_after"], 19);
    clock.advance(Duration::from_secs(19));
    assert_eq!(sent(&people[0]).await.0, 200);
}

#[tokio::test]
async fn a_fault_can_be_one_chats_alone() {
    let (sandbox, _) = world(false).await;
    let (alice, vera) = (
        sandbox.person("Alice", None, None),
        sandbox.person("Vera", None, None),
    );
    alice.writes("hi");
    vera.writes("hi");
    let fault = Fault::TooManyRequests { retry_after: 7 };
    sandbox.break_next_in(alice.id(), fault, Some("sendMessage"), 1);
    let sent = async |person: &Person| call(&sandbox, "sendMessage", says(person, "x")).await.0;
    assert_eq!(sent(&vera).await, 200);
    assert_eq!(sent(&alice).await, 429);
    assert_eq!(sent(&alice).await, 200);
    assert_eq!(sandbox.faults_planned(), 0);
}

#[tokio::test]
async fn the_bot_sends_every_kind_into_a_private_chat() {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    alice.writes("hi");
    let to = ChatId(alice.id());
    let upload = |name: &'static str| InputFile::memory(png(4, 4)).file_name(name);
    let video = bot.send_video(to, upload("a.mp4")).caption("c").duration(9);
    let video = video.await.unwrap();
    assert_eq!(video.video().unwrap().duration.seconds(), 9);
    assert_eq!(video.caption(), Some("c"));
    let audio = bot.send_audio(to, upload("a.mp3")).title("T").await;
    assert_eq!(audio.unwrap().audio().unwrap().title.as_deref(), Some("T"));
    let voice = bot.send_voice(to, upload("a.ogg")).await.unwrap();
    assert!(voice.voice().is_some());
    let animation = bot.send_animation(to, upload("a.gif")).await.unwrap();
    assert!(animation.animation().is_some());
    let round = bot.send_video_note(to, upload("r.mp4")).await.unwrap();
    assert!(round.video_note().is_some());
    let sticker = bot.send_sticker(to, upload("a.webp")).await.unwrap();
    assert!(sticker.sticker().is_some());
    let place = bot.send_location(to, 41.3, 69.2).await.unwrap();
    assert!(place.location().is_some());
    let contact = bot.send_contact(to, "+998901234567", "Vera").await.unwrap();
    assert_eq!(contact.contact().unwrap().phone_number, "+998901234567");
    // A known file stays what it was; only a photo is another thing altogether.
    let known = InputFile::file_id(video.video().unwrap().file.id.clone());
    let again = bot.send_document(to, known).await.unwrap();
    assert!(again.video().is_some());
    let id = &video.video().unwrap().file.id;
    let as_photo = json!({"chat_id": alice.id(), "photo": id});
    assert_eq!(
        refusal(&sandbox, "sendPhoto", as_photo).await,
        "Bad Request: can't use file of type Video as Photo"
    );
    let kinds: Vec<String> = alice.sees().into_iter().map(|post| post.kind).collect();
    assert_eq!(
        kinds[1..],
        [
            "video",
            "audio",
            "voice",
            "animation",
            "video_note",
            "sticker",
            "location",
            "contact",
            "video"
        ]
    );
}

#[tokio::test]
async fn what_can_not_be_sent_is_refused_in_telegrams_words() {
    let (sandbox, _) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    alice.writes("hi");
    for (method, params, words) in [
        ("sendVideo", json!({}), "there is no video in the request"),
        (
            "sendVideoNote",
            json!({}),
            "there is no video note in the request",
        ),
        (
            "sendVoice",
            json!({"voice": "x", "caption": "c".repeat(1025)}),
            "message caption is too long",
        ),
        ("sendLocation", json!({}), "latitude is empty"),
        ("sendLocation", json!({"latitude": 1}), "longitude is empty"),
        (
            "sendLocation",
            json!({"latitude": 91, "longitude": 1}),
            "wrong location specified",
        ),
        (
            "sendContact",
            json!({"first_name": "x"}),
            "parameter \"phone_number\" is required",
        ),
        (
            "sendContact",
            json!({"phone_number": "1"}),
            "parameter \"first_name\" is required",
        ),
    ] {
        let mut params = params;
        params["chat_id"] = json!(alice.id());
        let said = refusal(&sandbox, method, params).await;
        assert_eq!(said, format!("Bad Request: {words}"));
    }
    assert_eq!(alice.sees().len(), 1);
}

#[tokio::test]
async fn a_keyboard_below_the_input_stays_until_it_goes() {
    let (sandbox, _) = world(false).await;
    let alice = sandbox.person("Alice", None, None);
    alice.writes("hi");
    let with = |markup: Value| {
        let mut message = says(&alice, "x");
        message["reply_markup"] = markup;
        message
    };
    let rows = json!({"keyboard": [[{"text": "My questions"}, "Help"]], "resize_keyboard": true});
    let (status, sent) = call(&sandbox, "sendMessage", with(rows)).await;
    assert_eq!(status, 200);
    assert!(sent["result"].get("reply_markup").is_none());
    call(&sandbox, "sendMessage", says(&alice, "plain")).await;
    assert_eq!(alice.keyboard(), ["My questions", "Help"]);
    let empty = with(json!({"keyboard": [[{"text": ""}]]}));
    let said = refusal(&sandbox, "sendMessage", empty).await;
    assert_eq!(said, "Bad Request: keyboard button text must be non-empty");
    call(
        &sandbox,
        "sendMessage",
        with(json!({"remove_keyboard": true})),
    )
    .await;
    assert!(alice.keyboard().is_empty());
}
