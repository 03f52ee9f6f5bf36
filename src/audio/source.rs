//! A recording's bytes, in memory or in a file, readable from any place as often as a decoder likes.
//!
//! Containers keep their index wherever they please, so a decoder needs a seekable source; and a file whose index is
//! broken is read a second time, front to back ([`Reader::forward_only`]). Reads are positional, so that the readers of
//! one source do not disturb each other.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::Arc,
};

use bytes::Bytes;
use symphonia::core::io::MediaSource;

use super::allowance::Allowance;
use crate::domain::Share;

/// A recording's bytes, wherever they lie. Cheap to clone.
#[derive(Clone)]
pub struct AudioSource {
    bytes: Bytestore,
    len: u64,
    digest: Option<[u8; 32]>,
    /// What it takes of what all uploads have together.
    _share: Option<Arc<Share>>,
}

#[derive(Clone)]
enum Bytestore {
    Memory(Bytes),
    File(Arc<File>),
}

impl AudioSource {
    /// From bytes in memory.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self { len: bytes.len() as u64, bytes: Bytestore::Memory(bytes), digest: None, _share: None }
    }

    /// From an open file, read from its beginning whatever its position.
    ///
    /// # Errors
    /// If it is not a regular file (a directory, a pipe), or its length cannot be asked for.
    pub fn from_file(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { len: metadata.len(), bytes: Bytestore::File(Arc::new(file)), digest: None, _share: None })
    }

    /// The same bytes, of which the SHA-256 is known.
    pub(super) fn with_digest(self, digest: [u8; 32]) -> Self {
        Self { digest: Some(digest), ..self }
    }

    /// The same bytes, for which this is held.
    pub(super) fn with_share(self, share: Option<Share>) -> Self {
        Self { _share: share.map(Arc::new), ..self }
    }

    /// SHA-256 of the bytes, where it was taken while they came.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True if there is not one byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A reader with a position of its own, for which the byte `start` is the first.
    pub(super) fn into_reader(self, start: u64) -> Reader {
        let allowance = Allowance::unlimited();
        Reader { source: self, start, position: 0, patches: Vec::new(), seekable: true, allowance }
    }

    /// Up to `count` bytes from `position` on; fewer only at the end.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn peek(&self, position: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while filled < count {
            match self.read_at(&mut bytes[filled..], position + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Nothing is there at or beyond the end, however far: a file system refuses offsets of 2^63 and more, and a file
    /// with such an offset in its index must not look like a broken disk.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        if position >= self.len {
            return Ok(0);
        }
        match &self.bytes {
            Bytestore::Memory(bytes) => {
                let rest = usize::try_from(position).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            }
            Bytestore::File(file) => file.read_at(buffer, position),
        }
    }
}

/// One decoder's view of a source.
#[derive(Clone)]
pub(super) struct Reader {
    source: AudioSource,
    start: u64,
    position: u64,
    patches: Vec<Patch>,
    seekable: bool,
    allowance: Allowance,
}

/// Four bytes to be read in place of those at `position`, which lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patch {
    pub position: u64,
    pub bytes: [u8; 4],
}

impl Reader {
    /// The same bytes, to be read front to back: a container reader that is told so does not jump to an index.
    pub(super) fn forward_only(self) -> Self {
        Self { seekable: false, ..self }
    }

    /// The same bytes but for the patches.
    pub(super) fn patched(self, patches: Vec<Patch>) -> Self {
        Self { patches, ..self }
    }

    /// The same bytes, of which no more than this is read.
    pub(super) fn within(self, allowance: Allowance) -> Self {
        Self { allowance, ..self }
    }

    /// Bytes in all.
    pub(super) fn len(&self) -> u64 {
        self.source.len.saturating_sub(self.start)
    }

    /// Up to `count` bytes from `position` on, wherever the reader stands; fewer only at the end.
    pub(super) fn peek(&self, position: u64, count: usize) -> io::Result<Vec<u8>> {
        self.source.peek(self.start.saturating_add(position), count)
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = self.allowance.ask(buffer.len())?;
        let count = self.source.read_at(&mut buffer[..wanted], self.start.saturating_add(self.position))?;
        self.allowance.spend(count);
        for patch in &self.patches {
            for (position, byte) in (patch.position..).zip(patch.bytes) {
                let offset = position.checked_sub(self.position).and_then(|offset| usize::try_from(offset).ok());
                if let Some(place) = offset.and_then(|offset| buffer[..count].get_mut(offset)) {
                    *place = byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.len().checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.position)
    }
}

impl MediaSource for Reader {
    fn is_seekable(&self) -> bool {
        self.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        self.seekable.then(|| self.len())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn both(content: &[u8]) -> [AudioSource; 2] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        [AudioSource::from_bytes(Bytes::copy_from_slice(content)), AudioSource::from_file(file).unwrap()]
    }

    #[test]
    fn memory_and_file_read_and_seek_alike() {
        for source in both(b"0123456789") {
            let mut reader = source.clone().into_reader(2);
            let mut text = String::new();
            assert_eq!(reader.peek(1, 3).unwrap(), b"345");
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "23456789");
            assert_eq!(reader.seek(SeekFrom::End(-3)).unwrap(), 5);
            assert_eq!(reader.peek(5, 100).unwrap(), b"789");
            assert_eq!(reader.seek(SeekFrom::Current(50)).unwrap(), 55);
            assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
            for beyond in [1 << 63, u64::MAX] {
                assert_eq!(reader.seek(SeekFrom::Start(beyond)).unwrap(), beyond);
                assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
                assert_eq!(reader.peek(beyond, 4).unwrap(), b"");
            }
            reader.seek(SeekFrom::Start(55)).unwrap();
            assert!(reader.seek(SeekFrom::Current(-100)).is_err());
            assert_eq!((source.len(), source.is_empty()), (10, false));
        }
    }

    #[test]
    fn readers_of_one_source_do_not_disturb_each_other() {
        for source in both(b"abcdef") {
            let (mut first, mut second) = (source.clone().into_reader(0), source.clone().into_reader(3));
            let (mut one, mut two) = ([0; 2], [0; 2]);
            first.read_exact(&mut one).unwrap();
            second.read_exact(&mut two).unwrap();
            first.read_exact(&mut one).unwrap();
            assert_eq!((&one, &two), (b"cd", b"de"));
        }
    }

    #[test]
    fn patches_are_read_in_place_of_what_is_there() {
        for source in both(b"0123456789") {
            let patch = Patch { position: 3, bytes: *b"abcd" };
            for block in 1..=9 {
                let mut reader = source.clone().into_reader(1).patched(vec![patch]);
                let mut text = Vec::new();
                let mut buffer = vec![0; block];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    text.extend_from_slice(&buffer[..count]);
                }
                assert_eq!(text, b"123abcd89", "in blocks of {block}");
            }
        }
    }

    #[test]
    fn a_directory_is_no_recording() {
        let folder = tempfile::tempdir().unwrap();
        let error = AudioSource::from_file(File::open(folder.path()).unwrap()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
