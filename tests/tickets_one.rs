//! One ticket: changing it, its messages, giving it away, closing it, and who may.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World, jpeg};

async fn opens(staff: &Phone, user: &str) -> i64 {
    let body = json!({"user_id": user, "title": "question"});
    let made = staff.posts("/support/tickets/", body).await;
    made.body["id"].as_i64().unwrap()
}

async fn changes(staff: &Phone, method: Method, id: i64, body: Value) -> Answer {
    let request = staff.request(method, &format!("/support/tickets/{id}/"));
    staff.answer(request.json(&body)).await
}

async fn patches(staff: &Phone, id: i64, body: Value) -> Answer {
    changes(staff, Method::PATCH, id, body).await
}

async fn says(staff: &Phone, id: i64, body: Value) -> Answer {
    staff
        .posts(&format!("/support/tickets/{id}/messages/"), body)
        .await
}

async fn ticket(staff: &Phone, id: i64) -> Value {
    staff.gets(&format!("/support/tickets/{id}/")).await.ok()
}

fn number(staff: &Phone) -> i64 {
    staff.user_id.parse().unwrap()
}

#[tokio::test]
async fn put_needs_a_title_and_patch_changes_what_it_names() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let id = opens(&olga, "a").await;
    changes(&olga, Method::PUT, id, json!({"resolved": true}))
        .await
        .refused(400, "missing_field");
    assert_eq!(ticket(&olga, id).await["resolved"], false);
    let put = changes(
        &olga,
        Method::PUT,
        id,
        json!({"title": "new", "resolved": true}),
    )
    .await
    .ok();
    assert_eq!(
        (&put["title"], &put["resolved"]),
        (&json!("new"), &json!(true))
    );
    let open = patches(&olga, id, json!({"resolved": false})).await.ok();
    assert_eq!(
        (&open["title"], &open["status"]),
        (&json!("new"), &json!("open"))
    );
    let own = number(&olga);
    let taken = patches(&olga, id, json!({"support_manager": own}))
        .await
        .ok();
    assert_eq!(taken["support_manager"]["id"], own);
    assert_eq!(taken["status"], "waiting_admin");
    let free = patches(&olga, id, json!({"support_manager": null}))
        .await
        .ok();
    assert_eq!(
        (&free["support_manager"], &free["status"]),
        (&Value::Null, &json!("open"))
    );
    let seen = patches(&olga, id, json!({"viewed": true, "resolved": null}))
        .await
        .ok();
    assert_eq!(
        (&seen["viewed"], &seen["resolved"]),
        (&json!(true), &json!(false))
    );
    for (body, field) in [
        (json!({"title": ""}), "title"),
        (json!({"title": "x".repeat(257)}), "title"),
        (json!({"title": 1}), "title"),
        (json!({"resolved": "true"}), "resolved"),
        (json!({"support_manager": "me"}), "support_manager"),
        (json!({"support_manager": -1}), "support_manager"),
        (json!({"viewed": 1}), "viewed"),
    ] {
        let answer = patches(&olga, id, body.clone()).await;
        let found = (answer.status, answer.body["field"].as_str());
        assert_eq!(found, (400, Some(field)), "{body}");
    }
    patches(&olga, id, json!({"support_manager": 99999}))
        .await
        .refused(404, "agent_not_found");
    patches(&olga, 99999, json!({}))
        .await
        .refused(404, "ticket_not_found");
    let answer = olga.gets("/support/tickets/abc/").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    world.ends().await;
}

#[tokio::test]
async fn a_closed_ticket_is_given_to_nobody_new_and_all_of_a_change_happens_or_nothing() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let ivan = world.staff("ivan", "agent");
    let id = opens(&olga, "a").await;
    // Closing twice changes nothing, and neither does saying whose it is already.
    for _ in 0..2 {
        let mine = json!({"support_manager": number(&olga), "resolved": true});
        patches(&olga, id, mine).await.ok();
    }
    patches(
        &olga,
        id,
        json!({"title": "lost", "support_manager": number(&ivan)}),
    )
    .await
    .refused(409, "ticket_closed");
    assert_eq!(ticket(&olga, id).await["title"], "question");
    let both = json!({"resolved": false, "support_manager": number(&ivan)});
    let given = patches(&olga, id, both).await.ok();
    assert_eq!(given["support_manager"]["first_name"], "ivan");
    // It is Ivan's now: Olga may take it over, and then do the rest.
    for change in [json!({"title": "mine"}), json!({"resolved": true})] {
        let answer = patches(&olga, id, change).await;
        answer.refused(403, "not_yours");
    }
    let over = json!({"support_manager": number(&olga), "title": "mine", "resolved": true});
    let over = patches(&olga, id, over).await.ok();
    assert_eq!(
        (&over["title"], &over["resolved"]),
        (&json!("mine"), &json!(true))
    );
    let actions: Vec<String> = {
        let sql = world.sql();
        let mut rows = sql
            .prepare("SELECT action FROM activity_log ORDER BY id")
            .unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(
        actions,
        [
            "assigned",
            "closed",
            "reopened",
            "transferred",
            "transferred",
            "changed",
            "closed"
        ]
    );
    world.ends().await;
}

#[tokio::test]
async fn an_answer_goes_to_the_phone_and_the_group_and_a_contacts_words_go_to_the_group() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let alice = world.phone("alice");
    alice.registers("alice-token").await;
    alice.sends("where is it?").await;
    world.post_with("where is it?").await;
    let list = olga.gets("/support/tickets/").await.ok();
    let id = list[0]["id"].as_i64().unwrap();
    let said = says(&olga, id, json!({"text": "on its way", "sender": "supp"})).await;
    assert_eq!(said.status, 201);
    assert_eq!(
        (&said.body["sender"], &said.body["viewed"]),
        (&json!("supp"), &json!(true))
    );
    alice.sees(&world, &["where is it?", "on its way"]).await;
    world
        .until("a push", async || !world.sandbox.pushes().is_empty())
        .await;
    let taken = ticket(&olga, id).await;
    assert_eq!(taken["support_manager"]["first_name"], "olga");
    let said = says(
        &olga,
        id,
        json!({"text": "he called: thanks", "sender": "user"}),
    )
    .await;
    assert_eq!((said.status, &said.body["viewed"]), (201, &json!(false)));
    world.post_with("he called: thanks").await;
    assert_eq!(ticket(&olga, id).await["viewed"], false);
    for (body, field) in [
        (json!({"sender": "supp"}), "text"),
        (json!({"text": "x"}), "sender"),
        (json!({"text": "x", "sender": "boss"}), "sender"),
        (json!({"text": "x", "sender": 1}), "sender"),
        (json!({"text": " \n", "sender": "supp"}), "text"),
        (json!({"text": " \n", "sender": "user"}), "text"),
        (json!({"text": "x".repeat(4097), "sender": "supp"}), "text"),
        (json!({"text": ["x"], "sender": "supp"}), "text"),
    ] {
        let answer = says(&olga, id, body.clone()).await;
        let found = (answer.status, answer.body["field"].as_str());
        assert_eq!(found, (400, Some(field)), "{body}");
    }
    let long = says(
        &olga,
        id,
        json!({"text": "я".repeat(4096), "sender": "supp"}),
    )
    .await;
    assert_eq!(long.status, 201);
    says(&olga, 99999, json!({"text": "x", "sender": "user"}))
        .await
        .refused(404, "ticket_not_found");
    let ivan = world.staff("ivan", "agent");
    for sender in ["supp", "user"] {
        says(&ivan, id, json!({"text": "x", "sender": sender}))
            .await
            .refused(403, "not_yours");
    }
    let boss = world.staff("boss", "owner");
    assert_eq!(
        says(&boss, id, json!({"text": "sorry", "sender": "supp"}))
            .await
            .status,
        201
    );
    assert_eq!(
        ticket(&olga, id).await["support_manager"]["first_name"],
        "olga"
    );
    world.queue_is_empty().await;
    world.ends().await;
}

#[tokio::test]
async fn messages_come_newest_first_and_looking_at_them_is_opening_the_ticket() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let alice = world.phone("alice");
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        sent.push(alice.sends(text).await);
    }
    let id = olga.gets("/support/tickets/").await.ok()[0]["id"]
        .as_i64()
        .unwrap();
    let before = ticket(&olga, id).await;
    assert_eq!(
        (&before["viewed"], &before["unread_count"]),
        (&json!(false), &json!(3))
    );
    // An older page opens it, and counts as read no further than it was shown.
    let older = olga
        .gets(&format!("/support/tickets/{id}/messages/?limit=2&offset=1"))
        .await
        .ok();
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts(&older["results"]), ["two", "one"]);
    assert_eq!(older["count"], 3);
    let between = ticket(&olga, id).await;
    assert_eq!(
        (&between["viewed"], &between["unread_count"]),
        (&json!(true), &json!(1))
    );
    let all = olga.gets(&format!("/support/tickets/{id}/messages/")).await;
    assert_eq!(all.header("x-total-count"), Some("3"));
    let all = all.ok();
    assert_eq!(texts(&all), ["three", "two", "one"]);
    assert_eq!(all[0]["id"], sent[2]);
    assert_eq!(ticket(&olga, id).await["unread_count"], 0);
    let history = alice.history("?limit=500").await;
    let read = history["messages"].as_array().unwrap().iter();
    assert!(
        read.filter(|item| item["direction"] == "user")
            .all(|item| item["read"] == true)
    );
    alice.sends("four").await;
    let after = ticket(&olga, id).await;
    assert_eq!(
        (&after["viewed"], &after["unread_count"]),
        (&json!(false), &json!(1))
    );
    olga.gets("/support/tickets/99999/messages/")
        .await
        .refused(404, "ticket_not_found");
    world.ends().await;
}

#[tokio::test]
async fn an_operator_attaches_files_and_the_contact_gets_them() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let alice = world.phone("alice");
    alice.sends("show me").await;
    let path = "/support/tickets/1/messages/";
    let file = |bytes: Vec<u8>, name: &str| Part::bytes(bytes).file_name(name.to_owned());
    let form = Form::new()
        .text("text", "")
        .text("sender", "supp")
        .part("file", file(jpeg(40, 30), "look.jpg"))
        .part("file", file(b"%PDF-1.4 plan".to_vec(), "plan.pdf"));
    let said = olga
        .answer(olga.request(Method::POST, path).multipart(form))
        .await;
    assert_eq!(said.status, 201, "{}", said.body);
    let attachments = said.body["attachments"].as_array().unwrap();
    let kinds: Vec<&str> = attachments
        .iter()
        .map(|part| part["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        (kinds, &attachments[1]["name"]),
        (vec!["photo", "document"], &json!("plan.pdf"))
    );
    let history = alice.history("").await;
    let last = history["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["attachments"].as_array().unwrap().len(), 2);
    let form = Form::new()
        .text("text", "x")
        .text("sender", "user")
        .part("file", file(jpeg(4, 3), "x.jpg"));
    let refused = olga
        .answer(olga.request(Method::POST, path).multipart(form))
        .await;
    assert_eq!(
        (refused.status, refused.body["field"].as_str()),
        (400, Some("file"))
    );
    assert_eq!(world.uploaded_files().len(), 3);
    world.ends().await;
}

#[tokio::test]
async fn assign_close_and_reopen_answer_with_the_ticket() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let ivan = world.staff("ivan", "agent");
    let id = opens(&olga, "a").await;
    let act = async |who: &Phone, what: &str, body: Value| {
        who.posts(&format!("/support/tickets/{id}/{what}/"), body)
            .await
    };
    let mine = act(&olga, "assign", json!({"agent": "me"})).await.ok();
    assert_eq!(mine["support_manager"]["first_name"], "olga");
    let given = act(&olga, "assign", json!({"agent": number(&ivan)}))
        .await
        .ok();
    assert_eq!(given["support_manager"]["first_name"], "ivan");
    act(&olga, "close", json!({}))
        .await
        .refused(403, "not_yours");
    act(&olga, "reopen", json!({}))
        .await
        .refused(403, "not_yours");
    let free = act(&olga, "assign", json!({"agent": null})).await.ok();
    assert_eq!(free["support_manager"], Value::Null);
    for body in [
        json!({}),
        json!({"agent": "you"}),
        json!({"agent": 1.5}),
        json!({"agent": true}),
    ] {
        let answer = act(&olga, "assign", body.clone()).await;
        let found = (answer.status, answer.body["field"].as_str());
        assert_eq!(found, (400, Some("agent")), "{body}");
    }
    act(&world.service(), "assign", json!({"agent": "me"}))
        .await
        .refused(403, "not_an_agent");
    let closed = act(&olga, "close", json!({"reason": "refunded"}))
        .await
        .ok();
    assert_eq!(
        (&closed["resolved"], &closed["status"]),
        (&json!(true), &json!("closed"))
    );
    act(&olga, "assign", json!({"agent": "me"}))
        .await
        .refused(409, "ticket_closed");
    // Without a body at all.
    let again = olga.request(Method::POST, &format!("/support/tickets/{id}/close"));
    assert_eq!(olga.answer(again).await.status, 200);
    let open = olga.request(Method::POST, &format!("/support/tickets/{id}/reopen/"));
    assert_eq!(olga.answer(open).await.ok()["resolved"], false);
    act(&olga, "close", json!({"reason": "x".repeat(4097)}))
        .await
        .refused(400, "field_too_long");
    world.ends().await;
}

#[tokio::test]
async fn words_of_a_contact_open_a_ticket_closed_lately_and_no_other() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let id = opens(&olga, "a").await;
    patches(&olga, id, json!({"resolved": true})).await.ok();
    let said = says(&olga, id, json!({"text": "still broken", "sender": "user"})).await;
    assert_eq!(said.status, 201);
    assert_eq!(ticket(&olga, id).await["resolved"], false);
    patches(&olga, id, json!({"resolved": true})).await.ok();
    world
        .sql()
        .execute(
            "UPDATE tickets SET closed_at = '2026-02-01T00:00:00.000000Z'",
            [],
        )
        .unwrap();
    says(&olga, id, json!({"text": "again", "sender": "user"}))
        .await
        .refused(409, "ticket_closed");
    world.ends().await;
}

#[tokio::test]
async fn a_search_finds_tickets_and_messages_and_takes_anything() {
    let world = World::start().await;
    let olga = world.staff("olga", "agent");
    let alice = world.phone("alice-7");
    alice.sends("My <b>parcel</b> is lost, order 55").await;
    world.phone("bob").sends("hello").await;
    let found = olga.gets("/support/search/?q=parc").await.ok();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    let hit = &found["messages"][0];
    assert_eq!(hit["message"]["text"], "My <b>parcel</b> is lost, order 55");
    assert_eq!(
        (&hit["ticket"], &hit["title"]),
        (&hit["message"]["ticket"], &found["tickets"][0]["title"])
    );
    assert!(hit["snippet"].as_str().unwrap().contains("parcel"));
    let by_user = olga.gets("/support/search/?q=alice-7&limit=1").await.ok();
    assert_eq!(by_user["tickets"][0]["user"]["user_id"], "alice-7");
    for q in [
        "%22",
        "*",
        "NEAR(a+b)",
        "a%00b",
        "title:x",
        "-",
        "%F0%9F%92%B3",
        "AND+OR+NOT",
    ] {
        olga.gets(&format!("/support/search/?q={q}")).await.ok();
    }
    for (query, field) in [
        ("", "q"),
        ("?q=", "q"),
        ("?q=a&limit=0", "limit"),
        ("?q=a&limit=101", "limit"),
    ] {
        let answer = olga.gets(&format!("/support/search/{query}")).await;
        let found = (answer.status, answer.body["field"].as_str());
        assert_eq!(found, (400, Some(field)), "{query}");
    }
    let long = "a".repeat(257);
    olga.gets(&format!("/support/search/?q={long}"))
        .await
        .refused(400, "field_too_long");
    world.queue_is_empty().await;
    world.ends().await;
}
