//! minuted: uploaded audio becomes text, over the OpenAI API and on the command line.

pub mod app;
pub mod audio;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod domain;
pub mod http;
pub mod lifecycle;
pub mod speech;
pub mod telemetry;
pub mod transcript;
pub mod transcription;
