//! The Bot API's HTTP side: paths, tokens, body limits, planned faults, and the log of calls.

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;

use super::Sandbox;
use super::answer::{ApiError, Outcome, render};
use super::faults::Fault;
use super::fetch::fetch_urls;
use super::params::Params;
use super::port::{Body, Cut, full};

/// Telegram's limit for an upload is 50 MB; the rest is for the form around it.
pub(super) const BODY_LIMIT: usize = 52 * 1024 * 1024;

impl Sandbox {
    pub(super) async fn serve_telegram(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let path = request.uri().path().to_owned();
        if path.starts_with("/sandbox/") {
            return self.serve_control(request).await;
        }
        let path = percent_encoding::percent_decode_str(&path).decode_utf8_lossy();
        if let Some((token, file)) = path
            .strip_prefix("/file/bot")
            .and_then(|rest| rest.split_once('/'))
        {
            return self.serve_file(token, file).await;
        }
        match path
            .strip_prefix("/bot")
            .and_then(|rest| rest.split_once('/'))
        {
            Some((token, method)) if token == self.bot_token() => {
                self.serve_method(method, request).await
            }
            Some(_) => Ok(answered(Err(ApiError::new(401, "Unauthorized")))),
            None => Ok(answered(Err(ApiError::new(404, "Not Found")))),
        }
    }

    async fn serve_method(
        &self,
        method: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        // Like what stands before Telegram: a request is read whole before anything is said to it.
        let params = read(request).await;
        let chat_id = match &params {
            Ok(params) => params.number("chat_id"),
            Err(_) => None,
        };
        let fault = self.look(|world| world.faults.next(method, chat_id));
        let answer = match fault {
            None => Ok(answered(self.handle(method, params).await)),
            Some(fault) => self.play(fault, method, params).await,
        };
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        // What a poll brought is logged by the poll itself; the rest of them would drown the log.
        if status != 200 || !method.eq_ignore_ascii_case("getUpdates") {
            self.log(method, status);
        }
        answer
    }

    pub(super) fn log(&self, method: &str, status: u16) {
        self.change(|world| world.log(method, status));
    }

    /// Plays a fault. Whether the call takes effect is part of the fault.
    async fn play(
        &self,
        fault: Fault,
        method: &str,
        params: Result<Params, ApiError>,
    ) -> Result<Response<Body>, Cut> {
        match fault {
            Fault::CutBeforeAccept => Err(Cut),
            Fault::CutAfterAccept => {
                self.handle(method, params).await.ok();
                Err(Cut)
            }
            Fault::Hang => self.hang(method).await,
            Fault::HangAfterAccept => {
                self.handle(method, params).await.ok();
                self.hang(method).await
            }
            Fault::Garbage200 => {
                self.handle(method, params).await.ok();
                Ok(page(200, "<html><body>It works!</body></html>"))
            }
            refusal => Ok(refused(refusal)),
        }
    }

    async fn hang(&self, method: &str) -> Result<Response<Body>, Cut> {
        self.log(method, 0);
        std::future::pending().await
    }

    async fn handle(&self, method: &str, params: Result<Params, ApiError>) -> Outcome {
        let method = method.to_lowercase();
        let mut params = params?;
        if method == "getupdates" {
            return self.get_updates(&params).await;
        }
        if method.starts_with("send") || method == "editmessagemedia" {
            fetch_urls(&mut params).await;
        }
        self.change(|world| world.call(&method, &params))
    }

    async fn serve_file(&self, token: &str, path: &str) -> Result<Response<Body>, Cut> {
        if token != self.bot_token() {
            return Ok(answered(Err(ApiError::new(401, "Unauthorized"))));
        }
        let answer = match self.look(|world| world.faults.next("file", None)) {
            Some(Fault::CutBeforeAccept | Fault::CutAfterAccept) => Err(Cut),
            Some(Fault::Hang | Fault::HangAfterAccept) => self.hang("file").await,
            Some(Fault::TooManyRequests { retry_after }) => {
                Ok(answered(Err(ApiError::too_many(retry_after))))
            }
            Some(_) => Ok(page(502, "<html><body>502 Bad Gateway</body></html>")),
            None => Ok(self.file(path)),
        };
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        self.log("file", status);
        answer
    }

    fn file(&self, path: &str) -> Response<Body> {
        match self.look(|world| world.files.by_path(path).cloned()) {
            Some(file) => response(200, "application/octet-stream", full(file.bytes)),
            None => answered(Err(ApiError::new(404, "Not Found: file not found"))),
        }
    }
}

async fn read(request: Request<Incoming>) -> Result<Params, ApiError> {
    let query = request.uri().query().map(str::to_owned);
    let content_type = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = Limited::new(request.into_body(), BODY_LIMIT)
        .collect()
        .await
        .map_err(|_| ApiError::new(413, "Request Entity Too Large"))?
        .to_bytes();
    Params::read(query.as_deref(), content_type.as_deref(), body).await
}

/// The answer to a call that a fault keeps from having an effect.
fn refused(fault: Fault) -> Response<Body> {
    answered(Err(match fault {
        Fault::TooManyRequests { retry_after } => ApiError::too_many(retry_after),
        Fault::Refuse {
            status,
            description,
        } => ApiError::new(status, description),
        Fault::Forbidden => ApiError::kicked(),
        Fault::BadGateway => {
            return page(
                502,
                "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>",
            );
        }
        _ => ApiError::new(500, "Internal Server Error"),
    }))
}

pub(super) fn answered(outcome: Outcome) -> Response<Body> {
    let (status, body) = render(outcome);
    let retry_after = body
        .pointer("/parameters/retry_after")
        .map(ToString::to_string);
    let mut response = response(status, "application/json", full(json!(body).to_string()));
    if let Some(seconds) = retry_after.and_then(|seconds| seconds.parse().ok()) {
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds);
    }
    response
}

fn page(status: u16, html: &'static str) -> Response<Body> {
    response(status, "text/html", full(html))
}

pub(super) fn response(status: u16, content_type: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, value);
    }
    response.headers_mut().insert(
        http::header::X_CONTENT_TYPE_OPTIONS,
        http::HeaderValue::from_static("nosniff"),
    );
    response
}
