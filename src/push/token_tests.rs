//! The service account's file, checked before anything starts.

use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use serde_json::{Value, json};

use super::*;

/// A key of its own for each run of the tests; no key is written down.
pub fn account_file(token_uri: &str, bits: usize) -> Value {
    let key = RsaPrivateKey::new(&mut OsRng, bits).unwrap();
    json!({
        "type": "service_account",
        "project_id": "desk-under-test",
        "private_key_id": "key-1",
        "private_key": key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        "client_email": "push@desk-under-test.example",
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    })
}

fn checked(file: &Value) -> Result<ServiceAccount, String> {
    ServiceAccount::parse(file.to_string().as_bytes())
}

#[test]
fn a_service_account_is_read_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let file = account_file("https://oauth2.example/token", 2048);
    std::fs::write(&path, file.to_string()).unwrap();
    let account = read_service_account(&path).unwrap();
    assert_eq!(account.project_id, "desk-under-test");
    assert_eq!(format!("{account:?}"), "ServiceAccount(desk-under-test)");
}

#[test]
fn the_older_form_of_a_key_is_taken_too() {
    let mut file = account_file("https://oauth2.example/token", 2048);
    let key = RsaPrivateKey::from_pkcs8_pem(file["private_key"].as_str().unwrap()).unwrap();
    file["private_key"] = key.to_pkcs1_pem(LineEnding::CRLF).unwrap().as_str().into();
    assert!(checked(&file).is_ok());
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_its_secret_is_not() {
    let good = account_file("https://oauth2.example/token", 2048);
    let secret = good["private_key"].as_str().unwrap().to_owned();
    let small = account_file("https://oauth2.example/token", 1024)["private_key"].clone();
    let cases: Vec<(&str, Value, &str)> = vec![
        ("type", json!("authorized_user"), "not a service account"),
        ("type", Value::Null, "is not the JSON"),
        ("project_id", json!(""), "\"project_id\""),
        ("project_id", json!("a/../b"), "\"project_id\""),
        ("client_email", json!("nobody"), "\"client_email\""),
        ("private_key", json!(""), "\"private_key\""),
        (
            "private_key",
            json!(secret.replace("A", "")),
            "\"private_key\"",
        ),
        ("private_key", small, "2048 bits"),
        ("token_uri", json!("oauth2.example"), "\"token_uri\""),
        ("token_uri", json!("file:///etc/passwd"), "\"token_uri\""),
    ];
    for (field, value, expected) in cases {
        let mut file = good.clone();
        file[field] = value;
        let words = checked(&file).unwrap_err();
        assert!(words.contains(expected), "{field}: {words}");
        assert!(!words.contains("PRIVATE KEY"), "{words}");
    }
    for field in [
        "type",
        "project_id",
        "client_email",
        "private_key",
        "token_uri",
    ] {
        let mut file = good.clone();
        file.as_object_mut().unwrap().remove(field).unwrap();
        let words = checked(&file).unwrap_err();
        assert!(words.contains(field), "{field}: {words}");
    }
}

#[test]
fn a_file_that_is_missing_or_no_json_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let words = read_service_account(&folder.path().join("none.json")).unwrap_err();
    assert!(words.starts_with("can not be read"), "{words}");
    for raw in ["", "[]", "{\"type\": \"service_account\"", "\u{0}"] {
        let words = ServiceAccount::parse(raw.as_bytes()).unwrap_err();
        assert!(
            words.starts_with("is not the JSON of a service account"),
            "{words}"
        );
    }
}

#[test]
fn only_what_looks_like_a_code_is_quoted_from_a_refusal() {
    let status = StatusCode::BAD_REQUEST;
    let cases = [
        (
            r#"{"error":"invalid_grant","error_description":"x"}"#,
            "invalid_grant",
        ),
        (r#"{"error":"<b>Hi</b>"}"#, "HTTP 400"),
        ("<html>", "HTTP 400"),
        ("", "HTTP 400"),
    ];
    for (body, expected) in cases {
        assert_eq!(code_of(body.as_bytes(), status), expected, "{body}");
    }
}
