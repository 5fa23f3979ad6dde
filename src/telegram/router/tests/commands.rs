//! Commands about a ticket, and presses on buttons.

use super::*;

fn command(fields: Value) -> Option<(To, Verb)> {
    match says(fields) {
        Meaning::Command { to, verb } => Some((to, verb)),
        _ => None,
    }
}

#[test]
fn a_command_is_about_the_post_it_replies_to_else_about_its_topic() {
    let to_post = To {
        post: Some(100),
        session: Some(SESSION),
        topic: None,
    };
    let in_topic = To {
        topic: Some(9),
        ..To::default()
    };
    for (fields, to) in [
        (json!({"reply_to_message": bot_post()}), to_post),
        (
            json!({"message_thread_id": 9, "is_topic_message": true, "reply_to_message": topic_made()}),
            in_topic.clone(),
        ),
        (
            json!({"message_thread_id": 9, "is_topic_message": true}),
            in_topic.clone(),
        ),
        (
            json!({"message_thread_id": 9, "is_topic_message": true, "reply_to_message": of_agent(8)}),
            To {
                post: Some(102),
                ..in_topic
            },
        ),
        (json!({}), To::default()),
    ] {
        for text in ["/take", "/TAKE", "/take@desk_bot", "/take@Desk_Bot please"] {
            let mut fields = fields.clone();
            fields["text"] = text.into();
            assert_eq!(command(fields), Some((to.clone(), Verb::Take)), "{text}");
        }
    }
}

#[test]
fn a_mark_in_somebodys_own_message_leads_nowhere() {
    let mut forged = of_agent(8);
    forged["entities"] = bot_post()["entities"].clone();
    let (to, _) = command(json!({"text": "/close", "reply_to_message": forged})).unwrap();
    assert_eq!((to.post, to.session), (Some(102), None));
}

#[test]
fn other_bots_commands_and_other_chats_ask_for_nothing() {
    for fields in [
        json!({"text": "/take@other_bot", "reply_to_message": bot_post()}),
        json!({"text": "/take", "chat": {"id": 5}}),
        json!({"text": "/take", "from": {"id": 8, "is_bot": true, "first_name": "B"}}),
    ] {
        assert_eq!(says(fields.clone()), Meaning::Ignore, "{fields}");
    }
    let edited = message(json!({"text": "/close now", "edit_date": 1}));
    let edited = meant(json!({"update_id": 1, "edited_message": edited}));
    assert_eq!(edited, Meaning::Ignore);
}

fn press(fields: Value) -> Press {
    let mut query = json!({
        "id": "77", "from": {"id": 7, "is_bot": false, "first_name": "Ann", "last_name": "Lee"},
        "message": bot_post(), "chat_instance": "1", "data": "take:12",
    });
    for (key, value) in fields.as_object().unwrap() {
        query[key] = value.clone();
    }
    match meant(json!({"update_id": 1, "callback_query": query})) {
        Meaning::Press(press) => press,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_press_names_its_button_its_post_and_who_pressed() {
    let press = press(json!({}));
    assert_eq!(press.callback, "77");
    assert_eq!(press.button, Some((Button::Take, TicketId(12))));
    assert_eq!(
        (press.to.post, press.to.session),
        (Some(100), Some(SESSION))
    );
    assert_eq!(
        (press.who.telegram_id, press.who.name.as_str()),
        (Some(7), "Ann Lee")
    );
}

#[test]
fn a_press_elsewhere_or_on_a_foreign_button_is_still_one_to_be_answered() {
    for fields in [
        json!({"message": null}),
        json!({"message": {"message_id": 100, "date": 0, "chat": {"id": 5}}}),
        json!({"data": null}),
        json!({"data": "something else"}),
        json!({"from": {"id": 8, "is_bot": true, "first_name": "B"}}),
    ] {
        assert_eq!(press(fields.clone()).button, None, "{fields}");
    }
    let old = json!({"message": {"message_id": 100, "date": 0, "chat": {"id": GROUP}}});
    assert_eq!(press(old).to.post, Some(100));
}
