//! Ids that a person recognises in a log line.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// Names one request: `req_` and 32 hexadecimal digits, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A new id; ids made later sort after it.
    #[must_use]
    pub fn new() -> Self {
        Self(format!("req_{}", Uuid::now_v7().simple()))
    }

    /// The id as it stands in the `x-request-id` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a name that somebody gave a request is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to 128 letters, digits, '-', '_' or '.'")]
pub struct UnfitRequestId;

impl FromStr for RequestId {
    type Err = UnfitRequestId;

    /// Takes a name that a client or a proxy gave, if it can stand in a header and a log line as it is.
    fn from_str(text: &str) -> Result<Self, UnfitRequestId> {
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=128).contains(&text.len()) && text.bytes().all(fit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnfitRequestId)
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Ids that the service makes: a prefix that a person recognises, and 32 hexadecimal digits in order of time.
macro_rules! made_id {
    ($(#[$about:meta])* $name:ident, $prefix:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// A new id; ids made later sort after it.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "an id is not a default value")]
            pub fn new() -> Self {
                Self(format!(concat!($prefix, "{}"), Uuid::now_v7().simple()).into())
            }

            /// The id as it stands in an answer, a log line and the store.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = UnfitId;

            fn from_str(text: &str) -> Result<Self, UnfitId> {
                let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                match text.strip_prefix($prefix) {
                    Some(rest) if (1..=64).contains(&rest.len()) && rest.bytes().all(fit) => Ok(Self(text.into())),
                    _ => Err(UnfitId($prefix)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

made_id! {
    /// Names an account: who is billed.
    AccountId, "acc_"
}
made_id! {
    /// Names a key. It is public: it stands in logs and invoices, and says nothing of the key's secret.
    KeyId, "key_"
}
made_id! {
    /// Names what one request costs, from its hold to its end in the ledger.
    ChargeId, "chg_"
}
made_id! {
    /// Names an incident or a maintenance.
    NoticeId, "note_"
}

impl AccountId {
    /// The account to which everything is written while the server runs open: `acc_local`.
    #[must_use]
    pub fn local() -> Self {
        Self("acc_local".into())
    }
}

/// Why a text is no id of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("such an id begins with `{0}`, followed by letters and digits")]
pub struct UnfitId(&'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken_from_others() {
        assert_eq!("trace-1_a.B".parse().as_ref().map(RequestId::as_str), Ok("trace-1_a.B"));
        for unfit in ["", "two words", "new\nline", "größe", &"x".repeat(129)] {
            assert_eq!(unfit.parse::<RequestId>(), Err(UnfitRequestId), "{unfit:?}");
        }
    }
}
