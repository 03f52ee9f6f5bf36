//! What the system lets this process have, and how a server shares it out.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

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
