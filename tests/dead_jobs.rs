//! Deliveries that were given up: owners see them and let them try again.

use serde_json::{Value, json};

use crate::world::World;

/// Gives up what waits, as a permanent refusal would have.
fn kills(world: &World) -> Vec<i64> {
    let sql = world.sql();
    let mut rows = sql
        .prepare("UPDATE outbox SET state = 'dead', attempts = 1, last_error = 'refused for good' RETURNING id")
        .unwrap();
    let ids = rows.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// A post that waits for a group that is away.
fn waits(world: &World, id: i64) {
    let sql = "INSERT INTO outbox (id, carrier, lane, fair_key, kind, message_id, ticket_id, payload, created_at, state)
               VALUES (?1, 'push', 'device:1', 0, 'reply', 1, 1, '{}', '2026-03-01T12:00:00.000000Z', 'dead')";
    world.sql().execute(sql, [id]).unwrap();
}

#[tokio::test]
async fn owners_see_what_was_given_up_and_let_it_try_again() {
    let world = World::with(|options| options.telegram = false).await;
    let (owner, agent) = (world.staff("boss", "owner"), world.staff("olga", "agent"));
    assert_eq!(owner.gets("/support/jobs/dead/").await.ok(), json!([]));
    world.phone("alice").sends("hi").await;
    for id in [10, 11, 12] {
        waits(&world, id);
    }
    assert_eq!(kills(&world), [10, 11, 12]);

    let dead = owner.gets("/support/jobs/dead/?limit=2").await.ok();
    assert_eq!(
        dead[0],
        json!({"id": 12, "carrier": "push", "kind": "reply", "ticket": 1, "message": 1, "attempts": 1,
            "created_at": "2026-03-01T12:00:00Z", "last_error": "refused for good"})
    );
    assert_eq!(dead.as_array().unwrap().len(), 2);

    // The device is none, so a push that tries again is done at once.
    let replayed = owner
        .posts("/support/jobs/11/replay/", Value::Null)
        .await
        .ok();
    assert_eq!(replayed, json!({"replayed": 1}));
    world
        .until("the job is gone", async || world.rows("outbox") == 2)
        .await;
    owner
        .posts("/support/jobs/11/replay/", Value::Null)
        .await
        .refused(404, "job_not_found");
    let replayed = owner.posts("/support/jobs/replay/", Value::Null).await.ok();
    assert_eq!(replayed, json!({"replayed": 2}));
    world
        .until("all are gone", async || world.rows("outbox") == 0)
        .await;

    agent
        .gets("/support/jobs/dead/")
        .await
        .refused(403, "not_allowed");
    agent
        .posts("/support/jobs/replay/", Value::Null)
        .await
        .refused(403, "not_allowed");
    agent
        .posts("/support/jobs/1/replay/", Value::Null)
        .await
        .refused(403, "not_allowed");
    owner
        .gets("/support/jobs/dead/?limit=0")
        .await
        .refused(400, "invalid_field");
    world.ends().await;
}
