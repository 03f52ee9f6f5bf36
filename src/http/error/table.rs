//! The one table of failures: what a client is told of each, but for the message.
//!
//! Statuses, types and codes are OpenAI's where OpenAI has the case (its reference documents the shape, its SDKs the
//! exception for each status); the rest follow its manner. `docs/ERRORS.md` is this table, and a test keeps it so.

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// HTTP status.
    pub status: u16,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.code`.
    pub code: Option<&'static str>,
    /// `error.param`.
    pub param: Param,
    /// What a client should do with its next try.
    pub retry: Retry,
    /// When it happens, for the reader of `docs/ERRORS.md`.
    #[cfg(test)]
    pub when: &'static str,
}

/// What `error.param` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    /// Nothing: `null`.
    Null,
    /// The uploaded file.
    File,
    /// The field that is at fault.
    Field,
}

/// What the answer says of another try. SDKs try again on their own after 408, 429 and everything from 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Nothing: the status says enough.
    Unsaid,
    /// `x-should-retry: false`: the same request would fail again.
    Never,
    /// `Retry-After`, in seconds; the failure at hand may know better.
    After(u64),
}

macro_rules! failures {
    ($($name:ident, $status:literal, $kind:literal, $code:expr, $param:ident, $retry:expr, $when:literal;)*) => {
        /// A kind of failure; its row says the rest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Failure { $(#[doc = $when] $name),* }

        const TABLE: &[Row] = &[$(Row {
            status: $status, kind: $kind, code: $code, param: Param::$param, retry: $retry,
            #[cfg(test)]
            when: $when,
        }),*];
    };
}

use Retry::{After, Never, Unsaid};

failures! {
    UnsupportedContentType, 400, "invalid_request_error", Some("unsupported_content_type"),   Null,  Unsaid,    "The body is no form, or it is compressed.";
    InvalidForm,            400, "invalid_request_error", Some("invalid_form"),               Null,  Unsaid,    "The form is malformed or was cut off.";
    MissingParameter,       400, "invalid_request_error", Some("missing_required_parameter"), Field, Unsaid,    "A field that must be there is not.";
    InvalidValue,           400, "invalid_request_error", Some("invalid_value"),              Field, Unsaid,    "A field has a value that it cannot have.";
    UnsupportedValue,       400, "invalid_request_error", Some("unsupported_value"),          Field, Unsaid,    "A field has a value that this model, or another field, does not allow.";
    DuplicateParameter,     400, "invalid_request_error", Some("duplicate_parameter"),        Field, Unsaid,    "A field that has one value was sent twice.";
    ParameterTooLong,       400, "invalid_request_error", Some("string_above_max_length"),    Field, Unsaid,    "A text field is too long.";
    TooManyParameters,      400, "invalid_request_error", Some("too_many_parameters"),        Null,  Unsaid,    "The form has too many fields.";
    InvalidJson,            400, "invalid_request_error", Some("invalid_json"),               Null,  Unsaid,    "The body is no JSON, or not of the kind that this method takes; an unknown field is an error.";
    EmptyFile,              400, "invalid_request_error", Some("empty_file"),                 File,  Unsaid,    "The file has no bytes.";
    UnsupportedFormat,      400, "invalid_request_error", Some("unsupported_format"),         File,  Unsaid,    "The file is no recording, or in a container that is not read.";
    UnsupportedCodec,       400, "invalid_request_error", Some("unsupported_codec"),          File,  Unsaid,    "The codec, the number of channels or the sample rate is not supported.";
    NoAudioTrack,           400, "invalid_request_error", Some("no_audio_track"),             File,  Unsaid,    "The container holds no audio.";
    CorruptFile,            400, "invalid_request_error", Some("corrupt_file"),               File,  Unsaid,    "Less than a tenth of a second could be decoded.";
    AudioTooShort,          400, "invalid_request_error", Some("audio_too_short"),            File,  Unsaid,    "There is less than a tenth of a second of audio.";
    AudioTooLong,           400, "invalid_request_error", Some("invalid_value"),              Null,  Unsaid,    "There is more audio than the service takes, counted in decoded samples.";
    NoTariff,               400, "invalid_request_error", Some("no_tariff"),                  Field, Unsaid,    "The model has no price in the account's currency. Nothing is ever done for free by mistake.";
    UnsupportedCapability,  400, "invalid_request_error", Some("unsupported_capability"),     Field, Unsaid,    "The model is there, and cannot do what the route, or a field of the request, needs.";
    LinkedMedia,            400, "invalid_request_error", Some("linked_media"),               Field, Unsaid,    "A picture, recording or film is named by its address, and every backend of the model would fetch it from inside: send a `data:` URI.";
    TokenInput,             400, "invalid_request_error", Some("token_input"),                Field, Unsaid,    "Tokens were sent in place of text, which no backend of the model takes.";
    InvalidApiKey,          401, "invalid_request_error", Some("invalid_api_key"),            Null,  Unsaid,    "There is no key in `Authorization: Bearer`, or it is wrong, revoked or expired. `WWW-Authenticate` says the scheme.";
    NotLocal,               403, "invalid_request_error", Some("not_local"),                  Null,  Unsaid,    "There is no key yet, and until then the service is open to its own machine alone: `Host` names another one, or `Origin` a page of another one. Make a key.";
    InsufficientScope,      403, "invalid_request_error", Some("insufficient_permissions"),   Null,  Unsaid,    "The key was made for other things: it lacks a scope.";
    ModelForbidden,         403, "invalid_request_error", Some("model_not_allowed"),          Null,  Unsaid,    "The key was made for other models.";
    AccountSuspended,       403, "invalid_request_error", Some("account_suspended"),          Null,  Unsaid,    "The account is suspended, and with it all of its keys.";
    ContentBlocked,         403, "invalid_request_error", Some("content_blocked"),            Null,  Unsaid,    "A guardrail stopped the request; the message names the rule, and nothing of what was sent.";
    NotFound,               404, "invalid_request_error", Some("not_found"),                  Null,  Unsaid,    "There is no such account, no such key in that account, or no such notice.";
    ModelNotFound,          404, "invalid_request_error", Some("model_not_found"),            Null,  Unsaid,    "No model of that name is served.";
    UnknownUrl,             404, "invalid_request_error", Some("unknown_url"),                Null,  Unsaid,    "There is nothing at that path.";
    MethodNotSupported,     405, "invalid_request_error", Some("method_not_supported"),       Null,  Unsaid,    "The path is right and the method is not; `Allow` names those that are.";
    RequestTimeout,         408, "invalid_request_error", Some("request_timeout"),            Null,  Unsaid,    "The body stopped coming, came too slowly, or took too long.";
    AlreadyProcessed,       409, "invalid_request_error", Some("already_processed"),          Null,  Never,     "A request with this `Idempotency-Key` was done before. `charge` beside `error` is what it was charged.";
    StillProcessing,        409, "invalid_request_error", Some("still_processing"),           Null,  After(5),  "A request with this `Idempotency-Key` is being worked on elsewhere, or was when a server died.";
    ModelRetired,           410, "invalid_request_error", Some("model_retired"),              Null,  Unsaid,    "The model has ended. The message names its successor, and so does `Link`; an account can ask to be answered by it.";
    TooLarge,               413, "server_error",          None,                               Null,  Unsaid,    "The body is larger than the service takes. The answer comes as soon as that is known.";
    IdempotencyMismatch,    422, "invalid_request_error", Some("idempotency_key_reused"),     Null,  Unsaid,    "This `Idempotency-Key` was used for another request, or with other parameters.";
    NoVisionModel,          422, "invalid_request_error", Some("no_vision_model"),            Field, Unsaid,    "There are pictures in the request, and neither the model nor its declared fallback sees.";
    RateLimited,            429, "requests",              Some("rate_limit_exceeded"),        Null,  After(1),  "The account or the key has sent as many requests, in a minute or at once, as it may, or has so much under way that the rest is kept for others; or too many wrong keys came from a network.";
    QueueFull,              429, "requests",              Some("queue_full"),                 Null,  After(1),  "As many requests are being worked on, or have sent as many bytes, as the service takes. Nothing was charged.";
    BackendBusy,            429, "requests",              Some("backend_busy"),               Null,  After(1),  "Every backend of the model has as much to do as it takes, or has said so itself with a 429 and is left alone for as long as it asked. Nothing was charged.";
    InsufficientQuota,      429, "insufficient_quota",    Some("insufficient_quota"),         Null,  Never,     "A budget of the account or of the key does not reach. Nothing was charged, but for what a stream has told by then.";
    Internal,               500, "server_error",          Some("internal_error"),             Null,  Unsaid,    "A defect of the service. Its log has the request id.";
    RecognitionFailed,      500, "server_error",          Some("recognition_failed"),         Null,  Unsaid,    "The model failed.";
    DecoderFailed,          500, "server_error",          Some("decoder_failed"),             File,  Never,     "A decoder failed on this file, and would again.";
    BackendFailed,          502, "server_error",          Some("backend_failed"),             Null,  Unsaid,    "The backend of the model could not be reached, failed or broke off, and no other was left to try. Nothing was charged, but for the part of a stream that was sent, unless it is a transcript.";
    BackendUnavailable,     503, "server_error",          Some("backend_unavailable"),        Null,  After(1),  "All backends of the model have failed lately and are left alone for the time that `Retry-After` says. Nothing was charged.";
    StorageFailed,          503, "server_error",          Some("storage_failed"),             Null,  After(30), "The upload could not be stored: there is no space left, or its folder cannot be written.";
    LedgerUnavailable,      503, "server_error",          Some("ledger_unavailable"),         Null,  After(5),  "The ledger could not be read or written. As a rule nothing was charged; a charge that was being written when the disk or the connection failed may be there, and the same `Idempotency-Key` then finds it.";
    ModerationUnavailable,  503, "server_error",          Some("moderation_unavailable"),     Null,  After(5),  "The moderation model does not answer, or not to this service, and the operator wants nothing passed on without it.";
    ModerationRefused,      503, "server_error",          Some("moderation_refused"),         Null,  Never,     "The moderation model does not take a text of the request, which may be too long for it, and nothing is passed on unjudged. Nothing was charged.";
    AccountsUnavailable,    503, "server_error",          Some("accounts_unavailable"),       Null,  After(5),  "Nobody can tell whose key it is: the store of accounts failed, or the account is on a plan that is not known.";
    CallsUnavailable,       503, "server_error",          Some("calls_unavailable"),          Null,  After(5),  "Calls of models that end could not be read.";
    StatusUnavailable,      503, "server_error",          Some("status_unavailable"),         Null,  After(5),  "Notices of the status could not be read or written.";
    ShuttingDown,           503, "server_error",          Some("shutting_down"),              Null,  After(1),  "The service is stopping and did not finish in time.";
    BackendTimeout,         504, "server_error",          Some("backend_timeout"),            Null,  Unsaid,    "The backend of the model was silent for too long, and no other was left to try. Nothing was charged, but for the part of a stream that was sent, unless it is a transcript.";
}

impl Failure {
    /// What a client is told.
    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fmt::Write as _, fs, path::Path};

    use super::*;

    const PREFACE: &str = "\
<!-- Made from src/http/error/table.rs by its test; `make bless` writes it anew. -->

# Errors

Every error has the shape of OpenAI's, and every answer has an `x-request-id`:

```json
{\"error\": {\"message\": \"…\", \"type\": \"invalid_request_error\", \"param\": \"language\", \"code\": \"invalid_value\"}}
```

A failure after a streamed answer has begun comes as an event: `event: error`, with the same object as its data.
A 413 also has `\"usage\": {\"type\": \"duration\", \"seconds\": 0}` beside `error`, and a 409 for a request that was done
before a `charge`. `Retry-After` is never more than 60 seconds.

| Status | `type` | `code` | `param` | When | Also says |
|---|---|---|---|---|---|
";

    /// The table as `docs/ERRORS.md` has it.
    fn markdown() -> String {
        let mut page = String::from(PREFACE);
        for row in TABLE {
            let code = row.code.map_or("`null`".to_owned(), |code| format!("`{code}`"));
            let param = match row.param {
                Param::Null => "`null`",
                Param::File => "`file`",
                Param::Field => "the field",
            };
            let retry = match row.retry {
                Retry::Unsaid => String::new(),
                Retry::Never => "`x-should-retry: false`".to_owned(),
                Retry::After(_) => "`Retry-After`".to_owned(),
            };
            let Row { status, kind, when, .. } = row;
            writeln!(page, "| {status} | `{kind}` | {code} | {param} | {when} | {retry} |")
                .expect("a String takes every write");
        }
        page
    }

    #[test]
    fn the_page_of_errors_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERRORS.md");
        if env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("has a parent")).expect("docs/ can be made");
            fs::write(&path, markdown()).expect("docs/ERRORS.md can be written");
        }
        let page = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(page, markdown(), "docs/ERRORS.md is stale: run `make bless` and look at the difference");
    }

    #[test]
    fn the_document_of_the_api_has_every_failure_of_both_audio_routes() {
        let document = serde_json::to_value(crate::http::openapi()).expect("JSON");
        for path in ["/v1/audio/transcriptions", "/v1/audio/translations"] {
            let answers = &document["paths"][path]["post"]["responses"];
            for status in TABLE.iter().map(|row| row.status).filter(|&status| status != 405) {
                assert!(answers[status.to_string()].is_object(), "{status} of {path}");
            }
        }
    }

    #[test]
    fn no_wait_is_longer_than_every_sdk_honours() {
        assert!(TABLE.iter().all(|row| !matches!(row.retry, Retry::After(seconds) if seconds > 60)));
    }
}
