//! `GET /message_history/{user_id}`: pages, cursors, ids and the shape of a message.

use serde_json::{Value, json};

use crate::world::{Raw, World, png};

fn ids(history: &Value) -> Vec<i64> {
    let items = history["messages"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_page_holds_the_newest_and_says_whether_there_are_older_ones() {
    let world = World::with(|options| options.telegram = false).await;
    let alice = world.phone("alice");
    alice.history("").await; // the greeting of the day is the first of all
    for number in 1..60 {
        alice.sends(&format!("{number}")).await;
    }
    let all = ids(&alice.history("?limit=500").await);
    assert_eq!(all.len(), 60);
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    let plain = alice.history("").await;
    assert_eq!(
        (ids(&plain), &plain["has_more"]),
        (all[10..].to_vec(), &json!(true))
    );
    for (limit, more) in [
        (1, true),
        (59, true),
        (60, false),
        (61, false),
        (500, false),
    ] {
        let page = alice.history(&format!("?limit={limit}")).await;
        let from = 60_usize.saturating_sub(limit);
        assert_eq!(
            (ids(&page), &page["has_more"]),
            (all[from..].to_vec(), &json!(more)),
            "{limit}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn cursors_walk_both_ways_without_a_gap() {
    let world = World::with(|options| options.telegram = false).await;
    let (alice, bob) = (world.phone("alice"), world.phone("bob"));
    alice.history("").await;
    for number in 0..10 {
        alice.sends(&format!("{number}")).await;
        bob.sends("of somebody else").await;
    }
    let all = ids(&alice.history("?limit=500").await);
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = alice.history(&format!("?limit=4&after_id={after}")).await;
        seen.extend(ids(&page));
        after = *seen.last().unwrap();
        if page["has_more"] == false {
            break;
        }
        assert_eq!(ids(&page).len(), 4);
    }
    assert_eq!(seen, all);
    let (mut before, mut seen) = (i64::MAX, Vec::new());
    loop {
        let page = alice.history(&format!("?limit=4&before_id={before}")).await;
        let mut older = ids(&page);
        older.extend(seen);
        seen = older;
        before = seen[0];
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, all);
    let newest = all.last().unwrap();
    for query in [
        format!("?after_id={newest}"),
        format!("?before_id={}", all[0]),
        format!("?after_id={}", i64::MAX),
    ] {
        let page = alice.history(&query).await;
        assert_eq!(
            (ids(&page), &page["has_more"]),
            (vec![], &json!(false)),
            "{query}"
        );
    }
    // A cursor may name a message of another contact, or one that never was.
    let page = alice.history(&format!("?after_id={}", all[3] + 1)).await;
    assert_eq!(ids(&page), all[4..]);
    world.ends().await;
}

#[tokio::test]
async fn a_wrong_query_names_its_part() {
    let world = World::start().await;
    let alice = world.phone("alice");
    let long = format!("user_name={}", "x".repeat(257));
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=abc", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("after_id=x", "after_id"),
        ("after_id=-1", "after_id"),
        ("before_id=x", "before_id"),
        ("before_id=9223372036854775808", "before_id"),
        ("after_id=1&before_id=5", "before_id"),
        (&long, "user_name"),
    ] {
        let answer = alice.gets(&format!("/message_history/alice?{query}")).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{query} {}",
            answer.body
        );
    }
    assert_eq!(world.rows("contacts"), 0);
    world.ends().await;
}

#[tokio::test]
async fn parts_of_the_query_that_are_empty_are_absent() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends("hi").await;
    for query in [
        "?limit=50&user_name=&after_id=&before_id=",
        "?limit=&after_id=0",
        "?unknown=1&limit=500",
    ] {
        let page = alice.history(query).await;
        assert_eq!(page["messages"].as_array().unwrap().len(), 2, "{query}");
    }
    world.ends().await;
}

#[tokio::test]
async fn ids_grow_without_a_gap_while_many_write() {
    let world = World::with(|options| options.telegram = false).await;
    let alice = world.phone("alice");
    alice.history("").await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let alice = alice.clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    alice.sends(&format!("{writer}/{number}")).await;
                }
            })
        })
        .collect();
    // Who follows with after_id meanwhile must not miss one that becomes visible late.
    let (mut after, mut seen) = (0, Vec::new());
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let page = ids(&alice.history(&format!("?limit=7&after_id={after}")).await);
        after = page.last().copied().unwrap_or(after);
        seen.extend(page);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.extend(ids(&alice
        .history(&format!("?limit=500&after_id={after}"))
        .await));
    assert_eq!(seen, ids(&alice.history("?limit=500").await));
    assert_eq!(seen.len(), 201);
    world.ends().await;
}

#[tokio::test]
async fn any_user_id_works_in_a_path() {
    let world = World::with(|options| options.telegram = false).await;
    for user in [
        "a/b",
        "/",
        "a b",
        "Олег 😀",
        "100%",
        "a?b=c#d",
        "a+b",
        "a%2Fb",
        ";:@&=$,",
        "..a",
        "\"'<>",
    ] {
        let phone = world.phone(user);
        phone.sends(user).await;
        assert_eq!(phone.reads().await, [user]);
        let path = percent_encoding::utf8_percent_encode(user, percent_encoding::NON_ALPHANUMERIC);
        let slash = phone
            .gets(&format!("/message_history/{path}/?limit=5"))
            .await
            .ok();
        assert_eq!(slash["messages"].as_array().unwrap().len(), 2);
        let device = phone.gets(&format!("/check_device/{path}/")).await.ok();
        assert_eq!(device["user_id"], user);
    }
    assert_eq!(world.rows("contacts"), 11);
    world.ends().await;
}

#[tokio::test]
async fn a_user_id_that_can_not_be_is_refused() {
    let world = World::start().await;
    let long = "x".repeat(129);
    for (path, status) in [
        ("/message_history/", 404),
        ("/message_history", 404),
        ("/message_history/a/b", 404),
        ("/message_history/%00", 400),
        ("/message_history/a%0Ab", 400),
        ("/message_history/%C2%85", 400),
        ("/message_history/%FF", 400),
        (&format!("/message_history/{long}"), 400),
        (&format!("/check_device/{long}"), 400),
        ("/check_device/%00", 400),
    ] {
        let mut raw = Raw::connect(&world).await;
        raw.asks(&format!("GET {path}"), "", b"").await;
        let answer = raw.hears().await.unwrap();
        assert_eq!(answer.status, status, "{path} {}", answer.body);
        if status == 400 {
            assert_eq!(answer.body["field"], "user_id", "{path} {}", answer.body);
        }
    }
    assert_eq!(world.rows("contacts"), 0);
    world.ends().await;
}

#[tokio::test]
async fn a_message_has_these_keys_and_this_time() {
    let world = World::start().await;
    let alice = world.phone("alice");
    alice.sends_photos("look", vec![png(8, 8)]).await.ok();
    let post = world.post_with("alice").await;
    world.sandbox.agent_replies(post, "seen");
    alice.sees(&world, &["look", "seen"]).await;
    let history = alice.history("").await;
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut own = keys(&history);
    own.sort();
    assert_eq!(own, ["greeting_sent", "has_more", "messages", "success"]);
    assert_eq!(history["success"], true);
    for item in history["messages"].as_array().unwrap() {
        let mut own = keys(item);
        own.sort();
        let wanted = [
            "agent_name",
            "attachments",
            "created_at",
            "direction",
            "edited_at",
            "id",
            "message",
            "photo_url",
            "photo_urls",
            "read",
        ];
        assert_eq!(own, wanted);
        let time = item["created_at"].as_str().unwrap();
        chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").unwrap();
        assert_eq!((time.len(), &time[..11]), (19, "2026-03-01 "));
        assert_eq!(item["edited_at"], Value::Null);
    }
    let by = |text: &str| {
        let items = history["messages"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["message"] == text)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&by("look")["direction"], &by("look")["agent_name"]),
        (&json!("user"), &Value::Null)
    );
    assert_eq!(
        (&by("seen")["direction"], &by("seen")["agent_name"]),
        (&json!("support"), &json!("Anna Petrova"))
    );
    let mut own = keys(&by("look")["attachments"][0]);
    own.sort();
    assert_eq!(own, ["kind", "mime", "name", "size", "thumb_url", "url"]);
    world.ends().await;
}
