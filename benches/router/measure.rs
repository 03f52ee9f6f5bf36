//! The measurements: at saturation, at half of it, of the chunks of a stream, and of memory. Peers take turns within each.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::chunks::Delays;
use crate::load::{Outcome, Target};
use crate::peer::{IN_MEMORY, Peer};
use crate::process::{Busy, resident};
use crate::requests::Kind;

/// The most that a quarter of the requests may take when memory is looked at.
const QUARTER: Duration = Duration::from_secs(15);

/// The backend, which is also asked directly, and the peers before it.
pub struct Bench {
    pub stub: SocketAddr,
    pub peers: Vec<Peer>,
    /// How long a load lasts.
    pub time: Duration,
}

/// A load, and what it cost the peer.
pub struct Run {
    pub outcome: Outcome,
    pub busy: Busy,
}

/// What the backend did when it was asked directly, and then each peer.
pub struct Round {
    pub direct: Run,
    pub peers: Vec<Run>,
}

/// A peer at half of the rate that it can do, and the backend alone at the same.
pub struct Half {
    pub rate: f64,
    pub direct: Outcome,
    pub through: Outcome,
}

/// Chunks through a peer, and from the backend alone.
pub struct Chunks {
    pub direct: Delays,
    pub through: Delays,
}

/// A peer's memory in MiB before, and after each quarter of so many requests.
pub struct Memory {
    pub name: &'static str,
    pub requests: usize,
    pub resident: Vec<u64>,
}

impl Bench {
    /// A second for each, of which nothing is kept.
    pub async fn warm_up(&self, kind: Kind) -> io::Result<()> {
        for peer in &self.peers {
            peer.target(kind).closed(Duration::from_secs(1), usize::MAX).await?;
        }
        Ok(())
    }

    pub async fn saturated(&self, kind: Kind) -> io::Result<Round> {
        let direct = Run { outcome: self.closed(&self.direct(kind)).await?, busy: Busy::default() };
        let mut peers = Vec::new();
        for peer in &self.peers {
            let before = Busy::of(peer.group());
            let outcome = self.closed(&peer.target(kind)).await?;
            peers.push(Run { outcome, busy: Busy::of(peer.group()).since(before) });
        }
        Ok(Round { direct, peers })
    }

    /// For each peer in turn, at half of these rates.
    pub async fn half(&self, kind: Kind, rates: &[f64]) -> io::Result<Vec<Half>> {
        let mut all = Vec::new();
        for (peer, rate) in self.peers.iter().zip(rates) {
            let rate = rate / 2.0;
            let direct = self.direct(kind).open(rate, self.time).await?;
            let through = peer.target(kind).open(rate, self.time).await?;
            all.push(Half { rate, direct, through });
        }
        Ok(all)
    }

    /// For each peer in turn: chunks while nothing else is asked, and beside streams at half of these rates.
    pub async fn chunks(&self, rates: &[f64]) -> io::Result<Vec<[Chunks; 2]>> {
        let mut all = Vec::new();
        for (peer, rate) in self.peers.iter().zip(rates) {
            let (direct, through) = (self.direct(Kind::Slow), peer.target(Kind::Slow));
            let idle = Chunks { direct: direct.slow(self.time).await?, through: through.slow(self.time).await? };
            let beside = async |slow: &Target, load: Target| {
                let (delays, load) = tokio::join!(slow.slow(self.time), load.open(rate / 2.0, self.time));
                load.and(delays)
            };
            let (direct, through) =
                (beside(&direct, self.direct(Kind::Stream)).await?, beside(&through, peer.target(Kind::Stream)).await?);
            all.push([idle, Chunks { direct, through }]);
        }
        Ok(all)
    }

    /// After so many more requests for a document, or as many as there is time for.
    pub async fn memory(&self, requests: usize) -> io::Result<Vec<Memory>> {
        let mut all = Vec::new();
        for peer in self.peers.iter().filter(|peer| peer.name != IN_MEMORY) {
            let mut memory = Memory { name: peer.name, requests: 0, resident: vec![resident(peer.group())] };
            for _ in 0..4 {
                let outcome = peer.target(Kind::Document).closed(QUARTER, requests / 4).await?;
                memory.requests += outcome.waits.len();
                memory.resident.push(resident(peer.group()));
            }
            all.push(memory);
        }
        Ok(all)
    }

    fn direct(&self, kind: Kind) -> Target {
        Target { address: self.stub, request: kind.request(None) }
    }

    async fn closed(&self, target: &Target) -> io::Result<Outcome> {
        target.closed(self.time, usize::MAX).await
    }
}
