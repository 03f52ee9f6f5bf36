//! minuted: what was said, written down.
//!
//! Recordings of any container come in, over an API that OpenAI's clients already speak or from the command line, and
//! go out as text, subtitles or JSON. The flow, each step pulled by the next:
//!
//! ```text
//! upload ─▶ AudioSource ─▶ Pcm blocks ─▶ Window ─▶ Recognized ─▶ Piece ─▶ Transcript ─▶ json · text · srt · vtt · …
//! ```
//!
//! Read [`transcription`] first: it is the use case. [`audio`] makes samples of bytes, [`speech`] words of samples,
//! [`transcript`] answers of words; [`gateway`] passes on what other models are asked. [`catalog`] knows the models,
//! [`accounts`] the callers, [`billing`] what they owe, [`guardrails`] what nobody may ask, [`status`] how it all is doing.
//! [`http`] and [`cli`] are the two ways in, [`app`] wires it all, [`config`] says how. Imports go down the layers that
//! `docs/ARCHITECTURE.md` shows, and a test keeps it so.

pub mod accounts;
pub mod app;
pub mod audio;
pub mod billing;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod crash;
pub mod domain;
pub mod gateway;
pub mod guardrails;
pub mod http;
pub mod lifecycle;
pub mod speech;
pub mod status;
pub mod storage;
pub mod telemetry;
pub mod transcript;
pub mod transcription;
