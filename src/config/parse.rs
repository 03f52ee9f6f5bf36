//! From text to the types that the rooms' settings have. `None`: it is none of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::billing::events::{Endpoint, SigningKeys};
use crate::catalog;
use crate::speech::Device;
use crate::telemetry::{Format, Level};

/// An IP address, or `localhost`, with a port.
pub(super) fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some((Ipv4Addr::LOCALHOST, port.parse().ok()?).into()),
        None => text.parse().ok(),
    }
}

/// A whole number in a range.
pub(super) fn whole<T: FromStr + PartialOrd>(range: RangeInclusive<T>) -> impl Fn(&str) -> Option<T> {
    move |text| text.parse().ok().filter(|number| range.contains(number))
}

/// At least one byte: `1048576`, `1 MiB`, `1.5GB`; a fraction has a unit, since nobody means a part of a byte.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    let (whole, fraction) = match number.split_once('.') {
        Some(_) if scale == 1 => return None,
        parts => parts.unwrap_or((number, "0")),
    };
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| (1..=9).contains(digits))?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(scale)? / 10_u64.pow(digits);
    whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part).filter(|bytes| (1..=1 << 50).contains(bytes))
}

/// Names between commas; none at all is a list too.
#[expect(clippy::unnecessary_wraps, reason = "every function here has this shape")]
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    Some(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// One to a hundred characters, none of which moves a cursor.
pub(super) fn name(text: &str) -> Option<String> {
    let fit = (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control);
    fit.then(|| text.to_owned())
}

/// Nothing, for the default, or a URL of HTTP.
#[expect(clippy::option_option, reason = "the outer one says whether the text is good, as in every function here")]
pub(super) fn url(text: &str) -> Option<Option<String>> {
    if text.is_empty() {
        return Some(None);
    }
    catalog::is_base_url(text).then(|| Some(text.to_owned()))
}

/// Nothing, or where events are sent.
#[expect(clippy::option_option, reason = "the outer one says whether the text is good, as in every function here")]
pub(super) fn endpoint(text: &str) -> Option<Option<Endpoint>> {
    if text.is_empty() { Some(None) } else { Endpoint::parse(text).map(Some) }
}

/// Nothing, or what events are signed with.
pub(super) fn signing_keys(text: &str) -> Option<SigningKeys> {
    if text.is_empty() { Some(SigningKeys::default()) } else { SigningKeys::parse(text) }
}

/// The characters of RFC 3986, of which any may stand in a reference that is relative.
pub(super) fn uri_reference(text: &str) -> Option<String> {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    ((1..=200).contains(&text.len()) && text.bytes().all(fit)).then(|| text.to_owned())
}

pub(super) fn flag(text: &str) -> Option<bool> {
    text.parse().ok()
}

pub(super) fn device(text: &str) -> Option<Device> {
    match text {
        "auto" => Some(Device::Auto),
        "cpu" => Some(Device::Cpu),
        "cuda" => Some(Device::Cuda(0)),
        other => other.strip_prefix("cuda:")?.parse().ok().map(Device::Cuda),
    }
}

pub(super) fn level(text: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level.as_str() == text)
}

pub(super) fn log_format(text: &str) -> Option<Format> {
    match text {
        "text" => Some(Format::Text),
        "json" => Some(Format::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        for (text, count) in [
            ("26214400", 26_214_400),
            ("25MiB", 26_214_400),
            ("25 mib", 26_214_400),
            ("1.5 GB", 1_500_000_000),
            ("0.5 KiB", 512),
        ] {
            assert_eq!(bytes(text), Some(count), "{text}");
        }
        for text in ["", "0", "-1", "1 TB", "1.2.3", "1.", "1.5", "1.5 B", "MiB", "99999999999 GiB", "1e6"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_devices_and_lists() {
        assert_eq!(address("localhost:80").map(|a| a.to_string()), Some("127.0.0.1:80".to_owned()));
        assert_eq!(address("[::1]:0").map(|a| a.to_string()), Some("[::1]:0".to_owned()));
        assert_eq!(address("minutes.example:80"), None);
        assert_eq!(device("cuda:3"), Some(Device::Cuda(3)));
        assert_eq!(device("cuda:x"), None);
        assert_eq!(list(" a, b ,"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(list(""), Some(vec![]));
        assert_eq!(url("http://"), None);
    }
}
