//! One recording, from its file to its transcript's files.

use std::io;
use std::time::Duration;

use super::inputs::Recording;
use super::outputs::Outputs;
use super::progress::Progress;
use crate::audio::{self, AudioError};
use crate::billing::{Prices, total};
use crate::cli::quantity::clock;
use crate::domain::{Currency, Millis, NanoMoney};
use crate::transcript::WarningKind;
use crate::transcript::render::Detail;
use crate::transcription::{self, Options, Outcome, Transcriber};

/// What is the same for all recordings of a call.
pub(super) struct Job<'a> {
    pub transcriber: &'a Transcriber,
    pub options: Options,
    pub detail: Detail,
    pub outputs: &'a Outputs,
    pub progress: &'a Progress,
    pub audio: &'a audio::Settings,
    /// What an account would pay; `None` if the model has no price.
    pub prices: Option<Prices>,
}

/// A recording that has its transcript.
pub(super) struct Transcribed {
    /// How long it is.
    pub duration: Millis,
    /// What the service would charge for it.
    pub price: Option<NanoMoney>,
}

/// Why a recording has no transcript.
pub(super) enum Error {
    /// In words, about this file; the others go on.
    File(String),
    /// In words too: its transcript cannot be written, and no other could.
    NoRoom(String),
    /// Standard output is closed, so that going on is of no use.
    NoReader,
}

impl From<transcription::Error> for Error {
    fn from(error: transcription::Error) -> Self {
        let too_long = matches!(error, transcription::Error::Audio(AudioError::TooLong { .. }));
        Self::File(format!("{error}{}", if too_long { " (audio.max_audio_seconds)" } else { "" }))
    }
}

impl Job<'_> {
    /// Transcribes and writes; says how long the recording was, and what it is worth.
    pub async fn run(&self, recording: &Recording) -> Result<Transcribed, Error> {
        let result = self.transcribe(recording).await;
        match &result {
            Ok(done) => self.progress.finish(recording, Ok(done.duration)),
            Err(Error::File(why) | Error::NoRoom(why)) => self.progress.finish(recording, Err(why)),
            Err(Error::NoReader) => {}
        }
        result
    }

    async fn transcribe(&self, recording: &Recording) -> Result<Transcribed, Error> {
        let unwritten = |error: io::Error| unwritten(&error, self.outputs.are_on_stdout());
        let stamp = recording.stamp();
        self.outputs.check(recording).map_err(unwritten)?;
        let outcome = self.recognise(recording).await?;
        if recording.stamp() != stamp {
            let why = "it changed while it was being read; transcribe it again when it is complete";
            return Err(Error::File(why.to_owned()));
        }
        self.note(recording, &outcome);
        let write = || self.outputs.write(recording, stamp.as_ref(), &outcome.transcript, self.detail);
        self.progress.suspend(write).map_err(unwritten)?;
        let price = self.prices.as_ref().map(|prices| total(&prices.lines(&outcome.usage), Currency::EUR));
        Ok(Transcribed { duration: outcome.transcript.duration, price })
    }

    async fn recognise(&self, recording: &Recording) -> Result<Outcome, Error> {
        let (opening, settings) = (recording.clone(), self.audio.clone());
        let opened = tokio::task::spawn_blocking(move || opening.open(&settings)).await;
        let source = opened.map_err(transcription::Error::from)?.map_err(|error| Error::File(unopened(&error)))?;
        let mut run = self.transcriber.start(source, self.options.clone()).await?;
        self.progress.start(recording, run.expected_duration());
        while run.next().await?.is_some() {
            self.progress.advance(recording, run.position());
        }
        Ok(run.finish())
    }

    /// What the reader of the transcript should know. Nothing of what was said.
    fn note(&self, recording: &Recording, outcome: &Outcome) {
        let note = |text: String| self.progress.note(&format!("{}: {text}", recording.name()));
        if outcome.transcript.text().is_empty() {
            self.progress.note(&format!("no speech was found in {}", recording.name()));
        }
        if let Some(damage) = &outcome.damage {
            note(format!("{} (at {})", damage.what, time(damage.at)));
        }
        if outcome.prompt_cut {
            note("the prompt is longer than the model can take; only its end was used".to_owned());
        }
        for doubt in &outcome.transcript.body.warnings {
            let why = match doubt.kind {
                WarningKind::Repetition => "repeats itself",
                WarningKind::LowConfidence => "is uncertain",
                WarningKind::Incomplete => "may lack words",
            };
            note(format!("the text from {} to {} {why}", time(doubt.start), time(doubt.end)));
        }
    }
}

fn time(at: Millis) -> String {
    clock(Duration::from_millis(at.0))
}

/// Why a transcript is not where it should be.
fn unwritten(error: &io::Error, on_stdout: bool) -> Error {
    let why = format!("the transcript cannot be written: {}", in_words(error));
    match error.kind() {
        io::ErrorKind::BrokenPipe if on_stdout => Error::NoReader,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem => {
            Error::NoRoom(why)
        }
        _ => Error::File(why),
    }
}

fn unopened(error: &AudioError) -> String {
    match error {
        AudioError::Io(error) => in_words(error),
        other => other.to_string(),
    }
}

/// An error of the system, as people say it.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::InvalidFilename => "the name is too long".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a file is where a folder should be".to_owned(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk may only be read".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_can_be_written_the_others_are_not_worked_for() {
        use io::ErrorKind::{BrokenPipe, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        for kind in [StorageFull, QuotaExceeded, ReadOnlyFilesystem] {
            assert!(matches!(unwritten(&kind.into(), false), Error::NoRoom(_)), "{kind}");
        }
        for kind in [PermissionDenied, BrokenPipe] {
            assert!(matches!(unwritten(&kind.into(), false), Error::File(_)), "{kind}");
        }
        assert!(matches!(unwritten(&BrokenPipe.into(), true), Error::NoReader));
    }
}
