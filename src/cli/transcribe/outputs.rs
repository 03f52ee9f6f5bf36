//! Where transcripts go: to standard output, or into files that are either whole or not there.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::done::{Asked, Done};
use super::inputs::{Recording, Stamp};
use super::job::in_words;
use super::{Exit, place, whole};
use crate::cli::printable::printable;
use crate::transcript::Transcript;
use crate::transcript::render::{Detail, Format, render};

/// Where, and in which formats.
pub(super) struct Outputs {
    folder: Option<PathBuf>,
    formats: Vec<Format>,
    done: Done,
}

impl Outputs {
    /// Checks that every transcript has a place of its own.
    pub fn new(
        folder: Option<&Path>,
        formats: &[Format],
        recordings: &[Recording],
        named: &[PathBuf],
        asked: Asked,
    ) -> Result<Self, Exit> {
        let done = Done::read(folder, asked);
        let mut outputs = Self { folder: folder.map(Path::to_owned), formats: Vec::new(), done };
        for format in formats {
            if !outputs.formats.contains(format) {
                outputs.formats.push(*format);
            }
        }
        if folder.is_none() {
            let one_file = recordings.len() == 1 && named.iter().all(|name| !name.is_dir());
            if !one_file || outputs.formats.len() != 1 {
                let message = "one recording in one format can go to standard output; for more, say where to write \
                               with --output-dir FOLDER";
                return Err(Exit::Usage(message.to_owned()));
            }
            return Ok(outputs);
        }
        place::separate(outputs.places(recordings.iter()), false)?;
        Ok(outputs)
    }

    /// Makes the folder and tries to write there, before hours of work turn out to be lost. Only then is it known whether
    /// names that differ in case alone are two, of those recordings too that have their transcripts.
    pub fn prepare<'a>(&self, recordings: impl Iterator<Item = &'a Recording>) -> Result<(), Exit> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let tried = fs::create_dir_all(folder).and_then(|()| self.done.check());
        let tried = tried.and_then(|()| place::folds_case(folder));
        let why = |error| Exit::Failed(format!("cannot write to {}: {}", folder.display(), in_words(&error)));
        let folds = tried.map_err(why)?;
        place::separate(self.places(recordings), folds)
    }

    /// Finds out whether a recording's transcripts would have a place, before it is worked for: one where no transcript of
    /// another recording is.
    pub fn check(&self, recording: &Recording) -> io::Result<()> {
        for (format, path) in self.formats.iter().zip(self.paths(recording)) {
            place::check(&path)?;
            let other = self.done.of_another(&place_of(recording, *format), recording);
            if let Some(other) = other.filter(|_| path.is_file()) {
                let (path, other) = (printable(&path.to_string_lossy()), printable(&other.to_string_lossy()));
                let why = format!("{path} is the transcript of {other}: choose another --output-dir");
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
            }
        }
        Ok(())
    }

    /// All files that recordings become.
    fn places<'a>(
        &self,
        recordings: impl Iterator<Item = &'a Recording>,
    ) -> impl Iterator<Item = (PathBuf, &'a Recording)> {
        recordings.flat_map(|recording| self.paths(recording).into_iter().map(move |path| (path, recording)))
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
        self.formats.iter().map(|format| folder.join(place_of(recording, *format))).collect()
    }

    /// Whether all of them are there, and were made of the recording as it is and as they are asked for now. Where that
    /// is not known, they are newer than the recording. A file that is there is whole.
    pub fn are_finished(&self, recording: &Recording) -> bool {
        let (Some(folder), Some(stamp)) = (&self.folder, recording.stamp()) else { return false };
        self.formats.iter().all(|format| {
            let place = place_of(recording, *format);
            // Of silence there is the end of a line at least: what has no byte is none of ours.
            let there = Stamp::of(&folder.join(&place)).filter(|transcript| transcript.bytes > 0);
            there.is_some_and(|there| self.done.says(&place, *format, &stamp).unwrap_or(there.changed >= stamp.changed))
        })
    }

    /// Writes all formats of one transcript of a recording that was like this when it was opened.
    pub fn write(
        &self,
        recording: &Recording,
        stamp: Option<&Stamp>,
        transcript: &Transcript,
        detail: Detail,
    ) -> io::Result<()> {
        let bodies = self.formats.iter().map(|format| with_end_of_line(render(transcript, *format, detail)));
        if self.are_on_stdout() {
            let mut out = io::stdout().lock();
            bodies.into_iter().try_for_each(|body| out.write_all(body.as_bytes()))?;
            return out.flush();
        }
        // A recording may come from a clock that is ahead. Its transcript is no older, or it would never be finished.
        let recorded = changed(&recording.path).unwrap_or(SystemTime::UNIX_EPOCH);
        let places = || self.formats.iter().map(|format| (place_of(recording, *format), *format));
        self.done.begin(places(), recording)?;
        self.paths(recording).iter().zip(bodies).try_for_each(|(path, body)| whole::write(path, &body, recorded))?;
        self.done.end(places(), recording, stamp)
    }
}

/// Where a transcript is, below the folder.
fn place_of(recording: &Recording, format: Format) -> PathBuf {
    let mut place = recording.relative.clone().into_os_string();
    place.push(ending(format));
    place.into()
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
    use crate::transcription::Options;

    fn recording(folder: &Path, relative: &str) -> Recording {
        let path = folder.join(relative);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, "sound").expect("a file");
        Recording { path, relative: relative.into() }
    }

    fn asked() -> Asked {
        Asked { model: "small".to_owned(), options: Options::default() }
    }

    fn outputs(folder: &Path, formats: &[Format], recordings: &[Recording], asked: Asked) -> Result<Outputs, Exit> {
        Outputs::new(Some(folder), formats, recordings, &[], asked)
    }

    fn set_time(path: &Path, time: SystemTime) {
        File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("another time");
    }

    /// A run that was asked for some options, without the recognition; it says whether there was anything to do.
    fn run(out: &Path, formats: &[Format], recording: &Recording, asked: Asked) -> bool {
        let outputs = outputs(out, formats, std::slice::from_ref(recording), asked).expect("one place each");
        if outputs.are_finished(recording) {
            return false;
        }
        outputs.prepare(std::iter::once(recording)).expect("a folder");
        let transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
        outputs.write(recording, recording.stamp().as_ref(), &transcript, Detail::default()).expect("it is written");
        true
    }

    #[test]
    fn a_transcript_is_finished_when_all_formats_were_made_of_the_recording_as_it_is() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recording = recording(folder.path(), "2025/a.wav");
        let out = folder.path().join("out");
        let run = || run(&out, &[Format::Text, Format::VerboseJson], &recording, asked());
        assert!(run());
        assert!(!run());
        let mut names: Vec<_> = fs::read_dir(out.join("2025")).expect("the folder").flatten().collect();
        names.sort_by_key(fs::DirEntry::file_name);
        let names: Vec<_> = names.iter().map(fs::DirEntry::file_name).collect();
        assert_eq!(names, ["a.wav.txt", "a.wav.verbose.json"]);

        let hour = Duration::from_hours(1);
        set_time(&recording.path, SystemTime::now() + hour);
        assert!(run(), "the recording is newer");
        assert!(!run(), "though the recording's clock is ahead");
        set_time(&recording.path, SystemTime::now() - hour);
        assert!(run(), "another take, which is older");
        fs::write(&recording.path, "longer sound").expect("it grows");
        set_time(&recording.path, SystemTime::now() - hour);
        assert!(run(), "another take, which is as old");
        assert!(!run());
        fs::remove_file(out.join("2025/a.wav.txt")).expect("it was there");
        assert!(run(), "a format is missing");
    }

    #[test]
    fn a_transcript_is_finished_when_it_was_asked_for_as_it_is_now() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (recording, out) = (recording(folder.path(), "a.wav"), folder.path().join("out"));
        let with = |prompt: &str| {
            let options = Options { prompt: Some(prompt.to_owned()), ..Options::default() };
            Asked { options, ..asked() }
        };
        assert!(run(&out, &[Format::Text], &recording, with("names")));
        assert!(run(&out, &[Format::Text], &recording, asked()));
        assert!(!run(&out, &[Format::Text], &recording, asked()));
        assert!(run(&out, &[Format::Srt], &recording, with("names")));
        assert!(run(&out, &[Format::Text, Format::Srt], &recording, asked()), "the subtitles had names");
        assert!(!run(&out, &[Format::Text, Format::Srt], &recording, asked()));
    }

    #[test]
    fn a_run_that_is_cut_off_in_the_middle_of_a_transcript_leaves_nothing_that_counts() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (recording, out) = (recording(folder.path(), "a.wav"), folder.path().join("out"));
        let other = || Asked { model: "medium".to_owned(), ..asked() };
        assert!(run(&out, &[Format::Text], &recording, asked()));
        // It has a place for the text and none for the subtitles.
        fs::create_dir(out.join("a.wav.srt")).expect("a folder");
        let outputs = outputs(&out, &[Format::Text, Format::Srt], std::slice::from_ref(&recording), other());
        let transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
        let written = outputs.expect("one place each").write(&recording, None, &transcript, Detail::default());
        written.expect_err("there is a folder");
        assert!(run(&out, &[Format::Text], &recording, asked()), "the text may be the other model's");
    }

    #[test]
    fn what_is_empty_or_no_file_is_no_transcript() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recording = recording(folder.path(), "a.wav");
        let out = folder.path().join("out");
        let run = || run(&out, &[Format::Text], &recording, asked());
        assert!(run());
        fs::write(out.join("a.wav.txt"), "").expect("a file");
        assert!(run(), "it was emptied");
        assert!(!run());
        fs::remove_file(out.join("a.wav.txt")).and_then(|()| fs::create_dir(out.join("a.wav.txt"))).expect("a folder");
        let outputs = outputs(&out, &[Format::Text], std::slice::from_ref(&recording), asked()).expect("one place");
        assert!(!outputs.are_finished(&recording) && outputs.check(&recording).is_err());
    }

    #[test]
    fn where_nothing_was_written_down_the_newer_transcript_counts() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recording = recording(folder.path(), "a.wav");
        fs::write(folder.path().join("a.wav.txt"), "text").expect("a file");
        let run = || run(folder.path(), &[Format::Text], &recording, asked());
        assert!(!run());
        set_time(&folder.path().join("a.wav.txt"), SystemTime::now() - Duration::from_hours(1));
        assert!(run());
    }

    #[test]
    fn standard_output_takes_one_recording_in_one_format() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (a, b) = (recording(folder.path(), "a.wav"), recording(folder.path(), "b/a.wav"));
        let named = [a.path.clone()];
        let new = |formats: &[Format], recordings: &[Recording], named: &[PathBuf]| {
            Outputs::new(None, formats, recordings, named, asked()).is_ok()
        };
        assert!(new(&[Format::Srt], std::slice::from_ref(&a), &named));
        assert!(!new(&[Format::Srt, Format::Text], std::slice::from_ref(&a), &named));
        assert!(!new(&[Format::Srt], &[a.clone(), b], &named));
        assert!(!new(&[Format::Srt], &[a], &[folder.path().to_owned()]), "more may come into the folder");
    }

    #[test]
    fn two_recordings_do_not_share_a_file() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let share = |one: &str, other: &str, formats: &[Format]| {
            let recordings = [one, other].map(|name| Recording { path: name.into(), relative: name.into() });
            let refused = outputs(&folder.path().join("out"), formats, &recordings, asked()).err();
            refused.is_some_and(|refused| {
                let message = refused.message().unwrap_or_default();
                message.ends_with("would be written to the same file")
            })
        };
        assert!(!share("a.wav", "b/a.wav", &[Format::Text, Format::Text]));
        assert!(share("a.wav", "a.wav", &[Format::Text]));
        assert!(!share("a.wav", "a.wav.verbose", &[Format::Json]));
        assert!(share("a.wav", "a.wav.verbose", &[Format::VerboseJson, Format::Json]));
    }
}
