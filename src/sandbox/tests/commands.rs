//! Lists of commands: their scopes and languages, and what somebody is offered.

use serde_json::json;
use teloxide::payloads::{DeleteMyCommandsSetters, GetMyCommandsSetters, SetMyCommandsSetters};
use teloxide::requests::Requester;
use teloxide::types::{BotCommand, BotCommandScope, ChatId, Recipient, UserId};

use super::*;

async fn set(bot: &Bot, scope: BotCommandScope, language: &str, name: &str) {
    let list = [BotCommand::new(name, "Does it")];
    let set = bot.set_my_commands(list).scope(scope);
    set.language_code(language).await.unwrap();
}

fn names(commands: Vec<(String, String)>) -> Vec<String> {
    commands.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn the_narrowest_scope_wins_and_in_it_the_language() {
    let (sandbox, bot) = world(false).await;
    let alice = sandbox.person("Alice", None, Some("ru"));
    let vera = sandbox.person("Vera", None, Some("pt-br"));
    let chat = || BotCommandScope::Chat {
        chat_id: Recipient::Id(ChatId(alice.id())),
    };
    assert!(alice.commands().is_empty());
    for (name, scope, language, alices, veras) in [
        ("a", BotCommandScope::Default, "", "a", "a"),
        ("b", BotCommandScope::AllGroupChats, "", "a", "a"),
        ("c", BotCommandScope::Default, "ru", "c", "a"),
        ("d", BotCommandScope::AllPrivateChats, "", "d", "d"),
        ("e", BotCommandScope::AllPrivateChats, "pt", "d", "e"),
        ("f", BotCommandScope::AllPrivateChats, "ru", "f", "e"),
        ("g", chat(), "uz", "f", "e"),
        ("h", chat(), "", "h", "e"),
        ("i", chat(), "ru", "i", "e"),
    ] {
        set(&bot, scope, language, name).await;
        assert_eq!(names(alice.commands()), [alices], "{name}");
        assert_eq!(names(vera.commands()), [veras], "{name}");
    }
    assert_eq!(names(sandbox.commands()), ["b"]);
    let member = BotCommandScope::ChatMember {
        chat_id: Recipient::Id(ChatId(sandbox.group_chat_id())),
        user_id: UserId(sandbox.agent().id.unsigned_abs()),
    };
    set(&bot, member, "", "j").await;
    assert_eq!(names(sandbox.commands()), ["j"]);

    let kept = bot.get_my_commands().scope(chat()).language_code("ru");
    assert_eq!(kept.await.unwrap()[0].command, "i");
    let other = bot.get_my_commands().scope(chat()).language_code("en");
    assert!(other.await.unwrap().is_empty());
    let delete = bot.delete_my_commands().scope(chat());
    delete.language_code("ru").await.unwrap();
    assert_eq!(names(alice.commands()), ["h"]);
}

#[tokio::test]
async fn scopes_and_languages_are_checked() {
    let (sandbox, _) = world(false).await;
    let alice = sandbox.person("Alice", None, None).id();
    let group = sandbox.group_chat_id();
    let parse = "can't parse BotCommandScope: ";
    for (more, words) in [
        (
            json!({"language_code": "rus"}),
            "invalid language code specified".to_owned(),
        ),
        (
            json!({"language_code": "RU"}),
            "invalid language code specified".to_owned(),
        ),
        (
            json!({"scope": "{"}),
            "can't parse BotCommandScope JSON object".to_owned(),
        ),
        (
            json!({"scope": []}),
            format!("{parse}BotCommandScope must be an Object"),
        ),
        (
            json!({"scope": {}}),
            format!("{parse}Can't find field \"type\""),
        ),
        (
            json!({"scope": {"type": "all"}}),
            format!("{parse}Unsupported type specified"),
        ),
        (
            json!({"scope": {"type": "chat"}}),
            format!("{parse}Can't find field \"chat_id\""),
        ),
        (
            json!({"scope": {"type": "chat", "chat_id": 5}}),
            "chat not found".to_owned(),
        ),
        (
            json!({"scope": {"type": "chat_administrators", "chat_id": alice}}),
            "can't use specified scope in private chats".to_owned(),
        ),
        (
            json!({"scope": {"type": "chat_member", "chat_id": group}}),
            format!("{parse}Can't find field \"user_id\""),
        ),
        (
            json!({"scope": {"type": "chat_member", "chat_id": group, "user_id": 0}}),
            format!("{parse}Invalid user_id specified"),
        ),
        (
            json!({"commands": {}}),
            "expected an Array of BotCommand".to_owned(),
        ),
        (
            json!({"commands": "["}),
            "can't parse commands JSON object".to_owned(),
        ),
    ] {
        let mut params = json!({"commands": [{"command": "a", "description": "b"}]});
        let more = more.as_object().unwrap().clone();
        params.as_object_mut().unwrap().extend(more);
        let said = refusal(&sandbox, "setMyCommands", params).await;
        assert_eq!(said, format!("Bad Request: {words}"));
    }
}
