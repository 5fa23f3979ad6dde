//! FCM HTTP v1 and the OAuth token endpoint, on a port of their own.

use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::Sandbox;
use super::faults::Fault;
use super::port::{Body, Cut, full};
use super::telegram::response;
use answer::Refusal;

mod account;
mod answer;
mod shape;
pub(super) mod state;

const BODY_LIMIT: usize = 1024 * 1024;
/// The only project there is.
pub(super) const PROJECT: &str = "sandbox";

impl Sandbox {
    /// A service-account file for this sandbox, as Google gives it out. The key is made once a process.
    pub fn service_account_json(&self) -> String {
        account::service_account(&self.fcm_url())
    }

    pub(super) async fn serve_fcm(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let send = format!("/v1/projects/{PROJECT}/messages:send");
        let method = match path {
            "/token" => "token",
            path if path.starts_with("/v1/projects/") && path.ends_with("/messages:send") => "send",
            _ => return Ok(refused(&Refusal::not_found_page())),
        };
        if parts.method != Method::POST {
            return Ok(refused(&Refusal::not_found_page()));
        }
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return Ok(refused(&Refusal::too_large()));
        };
        let body = body.to_bytes();
        let work = || match method {
            "token" => self.give_token(&body),
            _ if path != send => refused(&Refusal::other_project()),
            _ => self.take_message(&parts.headers, &body),
        };
        let fault = self.look(|world| world.fcm.faults.next(method, None));
        let answer = match fault {
            None => Ok(work()),
            Some(Fault::CutBeforeAccept) => Err(Cut),
            Some(Fault::CutAfterAccept) => {
                work();
                Err(Cut)
            }
            Some(Fault::Hang) => self.fcm_hangs(method).await,
            Some(Fault::HangAfterAccept) => {
                work();
                self.fcm_hangs(method).await
            }
            Some(Fault::Garbage200) => {
                work();
                Ok(response(200, "text/html", full("<html>It works!</html>")))
            }
            Some(Fault::BadGateway) => Ok(response(
                502,
                "text/html",
                full("<html>502 Bad Gateway</html>"),
            )),
            Some(Fault::TooManyRequests { retry_after }) => {
                Ok(refused(&Refusal::of_status(429, Some(retry_after))))
            }
            Some(Fault::ServerError500) => Ok(refused(&Refusal::of_status(500, None))),
            Some(Fault::Forbidden) => Ok(refused(&Refusal::of_status(403, None))),
            Some(Fault::Refuse { status, .. }) => Ok(refused(&Refusal::of_status(status, None))),
        };
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        self.log(&format!("fcm.{method}"), status);
        answer
    }

    async fn fcm_hangs(&self, method: &str) -> Result<Response<Body>, Cut> {
        self.log(&format!("fcm.{method}"), 0);
        std::future::pending().await
    }

    fn give_token(&self, form: &[u8]) -> Response<Body> {
        let audience = format!("{}/token", self.fcm_url());
        let (refuse, now) =
            self.look(|world| (world.fcm.refuse_account, world.clock.now().timestamp()));
        let checked = match refuse {
            true => Err((
                "invalid_grant",
                "Invalid grant: account not found".to_owned(),
            )),
            false => account::check_grant(form, &audience, now),
        };
        match checked {
            Ok(()) => {
                let bearer = self.look(|world| world.fcm.new_bearer());
                let token =
                    json!({"access_token": bearer, "expires_in": 3599, "token_type": "Bearer"});
                response(200, "application/json", full(token.to_string()))
            }
            Err((error, description)) => {
                let body = json!({"error": error, "error_description": description});
                response(400, "application/json", full(body.to_string()))
            }
        }
    }

    fn take_message(&self, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        let bearer = headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let known =
            bearer.is_some_and(|bearer| self.look(|world| world.fcm.bearers.contains(bearer)));
        if !known {
            return refused(&Refusal::unauthenticated(bearer.is_some()));
        }
        match self.change(|world| world.fcm_send(body)) {
            Ok(name) => {
                let body = json!({ "name": name });
                response(200, "application/json", full(body.to_string()))
            }
            Err(refusal) => refused(&refusal),
        }
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let body: Value = refusal.json();
    let mut answer = response(refusal.code, "application/json", full(body.to_string()));
    if let Some(seconds) = refusal.retry_after {
        answer
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds.into());
    }
    answer
}
