//! One recording, from its file to its transcript's files.

use std::io;
use std::time::Duration;

use super::inputs::{Recording, Stamp};
use super::outputs::Outputs;
use super::progress::Progress;
use crate::audio::{self, AudioError};
use crate::billing::{Prices, total};
use crate::cli::quantity::clock;
use crate::domain::{Currency, Millis, NanoMoney};
use crate::transcript::WarningKind;
use crate::transcript::render::Detail;
use crate::transcription::{Options, Outcome, Transcriber};

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
    /// Standard output is closed, so that going on is of no use.
    NoReader,
}

impl Job<'_> {
    /// Transcribes and writes; says how long the recording was, and what it is worth.
    pub async fn run(&self, recording: &Recording) -> Result<Transcribed, Error> {
        let stamp = recording.stamp();
        let outcome = self.transcribe(recording, stamp.as_ref()).await.map_err(Error::File);
        let result = outcome.and_then(|outcome| {
            self.note(recording, &outcome);
            self.write(recording, stamp.as_ref(), &outcome)?;
            let price = self.prices.as_ref().map(|prices| total(&prices.lines(&outcome.usage), Currency::EUR));
            Ok(Transcribed { duration: outcome.transcript.duration, price })
        });
        self.progress.finish(
            recording,
            result.as_ref().map(|done| &done.duration).map_err(|error| match error {
                Error::File(why) => why.as_str(),
                Error::NoReader => "",
            }),
        );
        result
    }

    /// Of a recording that stays as it is.
    async fn transcribe(&self, recording: &Recording, stamp: Option<&Stamp>) -> Result<Outcome, String> {
        let (opening, settings) = (recording.clone(), self.audio.clone());
        let opened = tokio::task::spawn_blocking(move || opening.open(&settings)).await;
        let source = opened.map_err(|error| error.to_string())?.map_err(|error| unopened(&error))?;
        let started = self.transcriber.start(source, self.options.clone()).await;
        let mut run = started.map_err(|error| error.to_string())?;
        self.progress.start(recording, run.expected_duration());
        while run.next().await.map_err(|error| error.to_string())?.is_some() {
            self.progress.advance(recording, run.position());
        }
        if recording.stamp().as_ref() != stamp {
            return Err("it changed while it was being read; transcribe it again when it is complete".to_owned());
        }
        Ok(run.finish())
    }

    fn write(&self, recording: &Recording, stamp: Option<&Stamp>, outcome: &Outcome) -> Result<(), Error> {
        let write = || self.outputs.write(recording, stamp, &outcome.transcript, self.detail);
        self.progress.suspend(write).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe if self.outputs.are_on_stdout() => Error::NoReader,
            _ => Error::File(format!("the transcript cannot be written: {}", in_words(&error))),
        })
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

fn unopened(error: &AudioError) -> String {
    match error {
        AudioError::Io(error) => in_words(error),
        other => other.to_string(),
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not open it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}
