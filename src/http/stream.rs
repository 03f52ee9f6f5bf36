//! A transcript as server-sent events, while it is recognised.
//!
//! `transcript.text.delta` for each piece, `transcript.text.done` with the whole, then `[DONE]`, as OpenAI's SDKs read
//! them. The deltas joined are the text of `done`. The answer owns its [`Listener`] and its [`Place`]: when the client
//! goes, both are dropped with it, and the compute stops.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Error;
use super::admission::Place;
use super::notes::outcome_json;
use super::watch::Watch;
use crate::transcript::Piece;
use crate::transcript::render::{Logprob, Usage};
use crate::transcription::{Listener, Next, Outcome};
use tokio_util::sync::CancellationToken;

/// How often a comment is sent while nothing else is, so that no proxy takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// An event of a streamed answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub(super) enum StreamEvent {
    /// More of the text.
    #[serde(rename = "transcript.text.delta")]
    Delta {
        /// What is to be added.
        delta: String,
        /// With `include[]=logprobs`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        logprobs: Option<Vec<Logprob>>,
    },
    /// The whole text, once, at the end.
    #[serde(rename = "transcript.text.done")]
    Done {
        /// All deltas joined.
        text: String,
        /// With `include[]=logprobs`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        logprobs: Option<Vec<Logprob>>,
        /// What the request counts as.
        usage: Usage,
        /// What a whole answer says in headers: what was charged, warnings, damage, a cut prompt.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false, value_type = Object)]
        minuted: Option<Value>,
    },
}

/// How far a streamed answer is.
enum Stage {
    Recognising(Box<Answer>),
    Closing,
    Over,
}

struct Answer {
    listener: Listener,
    text: Deltas,
    logprobs: bool,
    overdue: CancellationToken,
    watch: Watch,
    _place: Place,
}

/// The answer to a request that asked for a stream.
pub(super) fn answer(
    listener: Listener,
    logprobs: bool,
    overdue: CancellationToken,
    place: Place,
    watch: Watch,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let answer = Answer { listener, text: Deltas::default(), logprobs, overdue, watch, _place: place };
    let events = stream::unfold(Stage::Recognising(Box::new(answer)), |stage| async {
        let (event, next) = match stage {
            Stage::Recognising(answer) => answer.step().await,
            Stage::Closing => (Event::default().data("[DONE]"), Stage::Over),
            Stage::Over => return None,
        };
        Some((Ok(event), next))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

impl Answer {
    /// The next event, and what comes after it.
    async fn step(mut self: Box<Self>) -> (Event, Stage) {
        loop {
            let overdue = self.overdue.clone();
            let next = tokio::select! {
                next = self.listener.next() => next.map_err(Error::from),
                () = overdue.cancelled() => Err(Error::ShuttingDown),
            };
            match next {
                Ok(Next::Piece(piece)) => {
                    if let Some(delta) = self.delta(&piece) {
                        self.watch.answering();
                        return (written(&delta), Stage::Recognising(self));
                    }
                }
                Ok(Next::End(outcome)) => {
                    self.watch.served(outcome.transcript.duration);
                    return (written(&self.done(&outcome)), Stage::Closing);
                }
                Err(error) => {
                    self.watch.failed(&error);
                    tracing::warn!(%error, "a streamed answer failed");
                    return (failure(&error), Stage::Over);
                }
            }
        }
    }

    fn delta(&mut self, piece: &Piece) -> Option<StreamEvent> {
        let delta = self.text.push(&piece.text())?;
        let logprobs = self.logprobs.then(|| piece.logprobs.iter().map(Logprob::from).collect());
        Some(StreamEvent::Delta { delta, logprobs })
    }

    fn done(self, outcome: &Outcome) -> StreamEvent {
        let body = &outcome.transcript.body;
        StreamEvent::Done {
            text: self.text.joined,
            logprobs: self.logprobs.then(|| body.logprobs.iter().map(Logprob::from).collect()),
            usage: Usage::of(outcome.transcript.duration),
            minuted: outcome_json(outcome),
        }
    }
}

fn written(event: &StreamEvent) -> Event {
    Event::default().json_data(event).unwrap_or_else(|_| failure(&Error::Internal))
}

/// Both SDKs raise an event of this name as an exception with the error's code.
fn failure(error: &Error) -> Event {
    let data = serde_json::to_string(&error.body()).unwrap_or_default();
    Event::default().event("error").data(data)
}

/// Text in pieces, without the space around the whole: what ends a piece in space is held back until more text comes.
#[derive(Default)]
struct Deltas {
    joined: String,
    held: String,
}

impl Deltas {
    /// What a piece adds to the text, if anything.
    fn push(&mut self, piece: &str) -> Option<String> {
        self.held.push_str(piece);
        let end = self.held.trim_end().len();
        let rest = self.held.split_off(end);
        let mut delta = std::mem::replace(&mut self.held, rest);
        if self.joined.is_empty() {
            delta.drain(..delta.len() - delta.trim_start().len());
        }
        self.joined.push_str(&delta);
        (!delta.is_empty()).then_some(delta)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn deltas_joined_are_the_text_without_space_around_it(pieces in prop::collection::vec("[ \na-c]{0,6}", 0..12)) {
            let mut text = Deltas::default();
            let deltas: Vec<String> = pieces.iter().filter_map(|piece| text.push(piece)).collect();
            prop_assert!(deltas.iter().all(|delta| !delta.is_empty()));
            let whole = pieces.concat();
            prop_assert_eq!(deltas.concat(), whole.trim());
            prop_assert_eq!(text.joined, whole.trim());
        }
    }
}
