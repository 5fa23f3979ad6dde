//! Which address a request came from, and which it came to: the connection's own, or what trusted proxies
//! say of it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use poem::Request;
use poem::http::uri::Authority;
use url::Url;

use crate::desk::limits::ClientAddress;

/// This server as the caller sees it, such as `https://desk.example`, without a slash at the end: the setting
/// `PUBLIC_URL`, else the request's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAddress(pub String);

impl OwnAddress {
    /// What the edge found out; every request has passed it.
    pub fn of(request: &Request) -> Self {
        let found = request.extensions().get::<Self>().cloned();
        found.unwrap_or_else(|| Self::seen(request, None, &[]))
    }

    pub fn seen(request: &Request, public: Option<&Url>, trusted: &[IpNet]) -> Self {
        if let Some(public) = public {
            return Self(public.as_str().trim_end_matches('/').to_owned());
        }
        let host = request.header("host").filter(|host| is_host(host));
        let host = match (host, request.local_addr().as_socket_addr()) {
            (Some(host), _) => host.to_owned(),
            (None, Some(address)) => address.to_string(),
            (None, None) => "localhost".to_owned(),
        };
        let CameByHttps(https) = CameByHttps::seen(request, trusted);
        let scheme = if https { "https" } else { "http" };
        Self(format!("{scheme}://{host}"))
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// Whether a trusted proxy says that it was asked by https; this server itself speaks http.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameByHttps(pub bool);

impl CameByHttps {
    pub fn seen(request: &Request, trusted: &[IpNet]) -> Self {
        let proto = request.header("x-forwarded-proto").unwrap_or_default();
        Self(told_https(peer(request), proto, trusted))
    }
}

fn is_host(text: &str) -> bool {
    !text.contains('@') && text.parse::<Authority>().is_ok()
}

fn told_https(peer: IpAddr, proto: &str, trusted: &[IpNet]) -> bool {
    let nearest = proto.rsplit(',').next().unwrap_or_default();
    trusted.iter().any(|net| net.contains(&peer)) && nearest.trim().eq_ignore_ascii_case("https")
}

fn peer(request: &Request) -> IpAddr {
    request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| {
            address.ip().to_canonical()
        })
}

/// The address behind a request. `X-Forwarded-For` is believed only as far as trusted proxies wrote it.
pub fn of(request: &Request, trusted: &[IpNet]) -> ClientAddress {
    let peer = peer(request);
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    ClientAddress(client(peer, &forwarded, trusted))
}

/// Walks from the nearest hop outwards while the hop is a trusted proxy.
fn client(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    for hop in forwarded.iter().rev() {
        if !trusted.iter().any(|net| net.contains(&nearest)) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_address_is_the_setting_or_what_the_request_says() {
        let public: Url = "https://desk.example/".parse().unwrap();
        let seen = |host: &str, public: Option<&Url>| {
            let request = Request::builder().header("host", host).finish();
            OwnAddress::seen(&request, public, &[]).0
        };
        assert_eq!(seen("a.example:1", None), "http://a.example:1");
        assert_eq!(seen("[::1]:5000", None), "http://[::1]:5000");
        for wrong in ["a/b", "x@evil.example", "", "a b"] {
            assert_eq!(seen(wrong, None), "http://localhost", "{wrong:?}");
        }
        assert_eq!(seen("a.example", Some(&public)), "https://desk.example");
    }

    #[test]
    fn https_is_believed_of_trusted_proxies_only() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let cases = [
            ("10.1.1.1", "https", true),
            ("10.1.1.1", "http, HTTPS", true),
            ("10.1.1.1", "https, http", false),
            ("10.1.1.1", "", false),
            ("203.0.113.9", "https", false),
        ];
        for (peer, proto, expected) in cases {
            let found = told_https(peer.parse().unwrap(), proto, &trusted);
            assert_eq!(found, expected, "{peer} {proto}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec![
            "10.0.0.0/8".parse().unwrap(),
            "127.0.0.1/32".parse().unwrap(),
        ];
        let cases: [(&str, &[&str], &str); 6] = [
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", " 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["not an address"], "127.0.0.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
        ];
        for (peer, forwarded, expected) in cases {
            let found = client(peer.parse().unwrap(), forwarded, &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
        }
        assert_eq!(
            client("127.0.0.1".parse().unwrap(), &["6.6.6.6"], &[]).to_string(),
            "127.0.0.1"
        );
    }
}
