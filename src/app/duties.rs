//! What a server does beside answering: it gives back what dead requests had reserved, writes down who calls models that
//! end, reads files again, keeps the status, and tells the webhook.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::rereading::Rereading;
use crate::billing::events::{Delivery, Relay};
use crate::catalog::CallCounter;
use crate::status::{self, Keeper};
use crate::transcription::Desk;

/// Who does it.
pub(super) struct Duties {
    pub desk: Desk,
    pub rereading: Rereading,
    pub calls: Arc<CallCounter>,
    pub keeper: Keeper,
    pub relay: Option<Relay>,
}

/// The same, at work.
pub(super) struct AtWork {
    desk: Desk,
    calls: Arc<CallCounter>,
    /// They end by themselves when no more requests are taken.
    until_told: Vec<JoinHandle<()>>,
    keeping: JoinHandle<()>,
    /// Cancelled once there is nothing more to count.
    kept: CancellationToken,
    delivery: Option<Delivery>,
}

impl Duties {
    /// Begins, on the runtime that it is called on, and goes on until no more requests are taken: so long after `stop`.
    pub fn take_up(self, stop: &CancellationToken, lame_duck: Duration, hang_ups: Arc<Notify>) -> AtWork {
        let Self { desk, rereading, calls, keeper, relay } = self;
        let closing = CancellationToken::new();
        let (stop, over, waiting) = (stop.clone(), closing.clone(), desk.clone());
        let closer = tokio::spawn(async move {
            stop.cancelled().await;
            sleep(lame_duck).await;
            over.cancel();
            waiting.close();
        });
        let kept = CancellationToken::new();
        let keeping = tokio::spawn(keeper.run(status::PACE, kept.clone()));
        let sweeper = {
            let (meter, closing) = (desk.meter().clone(), closing.clone());
            tokio::spawn(async move { meter.sweep_until(closing).await })
        };
        let counter = {
            let (calls, closing) = (calls.clone(), closing.clone());
            tokio::spawn(async move { calls.write_until(closing).await })
        };
        let rereader = tokio::spawn(rereading.until(hang_ups, closing));
        let delivery = relay.map(Relay::start);
        AtWork { desk, calls, until_told: vec![closer, sweeper, counter, rereader], keeping, kept, delivery }
    }
}

impl AtWork {
    /// Ends, once the last request has been answered: what is left is written down and delivered.
    pub async fn lay_down(self) {
        for duty in self.until_told {
            let _ = duty.await;
        }
        self.calls.write_or_warn().await;
        self.kept.cancel();
        let _ = self.keeping.await;
        self.desk.meter().settle_down().await;
        if let Some(delivery) = self.delivery {
            delivery.stop().await;
        }
    }
}
