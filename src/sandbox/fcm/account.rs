//! The service account: its key, its file, and the check of a grant signed with it.

use std::sync::OnceLock;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde::Deserialize;
use serde_json::json;

use super::PROJECT;

const EMAIL: &str = "relaydesk@sandbox.iam.gserviceaccount.com";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const BITS: usize = 2048;

struct Key {
    pem: String,
    check: DecodingKey,
}

/// Made when first asked for, because it takes a good part of a second; a process has one.
fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(make_key)
}

#[allow(clippy::expect_used)] // the size is fixed and fine, and an RSA key always has a PKCS #8 form
fn make_key() -> Key {
    let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS)
        .expect("2048 bits are enough for an RSA key");
    let pem = private
        .to_pkcs8_pem(LineEnding::LF)
        .expect("an RSA key can be written as PKCS #8");
    Key {
        pem: pem.as_str().to_owned(),
        check: DecodingKey::from_rsa_raw_components(
            &private.n().to_bytes_be(),
            &private.e().to_bytes_be(),
        ),
    }
}

pub(super) fn service_account(base: &str) -> String {
    json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "sandbox",
        "private_key": key().pem,
        "client_email": EMAIL,
        "client_id": "100000000000000000001",
        "auth_uri": format!("{base}/auth"),
        "token_uri": format!("{base}/token"),
        "universe_domain": "googleapis.com",
    })
    .to_string()
}

#[derive(Deserialize)]
struct Claims {
    scope: Option<String>,
    exp: i64,
}

/// Checks the form of a token request. The error is OAuth's `error` and `error_description`.
pub(super) fn check_grant(
    form: &[u8],
    audience: &str,
    now: i64,
) -> Result<(), (&'static str, String)> {
    let field = |wanted: &str| {
        url::form_urlencoded::parse(form)
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    if field("grant_type").as_deref() != Some(GRANT_TYPE) {
        let why = format!(
            "Invalid grant_type: {}",
            field("grant_type").unwrap_or_default()
        );
        return Err(("unsupported_grant_type", why));
    }
    let assertion = field("assertion").unwrap_or_default();
    let claims =
        check_assertion(&assertion, audience, now).map_err(|why| ("invalid_grant", why))?;
    match claims.scope.is_some_and(|scope| !scope.trim().is_empty()) {
        true => Ok(()),
        false => Err((
            "invalid_scope",
            "Empty or missing scope not allowed.".to_owned(),
        )),
    }
}

fn check_assertion(assertion: &str, audience: &str, now: i64) -> Result<Claims, String> {
    let (signed, signature) = assertion
        .rsplit_once('.')
        .ok_or("Invalid JWT: Failed to parse")?;
    // Google takes padded base64 and some clients send it; jsonwebtoken does not. The signature is
    // over the text as it came, so it is checked apart from the claims.
    let genuine = jsonwebtoken::crypto::verify(
        signature.trim_end_matches('='),
        signed.as_bytes(),
        &key().check,
        Algorithm::RS256,
    );
    if !genuine.unwrap_or(false) {
        return Err("Invalid JWT Signature.".to_owned());
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.insecure_disable_signature_validation();
    validation.set_issuer(&[EMAIL]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // The library asks the machine for the time; the sandbox has its own.
    validation.validate_exp = false;
    let claims =
        jsonwebtoken::decode::<Claims>(&assertion.replace('=', ""), &key().check, &validation)
            .map(|token| token.claims)
            .map_err(|error| format!("Invalid JWT: {error}"))?;
    if claims.exp < now {
        return Err(
            "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
                .to_owned(),
        );
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};

    const AUDIENCE: &str = "http://127.0.0.1:1/token";

    fn form(issuer: &str, audience: &str, exp: i64, scope: &str, pem: &str) -> Vec<u8> {
        let claims = json!({"iss": issuer, "aud": audience, "exp": exp, "iat": 0, "scope": scope});
        let key = EncodingKey::from_rsa_der(&der(pem));
        let assertion = encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", &assertion)
            .finish()
            .into_bytes()
    }

    /// jsonwebtoken without its PEM feature wants PKCS #1.
    fn der(pem: &str) -> Vec<u8> {
        use rsa::pkcs1::EncodeRsaPrivateKey;
        use rsa::pkcs8::DecodePrivateKey;
        let key = rsa::RsaPrivateKey::from_pkcs8_pem(pem).unwrap();
        key.to_pkcs1_der().unwrap().as_bytes().to_vec()
    }

    #[test]
    fn a_grant_is_checked_for_issuer_audience_time_scope_and_signature() {
        const LATER: i64 = 4_000_000_000;
        let ours = &key().pem;
        let other = make_key().pem;
        for (form, verdict) in [
            (form(EMAIL, AUDIENCE, LATER, "s", ours), None),
            (
                form("else@x", AUDIENCE, LATER, "s", ours),
                Some("invalid_grant"),
            ),
            (
                form(EMAIL, "http://else/token", LATER, "s", ours),
                Some("invalid_grant"),
            ),
            (
                form(EMAIL, AUDIENCE, 1_000_000, "s", ours),
                Some("invalid_grant"),
            ),
            (
                form(EMAIL, AUDIENCE, LATER, "", ours),
                Some("invalid_scope"),
            ),
            (
                form(EMAIL, AUDIENCE, LATER, "s", &other),
                Some("invalid_grant"),
            ),
            (
                b"grant_type=password".to_vec(),
                Some("unsupported_grant_type"),
            ),
        ] {
            let checked = check_grant(&form, AUDIENCE, 2_000_000_000);
            assert_eq!(checked.err().map(|(error, _)| error), verdict);
        }
    }
}
