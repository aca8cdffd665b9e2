//! The address of the client, for rate limits. Behind a proxy, the address is in a header, which is
//! used only if a trusted proxy sent it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The header with the address of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AddressHeader {
    /// `X-Forwarded-For`, which most proxies send.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their addresses.
    pub trusted: Vec<IpNet>,
    /// The header that they set. Any client can send the other one.
    pub header: AddressHeader,
}

impl Proxies {
    /// Returns the address of the client: the last one in the chain that is not a trusted proxy.
    pub fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.to_canonical());
        if self.trusted.is_empty() {
            return client;
        }
        let name = match self.header {
            AddressHeader::XForwardedFor => "x-forwarded-for",
            AddressHeader::Forwarded => "forwarded",
        };
        let elements: Vec<&str> = headers
            .get_all(name)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for element in elements.into_iter().rev() {
            if !self.trusted.iter().any(|network| network.contains(&client)) {
                break;
            }
            let address = match self.header {
                AddressHeader::XForwardedFor => address(element),
                AddressHeader::Forwarded => element.split(';').find_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("for").then(|| address(value))?
                }),
            };
            // Addresses before a malformed element cannot be trusted.
            let Some(address) = address else { break };
            client = address;
        }
        client
    }
}

/// Parses an address with or without a port, brackets and quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let host = text.trim_start_matches('[').trim_end_matches(']');
    host.parse()
        .or_else(|_| text.parse().map(|address: SocketAddr| address.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(
        header: AddressHeader,
        peer: &str,
        headers_sent: &[(&'static str, &'static str)],
    ) -> String {
        let proxies = Proxies {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
            header,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in headers_sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        proxies.client(peer.parse().ok(), &headers).to_string()
    }

    #[test]
    fn ignores_addresses_from_untrusted_proxies() {
        let forwarded_for =
            |peer, value| client(AddressHeader::XForwardedFor, peer, &[("x-forwarded-for", value)]);
        assert_eq!(forwarded_for("192.0.2.1", "198.51.100.7"), "192.0.2.1", "not a trusted proxy");
        assert_eq!(forwarded_for("10.0.0.1", "198.51.100.7"), "198.51.100.7");
        assert_eq!(
            forwarded_for("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.2.3.4"),
            "198.51.100.7",
            "the client's own claim does not count"
        );
        assert_eq!(forwarded_for("::ffff:10.0.0.1", "[2001:db8::7]:4711"), "2001:db8::7");
        assert_eq!(forwarded_for("10.0.0.1", "198.51.100.7, nonsense"), "10.0.0.1");
        assert_eq!(
            client(AddressHeader::XForwardedFor, "10.0.0.1", &[("forwarded", "for=198.51.100.7")]),
            "10.0.0.1"
        );
        let forwarded = [
            ("forwarded", "for=203.0.113.9"),
            ("forwarded", "proto=https;For=\"[2001:db8::8]:80\", for=10.9.9.9"),
        ];
        assert_eq!(client(AddressHeader::Forwarded, "::1", &forwarded), "2001:db8::8");
    }
}
