//! What programs a backend can be, and how they differ: as data.

use serde::Deserialize;

/// The program behind a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Kind {
    /// OpenAI itself, or anything that speaks its API without peculiarities: speaches, another minuted.
    #[serde(rename = "openai")]
    OpenAi,
    /// vLLM.
    #[serde(rename = "vllm")]
    Vllm,
    /// Ollama.
    #[serde(rename = "ollama")]
    Ollama,
    /// llama.cpp's server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Hugging Face's text-generation-inference.
    #[serde(rename = "tgi")]
    Tgi,
}

/// How a kind differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quirks {
    /// It is outside our network, where it may fetch media from the address that a caller names. The others would do so
    /// from inside, or cannot: they are sent `data:` URIs only, unless the file of backends says otherwise.
    pub fetches_media: bool,
    /// It takes tokens in place of text, in `prompt` and `input`.
    pub token_arrays: bool,
    /// It keeps answers of `responses` unless it is told not to.
    pub keeps_answers: bool,
    /// What stands in a 500 with which it refuses what a caller has sent: its template for chats raises an exception.
    pub refusal: Option<&'static str>,
    /// The path beside `/v1` that says whether it can work; where there is none, it is asked for its list of models.
    pub health: Option<&'static str>,
}

impl Kind {
    /// How it differs.
    #[rustfmt::skip]
    pub(super) fn quirks(self) -> Quirks {
        let (health, jinja) = (Some("health"), Some("Jinja Exception"));
        match self {
            Self::OpenAi =>   Quirks { fetches_media: true,  token_arrays: true,  keeps_answers: true,  refusal: None, health: None },
            Self::Vllm =>     Quirks { fetches_media: false, token_arrays: true,  keeps_answers: true,  refusal: None, health },
            Self::LlamaCpp => Quirks { fetches_media: false, token_arrays: true,  keeps_answers: false, refusal: jinja, health },
            Self::Ollama =>   Quirks { fetches_media: false, token_arrays: false, keeps_answers: false, refusal: None, health: None },
            Self::Tgi =>      Quirks { fetches_media: false, token_arrays: false, keeps_answers: false, refusal: None, health },
        }
    }
}
