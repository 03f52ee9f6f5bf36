//! Bytes of any container → 16 kHz mono samples, pulled a block at a time.
//!
//! The first room in the flow. An upload is collected in a [`Spool`] and becomes an [`AudioSource`]; [`open`] looks at
//! its first bytes and gives a [`Pcm`], which decodes as it is pulled and never holds more than seconds of audio:
//!
//! ```text
//! Spool ─▶ AudioSource ─▶ container ─▶ demux ─▶ decode ▸ downmix ─▶ resample ─▶ Pcm
//! ```
//!
//! Names and declared types are never looked at, and what was recorded is never stored or told: not here the cutting
//! into windows, nor whether anybody speaks (that is [`speech`](crate::speech)).

mod aac;
mod adts;
mod allowance;
mod boxes;
mod caf;
mod codec;
mod container;
mod damage;
mod decode;
mod demux;
mod downmix;
mod edits;
mod error;
#[cfg(test)]
mod film;
mod foreign;
mod fragments;
mod frame_sync;
mod movie;
mod opus;
mod patience;
mod pcm;
mod quicktime;
mod resample;
mod settings;
mod source;
mod spool;
mod timeline;
mod unread;
mod wave;

pub use damage::Damage;
pub use error::AudioError;
pub use pcm::{Pcm, open};
pub use settings::Settings;
pub use source::AudioSource;
pub use spool::Spool;
