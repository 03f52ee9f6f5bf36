//! The model and the device, by the only proof there is: loading it as the service would.

use super::Finding;
use crate::app::{StartError, load_model};
use crate::cli::Exit;
use crate::config::Config;

pub(super) fn model(config: &Config) -> Finding {
    match load_model(config) {
        Ok((model, loaded)) => {
            let checked = if model.sha256.is_some() { "its checksum is right" } else { "no checksum is known for it" };
            let detail = format!("{} loads; {checked}; it computes on {}", model.id, loaded.computes_on());
            if cfg!(feature = "cuda") && loaded.computes_on() == "CPU" {
                Finding::warn(
                    "model",
                    format!("{detail}, though this build can use a GPU: is there one, with a driver?"),
                )
            } else {
                Finding::ok("model", detail)
            }
        }
        Err(StartError::Model(error)) => {
            Finding::fail("model", Exit::from(error).message().unwrap_or_default().to_owned())
        }
        Err(error) => Finding::fail("model", error.to_string()),
    }
}
