//! `minuted transcribe`: recordings on this machine become transcripts, without a server.
//!
//! The actors: [`search`] finds the recordings ([`inputs`]) in [`folders`] by their [`endings`], [`outputs`] says where
//! their transcripts go and which are there already, by what [`done`] knows of them, [`place`] whether they can be there,
//! [`whole`] writes such a file, [`job`] takes one recording through the same use case as the HTTP routes, a few of them at
//! a time so that no worker waits for a file, [`progress`] shows how far they are, and [`summary`] what became of them.

mod done;
mod endings;
mod folders;
mod inputs;
mod job;
mod outputs;
mod place;
mod progress;
mod search;
mod summary;

use std::io::{self, Write};
use std::time::Instant;

use futures_util::{StreamExt, stream};

use super::arguments::TranscribeFlags;
use super::{Exit, block_on, whole};
use crate::app::App;
use crate::billing::{PriceSheet, Prices, Service};
use crate::domain::{Clock, Currency, SystemClock};
use crate::speech::Claim;
use crate::telemetry::{self, Level};
use crate::transcript::Task;
use crate::transcript::render::{Detail, Format};
use crate::transcription::Options;
use crate::{config::Config, lifecycle};

use done::Asked;
use inputs::Recording;
use job::Job;
use outputs::Outputs;
use progress::Progress;
use summary::{End, Summary};

pub(super) fn run(flags: &TranscribeFlags) -> Result<(), Exit> {
    if flags.words && !flags.format.contains(&Format::VerboseJson) {
        return Err(Exit::Usage("only verbose_json has times of words: --words --format verbose_json".to_owned()));
    }
    let config = flags.configure()?;
    let recordings = search::find(&flags.recordings)?;
    let options = options(flags);
    let asked = Asked { model: done::model(&config.model), options: options.clone() };
    let outputs = Outputs::new(flags.output_dir.as_deref(), &flags.format, &recordings, &flags.recordings, asked)?;
    outputs.tidy(&recordings);
    let (finished, recordings): (Vec<_>, Vec<_>) =
        recordings.into_iter().partition(|recording| !flags.force && outputs.are_finished(recording));
    let mut summary = Summary::new(finished.len(), Instant::now());
    let mut end = End::Complete;
    if !recordings.is_empty() {
        outputs.prepare(finished.iter().chain(&recordings))?;
        end = transcribe_all(flags, config, options, &recordings, &outputs, &mut summary)?;
    }
    // A single transcript on the screen needs no table of contents.
    let _ = if outputs.are_on_stdout() {
        write!(io::stderr().lock(), "{}", summary.failures())
    } else {
        write!(io::stderr().lock(), "{summary}")
    };
    match end {
        End::Interrupted => Err(Exit::Interrupted),
        _ if summary.is_all_well() => Ok(()),
        _ => Err(Exit::Told),
    }
}

/// Fills the summary; says how it ended.
fn transcribe_all(
    flags: &TranscribeFlags,
    mut config: Config,
    options: Options,
    recordings: &[Recording],
    outputs: &Outputs,
    summary: &mut Summary,
) -> Result<End, Exit> {
    let mut log = config.log;
    if log.level == Level::Info {
        log.level = Level::Warn; // what a server tells of itself would only disturb here
    }
    telemetry::start(log);
    let audio = config.audio.clone();
    let sheet = PriceSheet::load(config.billing.tariffs.as_deref()).map_err(|error| Exit::Failed(error.to_string()))?;
    config.speech.express = false; // one file is as urgent as the other
    let app = App::start(config)?;
    app.transcriber().finish_nearest_first();
    app.transcriber().check(&options).map_err(|error| Exit::Usage(error.to_string()))?;
    summary.begin(Instant::now());
    let job = Job {
        transcriber: app.transcriber(),
        options,
        detail: Detail { words: flags.words, ..Detail::default() },
        outputs,
        progress: &Progress::new(recordings),
        audio: &audio,
        prices: prices(&sheet, &app, flags),
    };
    block_on(async {
        let stop = lifecycle::stop_on_signal().map_err(|error| Exit::Failed(error.to_string()))?;
        // One more than there are workers: while its last windows are recognised, the next file is being decoded.
        let job = &job;
        let mut done = stream::iter(recordings)
            .map(|recording| async move { (recording, job.run(recording).await) })
            .buffer_unordered(app.workers() + 1);
        let ended = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break Ok(End::Interrupted),
                next = done.next() => match next {
                    Some((recording, Ok(transcribed))) => summary.add(recording, Ok(transcribed)),
                    Some((recording, Err(job::Error::File(why)))) => summary.add(recording, Err(why)),
                    Some((recording, Err(job::Error::NoRoom(why)))) => {
                        summary.add(recording, Err(why));
                        break Ok(End::NoRoom);
                    }
                    Some((_, Err(job::Error::NoReader))) => break Err(Exit::NoReader),
                    None => break Ok(End::Complete),
                },
            }
        };
        drop(done);
        if let Ok(end) = &ended {
            summary.end(Instant::now(), *end);
        }
        job.progress.clear();
        app.wind_down().await;
        ended
    })
}

/// What an account would pay for such work, so that a batch tells what it is worth.
fn prices(sheet: &PriceSheet, app: &App, flags: &TranscribeFlags) -> Option<Prices> {
    let service = if flags.translate { Service::Translation } else { Service::Transcription };
    sheet.prices(app.model(), service, Currency::EUR, SystemClock.now()).ok()
}

fn options(flags: &TranscribeFlags) -> Options {
    Options {
        claim: Claim::default(),
        task: if flags.translate { Task::Translate } else { Task::Transcribe },
        language: flags.language.and_then(|spoken| spoken.0),
        prompt: flags.prompt.clone(),
        temperature: 0.0,
        words: flags.words,
        logprobs: false,
    }
}
