//! Where an upload waits until it is whole: in memory while it is small, then in a temporary file without a name.
//!
//! The file is unlinked from the moment it exists, so a crash leaves nothing behind. All calls block on the disk at most;
//! an asynchronous caller runs them where blocking is allowed.

use std::{fs::File, io::Write};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{AudioError, AudioSource, Settings};
use crate::domain::Share;

/// Takes an upload chunk by chunk, counting.
pub struct Spool {
    kept: Kept,
    count: u64,
    digest: Sha256,
    settings: Settings,
    /// Of what all uploads have together, where there is such a bound.
    share: Option<Share>,
}

enum Kept {
    Memory(Vec<u8>),
    File(File),
}

impl Spool {
    /// An empty spool with the memory and the directory of `settings`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let (kept, digest) = (Kept::Memory(Vec::new()), Sha256::new());
        Self { kept, count: 0, digest, settings: settings.clone(), share: None }
    }

    /// The same, whose bytes are taken of what all uploads have together, for as long as anybody has the recording.
    #[must_use]
    pub fn within(self, share: Share) -> Self {
        Self { share: Some(share), ..self }
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// [`AudioError::Io`] if the disk is full or the directory cannot be written, [`AudioError::Crammed`] if all uploads
    /// have as many bytes as they may. The spool is of no use afterwards.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), AudioError> {
        if let Some(share) = &mut self.share {
            share.take(chunk.len() as u64)?;
        }
        self.count += chunk.len() as u64;
        self.digest.update(chunk);
        if let Kept::Memory(bytes) = &self.kept
            && self.count > self.settings.max_upload_in_memory
        {
            let mut file = self.settings.temporary_file()?;
            file.write_all(bytes)?;
            self.kept = Kept::File(file);
        }
        match &mut self.kept {
            Kept::Memory(bytes) => bytes.extend_from_slice(chunk),
            Kept::File(file) => file.write_all(chunk)?,
        }
        Ok(())
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The whole upload, ready for [`open`](super::open).
    ///
    /// # Errors
    /// [`AudioError::Io`] if the temporary file's length cannot be asked for.
    pub fn finish(self) -> Result<AudioSource, AudioError> {
        let source = match self.kept {
            Kept::Memory(bytes) => AudioSource::from_bytes(Bytes::from(bytes)),
            Kept::File(file) => AudioSource::from_file(file)?,
        };
        Ok(source.with_digest(self.digest.finalize().into()).with_share(self.share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountId, Pool, Short};

    fn settings(directory: &std::path::Path) -> Settings {
        Settings { max_upload_in_memory: 4, spool_dir: Some(directory.to_owned()), ..Settings::default() }
    }

    #[test]
    fn bytes_come_back_whole_from_memory_and_from_file_and_no_name_is_left() {
        let folder = tempfile::tempdir().unwrap();
        for (chunks, in_file) in [(vec!["ab", "cd"], false), (vec!["ab", "cd", "ef"], true), (vec!["abcdefghij"], true)]
        {
            let mut spool = Spool::new(&settings(folder.path()));
            for chunk in &chunks {
                spool.push(chunk.as_bytes()).unwrap();
            }
            assert_eq!(matches!(spool.kept, Kept::File(_)), in_file);
            assert_eq!(spool.count(), chunks.concat().len() as u64);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
            let source = spool.finish().unwrap();
            assert_eq!(source.peek(0, 100).unwrap(), chunks.concat().as_bytes());
            assert_eq!(source.digest(), Some(Sha256::digest(chunks.concat()).into()));
        }
    }

    #[test]
    fn uploads_have_so_many_bytes_together_until_nobody_has_the_recording() {
        let (folder, pool) = (tempfile::tempdir().unwrap(), Pool::new(10));
        let [alice, bob]: [AccountId; 2] = ["acc_alice", "acc_bob"].map(|name| name.parse().unwrap());
        let spool = |account: &AccountId| Spool::new(&settings(folder.path())).within(pool.share(account));
        let (mut first, mut second) = (spool(&alice), spool(&bob));
        first.push(b"012345").unwrap();
        assert!(matches!(second.push(b"01234"), Err(AudioError::Crammed(Short::All))));
        let source = first.finish().unwrap();
        let reader = source.clone().into_reader(0);
        drop(source);
        assert!(second.push(b"01234").is_err(), "it is still read");
        drop(reader);
        second.push(b"01234").unwrap();
    }

    #[test]
    fn a_missing_directory_is_an_io_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(&settings(&folder.path().join("nowhere")));
        assert!(matches!(spool.push(b"01234"), Err(AudioError::Io(_))));
    }
}
