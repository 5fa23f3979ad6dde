//! Which address a request came from: the peer's, or what trusted proxies say of it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use poem::Request;

use crate::desk::limits::ClientAddress;

/// The address behind a request. `X-Forwarded-For` is believed only as far as trusted proxies wrote it.
pub fn of(request: &Request, trusted: &[IpNet]) -> ClientAddress {
    let peer = request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| {
            address.ip().to_canonical()
        });
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
