//! What the system lets this process have, and how a server shares it out: open files and threads.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

use crate::config::Config;
use crate::transcription::MAX_PARKED;

/// Threads for what blocks for a moment only: files, names of hosts, large bodies that are read.
const RESERVE: usize = 512;

/// Raises the limit on open files as far as the system lets a process do that itself, and takes no more than half of it
/// for connections.
pub(super) fn open_files(config: &mut Config) {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limits.maximum, ..limits };
    let most = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limits.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files cannot be raised");
            limits.current
        }
    };
    let (wished, connections) = (config.http.max_connections, connections(config.http.max_connections, most));
    if connections < wished {
        tracing::info!("{connections} connections at once, not {wished}: the system allows no more open files");
    }
    config.http.max_connections = connections;
}

/// How many connections there may be of so many that are wished for, with so many open files; `None`: with any number.
fn connections(wished: usize, open_files: Option<u64>) -> usize {
    let half = open_files.map(|most| usize::try_from(most / 2).unwrap_or(usize::MAX).max(1));
    half.map_or(wished, |half| wished.min(half))
}

/// What a server runs on. A recording keeps a thread for as long as it is decoded, one that waits for its client too; if
/// those were all the threads there are, uploads would wait for them and nothing would ever end.
pub(super) fn runtime(config: &Config) -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().max_blocking_threads(blocking_threads(config.http.max_requests)).build()
}

fn blocking_threads(max_requests: usize) -> usize {
    max_requests + MAX_PARKED + RESERVE
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::config::Layers;

    #[test]
    fn a_server_has_a_thread_for_each_recording_and_more() {
        let mut config = Config::new(Layers::default()).expect("the defaults are good");
        config.http.max_requests = 600;
        let runtime = runtime(&config).expect("a runtime");
        // Each of them blocks until all do.
        let all = Arc::new(Barrier::new(config.http.max_requests));
        let waiting = (0..config.http.max_requests).map(|_| {
            let all = Arc::clone(&all);
            runtime.spawn_blocking(move || all.wait().is_leader())
        });
        let done = join_all(waiting.collect::<Vec<_>>());
        let done = runtime.block_on(async { tokio::time::timeout(Duration::from_mins(1), done).await });
        runtime.shutdown_background();
        assert_eq!(done.expect("there is a thread for each").len(), 600);
    }

    #[test]
    fn connections_leave_half_of_the_open_files() {
        for (wished, open_files, connections) in
            [(8192, Some(1024), 512), (100, Some(1024), 100), (8192, None, 8192), (8192, Some(1), 1)]
        {
            assert_eq!(super::connections(wished, open_files), connections, "{wished} with {open_files:?}");
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let mut config = Config::new(Layers::default()).expect("the defaults are good");
        open_files(&mut config);
        let limits = getrlimit(Resource::Nofile);
        assert_eq!(limits.current, limits.maximum);
        assert_eq!(config.http.max_connections, connections(8192, limits.current));
    }
}
