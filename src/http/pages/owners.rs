//! The owners' page. What it manages is asked for by its scripts; whoever is no owner sees that much and no more.

use askama::Template;
use poem::http::StatusCode;
use poem::{Request, Response, handler};

use super::Frame;
use crate::domain::agent::{Agent, Role};
use crate::http::errors::bare;

#[derive(Template)]
#[template(path = "admin.html")]
struct Admin<'a> {
    frame: &'a Frame<'a>,
    agent: Agent,
}

#[derive(Template)]
#[template(path = "forbidden.html")]
struct Forbidden<'a> {
    frame: &'a Frame<'a>,
    agent: Agent,
}

/// `GET /support/admin/`.
#[handler]
pub async fn admin(request: &Request) -> Response {
    let frame = match Frame::of(request) {
        Ok(frame) => frame,
        Err(error) => return bare(error),
    };
    let agent = match frame.account(request).await {
        Ok(agent) => agent,
        Err(answer) => return answer,
    };
    if agent.role == Role::Owner {
        let page = Admin {
            frame: &frame,
            agent,
        };
        return frame.show(StatusCode::OK, &page);
    }
    let page = Forbidden {
        frame: &frame,
        agent,
    };
    frame.show(StatusCode::FORBIDDEN, &page)
}
