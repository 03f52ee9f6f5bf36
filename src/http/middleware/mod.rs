//! What happens to every request, whatever its route: one file for each layer, and [`pass`], which has their order.
//!
//! A layer takes the request, and `next`, which answers it. To axum all of them are one layer: it copies whatever is
//! below a layer, and boxes the layer's future, for every request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::service::Shared;
use super::sunset;

pub(super) mod door;
pub(super) mod hang_up;
pub(super) mod measure;
pub(super) mod panic;
pub(super) mod request_id;
pub(super) mod stop;
mod through;
pub(super) mod trace;

/// Takes a request through all layers.
pub(super) async fn pass(State(running): State<Shared>, request: Request, next: Next) -> Response {
    let running = &*running;
    // From the inside out: each layer sees the answers of those before it.
    let next = |request| next.run(request);
    let next = |request| door::keep(running, request, next); // who comes in, and how often
    let next = |request| stop::answer_when_overdue(&running.overdue, request, next); // late requests get a 503
    let next = |request| hang_up::hang_up_if_unread(request, next); // an answer before the end of the body says so
    let next = |request| panic::contain(request, next); // a panic is a 500, and the connection lives on
    let next = |request| sunset::tell(request, next); // callers of what ends are told so
    let next = |request| measure::measure(request, next); // counts and times every answer
    let next = |request| trace::trace(request, next); // one line in the log for each request
    request_id::identify(request, next).await // every answer has a name
}
