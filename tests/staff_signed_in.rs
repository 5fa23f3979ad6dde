//! Staff at the door: tokens, the service's key, and what is nobody.

use crate::world::World;

#[tokio::test]
async fn a_signed_in_agent_is_known_and_a_stranger_is_not() {
    let world = World::start().await;
    let me = world.staff("olga", "agent").gets("/auth/me").await.ok();
    assert_eq!(
        (&me["first_name"], &me["role"]),
        (&"olga".into(), &"agent".into())
    );
    world
        .phone("x")
        .gets("/auth/me")
        .await
        .refused(401, "unauthorized");
    world
        .service()
        .gets("/auth/me")
        .await
        .refused(403, "not_an_agent");
    world.ends().await;
}
