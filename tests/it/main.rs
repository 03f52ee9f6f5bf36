//! All integration tests, in one binary.

mod audio_broken;
mod audio_formats;
mod audio_joined;
mod audio_samples;
mod audio_stream;
