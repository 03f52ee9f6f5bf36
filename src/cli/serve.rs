//! `minuted serve`.

use super::arguments::ServeFlags;
use super::{Exit, allotment, block_on_runtime};
use crate::app::App;
use crate::config::find_file;
use crate::http::Exporter;
use crate::lifecycle;
use crate::telemetry;

pub(super) fn run(flags: &ServeFlags) -> Result<(), Exit> {
    let mut config = flags.configure()?;
    telemetry::start(config.log);
    if let Some(path) = find_file(flags.common.config.as_deref()) {
        tracing::info!("the configuration is {}, with variables and flags over it", path.display());
    } else {
        tracing::info!("there is no configuration file: what variables and flags do not say is as it comes");
    }
    allotment::open_files(&mut config);
    // Before the engine starts, which counts from its first moment.
    let metrics = Exporter::install();
    block_on_runtime(allotment::runtime(&config), async {
        // Before the model loads, so that a signal meanwhile is heeded too.
        let failed = |error: std::io::Error| Exit::Failed(error.to_string());
        let hang_ups = lifecycle::heed_hang_ups().map_err(failed)?;
        let stop = lifecycle::stop_on_signal().map_err(failed)?;
        let started = tokio::task::spawn_blocking(|| App::start(config));
        let app = tokio::select! {
            app = started => app.map_err(|error| Exit::Failed(error.to_string()))??,
            () = stop.cancelled() => return Err(Exit::Interrupted),
        };
        Ok(app.serve(metrics, stop, hang_ups).await?)
    })
}
