//! The async half of a run: windows to the engine, pieces of transcript to the caller, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::decode::{Decoder, End};
use super::{Error, Outcome};
use crate::billing::{Charge, Reservation, Usage};
use crate::crash::{self, Point};
use crate::domain::{Language, Millis};
use crate::speech::{Claim, DecodeOptions, Engine, Lane, Recognized, SparePlace, Ticket, Window};
use crate::transcript::{Piece, Transcript};

/// A language that so many windows told is taken, however doubtful their words: until then one window waits for the other.
const MAX_GUESSES: u8 = 3;

/// A transcription under way. Dropping it stops its decoder, takes its windows out of the queue and stops the workers
/// that have one.
pub struct Run {
    engine: Engine,
    lane: Lane,
    decoder: Decoder,
    options: DecodeOptions,
    /// Windows at the engine, in the recording's order; their samples are with the engine.
    under_way: VecDeque<(Window, Ticket)>,
    /// The window that goes to the engine next, once it is paid for.
    planned: Option<Window>,
    /// No window comes any more.
    decoded: bool,
    /// Why, if that is before its end; told after the windows under way, which are covered, and may be streamed.
    failed: Option<Error>,
    /// Windows with words that told a language.
    guesses: u8,
    /// The decoder's last word has been taken.
    ended: bool,
    /// What has been told; the transcript becomes of it in the end.
    pieces: Vec<Arc<Piece>>,
    /// Without them.
    transcript: Transcript,
    position: Millis,
    end: End,
    prompt_cut: bool,
    /// Leave to have one window more under way.
    spare: Option<SparePlace>,
    /// What is reserved for it, where somebody is billed.
    reservation: Option<Reservation>,
}

impl Run {
    pub(super) fn new(
        engine: Engine,
        claim: Claim,
        decoder: Decoder,
        options: DecodeOptions,
        prompt_cut: bool,
    ) -> Self {
        let language = options.language.unwrap_or(Language::ENGLISH);
        Self {
            lane: engine.open_lane(claim),
            engine,
            decoder,
            transcript: Transcript::new(options.task, language),
            options,
            pieces: Vec::new(),
            under_way: VecDeque::new(),
            planned: None,
            decoded: false,
            failed: None,
            guesses: 0,
            ended: false,
            position: Millis(0),
            end: End::default(),
            prompt_cut,
            spare: None,
            reservation: None,
        }
    }

    /// The same run, for which money is reserved: no window is recognised that is not paid for.
    pub(super) fn paid_by(self, reservation: Reservation) -> Self {
        Self { reservation: Some(reservation), ..self }
    }

    /// What it is expected to use, before anything is recognised: what the container says, or else a minute.
    pub(super) fn expected_usage(&self) -> Usage {
        usage(self.decoder.declared.unwrap_or(Millis(60_000)), self.decoder.channels)
    }

    /// The next window's words; `None` at the end. A call that is dropped loses nothing.
    ///
    /// # Errors
    /// [`Error::Audio`] when the file turns out to be too long, too short or empty of audio; [`Error::Billing`] when it
    /// is longer than its budget reaches; [`Error::Recognition`] and [`Error::Stopping`] from the engine. The run is of
    /// no use after an error.
    pub async fn next(&mut self) -> Result<Option<Arc<Piece>>, Error> {
        loop {
            if let Err(error) = self.submit_planned().await {
                self.planned = None;
                self.stop_planning(Some(error));
            }
            let room = !self.decoded && self.has_room();
            tokio::select! {
                biased;
                window = self.decoder.windows.recv(), if room => match window {
                    Some(Ok(window)) => self.planned = Some(window),
                    Some(Err(error)) => self.stop_planning(Some(error.into())),
                    None => self.stop_planning(None),
                },
                answer = async { (&mut self.under_way[0].1).await }, if !self.under_way.is_empty() => {
                    let answer = answer?;
                    return Ok(self.under_way.pop_front().map(|(window, _)| self.take(&window, answer)));
                }
                else => break,
            }
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if !self.ended {
            self.end = (&mut self.decoder.end).await?;
            self.ended = true;
            self.position = self.end.duration;
            crash::pass(Point::AfterInference);
        }
        Ok(None)
    }

    /// Charges for the recording, to be called after [`Self::next`] gave `None`; `None` where nobody is billed. A call
    /// that is dropped may be made again.
    ///
    /// # Errors
    /// [`Error::Billing`]; nothing is charged then.
    pub(super) async fn settle(&mut self) -> Result<Option<Charge>, Error> {
        let usage = self.usage();
        let Some(reservation) = &mut self.reservation else { return Ok(None) };
        Ok(Some(reservation.settle(&usage).await?))
    }

    /// Ends it before its end, and charges for as much as its caller has heard.
    pub(super) fn end_at(mut self, heard: Millis) {
        if let Some(reservation) = self.reservation.take() {
            reservation.settle_unheard(usage(heard, self.decoder.channels));
        }
    }

    /// Ends it without an answer, and waits until what was reserved has been given back.
    pub(super) async fn give_up(mut self) {
        if let Some(reservation) = self.reservation.take() {
            reservation.void().await;
        }
    }

    /// How much of the recording has been recognised.
    #[must_use]
    pub fn position(&self) -> Millis {
        self.position
    }

    /// The container's own word on the length, which may be wrong.
    #[must_use]
    pub fn declared_duration(&self) -> Option<Millis> {
        self.decoder.declared
    }

    /// The same, or a guess.
    #[must_use]
    pub fn expected_duration(&self) -> Option<Millis> {
        self.decoder.expected
    }

    /// Whether only the last tokens of the prompt are used.
    #[must_use]
    pub fn prompt_cut(&self) -> bool {
        self.prompt_cut
    }

    /// The whole, to be called after [`Self::next`] gave `None`.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        let usage = self.usage();
        self.transcript.duration = self.end.duration;
        let Self { pieces, mut transcript, end, prompt_cut, .. } = self;
        for piece in pieces {
            transcript.push(Arc::unwrap_or_clone(piece));
        }
        Outcome { transcript, damage: end.damage, prompt_cut, usage, charge: None }
    }

    /// What it used, once it is at its end.
    fn usage(&self) -> Usage {
        Usage { empty: self.pieces.iter().all(|piece| piece.is_empty()), ..usage(self.end.duration, self.end.channels) }
    }

    /// Whether another window may go to the engine: the first one always, the second when the language is known, so
    /// that it is detected once, and when the engine has a place to spare.
    fn has_room(&mut self) -> bool {
        if self.under_way.is_empty() {
            return true;
        }
        if self.options.language.is_none() || self.under_way.len() >= self.engine.windows_ahead() {
            return false;
        }
        if self.spare.is_none() {
            self.spare = self.lane.spare_place();
        }
        self.spare.is_some()
    }

    /// Sends the planned window to the engine, once what it costs is reserved.
    async fn submit_planned(&mut self) -> Result<(), Error> {
        if let (Some(window), Some(reservation)) = (&self.planned, &self.reservation) {
            reservation.cover(&usage(window.end(), self.decoder.channels)).await?;
        }
        if let Some(window) = self.planned.take() {
            self.submit(window);
        }
        Ok(())
    }

    /// No window goes to the engine any more, by this error or because there is none.
    fn stop_planning(&mut self, failed: Option<Error>) {
        self.decoded = true;
        self.failed = failed;
        self.spare = None;
        self.lane.set_rest(Millis(0));
    }

    fn submit(&mut self, mut window: Window) {
        let samples = std::mem::take(&mut window.samples);
        let spare = if self.under_way.is_empty() { None } else { self.spare.take() };
        if window.is_last {
            self.lane.set_rest(Millis(0));
        } else if let Some(expected) = self.decoder.expected {
            self.lane.set_rest(expected - window.end());
        }
        // A segment over a long silence is parted by its words.
        let words = self.options.words || window.partings().next().is_some();
        let options = DecodeOptions { words, ..self.options.clone() };
        let ticket = self.engine.submit(&self.lane, samples, options, spare);
        self.under_way.push_back((window, ticket));
    }

    /// Puts a window's words on the recording's clock.
    fn take(&mut self, window: &Window, answer: Recognized) -> Arc<Piece> {
        let Recognized { language, mut piece } = answer;
        // What is found in music or noise of which no words came, or doubtful ones, says nothing about the rest.
        if self.options.language.is_none() && !piece.segments.is_empty() {
            self.transcript.language = language;
            self.guesses += 1;
            self.options.language = (!piece.is_doubtful() || self.guesses == MAX_GUESSES).then_some(language);
        }
        window.put_on_recording(&mut piece);
        if !self.options.words {
            piece.words.clear();
        }
        self.position = window.end();
        let piece = Arc::new(piece);
        self.pieces.push(Arc::clone(&piece));
        piece
    }
}

/// So much of a recording, as it is billed.
pub(super) fn usage(audio: Millis, channels: u16) -> Usage {
    Usage { audio_ms: i64::try_from(audio.0).unwrap_or(i64::MAX), channels, ..Usage::default() }
}
