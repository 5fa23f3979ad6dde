//! Every answer of FCM and of the token endpoint, and what it is taken for; against a server on loopback.

use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::DecodePrivateKey;

use super::*;
use world::{Phone, Says, lock, nobody};

#[path = "fcm_world.rs"]
pub mod world;

fn error(code: u16, status: &str, details: &str, message: &str) -> &'static str {
    format!(
        r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#
    )
    .leak()
}

fn fcm_error(code: &str) -> String {
    format!(
        r#"{{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"{code}"}}"#
    )
}

fn violation(field: &str) -> String {
    format!(
        r#"{{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{{"field":"{field}","description":"d"}}]}}"#
    )
}

#[tokio::test]
async fn an_accepted_push_carries_the_token_and_the_message() {
    let phone = Phone::new().await;
    assert_eq!(phone.push().await, Verdict::Accepted);
    let sent = lock(&phone.world.sent).clone();
    assert_eq!(
        sent,
        [(
            "Bearer token-1".to_owned(),
            json!({"message": {"token": "t"}})
        )]
    );
}

#[tokio::test]
async fn each_refusal_means_what_its_code_says() {
    let phone = Phone::new().await;
    let gone = Verdict::NoDevice;
    let refused = Verdict::Refused;
    let account = Verdict::NoAccount;
    let said = |text: &str| text.to_owned();
    let token_words = "The registration token is not a valid FCM registration token";
    let cases = [
        (
            404,
            error(404, "NOT_FOUND", &fcm_error("UNREGISTERED"), "m"),
            gone(said("HTTP 404 UNREGISTERED")),
        ),
        (
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                &fcm_error("INVALID_ARGUMENT"),
                token_words,
            ),
            gone(said("HTTP 400 INVALID_ARGUMENT")),
        ),
        (
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                &format!(
                    "{},{}",
                    fcm_error("INVALID_ARGUMENT"),
                    violation("message.token")
                ),
                "m",
            ),
            gone(said("HTTP 400 INVALID_ARGUMENT")),
        ),
        (
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                &violation("message.data[0].value"),
                "m",
            ),
            refused(said("HTTP 400 INVALID_ARGUMENT")),
        ),
        (
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                &fcm_error("INVALID_ARGUMENT"),
                "Message too big",
            ),
            refused(said("HTTP 400 INVALID_ARGUMENT")),
        ),
        (
            403,
            error(
                403,
                "PERMISSION_DENIED",
                &fcm_error("SENDER_ID_MISMATCH"),
                "m",
            ),
            refused(said("HTTP 403 SENDER_ID_MISMATCH")),
        ),
        (
            401,
            error(
                401,
                "UNAUTHENTICATED",
                &fcm_error("THIRD_PARTY_AUTH_ERROR"),
                "m",
            ),
            refused(said("HTTP 401 THIRD_PARTY_AUTH_ERROR")),
        ),
        (
            404,
            error(404, "NOT_FOUND", "", "m"),
            refused(said("HTTP 404 NOT_FOUND")),
        ),
        (
            403,
            error(403, "PERMISSION_DENIED", "", "m"),
            account(said("HTTP 403 PERMISSION_DENIED")),
        ),
        (
            401,
            error(401, "UNAUTHENTICATED", "", "m"),
            account(said("HTTP 401 UNAUTHENTICATED")),
        ),
        (401, "", account(said("HTTP 401"))),
    ];
    for (status, body, expected) in cases {
        let verdict = phone
            .push_when_fcm_says(&[Says::Status(status, body)])
            .await;
        assert_eq!(verdict, expected, "{body}");
    }
}

#[tokio::test]
async fn what_may_pass_is_to_be_tried_again() {
    let phone = Phone::new().await;
    let quota = error(429, "RESOURCE_EXHAUSTED", "", "m");
    let cases = [
        (Says::Status(429, quota), "HTTP 429 RESOURCE_EXHAUSTED"),
        (
            Says::Status(500, error(500, "INTERNAL", "", "m")),
            "HTTP 500 INTERNAL",
        ),
        (
            Says::Status(503, error(503, "UNAVAILABLE", "", "m")),
            "HTTP 503 UNAVAILABLE",
        ),
        (Says::Status(502, "<html>502</html>"), "HTTP 502"),
        (Says::Status(408, ""), "HTTP 408"),
        (Says::Status(404, "<html>no such page</html>"), "HTTP 404"),
        (Says::Status(302, ""), "HTTP 302"),
        (
            Says::Status(400, error(400, "<b>", &fcm_error("Bad code"), "m")),
            "HTTP 400",
        ),
        (Says::Cut, "the connection was cut"),
        (Says::Nothing, "timed out"),
    ];
    for (says, expected) in cases {
        match phone.push_when_fcm_says(std::slice::from_ref(&says)).await {
            Verdict::Busy { after, reason } | Verdict::Down { after, reason } => {
                assert_eq!((after, &*reason), (None, expected));
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_wait_that_fcm_asks_for_is_read_in_both_forms() {
    let phone = Phone::new().await;
    let cases = [
        ("120", Some(120)),
        ("Sun, 01 Mar 2026 12:01:30 GMT", Some(90)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ];
    for (header, expected) in cases {
        for status in [429, 503] {
            let says = Says::After(status, header.to_owned());
            let (Verdict::Busy { after, .. } | Verdict::Down { after, .. }) =
                phone.push_when_fcm_says(&[says]).await
            else {
                panic!("{status} is no retry");
            };
            assert_eq!(after, expected.map(Duration::from_secs), "{header}");
        }
    }
}

#[tokio::test]
async fn nobody_at_fcm_is_to_be_tried_again() {
    let world = Phone::new().await;
    let tokens = world.fcm.send_url.split("/v1/").next().unwrap().to_owned();
    let phone = Phone::at(world.world.clone(), &nobody().await, &tokens);
    let Verdict::Down { reason, .. } = phone.push().await else {
        panic!("a refused connection is no answer");
    };
    assert_eq!(reason, "could not connect");
}

#[tokio::test]
async fn one_access_token_serves_until_a_minute_before_its_end() {
    let phone = Phone::new().await;
    phone.push().await;
    phone.clock.advance(Duration::from_secs(3539));
    phone.push().await;
    assert_eq!(lock(&phone.world.grants).len(), 1);
    phone.clock.advance(Duration::from_secs(1));
    phone.push().await;
    let bearers: Vec<String> = lock(&phone.world.sent)
        .iter()
        .map(|(bearer, _)| bearer.clone())
        .collect();
    assert_eq!(
        bearers,
        ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
    );
}

#[tokio::test]
async fn sends_at_the_same_time_fetch_one_access_token() {
    let phone = Phone::new().await;
    let verdicts = futures_util::future::join_all((0..16).map(|_| phone.push())).await;
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Accepted));
    assert_eq!(lock(&phone.world.grants).len(), 1);
}

#[tokio::test]
async fn an_access_token_that_fcm_no_longer_takes_is_replaced() {
    let phone = Phone::new().await;
    assert_eq!(phone.push().await, Verdict::Accepted);
    let no = Says::Status(401, error(401, "UNAUTHENTICATED", "", "m"));
    let verdict = phone
        .push_when_fcm_says(&[no, Says::Status(200, "{}")])
        .await;
    assert_eq!(verdict, Verdict::Accepted);
    let bearers: Vec<String> = lock(&phone.world.sent)
        .iter()
        .map(|(bearer, _)| bearer.clone())
        .collect();
    assert_eq!(
        bearers,
        ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
    );
}

/// What the assertion says, once its signature has been checked with the account's public key.
fn claims_of(jwt: &str, account: &Value) -> Value {
    let key = RsaPrivateKey::from_pkcs8_pem(account["private_key"].as_str().unwrap()).unwrap();
    let public = key.to_public_key().to_pkcs1_der().unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    let key = jsonwebtoken::DecodingKey::from_rsa_der(public.as_bytes());
    jsonwebtoken::decode(jwt, &key, &rules).unwrap().claims
}

#[tokio::test]
async fn the_assertion_is_signed_and_names_the_scope_and_the_audience() {
    let phone = Phone::new().await;
    phone.push().await;
    let form = lock(&phone.world.grants)[0].clone();
    let (_, jwt) = form.split_once("assertion=").unwrap();
    assert!(form.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"));
    assert_eq!(
        jsonwebtoken::decode_header(jwt).unwrap().kid.as_deref(),
        Some("key-1")
    );
    let claims = claims_of(jwt, &phone.account);
    let noon = phone.clock.now().timestamp();
    assert_eq!(claims["iss"], "push@desk-under-test.example");
    assert_eq!(
        claims["scope"],
        "https://www.googleapis.com/auth/firebase.messaging"
    );
    assert!(claims["aud"].as_str().unwrap().ends_with("/token"));
    assert_eq!(
        (claims["iat"].as_i64(), claims["exp"].as_i64()),
        (Some(noon), Some(noon + 3600))
    );
}

#[tokio::test]
async fn a_refused_account_is_told_from_a_token_endpoint_in_trouble() {
    let phone = Phone::new().await;
    let refused = |code: &str| Verdict::NoAccount(code.to_owned());
    let lost = |reason: &str| Verdict::NoToken(reason.to_owned());
    let cases = [
        (
            Says::Status(
                400,
                r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            ),
            refused("invalid_grant"),
        ),
        (
            Says::Status(401, r#"{"error":"invalid_client"}"#),
            refused("invalid_client"),
        ),
        (Says::Status(403, "<html>"), refused("HTTP 403")),
        (Says::Status(429, ""), lost("HTTP 429 without a token")),
        (
            Says::Status(503, "<html>"),
            lost("HTTP 503 without a token"),
        ),
        (Says::Status(200, "{}"), lost("HTTP 200 without a token")),
        (Says::Cut, lost("the connection was cut")),
        (Says::Nothing, lost("timed out")),
    ];
    for (says, expected) in cases {
        assert_eq!(
            phone
                .push_when_google_says(std::slice::from_ref(&says))
                .await,
            expected
        );
    }
    assert!(lock(&phone.world.sent).is_empty());
    let phone = Phone::at(phone.world, &nobody().await, &nobody().await);
    assert_eq!(phone.push().await, lost("could not connect"));
}
