//! Where transcripts go: to standard output, or into files that are either whole or not there.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::inputs::Recording;
use super::{Exit, whole};
use crate::transcript::Transcript;
use crate::transcript::render::{Detail, Format, render};

/// Where, and in which formats.
pub(super) struct Outputs {
    folder: Option<PathBuf>,
    formats: Vec<Format>,
}

impl Outputs {
    /// Checks that every transcript has a place of its own.
    pub fn new(
        folder: Option<&Path>,
        formats: &[Format],
        recordings: &[Recording],
        named: &[PathBuf],
    ) -> Result<Self, Exit> {
        let outputs = Self { folder: folder.map(Path::to_owned), formats: formats.to_vec() };
        if folder.is_none() {
            let one_file = recordings.len() == 1 && named.iter().all(|name| !name.is_dir());
            if !one_file || formats.len() != 1 {
                let message = "one recording in one format can go to standard output; for more, say where to write \
                               with --output-dir FOLDER";
                return Err(Exit::Usage(message.to_owned()));
            }
            return Ok(outputs);
        }
        let mut taken = HashMap::new();
        for recording in recordings {
            if let Some(other) = taken.insert(&recording.relative, recording) {
                let (one, other) = (recording.name(), other.name());
                return Err(Exit::Usage(format!("{other} and {one} would be written to the same file")));
            }
        }
        Ok(outputs)
    }

    /// Makes the folder and tries to write there, before hours of work turn out to be lost.
    pub fn prepare(&self) -> Result<(), Exit> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let tried = fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
        tried.map_err(|error| Exit::Failed(format!("cannot write to {}: {error}", folder.display())))?;
        Ok(())
    }

    /// Takes away what a run that was killed has left beside them.
    pub fn tidy(&self, recordings: &[Recording]) {
        let paths: Vec<_> = recordings.iter().flat_map(|recording| self.paths(recording)).collect();
        whole::tidy(paths.iter().map(PathBuf::as_path));
    }

    /// Whether they go to standard output.
    pub fn are_on_stdout(&self) -> bool {
        self.folder.is_none()
    }

    /// The files that this recording becomes; none if it goes to standard output.
    pub fn paths(&self, recording: &Recording) -> Vec<PathBuf> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let place = |format: &Format| {
            let mut path = folder.join(&recording.relative).into_os_string();
            path.push(ending(*format));
            PathBuf::from(path)
        };
        self.formats.iter().map(place).collect()
    }

    /// Whether all of them are there and newer than the recording. A file that is there is whole.
    pub fn are_finished(&self, recording: &Recording) -> bool {
        let Ok(recorded) = changed(&recording.path) else { return false };
        let paths = self.paths(recording);
        !paths.is_empty() && paths.iter().all(|path| changed(path).is_ok_and(|written| written >= recorded))
    }

    /// Writes all formats of one transcript.
    pub fn write(&self, recording: &Recording, transcript: &Transcript, detail: Detail) -> io::Result<()> {
        let bodies = self.formats.iter().map(|format| with_end_of_line(render(transcript, *format, detail)));
        if self.are_on_stdout() {
            let mut out = io::stdout().lock();
            bodies.into_iter().try_for_each(|body| out.write_all(body.as_bytes()))?;
            return out.flush();
        }
        // A recording may come from a clock that is ahead. Its transcript is no older, or it would never be finished.
        let recorded = changed(&recording.path).unwrap_or(SystemTime::UNIX_EPOCH);
        self.paths(recording).iter().zip(bodies).try_for_each(|(path, body)| whole::write(path, &body, recorded))
    }
}

fn changed(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// Appended to the whole name of the recording, so that `a.wav` and `a.mp3` do not become one file.
fn ending(format: Format) -> &'static str {
    match format {
        Format::Json => ".json",
        Format::Text => ".txt",
        Format::Srt => ".srt",
        Format::Vtt => ".vtt",
        Format::VerboseJson => ".verbose.json",
    }
}

fn with_end_of_line(mut body: String) -> String {
    if !body.ends_with('\n') {
        body.push('\n');
    }
    body
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;
    use crate::domain::Language;
    use crate::transcript::Task;

    fn recording(folder: &Path, relative: &str) -> Recording {
        let path = folder.join(relative);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, "sound").expect("a file");
        Recording { path, relative: relative.into() }
    }

    #[test]
    fn a_transcript_is_finished_when_all_formats_are_newer_than_the_recording() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recording = recording(folder.path(), "2025/a.wav");
        let out = folder.path().join("out");
        let formats = [Format::Text, Format::VerboseJson];
        let outputs =
            Outputs::new(Some(&out), &formats, std::slice::from_ref(&recording), &[]).expect("one place each");
        assert_eq!(outputs.paths(&recording), [out.join("2025/a.wav.txt"), out.join("2025/a.wav.verbose.json")]);
        assert!(!outputs.are_finished(&recording));

        let transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
        outputs.write(&recording, &transcript, Detail::default()).expect("it is written");
        assert!(outputs.are_finished(&recording));
        assert_eq!(fs::read_dir(out.join("2025")).expect("the folder").count(), 2, "nothing else is left");

        let later = SystemTime::now() + Duration::from_mins(1);
        File::options()
            .write(true)
            .open(&recording.path)
            .and_then(|file| file.set_modified(later))
            .expect("a new take");
        assert!(!outputs.are_finished(&recording), "the recording is newer");

        outputs.write(&recording, &transcript, Detail::default()).expect("it is written");
        assert!(outputs.are_finished(&recording), "though the recording's clock is ahead");
        fs::remove_file(out.join("2025/a.wav.txt")).expect("it was there");
        assert!(!outputs.are_finished(&recording), "a format is missing");
    }

    #[test]
    fn standard_output_takes_one_recording_in_one_format() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (a, b) = (recording(folder.path(), "a.wav"), recording(folder.path(), "b/a.wav"));
        let named = [a.path.clone()];
        let new = |formats: &[Format], recordings: &[Recording], named: &[PathBuf]| {
            Outputs::new(None, formats, recordings, named).is_ok()
        };
        assert!(new(&[Format::Srt], std::slice::from_ref(&a), &named));
        assert!(!new(&[Format::Srt, Format::Text], std::slice::from_ref(&a), &named));
        assert!(!new(&[Format::Srt], &[a.clone(), b], &named));
        assert!(!new(&[Format::Srt], &[a], &[folder.path().to_owned()]), "more may come into the folder");
    }

    #[test]
    fn two_recordings_do_not_share_a_file() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (a, mut b) = (recording(folder.path(), "a.wav"), recording(folder.path(), "b/a.wav"));
        assert!(Outputs::new(Some(folder.path()), &[Format::Text], &[a.clone(), b.clone()], &[]).is_ok());
        b.relative = "a.wav".into();
        let Err(Exit::Usage(message)) = Outputs::new(Some(folder.path()), &[Format::Text], &[a, b], &[]) else {
            panic!("they would overwrite each other")
        };
        assert!(message.ends_with("would be written to the same file"), "{message}");
    }
}
