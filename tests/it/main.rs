//! All integration tests, in one binary.

mod audio_formats;
mod random_model;
mod recognition;
