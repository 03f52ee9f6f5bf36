//! The recording on its way from the wire into the audio room's spool.
//!
//! The spool may wait for the disk, so it is fed where blocking is allowed, a quarter of a megabyte at a time: the
//! threads that serve all connections never wait for it, and few hops are made.

use tokio::task::spawn_blocking;

use crate::audio::{self, AudioSource, Spool};
use crate::domain::Share;
use crate::http::Error;

/// Bytes that are collected before the spool is fed.
const BATCH: usize = 256 << 10;

/// A recording under way.
pub(super) struct Upload {
    /// `None` once feeding it has failed.
    spool: Option<Spool>,
    batch: Vec<u8>,
}

impl Upload {
    /// Nothing has come yet.
    pub(super) fn new(settings: &audio::Settings, share: Share) -> Self {
        Self { spool: Some(Spool::new(settings).within(share)), batch: Vec::new() }
    }

    /// Takes the next bytes.
    pub(super) async fn push(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.batch.extend_from_slice(chunk);
        if self.batch.len() >= BATCH { self.feed().await } else { Ok(()) }
    }

    /// The whole recording.
    pub(super) async fn finish(mut self) -> Result<AudioSource, Error> {
        self.feed().await?;
        let spool = self.spool.take().ok_or(Error::Internal)?;
        metrics::histogram!("minuted_upload_bytes").record(precise(spool.count()));
        Ok(spool.finish()?)
    }

    async fn feed(&mut self) -> Result<(), Error> {
        let mut spool = self.spool.take().ok_or(Error::Internal)?;
        let batch = std::mem::take(&mut self.batch);
        let fed = spawn_blocking(move || spool.push(&batch).map(|()| spool)).await;
        self.spool = Some(fed.map_err(|_| Error::Internal)??);
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 9 petabytes")]
fn precise(bytes: u64) -> f64 {
    bytes as f64
}
