//! What a server does beside answering: it gives back what dead requests had reserved, writes down who calls models that
//! end, reads files again, keeps the status, and tells the webhook.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::rereading::Rereading;
use crate::billing::events::{Delivery, Relay};
use crate::catalog::CallCounter;
use crate::gateway::Gateway;
use crate::lifecycle::HangUps;
use crate::status::{self, Keeper};
use crate::transcription::Desk;

/// Who does it.
pub(super) struct Duties {
    pub desk: Desk,
    pub gateway: Arc<Gateway>,
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
    pub fn take_up(self, stop: &CancellationToken, lame_duck: Duration, hang_ups: HangUps) -> AtWork {
        let Self { desk, gateway, rereading, calls, keeper, relay } = self;
        let closing = CancellationToken::new();
        let (stop, over) = (stop.clone(), closing.clone());
        tokio::spawn(async move {
            stop.cancelled().await;
            sleep(lame_duck).await;
            over.cancel();
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
        let until = closing.clone();
        let reader = tokio::spawn(async move { gateway.keep_up_to_date(hang_ups.backends, until).await });
        let rereader = tokio::spawn(rereading.until(hang_ups.others, closing.clone()));
        let waiting = desk.clone();
        let closer = tokio::spawn(async move {
            closing.cancelled().await;
            waiting.close();
        });
        let delivery = relay.map(Relay::start);
        AtWork { desk, calls, until_told: vec![sweeper, counter, reader, rereader, closer], keeping, kept, delivery }
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
