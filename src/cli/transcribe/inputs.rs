//! A recording that is to be transcribed: a file, standard input, or what else can be read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::audio::{self, AudioError, AudioSource, Spool};
use crate::cli::printable::printable;

/// Bytes that are read at once of what is no file.
const CHUNK: usize = 64 << 10;

/// Bytes for each second of the longest recording, as many as are read of what is no file: the usual sound of a film
/// without compression, 48 kHz in stereo with 16 bits, has 192 000.
const PACE: u64 = 200_000;

/// One recording to transcribe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recording {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Its path below the folder that was named, or else its file name: where its transcript goes, with an ending.
    pub relative: PathBuf,
}

/// What tells one content of a file from another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Its length.
    pub bytes: u64,
    /// When it was changed: seconds since 1970, and nanoseconds.
    pub changed: (i64, i64),
}

impl Stamp {
    /// Of the file that is there, or that a link there leads to.
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self { bytes: found.len(), changed: (found.mtime(), found.mtime_nsec()) })
    }
}

impl Recording {
    /// One that was named by itself.
    pub fn named(path: &Path) -> Self {
        let name = if path == Path::new("-") { "stdin".as_ref() } else { path.file_name().unwrap_or_default() };
        Self { path: path.to_owned(), relative: name.into() }
    }

    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// For messages.
    pub fn name(&self) -> String {
        if self.is_stdin() { "standard input".to_owned() } else { printable(&self.path.to_string_lossy()) }
    }

    /// Length in bytes, as far as it is known before it is read.
    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// Opens it. What cannot be read twice (standard input, a pipe) is copied into a temporary file without a name, up to
    /// what the longest recording should take: it might never end.
    pub fn open(&self, settings: &audio::Settings) -> Result<AudioSource, AudioError> {
        let from: Box<dyn Read> = if self.is_stdin() {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(&self.path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() {
                return Ok(AudioSource::from_file(file)?);
            }
            if metadata.is_dir() {
                fs::read_dir(&self.path)?; // says so if it may not be read
                return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
            }
            Box::new(file)
        };
        spool(from, settings)
    }

    /// Where it is, without links on the way; `None` of what is no file.
    pub fn origin(&self) -> Option<PathBuf> {
        let path = fs::canonicalize(&self.path).ok()?;
        path.is_file().then_some(path)
    }

    /// Changes when somebody writes to it, or puts another in its place; `None` of what is no file.
    pub fn stamp(&self) -> Option<Stamp> {
        Stamp::of(&self.path)
    }
}

fn spool(mut from: impl Read, settings: &audio::Settings) -> Result<AudioSource, AudioError> {
    let (mut spool, mut chunk) = (Spool::new(settings), vec![0; CHUNK]);
    let limit = (settings.max_audio.0 / 1000 * PACE).max(settings.max_upload_bytes);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return spool.finish(),
            Ok(count) if spool.count() + count as u64 > limit => {
                let why = format!(
                    "it goes on after {limit} bytes, the most that is read of what is not a file \
                     ({PACE} for each of audio.max_audio_seconds, or else server.max_upload_bytes)"
                );
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, why).into());
            }
            Ok(count) => spool.push(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Millis;

    #[test]
    fn names_are_shown_without_control_characters() {
        assert_eq!(Recording::named(Path::new("a\x1b[2J\nb.wav")).name(), r"a\u{1b}[2J\nb.wav");
    }

    #[test]
    fn what_is_no_file_is_read_up_to_the_limit() {
        let settings = audio::Settings { max_audio: Millis(5_000), max_upload_bytes: 1, ..audio::Settings::default() };
        let endless = Recording::named(Path::new("/dev/zero")).open(&settings);
        let Err(AudioError::Io(error)) = endless else { panic!("it never ends") };
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{error}");
        let whole = spool(io::repeat(0).take(5 * PACE), &settings).expect("it ends in time");
        assert_eq!(whole.len(), 5 * PACE);
    }

    #[test]
    fn what_is_written_to_has_another_stamp() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recording = Recording::named(&folder.path().join("a.wav"));
        fs::write(&recording.path, "sound").expect("a file");
        let before = recording.stamp();
        assert_eq!(before, recording.stamp());
        fs::write(&recording.path, "more than before").expect("it grows");
        assert_ne!(before, recording.stamp());
    }
}
