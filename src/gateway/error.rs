//! Why a request was not passed on, or not answered.

use std::time::Duration;

use super::endpoint::Capability;
use crate::billing::MeterError;
use crate::domain::Short;

/// Why a request was not passed on, or why no backend answered it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body cannot be understood as far as it must be.
    #[error("{0}")]
    Body(String),
    /// A field that must be there is not.
    #[error("you must provide a {0} parameter")]
    Missing(&'static str),
    /// A field names an answer, or a conversation, that a backend should have kept.
    #[error("`{0}` cannot be used, since answers are not kept: send what was said before in `input`")]
    Kept(&'static str),
    /// No backend has a model of that name.
    #[error("the model `{0}` does not exist or you do not have access to it")]
    UnknownModel(String),
    /// There is no backend, and so no model but the one that transcribes.
    #[error("no backend is there that could answer this: only recordings are transcribed here")]
    Nobody,
    /// The caller's key was made for other models.
    #[error("this API key may not be used with the model `{0}`")]
    Forbidden(String),
    /// The model is there, and cannot do this.
    #[error("the model `{model}` cannot be used for this: it has no {capability}")]
    Incapable {
        /// The model.
        model: String,
        /// What it lacks.
        capability: Capability,
    },
    /// There are pictures, and neither the model nor its fallback sees.
    #[error("the model `{0}` does not take images, and no fallback for it does")]
    NoVision(String),
    /// A picture, recording or film is named by an address that a backend would fetch.
    #[error("the model `{0}` takes images and other media as `data:` URIs only, not by their address")]
    LinkedMedia(String),
    /// Tokens stand where this model takes text.
    #[error(
        "the model `{0}` takes text only: send strings, not tokens (`check_embedding_ctx_length=False` in LangChain)"
    )]
    Tokens(String),
    /// It cannot be paid for.
    #[error(transparent)]
    Billing(#[from] MeterError),
    /// As many requests are being passed on as the service takes.
    #[error("as many requests are being passed on as the service takes; try again in {} s", .0.as_secs())]
    Full(Duration),
    /// The account has so much under way that what is left is kept for others.
    #[error("this account has so much under way that the rest is kept for others; try again in {} s", .0.as_secs())]
    Crowded(Duration),
    /// Every backend of the model has as much as it takes.
    #[error("all backends of this model are busy; try again in {} s", .0.as_secs())]
    Busy(Duration),
    /// Backends of the model have said that they have too much to do, and are left alone for as long as they asked.
    #[error("the backends of the model `{model}` are rate limited; try again in {} s", .wait.as_secs())]
    Limited {
        /// The model.
        model: String,
        /// Until the first of them may be asked again.
        wait: Duration,
    },
    /// No backend of the model is in service.
    #[error("no backend of this model is in service at the moment; try again in {} s", .0.as_secs())]
    Unavailable(Duration),
    /// A backend failed, and no other was left to try.
    #[error("the backend of this model failed")]
    Failed,
    /// Backends do not know the route, and none was left to try that does.
    #[error("the backend of this model failed")]
    Lacking,
    /// A backend did not begin to answer in time, and no other was left to try.
    #[error("the backend of this model did not answer in time")]
    TimedOut,
    /// The service is stopping.
    #[error("the service is shutting down")]
    Stopping,
}

/// How long whoever finds no room is told to wait: requests come and go within seconds.
const SOON: Duration = Duration::from_secs(1);

impl From<Short> for Error {
    fn from(short: Short) -> Self {
        match short {
            Short::All => Self::Full(SOON),
            Short::Own => Self::Crowded(SOON),
        }
    }
}
