//! Whether a request means this machine, by its `Host` and its `Origin`.
//!
//! What is open to programs of its own machine must not be open to every web page that a browser on it shows. A page can
//! send a form to any address, and then the `Origin` is the page's; or it lets a name of its own resolve to 127.0.0.1
//! (DNS rebinding), and then the `Host` is that name. A browser lets no page change either. A program that sends neither
//! is none that could be misled.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue};

/// What of a request names another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    /// The header.
    pub header: &'static str,
    /// What it says, in part if it is long.
    pub name: String,
}

/// The most characters of a name that are told.
const SHOWN: usize = 100;

/// What of a request names another machine than this one; `None` where nothing does.
pub(super) fn foreign(request: &Request) -> Option<Foreign> {
    let target = request.uri().authority().map(Authority::as_str);
    let hosts = all(request, HOST).chain(target.map(Into::into)).find(|host| !is_here(host));
    // An origin without a host is `null`: a page that hides where it is from.
    let is_near = |origin: &str| origin.split_once("://").is_some_and(|(_, authority)| is_here(authority));
    let origin = || all(request, ORIGIN).find(|origin| !is_near(origin)).map(|name| ("Origin", name));
    let (header, name) = hosts.map(|name| ("Host", name)).or_else(origin)?;
    Some(Foreign { header, name: name.chars().take(SHOWN).collect() })
}

fn all(request: &Request, name: HeaderName) -> impl Iterator<Item = Cow<'_, str>> {
    request.headers().get_all(name).iter().map(HeaderValue::as_bytes).map(String::from_utf8_lossy)
}

/// Whether a host, with its port or without, is `localhost` or an address of the loopback.
fn is_here(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let port = authority.strip_prefix(parsed.host());
    if !port.is_some_and(|port| port.is_empty() || port.starts_with(':')) {
        return false;
    }
    let host = parsed.host().trim_end_matches('.');
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn told(headers: &[(&str, &str)]) -> Option<(&'static str, String)> {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty()).expect("a request");
        foreign(&request).map(|Foreign { header, name }| (header, name))
    }

    #[test]
    fn this_machine_has_a_few_names() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.1.2.3:1",
            "[::1]",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert_eq!(told(&[("host", host)]), None, "{host}");
            assert_eq!(told(&[("host", host), ("origin", &format!("http://{host}"))]), None, "{host}");
        }
        for host in [
            "",
            "rebound.example",
            "rebound.example:8080",
            "localhost.rebound.example",
            "127.0.0.1.rebound.example",
            "192.0.2.1",
            "[2001:db8::1]:80",
            "0.0.0.0:8080",
            "localhost:8080, x",
            "[::1].rebound.example",
            "[localhost]",
        ] {
            assert_eq!(told(&[("host", host)]), Some(("Host", host.to_owned())), "{host}");
        }
        assert_eq!(told(&[]), None, "a program of HTTP/1.0");
        assert_eq!(told(&[("host", "localhost"), ("host", "b.example")]), Some(("Host", "b.example".to_owned())));
    }

    #[test]
    fn a_page_is_of_this_machine_or_of_another() {
        let from = |origin: &str| told(&[("host", "localhost:8080"), ("origin", origin)]);
        for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"] {
            assert_eq!(from(origin), None, "{origin}");
        }
        for origin in ["https://page.example", "null", "http://localhost.page.example", "file://", "localhost"] {
            assert_eq!(from(origin), Some(("Origin", origin.to_owned())), "{origin}");
        }
        assert_eq!(from(&"x".repeat(5_000)).map(|(_, name)| name.len()), Some(SHOWN));
    }

    #[test]
    fn a_target_with_a_host_is_a_host() {
        let request = Request::builder().uri("http://rebound.example/v1/models").header("host", "localhost");
        let request = request.body(Body::empty()).expect("a request");
        assert_eq!(foreign(&request).map(|foreign| foreign.name), Some("rebound.example".to_owned()));
    }
}
