//! Users, admins and categories of the helpdesk interface, as a program meets them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Phone, World};

/// `PATCH /api/x/` with a body.
async fn asks(phone: &Phone, line: &str, body: Value) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let request = phone.request(method.clone(), path);
    let plain = matches!(method, Method::GET | Method::DELETE);
    let request = if plain { request } else { request.json(&body) };
    phone.answer(request).await
}

async fn made(phone: &Phone, path: &str, body: Value) -> Value {
    let answer = phone.posts(path, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[track_caller]
fn wrong(answer: &Answer, status: u16, code: &str, field: &str) {
    answer.refused(status, code);
    assert_eq!(answer.body["field"], field, "{}", answer.body);
}

const USERS: &str = "/api/user/users/";
const ADMINS: &str = "/api/admin/admins/";
const CATEGORIES: &str = "/api/admin/categories/";
const LINKS: &str = "/api/admin/admin-categories/";

#[tokio::test]
async fn a_user_is_made_found_changed_blocked_and_removed() {
    let world = World::start().await;
    let bot = world.service();
    let body = json!({"telegram_id": 123, "username": "ann", "first_name": "Ann", "last_name": "Lee", "language": "uz", "more": 1});
    let user = made(&bot, USERS, body.clone()).await;
    let expected = json!({"id": user["id"], "telegram_id": 123, "user_id": "tg:123", "username": "ann", "first_name": "Ann",
        "last_name": "Lee", "is_blocked": false, "language": "uz", "created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z"});
    assert_eq!(user, expected);
    wrong(
        &bot.posts(USERS, body).await,
        400,
        "already_taken",
        "telegram_id",
    );
    let one = format!("{USERS}{}/", user["id"]);
    assert_eq!(bot.gets(&one).await.ok(), user);
    let found = bot.gets(&format!("{USERS}?telegram_id=123")).await.ok();
    assert_eq!((&found["count"], &found["results"][0]), (&json!(1), &user));
    for none in [
        "?telegram_id=5",
        "?user_id=ann",
        "?user_id=tg:123&telegram_id=5",
    ] {
        let found = bot.gets(&format!("{USERS}{none}")).await.ok();
        assert_eq!(
            found,
            json!({"count": 0, "next": null, "previous": null, "results": []})
        );
    }

    // An app's 123 is somebody else.
    world.phone("123").sends("hi").await;
    let found = bot.gets(&format!("{USERS}?user_id=123")).await.ok();
    let app = &found["results"][0];
    assert_eq!(
        (&app["telegram_id"], &app["language"]),
        (&json!(null), &json!("ru"))
    );
    let newest = bot.gets(USERS).await.ok();
    assert_eq!(newest["results"][0]["id"], app["id"]);

    let patched = asks(
        &bot,
        &format!("PATCH {one}"),
        json!({"first_name": "", "username": null, "language": "en"}),
    )
    .await
    .ok();
    assert_eq!(
        (
            &patched["first_name"],
            &patched["username"],
            &patched["language"]
        ),
        (&json!(null), &json!("ann"), &json!("en"))
    );
    // What was read may be put.
    let put = asks(&bot, &format!("PUT {one}"), patched.clone())
        .await
        .ok();
    assert_eq!(put, patched);
    let app_one = format!("{USERS}{}/", app["id"]);
    asks(&bot, &format!("PUT {app_one}"), app.clone())
        .await
        .ok();
    let put = asks(&bot, &format!("PUT {one}"), json!({"first_name": "x"})).await;
    wrong(&put, 400, "missing_field", "telegram_id");
    for (body, code, field) in [
        (json!({"telegram_id": 124}), "fixed_field", "telegram_id"),
        (json!({"user_id": "tg:124"}), "fixed_field", "user_id"),
        (json!({"user_id": {}}), "invalid_field", "user_id"),
        (json!({"language": "fr"}), "invalid_field", "language"),
        (json!({"first_name": 5}), "invalid_field", "first_name"),
        (
            json!({"first_name": "x".repeat(200)}),
            "field_too_long",
            "first_name",
        ),
        (json!({"is_blocked": "yes"}), "invalid_field", "is_blocked"),
    ] {
        wrong(
            &asks(&bot, &format!("PATCH {one}"), body).await,
            400,
            code,
            field,
        );
    }
    for (body, field) in [
        (json!({}), "telegram_id"),
        (json!({"telegram_id": "123"}), "telegram_id"),
        (json!({"telegram_id": 0}), "telegram_id"),
        (json!({"telegram_id": -5}), "telegram_id"),
        (json!({"user_id": "tg:5"}), "user_id"),
        (json!({"user_id": "123"}), "user_id"),
    ] {
        let answer = bot.posts(USERS, body).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)));
    }
    assert_eq!(
        made(&bot, USERS, json!({"user_id": "crm-7"})).await["user_id"],
        "crm-7"
    );

    // An agent may block, and it is logged once.
    let olga = world.staff("olga", "agent");
    for _ in 0..2 {
        let blocked = olga
            .posts(&format!("{app_one}block/"), json!({}))
            .await
            .ok();
        assert_eq!(blocked["is_blocked"], true);
    }
    let refused = world
        .phone("123")
        .posts("/send_message", json!({"user_id": "123", "message": "hi"}))
        .await;
    refused.refused(403, "contact_blocked");
    olga.posts(&format!("{app_one}unblock/"), json!({}))
        .await
        .ok();
    world.phone("123").sends("again").await;
    assert_eq!(logged(&world), ["olga blocked", "olga unblocked"]);

    // A look at an empty chat leaves a greeting and a device, which are no reason to stay.
    let carol = world.phone("carol");
    carol.registers("token").await;
    carol.history("").await;
    let found = bot.gets(&format!("{USERS}?user_id=carol")).await.ok();
    let carol = format!("{USERS}{}/", found["results"][0]["id"]);
    olga_may_not_remove(&olga, &carol).await;
    for gone in [&one, &carol] {
        assert_eq!(
            asks(&bot, &format!("DELETE {gone}"), json!(null))
                .await
                .status,
            204
        );
        bot.gets(gone).await.refused(404, "contact_not_found");
        asks(&bot, &format!("PATCH {gone}"), json!({}))
            .await
            .refused(404, "contact_not_found");
        asks(&bot, &format!("DELETE {gone}"), json!(null))
            .await
            .refused(404, "contact_not_found");
    }
    let refused = asks(&bot, &format!("DELETE {app_one}"), json!(null)).await;
    refused.refused(409, "contact_has_tickets");
    assert_eq!(bot.gets(&format!("{USERS}abc/")).await.status, 400);
    world.ends().await;
}

async fn olga_may_not_remove(olga: &Phone, user: &str) {
    asks(olga, &format!("DELETE {user}"), json!(null))
        .await
        .refused(403, "not_allowed");
}

/// Who blocked and unblocked, in order.
fn logged(world: &World) -> Vec<String> {
    let sql = world.sql();
    let mut rows = sql
        .prepare("SELECT actor_name || ' ' || action FROM activity_log WHERE action LIKE '%blocked' ORDER BY id")
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn lists_are_pages_with_links_that_lead_through_all_of_it() {
    let world = World::start().await;
    let bot = world.service();
    for number in 1..=45 {
        made(&bot, USERS, json!({"telegram_id": number})).await;
    }
    let mut seen = Vec::new();
    let mut next = Some(world.url(USERS));
    while let Some(link) = next {
        let path = link.strip_prefix(&world.url("")).expect(&link).to_owned();
        let page = bot.gets(&path).await.ok();
        assert_eq!(page["count"], 45);
        let results = page["results"].as_array().unwrap();
        seen.extend(
            results
                .iter()
                .map(|user| user["telegram_id"].as_i64().unwrap()),
        );
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, (1..=45).rev().collect::<Vec<i64>>());
    let page = bot.gets(&format!("{USERS}?page_size=10&page=2")).await.ok();
    let link = |number: i64| json!(world.url(&format!("{USERS}?page_size=10&page={number}")));
    assert_eq!((&page["previous"], &page["next"]), (&link(1), &link(3)));
    let all = bot.gets(&format!("{USERS}?page_size=5000")).await.ok();
    assert_eq!(all["results"].as_array().unwrap().len(), 45);
    bot.gets(&format!("{USERS}?page=4"))
        .await
        .refused(404, "page_not_found");
    bot.gets(&format!("{USERS}?page=99999999999"))
        .await
        .refused(404, "page_not_found");
    for wrong in [
        "page=0",
        "page=-1",
        "page=x",
        "page_size=0",
        "page_size=x",
        "telegram_id=x",
    ] {
        assert_eq!(
            bot.gets(&format!("{USERS}?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
    world.ends().await;
}

#[tokio::test]
async fn an_admin_is_made_of_a_user_a_telegram_id_or_an_address() {
    let world = World::start().await;
    let owner = world.staff("anna", "owner");
    let user = made(
        &owner,
        USERS,
        json!({"telegram_id": 5, "first_name": "Bob", "username": "bob"}),
    )
    .await;
    let category = made(&owner, CATEGORIES, json!({"name_uz": "To‘lov"})).await;
    let bob = made(
        &owner,
        ADMINS,
        json!({"user": user["id"], "categories": [category["id"]]}),
    )
    .await;
    let expected = json!({"id": bob["id"], "user": user["id"], "role": "admin", "is_blocked": false, "last_assigned_at": null,
        "categories": [category["id"]], "email": null, "first_name": "Bob", "last_name": "", "telegram_id": 5,
        "created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z"});
    assert_eq!(bob, expected);
    let carl = made(
        &owner,
        ADMINS,
        json!({"telegram_id": 6, "role": "super_admin"}),
    )
    .await;
    let of_carl = owner.gets(&format!("{USERS}?telegram_id=6")).await.ok();
    assert_eq!(carl["user"], of_carl["results"][0]["id"]);
    let dora = made(
        &owner,
        ADMINS,
        json!({"email": "Dora@Example.com", "password": "12345678"}),
    )
    .await;
    assert_eq!(
        (&dora["user"], &dora["email"]),
        (&json!(null), &json!("dora@example.com"))
    );

    let found = owner
        .gets(&format!("{ADMINS}?user_id={}", user["id"]))
        .await
        .ok();
    assert_eq!((&found["count"], &found["results"][0]), (&json!(1), &bob));
    assert_eq!(
        owner.gets(&format!("{ADMINS}?user_id=999")).await.ok()["count"],
        0
    );
    assert_eq!(owner.gets(&format!("{ADMINS}?user_id=x")).await.status, 400);
    assert_eq!(owner.gets(ADMINS).await.ok()["count"], 4);

    let app_user = {
        world.phone("app").sends("hi").await;
        owner.gets(&format!("{USERS}?user_id=app")).await.ok()["results"][0]["id"].clone()
    };
    for (body, code, field) in [
        (json!({}), "missing_field", "user"),
        (json!({"user": user["id"]}), "already_taken", "user"),
        (json!({"telegram_id": 5}), "already_taken", "telegram_id"),
        (
            json!({"email": "dora@example.com"}),
            "already_taken",
            "email",
        ),
        (json!({"user": 999}), "contact_not_found", "user"),
        (json!({"user": app_user}), "not_on_telegram", "user"),
        (json!({"user": "5"}), "invalid_field", "user"),
        (
            json!({"telegram_id": 7, "role": "boss"}),
            "invalid_field",
            "role",
        ),
        (
            json!({"telegram_id": 7, "categories": [999]}),
            "category_not_found",
            "categories",
        ),
        (
            json!({"telegram_id": 7, "categories": 1}),
            "invalid_field",
            "categories",
        ),
        (
            json!({"telegram_id": 7, "password": "12345678"}),
            "missing_field",
            "email",
        ),
        (
            json!({"email": "x@example.com", "password": "1234567"}),
            "password_too_short",
            "password",
        ),
        (json!({"email": "x"}), "invalid_field", "email"),
    ] {
        wrong(&owner.posts(ADMINS, body).await, 400, code, field);
    }
    // Nothing of what was refused stays.
    assert_eq!(
        owner.gets(&format!("{USERS}?telegram_id=7")).await.ok()["count"],
        0
    );

    let one = format!("{ADMINS}{}/", bob["id"]);
    let patched = asks(
        &owner,
        &format!("PATCH {one}"),
        json!({"categories": [], "last_name": "Ray"}),
    )
    .await
    .ok();
    assert_eq!(
        (
            &patched["categories"],
            &patched["last_name"],
            &patched["first_name"]
        ),
        (&json!([]), &json!("Ray"), &json!("Bob"))
    );
    assert_eq!(
        asks(&owner, &format!("PUT {one}"), patched.clone())
            .await
            .ok(),
        patched
    );
    wrong(
        &asks(&owner, &format!("PUT {one}"), json!({"role": "admin"})).await,
        400,
        "missing_field",
        "user",
    );
    owner
        .gets(&format!("{ADMINS}999/"))
        .await
        .refused(404, "agent_not_found");
    asks(&owner, &format!("PATCH {ADMINS}999/"), json!({}))
        .await
        .refused(404, "agent_not_found");

    // Reading is for all staff, the rest for owners.
    let olga = world.staff("olga", "agent");
    olga.gets(&one).await.ok();
    for line in [
        format!("PATCH {one}"),
        format!("DELETE {one}"),
        format!("POST {one}block/"),
        format!("POST {ADMINS}"),
    ] {
        asks(&olga, &line, json!({"telegram_id": 9}))
            .await
            .refused(403, "not_allowed");
    }
    let colleagues = olga.gets("/support/agents/").await.ok();
    assert_eq!(
        colleagues[0],
        json!({"id": 1, "name": "anna", "role": "owner", "is_blocked": false})
    );
    assert_eq!(colleagues.as_array().unwrap().len(), 5);
    world.ends().await;
}

#[tokio::test]
async fn an_address_and_a_telegram_id_can_be_taken_away_but_not_both() {
    let world = World::start().await;
    let owner = world.staff("anna", "owner");
    let body = json!({"telegram_id": 7, "email": "bob@example.com", "password": "12345678"});
    let bob = made(&owner, ADMINS, body).await;
    let one = format!("{ADMINS}{}/", bob["id"]);
    let none = json!({"telegram_id": null, "email": null});
    let refused = owner.patches(&one, none.clone()).await;
    refused.refused(400, "missing_field");
    let put = asks(&owner, &format!("PUT {one}"), none).await;
    put.refused(400, "missing_field");
    let now = owner.patches(&one, json!({"telegram_id": null})).await.ok();
    assert_eq!(
        (&now["telegram_id"], &now["user"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(now["email"], "bob@example.com");
    owner
        .patches(&one, json!({"email": null}))
        .await
        .refused(400, "missing_field");
    // The other way round; the password goes with the address, and who was signed in is out.
    let login = json!({"email": "bob@example.com", "password": "12345678"});
    let signed_in = owner.posts("/auth/login", login.clone()).await.ok();
    let mut himself = world.phone("bob");
    himself.token = signed_in["token"].as_str().map(str::to_owned);
    himself.gets("/auth/me").await.ok();
    let body = json!({"telegram_id": 8, "email": null});
    let now = owner.patches(&one, body).await.ok();
    assert_eq!(
        (&now["telegram_id"], &now["email"]),
        (&json!(8), &json!(null))
    );
    himself.gets("/auth/me").await.refused(401, "unauthorized");
    let again = owner.posts("/auth/login", login).await;
    again.refused(401, "invalid_credentials");
    world.ends().await;
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let world = World::start().await;
    let owner = world.staff("anna", "owner");
    let one = format!("{ADMINS}{}/", owner.user_id);
    let tries = [
        (format!("POST {one}block/"), json!({})),
        (format!("DELETE {one}"), json!(null)),
        (format!("PATCH {one}"), json!({"role": "admin"})),
        (format!("PATCH {one}"), json!({"is_blocked": true})),
    ];
    for (line, body) in &tries {
        for staff in [&owner, &world.service()] {
            asks(staff, line, body.clone())
                .await
                .refused(409, "last_owner");
        }
    }
    let other = made(
        &owner,
        ADMINS,
        json!({"telegram_id": 5, "role": "super_admin"}),
    )
    .await;
    let other = format!("{ADMINS}{}/", other["id"]);
    owner.posts(&format!("{other}block/"), json!({})).await.ok();
    // A blocked owner is none.
    asks(&owner, &tries[0].0, json!({}))
        .await
        .refused(409, "last_owner");
    owner
        .posts(&format!("{other}unblock/"), json!({}))
        .await
        .ok();
    asks(&owner, &tries[2].0, json!({"role": "admin"}))
        .await
        .ok();
    owner
        .posts(&format!("{other}block/"), json!({}))
        .await
        .refused(403, "not_allowed");
    assert_eq!(logged(&world), ["anna blocked", "anna unblocked"]);
    world.ends().await;
}

#[tokio::test]
async fn the_tickets_of_a_removed_agent_are_nobodys() {
    let world = World::start().await;
    let (owner, olga) = (world.staff("anna", "owner"), world.staff("olga", "agent"));
    world.phone("alice").sends("hi").await;
    world.phone("bob").sends("hi").await;
    let sql = world.sql();
    sql.execute(
        "UPDATE tickets SET agent_id = ?1, status = 'waiting_admin'",
        [&olga.user_id],
    )
    .unwrap();
    sql.execute(
        "UPDATE tickets SET status = 'closed', resolved = 1 WHERE id = 2",
        [],
    )
    .unwrap();
    let line = format!("DELETE {ADMINS}{}/", olga.user_id);
    assert_eq!(asks(&owner, &line, json!(null)).await.status, 204);
    let mut rows = sql
        .prepare("SELECT status || COALESCE(agent_id, '') FROM tickets ORDER BY id")
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    let left: Vec<String> = rows.map(Result::unwrap).collect();
    assert_eq!(left, ["open", "closed"]);
    world.ends().await;
}

#[tokio::test]
async fn categories_have_three_names_an_order_and_stay_while_tickets_use_them() {
    let world = World::start().await;
    let owner = world.staff("anna", "owner");
    let second = made(
        &owner,
        CATEGORIES,
        json!({"name_uz": "Savol", "name_ru": "Вопрос", "order": 2}),
    )
    .await;
    let first = made(
        &owner,
        CATEGORIES,
        json!({"name_uz": "To‘lov", "name_en": "Payment", "description": "Money", "order": 1}),
    )
    .await;
    let hidden = made(
        &owner,
        CATEGORIES,
        json!({"name_uz": "Eski", "is_active": false}),
    )
    .await;
    let expected = json!({"id": first["id"], "name": "To‘lov", "name_uz": "To‘lov", "name_ru": null, "name_en": "Payment",
        "description": "Money", "is_active": true, "order": 1, "group_chat_id": null, "created_at": "2026-03-01T12:00:00Z"});
    assert_eq!(first, expected);
    let names = async |query: &str| {
        let page = owner.gets(&format!("{CATEGORIES}{query}")).await.ok();
        let results = page["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["To‘lov", "Savol"]);
    assert_eq!(names("?lang=ru").await, ["To‘lov", "Вопрос"]);
    assert_eq!(names("?lang=en").await, ["Payment", "Savol"]);
    assert_eq!(names("?is_active=false").await, ["Eski"]);
    assert_eq!(names("?is_active=all").await, ["Eski", "To‘lov", "Savol"]);
    for wrong in ["lang=fr", "is_active=yes", "page=x"] {
        assert_eq!(
            owner.gets(&format!("{CATEGORIES}?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
    let one = format!("{CATEGORIES}{}/", second["id"]);
    assert_eq!(
        owner.gets(&format!("{one}?lang=ru")).await.ok()["name"],
        "Вопрос"
    );
    for (body, field) in [
        (json!({}), "name_uz"),
        (json!({"name_uz": " "}), "name_uz"),
        (json!({"name_uz": 5}), "name_uz"),
        (json!({"name_uz": "x".repeat(256)}), "name_uz"),
        (json!({"name_uz": "x", "order": "1"}), "order"),
        (json!({"name_uz": "x", "is_active": 1}), "is_active"),
    ] {
        let answer = owner.posts(CATEGORIES, body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{body}"
        );
    }
    let patched = asks(
        &owner,
        &format!("PATCH {one}"),
        json!({"name_ru": "", "order": 9}),
    )
    .await
    .ok();
    assert_eq!(
        (&patched["name_ru"], &patched["order"], &patched["name_uz"]),
        (&json!(null), &json!(9), &json!("Savol"))
    );
    assert_eq!(
        asks(&owner, &format!("PUT {one}"), patched.clone())
            .await
            .ok(),
        patched
    );
    wrong(
        &asks(&owner, &format!("PUT {one}"), json!({"order": 1})).await,
        400,
        "missing_field",
        "name_uz",
    );

    world.phone("alice").sends("hi").await;
    let use_it = "UPDATE tickets SET category_id = ?1";
    world
        .sql()
        .execute(use_it, [second["id"].as_i64()])
        .unwrap();
    asks(&owner, &format!("DELETE {one}"), json!(null))
        .await
        .refused(409, "category_in_use");
    let gone = format!("{CATEGORIES}{}/", hidden["id"]);
    assert_eq!(
        asks(&owner, &format!("DELETE {gone}"), json!(null))
            .await
            .status,
        204
    );
    for line in [
        format!("GET {gone}"),
        format!("PATCH {gone}"),
        format!("DELETE {gone}"),
    ] {
        asks(&owner, &line, json!({}))
            .await
            .refused(404, "category_not_found");
    }
    let olga = world.staff("olga", "agent");
    olga.gets(CATEGORIES).await.ok();
    for line in [
        format!("POST {CATEGORIES}"),
        format!("PATCH {one}"),
        format!("PUT {one}"),
        format!("DELETE {one}"),
    ] {
        asks(&olga, &line, json!({"name_uz": "x"}))
            .await
            .refused(403, "not_allowed");
    }
    world.ends().await;
}

#[tokio::test]
async fn who_answers_what_is_said_once() {
    let world = World::start().await;
    let (owner, olga) = (world.staff("anna", "owner"), world.staff("olga", "agent"));
    let id: i64 = olga.user_id.parse().unwrap();
    let category = made(&owner, CATEGORIES, json!({"name_uz": "a"})).await["id"].clone();
    let other = made(&owner, CATEGORIES, json!({"name_uz": "b"})).await["id"].clone();
    let link = made(&owner, LINKS, json!({"admin": id, "category": category})).await;
    assert_eq!((&link["admin"], &link["category"]), (&json!(id), &category));
    assert_eq!(
        olga.gets("/auth/me").await.ok()["categories"],
        json!([category])
    );
    for (body, code, field) in [
        (
            json!({"admin": id, "category": category}),
            "already_taken",
            "category",
        ),
        (
            json!({"admin": 99, "category": category}),
            "agent_not_found",
            "admin",
        ),
        (
            json!({"admin": id, "category": 99}),
            "category_not_found",
            "category",
        ),
        (json!({"category": category}), "missing_field", "admin"),
        (json!({"admin": id}), "missing_field", "category"),
        (
            json!({"admin": "1", "category": category}),
            "invalid_field",
            "admin",
        ),
    ] {
        wrong(&owner.posts(LINKS, body).await, 400, code, field);
    }
    let one = format!("{LINKS}{}/", link["id"]);
    assert_eq!(olga.gets(&one).await.ok(), link);
    let changed = asks(&owner, &format!("PATCH {one}"), json!({"category": other}))
        .await
        .ok();
    assert_eq!(
        (&changed["id"], &changed["category"]),
        (&link["id"], &other)
    );
    asks(&owner, &format!("PATCH {one}"), json!({"category": other}))
        .await
        .ok();
    let again = made(&owner, LINKS, json!({"admin": id, "category": category})).await;
    let taken = asks(
        &owner,
        &format!("PATCH {one}"),
        json!({"category": category}),
    )
    .await;
    wrong(&taken, 400, "already_taken", "category");
    assert_eq!(olga.gets(LINKS).await.ok()["count"], 2);
    asks(&olga, &format!("DELETE {one}"), json!(null))
        .await
        .refused(403, "not_allowed");
    assert_eq!(
        asks(&owner, &format!("DELETE {one}"), json!(null))
            .await
            .status,
        204
    );
    owner.gets(&one).await.refused(404, "not_found");
    asks(&owner, &format!("PATCH {one}"), json!({}))
        .await
        .refused(404, "not_found");
    // The links of a category go with it.
    let line = format!("DELETE {CATEGORIES}{category}/");
    assert_eq!(asks(&owner, &line, json!(null)).await.status, 204);
    owner
        .gets(&format!("{LINKS}{}/", again["id"]))
        .await
        .refused(404, "not_found");
    world.ends().await;
}
