//! FCM through gcp_auth and reqwest.

use gcp_auth::{CustomServiceAccount, TokenProvider};
use serde_json::json;

use super::*;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

async fn bearer(sandbox: &Sandbox) -> Result<String, gcp_auth::Error> {
    let account = CustomServiceAccount::from_json(&sandbox.service_account_json()).unwrap();
    assert_eq!(account.project_id(), Some("sandbox"));
    let token = account.token(&[SCOPE]).await?;
    Ok(token.as_str().to_owned())
}

async fn send(sandbox: &Sandbox, bearer: &str, message: Value) -> (u16, Value, Option<String>) {
    let url = format!("{}/v1/projects/sandbox/messages:send", sandbox.fcm_url());
    let body = json!({ "message": message });
    let answer = http()
        .post(url)
        .bearer_auth(bearer)
        .json(&body)
        .send()
        .await
        .unwrap();
    let retry = answer.headers().get("retry-after");
    let retry = retry.map(|value| value.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        answer.json().await.unwrap(),
        retry,
    )
}

fn message(token: &str) -> Value {
    json!({"token": token, "notification": {"title": "Reply", "body": "hi"}, "data": {"type": "support_reply"}})
}

#[tokio::test]
async fn a_signed_grant_gives_a_bearer_and_the_bearer_sends() {
    let (sandbox, _) = world(false).await;
    let bearer = bearer(&sandbox).await.unwrap();
    let (status, body, _) = send(&sandbox, &bearer, message("phone")).await;
    assert_eq!(
        (status, &body["name"]),
        (200, &json!("projects/sandbox/messages/0:1"))
    );
    let [push] = &sandbox.pushes()[..] else {
        panic!()
    };
    assert!(push.accepted);
    assert_eq!(
        (push.token.as_str(), &push.message),
        ("phone", &message("phone"))
    );
}

#[tokio::test]
async fn a_wrong_bearer_is_401_and_a_refused_account_gets_none() {
    let (sandbox, _) = world(false).await;
    let (status, body, _) = send(&sandbox, "forged", message("phone")).await;
    assert_eq!(
        (status, &body["error"]["status"]),
        (401, &json!("UNAUTHENTICATED"))
    );
    let genuine = bearer(&sandbox).await.unwrap();
    sandbox.void_bearers();
    assert_eq!(send(&sandbox, &genuine, message("phone")).await.0, 401);
    sandbox.refuse_service_account(true);
    let url = format!("{}/token", sandbox.fcm_url());
    let answer = http().post(url).body("").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("invalid_grant"));
    assert!(sandbox.pushes().is_empty());
}

#[tokio::test]
async fn each_refusal_has_fcms_shape() {
    let (sandbox, _) = world(false).await;
    let bearer = bearer(&sandbox).await.unwrap();
    sandbox.token_is_unregistered("gone");
    sandbox.token_is_invalid("nonsense");
    sandbox.sender_id_mismatch("foreign");
    let code = |body: &Value| {
        body.pointer("/error/details/0/errorCode")
            .cloned()
            .unwrap_or_default()
    };
    let field = |body: &Value| {
        body.pointer("/error/details/1/fieldViolations/0/field")
            .cloned()
    };
    for (token, status, error_code, named) in [
        ("gone", 404, "UNREGISTERED", None),
        (
            "nonsense",
            400,
            "INVALID_ARGUMENT",
            Some(json!("message.token")),
        ),
        ("foreign", 403, "SENDER_ID_MISMATCH", None),
    ] {
        let (got, body, _) = send(&sandbox, &bearer, message(token)).await;
        assert_eq!(
            (got, code(&body), field(&body)),
            (status, json!(error_code), named)
        );
    }
    sandbox.payload_invalid_once();
    let (got, body, _) = send(&sandbox, &bearer, message("phone")).await;
    assert_eq!(
        (got, code(&body), field(&body)),
        (
            400,
            json!("INVALID_ARGUMENT"),
            Some(json!("message.notification"))
        )
    );
    let mut large = message("phone");
    large["data"]["text"] = json!("x".repeat(4096));
    assert_eq!(send(&sandbox, &bearer, large).await.0, 400);
    sandbox.fcm_fail_all(429, Some(30));
    let (got, body, retry) = send(&sandbox, &bearer, message("phone")).await;
    assert_eq!(
        (got, code(&body), retry.as_deref()),
        (429, json!("QUOTA_EXCEEDED"), Some("30"))
    );
    sandbox.fcm_fail_all(503, None);
    let (got, body, _) = send(&sandbox, &bearer, message("phone")).await;
    assert_eq!((got, code(&body)), (503, json!("UNAVAILABLE")));
    sandbox.fcm_ok();
    assert_eq!(send(&sandbox, &bearer, message("phone")).await.0, 200);
    let accepted = sandbox.pushes().iter().filter(|push| push.accepted).count();
    assert_eq!((accepted, sandbox.pushes().len()), (1, 8));
}

#[tokio::test]
async fn a_cut_after_accept_has_delivered_the_push() {
    let (sandbox, _) = world(false).await;
    let bearer = bearer(&sandbox).await.unwrap();
    sandbox.fcm_break_next(Fault::CutAfterAccept, None, 1);
    let url = format!("{}/v1/projects/sandbox/messages:send", sandbox.fcm_url());
    let body = json!({ "message": message("phone") });
    let cut = http()
        .post(url)
        .bearer_auth(bearer)
        .json(&body)
        .send()
        .await;
    assert!(!cut.unwrap_err().is_connect());
    assert_eq!(sandbox.pushes().len(), 1);
}

#[tokio::test]
async fn what_becomes_of_one_device_is_set_from_outside() {
    let (sandbox, _) = world(false).await;
    let bearer = bearer(&sandbox).await.unwrap();
    for (state, expected) in [("foreign", 403), ("unregistered", 404), ("fine", 200)] {
        let url = format!("{}/device", sandbox.control_url());
        let said = json!({"token": "phone", "state": state});
        let set = http().post(url).json(&said).send().await.unwrap();
        assert_eq!(set.json::<Value>().await.unwrap(), said);
        let (status, _, _) = send(&sandbox, &bearer, message("phone")).await;
        assert_eq!(status, expected, "{state}");
        let (other, _, _) = send(&sandbox, &bearer, message("tablet")).await;
        assert_eq!(other, 200);
        sandbox.token_is_fine("phone");
    }
}
