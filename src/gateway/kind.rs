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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Quirks {
    /// It is outside our network, where it may fetch media from the address that a caller names. The others would do so
    /// from inside, or cannot: they are sent `data:` URIs only, unless the file of backends says otherwise.
    pub fetches_media: bool,
    /// It takes tokens in place of text, in `prompt` and `input`.
    pub token_arrays: bool,
    /// It keeps answers of `responses` unless it is told not to.
    pub keeps_answers: bool,
    /// It leaves out what of a prompt is too long for it, and does not read again what it remembers: it may have read far
    /// less than it was sent.
    pub reads_less: bool,
    /// What stands in a 500 with which it refuses what a caller has sent: its template for chats raises an exception.
    pub refusal: Option<&'static str>,
    /// The path beside `/v1` that says whether it can work; where there is none, it is asked for its list of models.
    pub health: Option<&'static str>,
}

impl Kind {
    /// How it differs.
    pub(super) fn quirks(self) -> Quirks {
        let health = Some("health");
        let plain = Quirks::default();
        match self {
            Self::OpenAi => Quirks { fetches_media: true, token_arrays: true, keeps_answers: true, ..plain },
            Self::Vllm => Quirks { token_arrays: true, keeps_answers: true, health, ..plain },
            Self::LlamaCpp => Quirks { token_arrays: true, refusal: Some("Jinja Exception"), health, ..plain },
            Self::Ollama => Quirks { reads_less: true, ..plain },
            Self::Tgi => Quirks { health, ..plain },
        }
    }
}
