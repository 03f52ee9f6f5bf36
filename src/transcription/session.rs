//! A paid run and all who listen to it.
//!
//! A request that was sent twice has one [`Session`] and two [`Listener`]s: both hear the same pieces and learn of the
//! same charge. Nobody drives a session but its listeners: whoever wants the next piece first pulls it, and the others
//! find it there. With nobody listening it stands still.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

use super::order::Name;
use super::waiting_room::WaitingRoom;
use super::{Error, Outcome, Run};
use crate::billing::{Charge, MeterError};
use crate::domain::Millis;
use crate::transcript::Piece;

/// A run that one request or several identical ones listen to.
pub(super) struct Session {
    /// Held by whoever pulls.
    stage: tokio::sync::Mutex<Stage>,
    heard: Mutex<Heard>,
}

enum Stage {
    /// It is being opened, and its hold written.
    Opening(JoinHandle<Result<Run, Error>>),
    Running(Box<Run>),
    /// It failed, and what was reserved is being given back.
    Failing(JoinHandle<()>, Arc<Error>),
    Over,
}

/// What is there for everybody.
#[derive(Default)]
struct Heard {
    prompt_cut: bool,
    /// Each with the place in the recording up to which it reaches.
    pieces: Vec<(Arc<Piece>, Millis)>,
    /// How much of the recording has been told to somebody: up to the last text.
    told: Millis,
    end: Option<Result<Arc<Outcome>, Arc<Error>>>,
}

impl Session {
    /// Of a run that is being opened. Must be called on a tokio runtime.
    pub fn open(opening: impl Future<Output = Result<Run, Error>> + Send + 'static) -> Self {
        let stage = Stage::Opening(tokio::spawn(opening));
        Self { stage: tokio::sync::Mutex::new(stage), heard: Mutex::default() }
    }

    /// Nobody will listen any more. What was told is charged; where nothing was, all that was reserved is given back.
    pub fn abandon(&self) {
        let told = self.heard().told;
        // Whoever held the stage has gone.
        if let Ok(mut stage) = self.stage.try_lock()
            && let Stage::Running(run) = std::mem::replace(&mut *stage, Stage::Over)
            && told > Millis(0)
        {
            run.end_at(told);
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the session one stage further. A call that is dropped loses nothing.
    async fn advance(&self, stage: &mut Stage) {
        let failed = match stage {
            Stage::Opening(opening) => match opening.await.map_err(Error::from).flatten() {
                Ok(run) => {
                    self.heard().prompt_cut = run.prompt_cut();
                    *stage = Stage::Running(Box::new(run));
                    None
                }
                Err(error) => Some(error),
            },
            Stage::Running(run) => match self.listen(run).await {
                Ok(ControlFlow::Continue(())) => None,
                Ok(ControlFlow::Break(charge)) => {
                    if let Stage::Running(run) = std::mem::replace(stage, Stage::Over) {
                        let outcome = Outcome { charge, ..run.finish() };
                        self.heard().end = Some(Ok(Arc::new(outcome)));
                    }
                    None
                }
                Err(error) => Some(error),
            },
            Stage::Failing(given_back, error) => {
                let _ = given_back.await;
                self.heard().end = Some(Err(Arc::clone(error)));
                *stage = Stage::Over;
                None
            }
            Stage::Over => None,
        };
        if let Some(error) = failed {
            // What is wrong with a recording, or with its budget, does not take back what a stream has told.
            let told = self.heard().told;
            let pays = told > Millis(0) && matches!(error, Error::Audio(_) | Error::Billing(MeterError::Exhausted(_)));
            let run = std::mem::replace(stage, Stage::Over);
            let given_back = tokio::spawn(async move {
                match run {
                    Stage::Running(run) if pays => run.end_at(told),
                    // Whoever hears of it may try again, and finds nothing of it in the ledger.
                    Stage::Running(run) => run.give_up().await,
                    _ => {}
                }
            });
            *stage = Stage::Failing(given_back, Arc::new(error));
        }
    }

    /// Pulls a piece; or else it is over, and breaks with the charge, of which there is none where nobody is billed.
    async fn listen(&self, run: &mut Run) -> Result<ControlFlow<Option<Charge>>, Error> {
        if let Some(piece) = run.next().await? {
            self.heard().pieces.push((piece, run.position()));
            return Ok(ControlFlow::Continue(()));
        }
        run.settle().await.map(ControlFlow::Break)
    }
}

/// One request's ear at a session. When the last one goes before the end, the session waits a while for another.
pub struct Listener {
    room: WaitingRoom,
    name: Option<Name>,
    session: Arc<Session>,
    streamed: bool,
    /// Pieces taken so far.
    taken: usize,
    /// Whether it has heard the end.
    satisfied: bool,
}

/// What comes next.
#[derive(Debug, Clone)]
pub enum Next {
    /// The words of a window.
    Piece(Arc<Piece>),
    /// The whole, charged.
    End(Arc<Outcome>),
}

impl Listener {
    pub(super) fn new(room: WaitingRoom, name: Option<Name>, session: Arc<Session>, streamed: bool) -> Self {
        Self { room, name, session, streamed, taken: 0, satisfied: false }
    }

    /// Waits until the recording is open, and paid for as far as its length is known.
    ///
    /// # Errors
    /// As [`Transcriber::start`](super::Transcriber::start), and [`Error::Billing`].
    pub(super) async fn opened(&mut self) -> Result<(), Arc<Error>> {
        let mut stage = self.session.stage.lock().await;
        while matches!(*stage, Stage::Opening(_) | Stage::Failing(..)) {
            self.session.advance(&mut stage).await;
        }
        drop(stage);
        match &self.session.heard().end {
            Some(Err(error)) => Err(Arc::clone(error)),
            _ => Ok(()),
        }
    }

    /// The next piece, or the end. A call that is dropped loses nothing.
    ///
    /// # Errors
    /// As [`Run::next`], and [`Error::Billing`]; nothing is charged then.
    pub async fn next(&mut self) -> Result<Next, Arc<Error>> {
        loop {
            if let Some(next) = self.there() {
                return next;
            }
            let mut stage = self.session.stage.lock().await;
            // Another listener may have pulled it meanwhile.
            if !self.there_is_more() {
                self.session.advance(&mut stage).await;
            }
        }
    }

    /// Whether only the last tokens of the prompt are used.
    #[must_use]
    pub fn prompt_cut(&self) -> bool {
        self.session.heard().prompt_cut
    }

    fn there_is_more(&self) -> bool {
        let heard = self.session.heard();
        heard.pieces.len() > self.taken || heard.end.is_some()
    }

    fn there(&mut self) -> Option<Result<Next, Arc<Error>>> {
        let mut heard = self.session.heard();
        if let Some((piece, reach)) = heard.pieces.get(self.taken).cloned() {
            self.taken += 1;
            // A piece without text is no event of a stream.
            if self.streamed && !piece.is_empty() {
                heard.told = heard.told.max(reach);
            }
            return Some(Ok(Next::Piece(piece)));
        }
        let end = heard.end.clone()?;
        self.satisfied = true;
        Some(end.map(Next::End))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let is_over = self.satisfied || matches!(self.session.heard().end, Some(Err(_)));
        match &self.name {
            Some(name) => self.room.leave(name, &self.session, is_over),
            None => self.session.abandon(),
        }
    }
}
