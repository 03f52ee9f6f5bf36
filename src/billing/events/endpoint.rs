//! Where events are sent. Its path may be a secret, as many receivers have it, so it is never shown.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// A URL of HTTP. It is shown without anything that could be a secret: `https://receiver.example`.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads a URL with a host; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    }

    /// The whole, for the one who sends.
    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether what is sent is encrypted on its way.
    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine.
    pub(super) fn is_here(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_secret_is_not_shown() {
        let endpoint = Endpoint::parse("https://bill:s3cret@receiver.example:8443/s3cret?token=s3cret").expect("a URL");
        assert_eq!(format!("{endpoint} {endpoint:?}"), "https://receiver.example:8443 https://receiver.example:8443");
        for text in ["", "receiver.example", "ftp://receiver.example", "unix:/run/receiver"] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_address_alone() {
        for (url, here) in [
            ("http://127.0.0.1:9000/", true),
            ("http://[::1]:9000/", true),
            ("http://localhost/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
            ("http://127.0.0.1.example/", false),
        ] {
            assert_eq!(Endpoint::parse(url).expect("a URL").is_here(), here, "{url}");
        }
    }
}
