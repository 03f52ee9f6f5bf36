//! All integration tests, in one binary.

mod abandoned;
mod app;
mod audio_broken;
mod audio_formats;
mod audio_joined;
mod audio_samples;
mod audio_stream;
mod books;
mod cli;
mod http_charges;
mod http_disconnect;
mod http_errors;
mod http_formats;
mod http_limits;
mod http_service;
mod http_stop;
mod http_stream;
mod http_upload;
mod languages;
mod metered;
mod random_model;
mod recognition;
mod reports;
mod spoken;
mod stores;
mod wire;
