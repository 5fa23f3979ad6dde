//! Staff's pages: signing in, and the desk.

use askama::Template;
use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, handler};

use super::{Frame, own_page, parameter};
use crate::domain::agent::Agent;
use crate::http::errors::bare;
use crate::http::staff;

/// Where one goes who signs in without having asked for a page.
const FIRST_PAGE: &str = "/support/manager/";

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    frame: &'a Frame<'a>,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "manager.html")]
struct Manager<'a> {
    frame: &'a Frame<'a>,
    agent: Agent,
}

/// `GET /support/login/`: who is signed in already goes on.
#[handler]
pub async fn login(request: &Request) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    let next = parameter(request, "next");
    let next = next.as_deref().and_then(own_page).unwrap_or(FIRST_PAGE);
    if staff::ask(request).await.is_ok() {
        return poem::web::Redirect::see_other(next).into_response();
    }
    frame.show(
        StatusCode::OK,
        &Login {
            frame: &frame,
            next,
        },
    )
}

/// `GET /support/manager/`: the desk.
#[handler]
pub async fn manager(request: &Request) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    match frame.account(request).await {
        Ok(agent) => frame.show(
            StatusCode::OK,
            &Manager {
                frame: &frame,
                agent,
            },
        ),
        Err(answer) => answer,
    }
}
