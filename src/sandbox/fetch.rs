//! Files a call names by URL. Telegram fetches them itself; so does the sandbox, but from loopback
//! only: nothing of a test or a demo leaves the machine.

use std::time::Duration;

use serde_json::Value;

use super::params::{Params, Upload};

const PATIENCE: Duration = Duration::from_secs(5);

/// Fetches every URL among the call's media and keeps it in `params` under the URL itself. What can
/// not be had is missing there, and refused where the file is looked for.
pub(super) async fn fetch_urls(params: &mut Params) {
    for address in addresses(params) {
        if let Some(upload) = fetch(&address).await {
            params.put_upload(address, upload);
        }
    }
}

fn addresses(params: &Params) -> Vec<String> {
    let single = [
        "photo",
        "document",
        "video",
        "audio",
        "voice",
        "animation",
        "sticker",
    ];
    let single = single
        .iter()
        .filter_map(|name| params.text(name).map(str::to_owned));
    let group = match params.json("media") {
        Some(Ok(Value::Array(items))) => items,
        Some(Ok(item)) => vec![item],
        _ => Vec::new(),
    };
    let group = group
        .iter()
        .filter_map(|item| item.get("media")?.as_str().map(str::to_owned));
    single
        .chain(group)
        .filter(|value| value.starts_with("http://") || value.starts_with("https://"))
        .collect()
}

async fn fetch(address: &str) -> Option<Upload> {
    let url = url::Url::parse(address).ok().filter(is_loopback)?;
    let name = url
        .path_segments()
        .and_then(|mut segments| segments.next_back().map(str::to_owned))
        .unwrap_or_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .ok()?;
    let answer = client.get(url).send().await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    let mime = answer
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream")
        .to_owned();
    Some(Upload {
        name,
        mime,
        bytes: answer.bytes().await.ok()?,
    })
}

pub(super) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_near_enough() {
        for (address, near) in [
            ("http://127.0.0.1:8080/a.png", true),
            ("http://localhost/a", true),
            ("http://[::1]/a", true),
            ("http://127.0.0.1.example.com/a", false),
            ("https://example.com/", false),
        ] {
            assert_eq!(
                is_loopback(&url::Url::parse(address).unwrap()),
                near,
                "{address}"
            );
        }
    }
}
