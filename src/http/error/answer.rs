//! An [`Error`] on the wire: the body in OpenAI's shape, the message, and the headers that say whether to try again.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::table::{Param, Retry};
use super::{Error, Failure, billing, gateway};
use crate::accounts::{GateError, TooMany};
use crate::audio::AudioError;
use crate::billing::MeterError;
use crate::domain::Millis;
use crate::http::charge::Charge;
use crate::transcript::render::Usage;
use crate::transcription;

/// Body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
    /// Only with a 413: nothing was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub usage: Option<Usage>,
    /// Only with a 409: what the first request was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub charge: Option<Charge>,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// For a person.
    pub message: String,
    /// The class of the error.
    #[schema(example = "invalid_request_error")]
    pub r#type: &'static str,
    /// The field at fault.
    #[schema(required = true)]
    pub param: Option<&'static str>,
    /// For a program; `docs/ERRORS.md` has them all.
    #[schema(required = true, example = "invalid_value")]
    pub code: Option<&'static str>,
}

/// The `code` of an error, left with its answer for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub &'static str);

impl Error {
    fn param(&self) -> Option<&'static str> {
        match (self.failure().row().param, self) {
            (Param::File, _) => Some("file"),
            (
                Param::Field,
                Self::MissingParameter(param)
                | Self::DuplicateParameter(param)
                | Self::InvalidValue { param, .. }
                | Self::UnsupportedValue { param, .. }
                | Self::ParameterTooLong { param, .. },
            ) => Some(param),
            (Param::Field, Self::TranscribesOnly(_)) => Some("model"),
            (Param::Field, Self::Gateway(error)) => gateway::param(error),
            (Param::Field, Self::Transcription(error)) => match **error {
                transcription::Error::Language(_) => Some("language"),
                transcription::Error::Translation | transcription::Error::Billing(MeterError::NoTariff(_)) => {
                    Some("model")
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The message, as OpenAI words it where clients are known to look at the words.
    fn message(&self) -> String {
        match self {
            Self::Transcription(error) => of_transcription(error),
            Self::Gateway(error) => sentence(&gateway::message(error)),
            // The words of a database are for the log.
            Self::Accounts(_) | Self::Gate(GateError::Plan(_) | GateError::Store(_)) => {
                "The accounts cannot be read at the moment.".to_owned()
            }
            _ => sentence(&self.to_string()),
        }
    }

    /// The body of the answer, and the data of an `error` event.
    pub(crate) fn body(&self) -> ErrorBody {
        let row = self.failure().row();
        ErrorBody {
            error: ErrorDetail { message: self.message(), r#type: row.kind, param: self.param(), code: row.code },
            usage: matches!(self, Self::TooLarge { .. }).then(|| Usage::of(Millis(0))),
            charge: self.first_charge(),
        }
    }

    /// What the request was charged when it was made for the first time.
    fn first_charge(&self) -> Option<Charge> {
        let billing = match self {
            Self::Transcription(error) => match &**error {
                transcription::Error::Billing(error) => error,
                _ => return None,
            },
            Self::Gateway(crate::gateway::Error::Billing(error)) => error,
            _ => return None,
        };
        match billing {
            MeterError::Claimed { first, .. } if self.failure() == Failure::AlreadyProcessed => Some((&**first).into()),
            _ => None,
        }
    }

    fn retry_header(&self) -> Option<(HeaderName, HeaderValue)> {
        match (self.failure().row().retry, self) {
            (Retry::Unsaid, _) => None,
            (Retry::Never, _) => Some((HeaderName::from_static("x-should-retry"), HeaderValue::from_static("false"))),
            (_, Self::QueueFull { retry_after, .. } | Self::Crowded { retry_after }) => {
                Some((RETRY_AFTER, HeaderValue::from(*retry_after)))
            }
            (_, Self::TooMany(TooMany { retry_after, .. }) | Self::Gate(GateError::Strangers(retry_after))) => {
                Some((RETRY_AFTER, HeaderValue::from(retry_after.as_secs())))
            }
            (Retry::After(seconds), Self::Gateway(error)) => {
                Some((RETRY_AFTER, HeaderValue::from(gateway::retry_after(error).unwrap_or(seconds))))
            }
            (Retry::After(seconds), _) => Some((RETRY_AFTER, HeaderValue::from(seconds))),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let row = self.failure().row();
        let status = StatusCode::from_u16(row.status).expect("the table has valid statuses");
        if status.is_server_error() {
            tracing::error!(error = %self, "request failed");
        }
        let mut response = (status, Json(self.body())).into_response();
        if let Some((name, value)) = self.retry_header() {
            response.headers_mut().insert(name, value);
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(code) = row.code {
            response.extensions_mut().insert(Code(code));
        }
        response
    }
}

fn of_transcription(error: &transcription::Error) -> String {
    match error {
        transcription::Error::Audio(error) => of_audio(error),
        transcription::Error::Billing(error) => sentence(&billing::message(error)),
        transcription::Error::KeyInUse => super::KEY_REUSED.to_owned(),
        transcription::Error::Recognition(_) => "Recognition failed.".to_owned(),
        _ => sentence(&error.to_string()),
    }
}

fn of_audio(error: &AudioError) -> String {
    match error {
        AudioError::NotAudio { found } => invalid_format(&format!("it looks like {found}")),
        AudioError::UnsupportedContainer { name } => invalid_format(&format!("{name} files are not supported")),
        AudioError::TooShort { minimum, .. } => {
            let minimum = minimum.as_secs_f64();
            format!("Audio file is too short. Minimum audio length is {minimum} seconds.")
        }
        AudioError::TooLong { limit } => {
            let limit = limit.as_secs_f64();
            format!("Audio duration is longer than {limit} seconds which is the maximum for this model.")
        }
        // The system's own words may name a path.
        AudioError::Io(_) => "The recording could not be stored.".to_owned(),
        _ => sentence(&error.to_string()),
    }
}

fn invalid_format(why: &str) -> String {
    format!("Invalid file format: {why}. Supported formats: [{SUPPORTED}]")
}

/// By the endings of their names, as OpenAI lists them.
const SUPPORTED: &str = "'aac', 'aiff', 'caf', 'flac', 'm4a', 'mkv', 'mov', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', \
                         'ogg', 'opus', 'wav', 'webm'";

/// With a capital and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', ']']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(error: Error) -> (u16, Value) {
        let body = serde_json::to_value(error.body()).unwrap();
        (error.into_response().status().as_u16(), body)
    }

    #[test]
    fn all_four_keys_are_always_there() {
        let (status, body) = told(Error::ModelNotFound("x".to_owned()));
        assert_eq!(status, 404);
        assert_eq!(
            body,
            json!({"error": {
                "message": "The model `x` does not exist or you do not have access to it.",
                "type": "invalid_request_error", "param": null, "code": "model_not_found",
            }})
        );
    }

    #[test]
    fn too_large_is_told_as_openai_does() {
        let (status, body) = told(Error::TooLarge { limit: 26_214_400, seen: 26_294_972, announced: false });
        assert_eq!(status, 413);
        assert_eq!(
            body,
            json!({
                "error": {
                    "message": "Maximum content size limit (26214400) exceeded (26294972 bytes read).",
                    "type": "server_error", "param": null, "code": null,
                },
                "usage": {"type": "duration", "seconds": 0},
            })
        );
    }

    #[test]
    fn what_clients_look_for_in_messages_is_there() {
        let (_, picture) = told(AudioError::NotAudio { found: "a PNG image" }.into());
        let message = picture["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("Invalid file format: it looks like a PNG image. Supported formats: ['aac'"));
        let short = AudioError::TooShort { duration: Millis(20), minimum: Millis(100) };
        let (_, body) = told(short.into());
        assert_eq!(body["error"]["message"], "Audio file is too short. Minimum audio length is 0.1 seconds.");
        assert_eq!(body["error"]["param"], "file");
    }

    #[test]
    fn a_model_that_does_not_translate_is_the_field_that_is_wrong() {
        let (status, body) = told(transcription::Error::Translation.into());
        assert_eq!((status, &body["error"]["code"]), (400, &json!("unsupported_value")));
        assert_eq!(body["error"]["param"], "model");
        assert_eq!(body["error"]["message"], "The model does not translate.");
    }

    #[test]
    fn a_path_on_our_disk_is_not_told() {
        let (status, body) = told(AudioError::Io(std::io::Error::other("/secret/place is full")).into());
        assert_eq!(status, 503);
        assert!(!body.to_string().contains("secret"));
    }

    #[test]
    fn the_store_of_calls_is_not_that_of_accounts() {
        let (status, body) = told(crate::catalog::CallStoreError("/secret/place is full".to_owned()).into());
        assert_eq!((status, &body["error"]["code"]), (503, &json!("calls_unavailable")));
        assert_eq!(body["error"]["message"], "Calls of models that end cannot be read at the moment.");
    }

    #[test]
    fn retries_are_told_where_they_help() {
        let full = Error::QueueFull { limit: 8, retry_after: 7 }.into_response();
        assert_eq!(full.headers()[RETRY_AFTER], "7");
        let panicked = Error::from(AudioError::DecoderPanicked { container: "Ogg" }).into_response();
        assert_eq!(panicked.headers()["x-should-retry"], "false");
    }
}
