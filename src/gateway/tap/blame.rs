//! Who is to blame for an error that comes with a 200: the caller for what no backend would answer, or else the backend.

use reqwest::StatusCode;
use serde_json::Value;

use crate::gateway::attempt::is_the_callers;

/// Who is to blame for an error that stands where an answer should, or ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Blame {
    Caller,
    Backend,
}

/// How codes and types begin that say that something is wrong with the request.
const CALLERS: [&str; 10] = [
    "invalid_",
    "unsupported_",
    "context_length_exceeded",
    "string_above_max_length",
    "content_filter",
    "content_policy",
    "image_",
    "empty_image",
    "failed_to_download_image",
    // text-generation-inference
    "validation",
];

/// Codes of errors that are ours, though their type, or how they begin, says that something is wrong with the request.
const OURS: [&str; 5] =
    ["invalid_api_key", "invalid_authentication", "invalid_organization", "model_not_found", "rate_limit_exceeded"];

/// Of an error with this code and this type: the code says more, if it is one that is known.
pub(super) fn of(code: Option<&Value>, kind: Option<&Value>) -> Blame {
    let code = code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned)).unwrap_or_default();
    if let Some(status) = code.parse().ok().and_then(|code| StatusCode::from_u16(code).ok()) {
        return if is_the_callers(status) { Blame::Caller } else { Blame::Backend };
    }
    let callers = |name: &str| CALLERS.iter().any(|beginning| name.starts_with(beginning));
    let is_callers = callers(&code) || kind.and_then(Value::as_str).is_some_and(callers);
    if is_callers && !OURS.iter().any(|ours| code.starts_with(ours)) { Blame::Caller } else { Blame::Backend }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_the_request_is_the_callers_and_the_rest_is_not() {
        for (code, kind, blame) in [
            (json!(400), json!("server_error"), Blame::Caller),
            (json!("422"), json!(null), Blame::Caller),
            (json!(404), json!("invalid_request_error"), Blame::Backend),
            (json!(429), json!(null), Blame::Backend),
            (json!(500), json!("invalid_request_error"), Blame::Backend),
            (json!("context_length_exceeded"), json!(null), Blame::Caller),
            (json!("invalid_prompt"), json!(null), Blame::Caller),
            (json!("invalid_image_url"), json!("image_generation_user_error"), Blame::Caller),
            (json!("image_content_policy_violation"), json!(null), Blame::Caller),
            (json!("content_filter"), json!(null), Blame::Caller),
            (json!(null), json!("invalid_request_error"), Blame::Caller),
            (json!("integer_above_max_value"), json!("invalid_request_error"), Blame::Caller),
            (json!(null), json!("validation"), Blame::Caller),
            (json!(null), json!("generation"), Blame::Backend),
            (json!("invalid_api_key"), json!("invalid_request_error"), Blame::Backend),
            (json!("model_not_found"), json!("invalid_request_error"), Blame::Backend),
            (json!("rate_limit_exceeded"), json!("requests"), Blame::Backend),
            (json!("server_error"), json!("server_error"), Blame::Backend),
            (json!(null), json!(null), Blame::Backend),
        ] {
            assert_eq!(of(Some(&code), Some(&kind)), blame, "{code} {kind}");
        }
        assert_eq!(of(None, None), Blame::Backend);
    }
}
