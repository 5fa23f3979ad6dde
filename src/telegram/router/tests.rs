//! Who is meant, case by case.

use serde_json::{Value, json};

use super::*;

mod commands;

const GROUP: i64 = -100_500;
const SALES: i64 = -100_600;
const BOT: i64 = 42;
const SESSION: Uuid = Uuid::from_u128(0xABCDEF);

fn context() -> Context {
    Context {
        bot_id: BOT,
        bot_username: Some("desk_bot".into()),
        groups: vec![GROUP, SALES],
    }
}

fn meant(update: Value) -> Meaning {
    meaning(&serde_json::from_value(update).unwrap(), &context())
}

/// A message of an agent in the group, with these fields besides.
fn message(fields: Value) -> Value {
    let mut message = json!({
        "message_id": 500, "date": 1_770_000_000, "chat": {"id": GROUP, "type": "supergroup"},
        "from": {"id": 7, "is_bot": false, "first_name": "Ann", "last_name": "Lee"},
    });
    for (key, value) in fields.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn says(fields: Value) -> Meaning {
    meant(json!({"update_id": 1, "message": message(fields)}))
}

fn bot_post() -> Value {
    json!({
        "message_id": 100, "date": 1, "chat": {"id": GROUP}, "from": {"id": BOT, "is_bot": true, "first_name": "Desk"},
        "text": "\u{200B}📱", "entities": [{"type": "text_link", "offset": 0, "length": 1, "url": format!("https://relaydesk.invalid/ticket/{SESSION}")}],
    })
}

fn note() -> Value {
    json!({"message_id": 101, "date": 1, "chat": {"id": GROUP}, "from": {"id": BOT, "is_bot": true, "first_name": "Desk"}, "text": "note"})
}

fn of_agent(id: i64) -> Value {
    json!({"message_id": 102, "date": 1, "chat": {"id": GROUP}, "from": {"id": id, "is_bot": false, "first_name": "B"}, "text": "x"})
}

fn topic_made() -> Value {
    json!({"message_id": 9, "date": 1, "chat": {"id": GROUP}, "from": {"id": BOT, "is_bot": true, "first_name": "Desk"}, "forum_topic_created": {"name": "Alice", "icon_color": 1}})
}

fn to_post() -> Meaning {
    Meaning::Answer(To {
        post: Some(100),
        session: Some(SESSION),
        topic: None,
    })
}

fn to_topic() -> Meaning {
    Meaning::Answer(To {
        topic: Some(9),
        ..To::default()
    })
}

#[test]
fn a_reply_to_a_post_is_an_answer_whatever_it_holds() {
    let file = json!({"file_id": "f", "file_unique_id": "u"});
    for content in [
        json!({"text": "hello"}),
        json!({"text": "/etc/hosts is the file", "entities": [{"type": "bot_command", "offset": 0, "length": 4}]}),
        json!({"photo": [file], "caption": "look"}),
        json!({"document": file}),
        json!({"voice": file}),
        json!({"sticker": file}),
        json!({"location": {"latitude": 1.5, "longitude": 2.5}}),
        json!({"contact": {"phone_number": "+1", "first_name": "C"}}),
        json!({"text": "new", "entities": [{"type": "kind of next year", "offset": 0, "length": 1, "odd": {}}]}),
    ] {
        let mut fields = content;
        fields["reply_to_message"] = bot_post();
        assert_eq!(says(fields.clone()), to_post(), "{fields}");
    }
}

#[test]
fn a_mark_counts_only_in_a_post_of_the_bot_itself() {
    let mut forged = of_agent(8);
    forged["entities"] = bot_post()["entities"].clone();
    assert_eq!(
        says(json!({"text": "x", "reply_to_message": forged})),
        Meaning::Ignore
    );
}

#[test]
fn talk_among_agents_is_ignored() {
    for fields in [
        json!({"text": "lunch?"}),
        json!({"text": "yes", "reply_to_message": of_agent(8)}),
        json!({"text": "x", "is_topic_message": true, "message_thread_id": 9, "reply_to_message": of_agent(8)}),
        json!({"text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}),
        json!({"new_chat_members": [{"id": 8, "is_bot": false, "first_name": "New"}]}),
        json!({"pinned_message": bot_post()}),
        json!({"is_topic_message": true, "message_thread_id": 9, "forum_topic_closed": {}, "reply_to_message": topic_made()}),
        json!({"text": "x", "reply_to_message": bot_post(), "from": {"id": 99, "is_bot": true, "first_name": "Other"}}),
        json!({"text": "x", "reply_to_message": bot_post(), "from": {"id": BOT, "is_bot": true, "first_name": "Desk"}}),
        json!({"text": "x", "reply_to_message": bot_post(), "chat": {"id": -1, "type": "group"}}),
        json!({"text": "x", "reply_to_message": bot_post(), "is_automatic_forward": true, "sender_chat": {"id": -5}}),
        json!({"text": "/ban@other_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 14}], "reply_to_message": bot_post()}),
    ] {
        assert_eq!(says(fields.clone()), Meaning::Ignore, "{fields}");
    }
}

#[test]
fn a_message_in_a_topic_goes_to_its_ticket() {
    let in_topic = |fields: Value| {
        let mut fields = fields;
        fields["is_topic_message"] = json!(true);
        fields["message_thread_id"] = json!(9);
        says(fields)
    };
    assert_eq!(in_topic(json!({"text": "hi"})), to_topic());
    assert_eq!(
        in_topic(json!({"text": "hi", "reply_to_message": topic_made()})),
        to_topic()
    );
    assert_eq!(
        in_topic(json!({"text": "and", "reply_to_message": of_agent(7)})),
        to_topic()
    );
    assert_eq!(
        in_topic(json!({"text": "hi", "reply_to_message": note()})),
        Meaning::Answer(To {
            post: Some(101),
            session: None,
            topic: Some(9)
        })
    );
    let command = json!([{"type": "bot_command", "offset": 0, "length": 5}]);
    assert_eq!(
        in_topic(json!({"text": "/stop now", "entities": command})),
        Meaning::Ignore
    );
    assert_eq!(
        in_topic(json!({"text": "/stop", "entities": command, "reply_to_message": bot_post()})),
        Meaning::Ignore
    );
}

#[test]
fn a_reply_thread_of_a_plain_group_is_no_topic() {
    assert_eq!(
        says(json!({"text": "x", "message_thread_id": 9})),
        Meaning::Ignore
    );
}

#[test]
fn an_anonymous_administrator_is_an_agent() {
    let bot = json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group"});
    let fields = json!({"text": "x", "from": bot, "sender_chat": {"id": GROUP}, "author_signature": "Night shift", "reply_to_message": bot_post()});
    assert_eq!(says(fields.clone()), to_post());
    let named: Message = serde_json::from_value(message(fields)).unwrap();
    assert_eq!(named.agent_name().as_deref(), Some("Night shift"));
}

#[test]
fn an_agents_name_is_the_full_one_else_the_username_else_unknown() {
    let name = |from: Value| {
        serde_json::from_value::<Message>(message(json!({"from": from})))
            .unwrap()
            .agent_name()
    };
    assert_eq!(
        name(json!({"id": 1, "first_name": "Ann", "last_name": "Lee"})).as_deref(),
        Some("Ann Lee")
    );
    assert_eq!(
        name(json!({"id": 1, "first_name": "Ann"})).as_deref(),
        Some("Ann")
    );
    assert_eq!(
        name(json!({"id": 1, "first_name": " ", "username": "ann"})).as_deref(),
        Some("ann")
    );
    assert_eq!(name(json!({"id": 1, "first_name": ""})), None);
}

#[test]
fn reply_commands_name_their_session() {
    let reply = |text: String| {
        let length = text.split_whitespace().next().unwrap().len();
        says(
            json!({"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": length}]}),
        )
    };
    let answer = |words: &str| Meaning::Reply {
        session: SESSION,
        words: words.into(),
    };
    assert_eq!(
        reply(format!("/reply {SESSION} hello\nthere")),
        answer("hello\nthere")
    );
    assert_eq!(
        reply(format!("/reply@Desk_Bot  {SESSION}\n hello")),
        answer("hello")
    );
    assert_eq!(
        reply(format!("/reply@other_bot {SESSION} hello")),
        Meaning::Ignore
    );
    assert_eq!(reply("/reply".into()), Meaning::ReplyUsage);
    assert_eq!(reply(format!("/reply {SESSION}")), Meaning::ReplyUsage);
    assert_eq!(reply("/reply hello".into()), Meaning::ReplyUsage);
    assert_eq!(reply("/reply hello there".into()), Meaning::ReplyUnknown);
    assert_eq!(reply("/replyall x y".into()), Meaning::Ignore);
}

#[test]
fn a_photo_with_a_reply_command_needs_no_more_words() {
    let caption = json!([{"type": "bot_command", "offset": 0, "length": 6}]);
    let fields = json!({"photo": [{"file_id": "f"}], "caption": format!("/reply {SESSION}"), "caption_entities": caption});
    assert_eq!(
        says(fields),
        Meaning::Reply {
            session: SESSION,
            words: String::new()
        }
    );
}

#[test]
fn an_edit_carries_the_words_without_the_command() {
    let edit = |fields: Value| meant(json!({"update_id": 1, "edited_message": message(fields)}));
    assert_eq!(
        edit(json!({"text": "better"})),
        Meaning::Edit {
            words: "better".into()
        }
    );
    assert_eq!(
        edit(json!({"photo": [{"file_id": "f"}], "caption": "c"})),
        Meaning::Edit { words: "c".into() }
    );
    let text = format!("/reply {SESSION} better");
    let command = json!([{"type": "bot_command", "offset": 0, "length": 6}]);
    assert_eq!(
        edit(json!({"text": text, "entities": command})),
        Meaning::Edit {
            words: "better".into()
        }
    );
    assert_eq!(
        edit(json!({"location": {"latitude": 1.0, "longitude": 2.0}})),
        Meaning::Ignore
    );
    assert_eq!(
        edit(json!({"text": "x", "chat": {"id": -1}})),
        Meaning::Ignore
    );
}

#[test]
fn what_can_not_be_passed_on_is_known_as_such() {
    let poll = json!({"poll": {"id": "1"}, "reply_to_message": bot_post()});
    assert_eq!(
        says(poll),
        Meaning::Foreign(To {
            post: Some(100),
            session: Some(SESSION),
            topic: None
        })
    );
    assert_eq!(
        says(json!({"dice": {"emoji": "🎲", "value": 3}})),
        Meaning::Ignore
    );
}

#[test]
fn every_group_is_heard_and_no_other_chat() {
    let reply =
        |chat: i64| json!({"text": "hello", "chat": {"id": chat}, "reply_to_message": bot_post()});
    assert_eq!(says(reply(SALES)), says(reply(GROUP)));
    assert!(matches!(says(reply(SALES)), Meaning::Answer(_)));
    assert_eq!(says(reply(-7)), Meaning::Ignore);
    let moved = Meaning::Migrated {
        old: SALES,
        new: -200,
    };
    let told = json!({"migrate_to_chat_id": -200, "chat": {"id": SALES}});
    assert_eq!(says(told), moved);
}

#[test]
fn a_migration_is_heard_in_the_old_chat_and_in_the_new_one() {
    let moved = Meaning::Migrated {
        old: GROUP,
        new: -200,
    };
    assert_eq!(says(json!({"migrate_to_chat_id": -200})), moved);
    assert_eq!(
        says(json!({"migrate_from_chat_id": GROUP, "chat": {"id": -200}})),
        moved
    );
    assert_eq!(
        says(json!({"migrate_from_chat_id": -3, "chat": {"id": -200}})),
        Meaning::Ignore
    );
}

#[test]
fn other_kinds_of_update_are_passed_over() {
    assert_eq!(
        meant(json!({"update_id": 1, "poll_answer": {"anything": 1}})),
        Meaning::Ignore
    );
    assert_eq!(
        meant(
            json!({"update_id": 1, "my_chat_member": {"chat": {"id": GROUP}, "new_chat_member": {"status": "kicked"}}})
        ),
        Meaning::Membership { chat: GROUP }
    );
    assert_eq!(
        meant(json!({"update_id": 1, "my_chat_member": {"chat": {"id": 5}}})),
        Meaning::Ignore
    );
    assert_eq!(meant(json!({"update_id": 1})), Meaning::Ignore);
}
