//! What the transcripts in a folder were made of, and what was asked for: by that a later run knows which are done, and
//! which are another recording's.
//!
//! A hidden file in the folder has lines of a digest, a transcript's place below the folder and, after a tab, where its
//! recording was, which older lines do not tell. One is appended before the transcript is written, which stands for
//! nothing, and one when it is whole. Of several lines for a place the last one counts, so that runs at the same time may
//! share the file, and a run that is killed between the two costs some work and no more. What no line tells of is judged
//! by its time; so the file may be taken away.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::iter;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::inputs::{Recording, Stamp};
use crate::catalog::{Catalog, Digest};
use crate::domain::Language;
use crate::transcript::render::Format;
use crate::transcription::Options;

/// The file's name.
const NAME: &str = ".minuted-done";

/// Seconds in which two times of change are the same: the coarsest that a file system keeps, so that recordings may be
/// copied to any other.
const COARSEST: i64 = 2;

/// What makes a transcript of a recording another one, beside its format.
pub(super) struct Asked {
    /// The model, as [`model`] tells them apart.
    pub model: String,
    /// All else.
    pub options: Options,
}

/// What is known of a folder's transcripts.
pub(super) struct Done {
    /// Where it is written down; nowhere if there is no folder.
    file: Option<PathBuf>,
    asked: Asked,
    /// By place, as it is written.
    known: HashMap<String, Known>,
}

/// What the last line for a place says.
struct Known {
    digest: String,
    /// Where the recording was, below the folder or from the root, as it is written.
    origin: Option<String>,
}

impl Done {
    /// Reads what is known. What cannot be read is not known.
    pub fn read(folder: Option<&Path>, asked: Asked) -> Self {
        let file = folder.map(|folder| folder.join(NAME));
        let text = file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let lines = String::from_utf8_lossy(&text);
        let known = lines.lines().filter_map(|line| line.split_once("  ")).map(|(digest, rest)| {
            let (place, origin) = rest.split_once('\t').map_or((rest, None), |(place, origin)| (place, Some(origin)));
            (place.to_owned(), Known { digest: digest.to_owned(), origin: origin.map(str::to_owned) })
        });
        Self { known: known.collect(), file, asked }
    }

    /// Whether the transcript at a place below the folder was made of a recording that was like this one, and asked for
    /// as it is now; `None` if that is not known.
    pub fn says(&self, place: &Path, format: Format, recording: &Stamp) -> Option<bool> {
        Some(self.known.get(&written(place))?.digest == self.asked.digest(format, Some(recording)))
    }

    /// The recording that the transcript at a place below the folder was made of, where that is another one than this,
    /// and still there. One that was moved is there no more, and a copy that
    /// has kept its time of change is no other.
    pub fn of_another(&self, place: &Path, recording: &Recording) -> Option<PathBuf> {
        let origin = self.folder()?.join(read_back(self.known.get(&written(place))?.origin.as_ref()?));
        let there = coarse(&Stamp::of(&origin)?);
        (recording.stamp().as_ref().map(coarse) != Some(there)).then_some(origin)
    }

    /// Finds out whether anything can be written down, before work is done that would be done again.
    pub fn check(&self) -> io::Result<()> {
        self.append(iter::empty())
    }

    /// The transcripts of a recording at these places are about to be written: what is known of them counts no more.
    pub fn begin(&self, places: impl Iterator<Item = (PathBuf, Format)>, recording: &Recording) -> io::Result<()> {
        let origin = self.told(recording);
        self.append(places.map(|(place, _)| format!("-  {}{origin}\n", written(&place))))
    }

    /// The transcripts at these places are whole, of a recording that was like this when it was opened.
    pub fn end(
        &self,
        places: impl Iterator<Item = (PathBuf, Format)>,
        recording: &Recording,
        stamp: Option<&Stamp>,
    ) -> io::Result<()> {
        let origin = self.told(recording);
        let line = |(place, format): (PathBuf, _)| {
            format!("{}  {}{origin}\n", self.asked.digest(format, stamp), written(&place))
        };
        self.append(places.map(line))
    }

    /// The end of a line, with where a recording is: below the folder where it is there, so that both may be copied
    /// together.
    fn told(&self, recording: &Recording) -> String {
        let Some(origin) = recording.origin() else { return String::new() };
        let folder = self.folder().unwrap_or_default();
        format!("\t{}", written(origin.strip_prefix(folder).unwrap_or(&origin)))
    }

    /// The folder, without links on the way; `None` if it is not there.
    fn folder(&self) -> Option<PathBuf> {
        fs::canonicalize(self.file.as_ref()?.parent()?).ok()
    }

    /// In one piece, between whatever others append.
    fn append(&self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let lines: Vec<_> = lines.collect();
        let appended = File::options()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut to| to.write_all(lines.concat().as_bytes()));
        appended.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
    }
}

/// What tells a model from others: its id and its checksum, or where its file is, how long that is, and when it changed.
pub(super) fn model(name: &str) -> String {
    if let Some(known) = Catalog::builtin().resolve(name) {
        return format!("{} {:?}", known.id, known.sha256);
    }
    let path = fs::canonicalize(name).unwrap_or_else(|_| name.into());
    let stamp = Stamp::of(&path).map(|stamp| (stamp.bytes, stamp.changed));
    format!("{} {stamp:?}", written(&path))
}

/// A place in ASCII and without an end of line, whatever its bytes are.
fn written(place: &Path) -> String {
    place.as_os_str().as_encoded_bytes().escape_ascii().to_string()
}

/// A place that was [`written`].
fn read_back(text: &str) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let escaped = if byte == b'\\' { rest.next() } else { None };
        bytes.push(match escaped {
            None => byte,
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b'x') => (0..2)
                .filter_map(|_| char::from(rest.next()?).to_digit(16))
                .fold(0, |byte, digit| byte << 4 | u8::try_from(digit).unwrap_or(0)),
            Some(itself) => itself,
        });
    }
    OsString::from_vec(bytes).into()
}

/// What is the same of a recording and its copies: its length, and its time as far as every file system keeps it.
fn coarse(stamp: &Stamp) -> (u64, i64) {
    (stamp.bytes, stamp.changed.0.div_euclid(COARSEST))
}

impl Asked {
    fn digest(&self, format: Format, recording: Option<&Stamp>) -> String {
        let Options { task, language, prompt, words, claim: _, temperature: _, logprobs: _ } = &self.options;
        let words = *words && format == Format::VerboseJson; // the others have none
        let recording = recording.map(coarse);
        let all = json!([self.model, task.as_str(), language.map(Language::code), prompt, words, recording]);
        Digest::of(all.to_string().as_bytes()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::transcript::Task;

    const STAMP: Stamp = Stamp { bytes: 1_000, changed: (1_700_000_000, 5) };

    fn asked() -> Asked {
        Asked { model: "small".to_owned(), options: Options::default() }
    }

    fn add(done: &Done, place: &Path, stamp: &Stamp) {
        let recording = Recording::named(Path::new("-"));
        done.end([(place.to_owned(), Format::Text)].into_iter(), &recording, Some(stamp)).expect("it is written down");
    }

    #[test]
    fn a_place_is_read_back_as_it_was_whatever_its_bytes_are() {
        let all = PathBuf::from(OsString::from_vec((0..=u8::MAX).collect()));
        assert_eq!(read_back(&written(&all)), all);
        assert_eq!(read_back(r"cut\x"), Path::new("cut\0"), "whatever stands there");
    }

    #[test]
    fn the_last_line_counts_and_what_is_no_line_does_not() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let read = || Done::read(Some(folder.path()), asked());
        let place = Path::new(OsStr::from_bytes(b"2025/caf\xe9\n  a.wav.txt"));
        assert_eq!(read().says(place, Format::Text, &STAMP), None);
        let (one, other) = (read(), read());
        add(&one, place, &STAMP);
        assert_eq!(read().says(place, Format::Text, &STAMP), Some(true));
        let longer = Stamp { bytes: 2_000, ..STAMP };
        add(&other, place, &longer);
        assert_eq!(read().says(place, Format::Text, &STAMP), Some(false));

        let mut file = File::options().append(true).open(folder.path().join(NAME)).expect("the file");
        file.write_all(b"dead").expect("a line that is cut off");
        add(&other, Path::new("b.wav.txt"), &STAMP);
        assert_eq!(read().says(place, Format::Text, &longer), Some(true));
        assert_eq!(read().says(Path::new("b.wav.txt"), Format::Text, &STAMP), Some(false), "it is done again");
        add(&other, Path::new("b.wav.txt"), &STAMP);
        assert_eq!(read().says(Path::new("b.wav.txt"), Format::Text, &STAMP), Some(true));
        let recording = Recording::named(Path::new("-"));
        other.begin([("b.wav.txt".into(), Format::Text)].into_iter(), &recording).expect("it is written down");
        assert_eq!(read().says(Path::new("b.wav.txt"), Format::Text, &STAMP), Some(false), "until it is whole");
    }

    #[test]
    fn what_was_made_of_a_recording_that_is_still_there_is_no_others() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let write = |relative: &str, sound: &str| {
            let path = folder.path().join(relative);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(&path, sound).expect("a file");
            Recording::named(&path)
        };
        let place = Path::new("a.wav.txt");
        let read = |out: &str| Done::read(Some(&folder.path().join(out)), asked());
        let (first, other) = (write("x/a.wav", "sound"), write("y/a.wav", "other sound"));
        assert_eq!(read("x").of_another(place, &other), None, "nothing is known");
        let note =
            |done: &Done| done.end([(place.to_owned(), Format::Text)].into_iter(), &first, first.stamp().as_ref());
        note(&read("y")).expect("it is written down");
        note(&read("x")).expect("it is written down");
        assert_eq!(read("y").of_another(place, &other), first.origin());
        assert_eq!(read("y").of_another(place, &Recording::named(Path::new("-"))), first.origin(), "no file");
        assert_eq!(read("y").of_another(place, &first), None);
        write("x/a.wav", "its next take");
        assert_eq!(read("y").of_another(place, &first), None, "it is in its place");

        write("copied/a.wav", "other sound");
        fs::copy(folder.path().join("x").join(NAME), folder.path().join("copied").join(NAME)).expect("a copy");
        assert_eq!(read("copied").of_another(place, &other), None, "the recording was copied with its folder");
        fs::remove_file(&first.path).expect("it was there");
        assert_eq!(read("y").of_another(place, &other), None, "it is gone");
    }

    #[test]
    fn a_model_is_known_by_its_weights_or_its_file_whatever_it_is_called() {
        assert_eq!(model("tiny"), model("Whisper-Tiny"));
        let bundled =
            Catalog::builtin().resolve("minuted-nano.en").and_then(|model| model.sha256).expect("it is known");
        assert!(model("minuted-nano.en").contains(&bundled.to_string()), "an upgrade may bring other weights");
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("my.bin"), "weights").expect("a file");
        let before = model(&path("my.bin"));
        assert_eq!(model(&path("./my.bin")), before);
        fs::write(path("my.bin"), "other weights").expect("a file");
        assert_ne!(model(&path("my.bin")), before);
    }

    #[test]
    fn whatever_makes_another_transcript_is_told_apart_and_nothing_else() {
        let of = |asked: Asked, format| asked.digest(format, Some(&STAMP));
        let with = |change: fn(&mut Options)| {
            let mut asked = asked();
            change(&mut asked.options);
            asked
        };
        let before = of(asked(), Format::Text);
        for other in [
            with(|options| options.language = Some(Language::ENGLISH)),
            with(|options| options.prompt = Some(String::new())),
            with(|options| options.task = Task::Translate),
            Asked { model: "medium".to_owned(), ..asked() },
        ] {
            assert_ne!(of(other, Format::Text), before);
        }
        let words = || with(|options| options.words = true);
        assert_eq!(of(words(), Format::Text), before, "text has no times of words");
        assert_ne!(of(words(), Format::VerboseJson), of(asked(), Format::VerboseJson));

        let stamped = |bytes, seconds| asked().digest(Format::Text, Some(&Stamp { bytes, changed: (seconds, 0) }));
        assert_eq!(stamped(1_000, 1_700_000_001), before, "as a coarse file system has it");
        assert_ne!(stamped(1_000, 1_600_000_000), before, "an older take");
        assert_ne!(stamped(1_001, 1_700_000_000), before);
        assert_ne!(asked().digest(Format::Text, None), before);
    }
}
