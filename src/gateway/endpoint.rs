//! The routes that are passed on: where each goes at a backend, what a model must be able to do for it, and what it is
//! billed as.

use std::fmt;

use serde::Deserialize;

use crate::billing::Service;

/// A route that is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/completions`.
    Completions,
    /// `POST /v1/responses`.
    Responses,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `POST /v1/rerank`.
    Rerank,
    /// `POST /v2/rerank`.
    RerankV2,
    /// `POST /v1/moderations`.
    Moderations,
    /// `POST /v1/images/generations`.
    Images,
    /// `POST /v1/audio/speech`.
    Speech,
    /// `POST /v1/audio/transcriptions`, for a model that a backend has.
    Transcriptions,
}

/// What a model can do at a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Text from text: chat, completions, responses.
    Text,
    /// Pictures among what it reads.
    Vision,
    /// Calls of tools.
    Tools,
    /// Vectors.
    Embeddings,
    /// Recordings to text.
    Audio,
    /// Documents in the order of how well they fit.
    Rerank,
    /// Judgements of what is said.
    Moderation,
    /// Pictures from text.
    Images,
    /// Speech from text.
    Speech,
}

impl Endpoint {
    /// The path behind a backend's base URL, without its version.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Rerank | Self::RerankV2 => "rerank",
            Self::Moderations => "moderations",
            Self::Images => "images/generations",
            Self::Speech => "audio/speech",
            Self::Transcriptions => "audio/transcriptions",
        }
    }

    /// Which version of the API it belongs to.
    pub(super) fn version(self) -> &'static str {
        if self == Self::RerankV2 { "v2" } else { "v1" }
    }

    /// What it is billed as.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::Chat | Self::Completions | Self::Responses => Service::Completion,
            Self::Embeddings => Service::Embedding,
            Self::Transcriptions => Service::Transcription,
            Self::Rerank | Self::RerankV2 | Self::Moderations | Self::Images | Self::Speech => Service::Other,
        }
    }

    /// What a model must be able to do.
    #[must_use]
    pub fn capability(self) -> Capability {
        match self {
            Self::Chat | Self::Completions | Self::Responses => Capability::Text,
            Self::Embeddings => Capability::Embeddings,
            Self::Rerank | Self::RerankV2 => Capability::Rerank,
            Self::Moderations => Capability::Moderation,
            Self::Images => Capability::Images,
            Self::Speech => Capability::Speech,
            Self::Transcriptions => Capability::Audio,
        }
    }

    /// Whether a streamed answer says what was used only if `stream_options` ask for it.
    pub(super) fn has_stream_options(self) -> bool {
        matches!(self, Self::Chat | Self::Completions)
    }

    /// Whether a backend may be without it whose model can do what it needs: of alike routes it may have one.
    pub(super) fn may_be_lacking(self) -> bool {
        matches!(self, Self::Completions | Self::Responses | Self::Rerank | Self::RerankV2)
    }

    /// Whether its answer is there soon after what it is asked about has been read: nothing is written for it.
    pub(super) fn answers_at_once(self) -> bool {
        matches!(self, Self::Embeddings | Self::Rerank | Self::RerankV2 | Self::Moderations)
    }

    /// Whether it writes text, which is counted in tokens.
    pub(super) fn writes(self) -> bool {
        self.service() == Service::Completion
    }
}

impl Capability {
    /// Its name, as it stands in the file of backends and in the list of models.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::Embeddings => "embeddings",
            Self::Audio => "audio",
            Self::Rerank => "rerank",
            Self::Moderation => "moderation",
            Self::Images => "images",
            Self::Speech => "speech",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
