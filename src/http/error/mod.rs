//! What a caller is told when something fails, in OpenAI's shape.
//!
//! The rooms below say what went wrong in their own words; here, and only here, that becomes a status, a type, a code
//! and a param. [`Error`] is one failure with what it knows, [`table`] has what all failures of a kind share, [`answer`]
//! puts both on the wire.

mod answer;
mod billing;
mod fault;
mod from;
mod gateway;
mod table;

use std::sync::Arc;

use axum::http::{HeaderValue, Method, Uri};

use crate::accounts::{GateError, Scope, TooMany};
use crate::audio::AudioError;
use crate::domain::Short;
use crate::guardrails::Blocked;
use crate::http::middleware::measure::known;
use crate::transcription;
pub(crate) use answer::Code;
pub use answer::{ErrorBody, ErrorDetail};
pub(crate) use table::Failure;

/// What is said of a key that names another request.
const KEY_REUSED: &str = "This idempotency key was used for another request, or with other parameters.";

/// Why a request was not answered as it wished.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is no form that can be read.
    #[error("unsupported content type: {found}; this method takes multipart/form-data with a boundary, uncompressed")]
    UnsupportedContentType {
        /// What was sent.
        found: String,
    },
    /// The body has an encoding, which nobody takes off.
    #[error("the body is encoded ({0}): send it as it is, without a Content-Encoding")]
    Encoded(String),
    /// The form breaks the rules of multipart/form-data, or ends too early.
    #[error("the form could not be read: {0}")]
    InvalidForm(String),
    /// A field that must be there is not.
    #[error("you must provide a {0} parameter")]
    MissingParameter(&'static str),
    /// A field has a value that it can never have.
    #[error("invalid value for '{param}': {why}")]
    InvalidValue {
        /// The field.
        param: &'static str,
        /// What is wrong and what would be right.
        why: String,
    },
    /// A field has a value that the model or another field does not allow.
    #[error("{why}")]
    UnsupportedValue {
        /// The field.
        param: &'static str,
        /// What is wrong and what would be right.
        why: String,
    },
    /// A field that has one value was sent twice.
    #[error("'{0}' was sent more than once")]
    DuplicateParameter(&'static str),
    /// A text field is too long.
    #[error("'{param}' is longer than {limit} bytes")]
    ParameterTooLong {
        /// The field.
        param: &'static str,
        /// The most bytes it may have.
        limit: usize,
    },
    /// The form has too many fields.
    #[error("the form has more than {limit} fields")]
    TooManyParameters {
        /// The most fields it may have.
        limit: usize,
    },
    /// No model of that name is served.
    #[error("the model `{0}` does not exist or you do not have access to it")]
    ModelNotFound(String),
    /// The model transcribes, and does not translate.
    #[error("the model `{0}` cannot be used for this: it does not translate")]
    TranscribesOnly(String),
    /// The model has ended.
    #[error("the model `{model}` is retired{}", .successor.as_ref().map(|id| format!("; use `{id}` instead")).unwrap_or_default())]
    ModelRetired {
        /// Its id.
        model: String,
        /// The id of the model that takes its place.
        successor: Option<String>,
    },
    /// There is nothing at that path.
    #[error("invalid URL ({0})")]
    UnknownUrl(String),
    /// The path is right and the method is not.
    #[error("{0} is not allowed here; the Allow header names the methods that are")]
    MethodNotSupported(String),
    /// The body stopped coming, came too slowly, or took too long.
    #[error("the request body did not arrive in time: {0}")]
    RequestTimeout(String),
    /// The body is larger than the service takes.
    #[error("maximum content size limit ({limit}) exceeded ({seen} bytes {})", if *.announced { "announced" } else { "read" })]
    TooLarge {
        /// The most bytes a body may have.
        limit: u64,
        /// How many it has, as far as is known.
        seen: u64,
        /// Whether that is the `Content-Length` or what was counted.
        announced: bool,
    },
    /// As many requests are being worked on as the service takes.
    #[error("the service is at its limit of {limit} requests at once; try again in {retry_after} s")]
    QueueFull {
        /// The most requests at once.
        limit: usize,
        /// When a place is likely to be free, in seconds.
        retry_after: u64,
    },
    /// The account has so many requests here that the places left are kept for others.
    #[error(
        "this account has so many requests under way that the rest is kept for others; try again in {retry_after} s"
    )]
    Crowded {
        /// When a place is likely to be free, in seconds.
        retry_after: u64,
    },
    /// The request comes with no key that works.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// No key is asked for yet, and not a program of this machine has sent the request.
    #[error(
        "the header {header} names `{name}`: as long as there is no API key, this service answers only programs and pages of \
         its own machine, under localhost or 127.0.0.1; make a key with `minuted keys create`, and send it with each request"
    )]
    Foreign {
        /// What gave it away.
        header: &'static str,
        /// What it says.
        name: String,
    },
    /// The key was not made for this.
    #[error("this API key may not be used for this: it lacks the scope `{}`", .0.name())]
    InsufficientScope(Scope),
    /// The key was made for other models.
    #[error("this API key may not be used with the model `{0}`")]
    ModelForbidden(String),
    /// A guardrail stopped it.
    #[error("the request was blocked: {0}")]
    Blocked(#[from] Blocked),
    /// The account or the key has sent as many requests as it may.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// There is no account, or no key in that account, of that name.
    #[error("there is no {0}")]
    NotFound(String),
    /// The body is not the JSON that it should be.
    #[error("the body is not the JSON that this method takes: {0}")]
    InvalidJson(String),
    /// The store of accounts failed.
    #[error("{0}")]
    Accounts(String),
    /// The store of calls of models that end failed.
    #[error("calls of models that end cannot be read at the moment")]
    Calls,
    /// The store of the status failed.
    #[error("the status cannot be read or written at the moment")]
    Status,
    /// A defect of the service.
    #[error("the service failed; its log has the details under this request id")]
    Internal,
    /// The service is stopping.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The ledger does not say what it is asked; why is in the log.
    #[error("the ledger cannot be read at the moment")]
    Ledger,
    /// The recording could not be taken, recognised or paid for. All who wait for it are told.
    #[error(transparent)]
    Transcription(#[from] Arc<transcription::Error>),
    /// The request could not be passed on, or no backend answered it.
    #[error(transparent)]
    Gateway(#[from] crate::gateway::Error),
}

impl Error {
    /// Of a body with this `Content-Encoding`.
    pub(crate) fn encoded(encoding: &HeaderValue) -> Self {
        Self::Encoded(String::from_utf8_lossy(encoding.as_bytes()).chars().take(40).collect())
    }

    /// Of a request to which nothing belongs.
    pub(crate) fn unknown_url(method: &Method, uri: &Uri) -> Self {
        Self::UnknownUrl(format!("{} {:.200}", known(method), uri.path()))
    }

    /// Its row in the table.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::UnsupportedContentType { .. } | Self::Encoded(_) => Failure::UnsupportedContentType,
            Self::InvalidForm(_) => Failure::InvalidForm,
            Self::MissingParameter(_) => Failure::MissingParameter,
            Self::InvalidValue { .. } => Failure::InvalidValue,
            Self::UnsupportedValue { .. } => Failure::UnsupportedValue,
            Self::DuplicateParameter(_) => Failure::DuplicateParameter,
            Self::ParameterTooLong { .. } => Failure::ParameterTooLong,
            Self::TooManyParameters { .. } => Failure::TooManyParameters,
            Self::ModelNotFound(_) => Failure::ModelNotFound,
            Self::TranscribesOnly(_) => Failure::UnsupportedCapability,
            Self::ModelRetired { .. } => Failure::ModelRetired,
            Self::UnknownUrl(_) => Failure::UnknownUrl,
            Self::MethodNotSupported(_) => Failure::MethodNotSupported,
            Self::RequestTimeout(_) => Failure::RequestTimeout,
            Self::TooLarge { .. } => Failure::TooLarge,
            Self::QueueFull { .. } => Failure::QueueFull,
            Self::Gate(error) => of_gate(error),
            Self::Foreign { .. } => Failure::NotLocal,
            Self::InsufficientScope(_) => Failure::InsufficientScope,
            Self::ModelForbidden(_) => Failure::ModelForbidden,
            Self::Blocked(Blocked::Refused) => Failure::ModerationRefused,
            Self::Blocked(Blocked::Unjudged) => Failure::ModerationUnavailable,
            Self::Blocked(_) => Failure::ContentBlocked,
            Self::TooMany(_) | Self::Crowded { .. } => Failure::RateLimited,
            Self::NotFound(_) => Failure::NotFound,
            Self::InvalidJson(_) => Failure::InvalidJson,
            Self::Accounts(_) => Failure::AccountsUnavailable,
            Self::Calls => Failure::CallsUnavailable,
            Self::Status => Failure::StatusUnavailable,
            Self::Internal => Failure::Internal,
            Self::ShuttingDown => Failure::ShuttingDown,
            Self::Ledger => Failure::LedgerUnavailable,
            Self::Transcription(error) => of_transcription(error),
            Self::Gateway(error) => gateway::failure(error),
        }
    }
}

fn of_gate(error: &GateError) -> Failure {
    match error {
        GateError::NoKey | GateError::Wrong(_) | GateError::Ended { .. } => Failure::InvalidApiKey,
        GateError::Suspended => Failure::AccountSuspended,
        GateError::Strangers(_) => Failure::RateLimited,
        GateError::Plan(_) | GateError::Store(_) => Failure::AccountsUnavailable,
    }
}

fn of_transcription(error: &transcription::Error) -> Failure {
    match error {
        transcription::Error::Stopping => Failure::ShuttingDown,
        transcription::Error::Language(_) | transcription::Error::Translation => Failure::UnsupportedValue,
        transcription::Error::Recognition(_) => Failure::RecognitionFailed,
        transcription::Error::KeyInUse => Failure::IdempotencyMismatch,
        transcription::Error::Billing(error) => billing::failure(error),
        transcription::Error::Audio(error) => match error {
            AudioError::Empty => Failure::EmptyFile,
            AudioError::NotAudio { .. } | AudioError::UnsupportedContainer { .. } => Failure::UnsupportedFormat,
            AudioError::UnsupportedCodec { .. }
            | AudioError::TooManyChannels { .. }
            | AudioError::SampleRateOutOfRange { .. } => Failure::UnsupportedCodec,
            AudioError::NoAudioTrack { .. } => Failure::NoAudioTrack,
            AudioError::Corrupt { .. } => Failure::CorruptFile,
            AudioError::TooShort { .. } => Failure::AudioTooShort,
            AudioError::TooLong { .. } => Failure::AudioTooLong,
            AudioError::Crammed(Short::All) => Failure::QueueFull,
            AudioError::Crammed(Short::Own) => Failure::RateLimited,
            AudioError::Io(_) => Failure::StorageFailed,
            AudioError::DecoderPanicked { .. } => Failure::DecoderFailed,
        },
    }
}
