//! The page of `relaydesk demo`, embedded: its files, their types and the policy they are served under.
//! What the page does is in `web/demo`; what it asks the sandbox is in `control`.

use poem::http::header;
use poem::{Endpoint, Response, Route, endpoint::make_sync, get};

/// Nothing inline, nothing from elsewhere; `blob:` is a photo chosen but not sent yet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, content type and content of every file of the page.
const FILES: [(&str, &str, &str); 18] = [
    ("/", HTML, include_str!("../../web/demo/index.html")),
    ("/demo/shop", HTML, include_str!("../../web/demo/shop.html")),
    (
        "/demo/shop.css",
        CSS,
        include_str!("../../web/demo/shop.css"),
    ),
    (
        "/demo/style.css",
        CSS,
        include_str!("../../web/demo/style.css"),
    ),
    (
        "/demo/icon.svg",
        SVG,
        include_str!("../../web/demo/icon.svg"),
    ),
    (
        "/demo/calls.js",
        SCRIPT,
        include_str!("../../web/demo/calls.js"),
    ),
    (
        "/demo/app.js",
        SCRIPT,
        include_str!("../../web/demo/app.js"),
    ),
    (
        "/demo/chat.js",
        SCRIPT,
        include_str!("../../web/demo/chat.js"),
    ),
    (
        "/demo/composer.js",
        SCRIPT,
        include_str!("../../web/demo/composer.js"),
    ),
    (
        "/demo/dom.js",
        SCRIPT,
        include_str!("../../web/demo/dom.js"),
    ),
    (
        "/demo/group.js",
        SCRIPT,
        include_str!("../../web/demo/group.js"),
    ),
    (
        "/demo/phone.js",
        SCRIPT,
        include_str!("../../web/demo/phone.js"),
    ),
    (
        "/demo/posts.js",
        SCRIPT,
        include_str!("../../web/demo/posts.js"),
    ),
    (
        "/demo/private.js",
        SCRIPT,
        include_str!("../../web/demo/private.js"),
    ),
    (
        "/demo/pushes.js",
        SCRIPT,
        include_str!("../../web/demo/pushes.js"),
    ),
    (
        "/demo/rich.js",
        SCRIPT,
        include_str!("../../web/demo/rich.js"),
    ),
    (
        "/demo/socket.js",
        SCRIPT,
        include_str!("../../web/demo/socket.js"),
    ),
    (
        "/demo/world.js",
        SCRIPT,
        include_str!("../../web/demo/world.js"),
    ),
];

/// The page: `/` and `/demo/…`; `/demo/api` is left to the control interface.
pub fn page_routes() -> Route {
    FILES
        .into_iter()
        .fold(Route::new(), |routes, (path, content_type, content)| {
            routes.at(path, get(file(content_type, content)))
        })
}

fn file(content_type: &'static str, content: &'static str) -> impl Endpoint<Output = Response> {
    make_sync(move |_| {
        Response::builder()
            .content_type(content_type)
            .header(header::CONTENT_SECURITY_POLICY, POLICY)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::REFERRER_POLICY, "no-referrer")
            // Another build of the demo serves other files under the same names.
            .header(header::CACHE_CONTROL, "no-cache")
            .body(content)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::test::TestClient;

    #[tokio::test]
    async fn every_file_has_its_type_and_a_policy_without_exceptions() {
        let client = TestClient::new(page_routes());
        for (path, content_type, _) in FILES {
            let answer = client.get(path).send().await;
            answer.assert_status_is_ok();
            answer.assert_header("content-type", content_type);
            answer.assert_header("x-content-type-options", "nosniff");
            answer.assert_header("content-security-policy", POLICY);
        }
        assert!(!POLICY.contains("unsafe"));
    }

    #[test]
    fn whatever_a_file_names_is_served() {
        let quoted = |content: &'static str| content.split(['"', '\'']);
        for (path, _, content) in FILES {
            let named = quoted(content).filter_map(|name| match name.strip_prefix("./") {
                Some(module) => Some(format!("/demo/{module}")),
                None => name.starts_with("/demo/").then(|| name.to_owned()),
            });
            for name in named.filter(|name| {
                name.rsplit('/')
                    .next()
                    .is_some_and(|last| last.contains('.'))
            }) {
                assert!(
                    FILES.iter().any(|(served, ..)| *served == name),
                    "{path} names {name}"
                );
            }
        }
    }

    #[test]
    fn the_page_has_no_inline_script_or_style() {
        for (path, content_type, content) in FILES {
            let inline = ["style=", "onclick=", "<style"]
                .iter()
                .any(|mark| content.contains(mark));
            assert!(content_type != HTML || !inline, "{path}");
        }
    }
}
