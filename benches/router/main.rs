//! What passing a request on costs: minuted, nginx's `proxy_pass` and `LiteLLM`'s proxy before the same backend, under the
//! same load of a hundred clients. `make bench-router` finds the programs and runs it.
//!
//! ```text
//! cargo bench --bench router -- --nginx FILE --litellm FILE [--beside FILE]
//!     [--rounds 3] [--seconds 2] [--requests 100000] [--out FILE]
//! ```
//!
//! The backend and the clients are this process, and answer and ask with as little as can be. Peers take turns, and
//! medians over the rounds count. Nothing goes beyond loopback, and every peer ends when its measurements do.
#![expect(clippy::print_stdout, reason = "what a bench is for")]

mod chunks;
mod load;
mod measure;
mod peer;
mod process;
mod report;
mod requests;
mod stub;
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use measure::{Bench, Round};
use peer::Peer;
use requests::Kind;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// Memory that is a file system: where a ledger costs no disk.
const MEMORY: &str = "/dev/shm";

fn main() -> io::Result<()> {
    // `--bench` comes from cargo.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut options = BTreeMap::new();
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        options.insert(name, value);
    }
    let number = |name: &str, default: usize| options.get(name).map_or(Ok(default), |text| text.parse());
    let rounds = number("--rounds", 3).map_err(io::Error::other)?;
    let seconds = number("--seconds", 2).map_err(io::Error::other)?;
    let requests = number("--requests", 100_000).map_err(io::Error::other)?;
    let programs = ["--nginx", "--litellm", "--beside"].map(|name| options.get(name).map(Path::new));
    let runtime = tokio::runtime::Runtime::new()?;
    let text = runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        // Peers end when what measures them is dropped, also when somebody loses patience.
        tokio::select! {
            text = tables(programs, (rounds, seconds, requests)) => text,
            _ = ctrl_c() => Err(io::Error::other("interrupted")),
            _ = terminated.recv() => Err(io::Error::other("told to end")),
        }
    })?;
    println!("{text}");
    options.get("--out").map_or(Ok(()), |path| fs::write(path, text))
}

/// Measures all of it.
async fn tables(
    programs: [Option<&Path>; 3],
    (rounds, seconds, requests): (usize, usize, usize),
) -> io::Result<String> {
    let stub = stub::start().await?;
    let peers = peers(stub, programs).await?;
    let time = Duration::from_secs(u64::try_from(seconds).map_err(io::Error::other)?);
    let bench = Bench { stub, peers, time };
    let mut text = report::machine(rounds, seconds)?;
    for kind in Kind::LOADS {
        bench.warm_up(kind).await?;
        let mut measured: Vec<Round> = Vec::new();
        for round in 0..rounds {
            println!("{}, round {} of {rounds}", kind.name(), round + 1);
            measured.push(bench.saturated(kind).await?);
        }
        let rates = report::rates(&measured);
        let mut halves = Vec::new();
        for _ in 0..rounds {
            halves.push(bench.half(kind, &rates).await?);
        }
        text += &report::loads(kind, &bench, &measured, &halves);
        if kind == Kind::Stream {
            let mut chunks = Vec::new();
            for _ in 0..rounds {
                chunks.push(bench.chunks(&rates).await?);
            }
            text += &report::chunks(&bench, &chunks);
        }
    }
    text += &report::memory(&bench.memory(requests).await?);
    Ok(text)
}

/// Minuted, and those whose programs were named: nginx, `LiteLLM`, and another build of minuted, for a before and after.
async fn peers(stub: SocketAddr, [nginx, litellm, other]: [Option<&Path>; 3]) -> io::Result<Vec<Peer>> {
    let mut peers = Vec::new();
    if let Some(program) = nginx {
        peers.push(Peer::nginx(program, stub).await?);
    }
    // Beside the build, since temporary files may be in memory.
    let (minuted, folder) = (Path::new(peer::MINUTED), Path::new(env!("CARGO_TARGET_TMPDIR")));
    peers.push(Peer::minuted("minuted", minuted, stub, folder).await?);
    if let Some(program) = other {
        peers.push(Peer::minuted("minuted, the other build", program, stub, folder).await?);
    }
    if Path::new(MEMORY).is_dir() {
        peers.push(Peer::minuted(peer::IN_MEMORY, minuted, stub, Path::new(MEMORY)).await?);
    }
    if let Some(program) = litellm {
        peers.push(Peer::litellm(program, stub).await?);
    }
    Ok(peers)
}
