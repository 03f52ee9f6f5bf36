//! The files that the service reads at its start, and again when it is told to: the catalogue and the guardrails.

use super::Finding;
use crate::catalog::{Cards, Phase};
use crate::config::Config;
use crate::domain::{Clock, SystemClock};
use crate::guardrails::Guardrails;

/// Whether customers can be told of the models, and whether the one in use may still be called.
pub(super) fn catalogue(config: &Config) -> Finding {
    let now = SystemClock.now();
    let cards = match Cards::load(config.models_catalog.as_deref(), now) {
        Ok(cards) => cards,
        Err(error) => return Finding::fail("catalogue", error.to_string()),
    };
    match cards.find(&config.model).map(|card| card.life.phase(now)) {
        Some(Phase::Retired) => {
            Finding::warn("catalogue", format!("{} is retired: requests for it are refused", config.model))
        }
        Some(phase) => Finding::ok("catalogue", format!("{}: {}", config.model, phase.as_str())),
        None => Finding::ok("catalogue", format!("nothing is said of {}", config.model)),
    }
}

/// Whether the rules can hold.
pub(super) fn guardrails(config: &Config) -> Finding {
    match Guardrails::load(config.guardrails_file.as_deref()) {
        Ok(_) => Finding::ok("guardrails", "the rules are good"),
        Err(error) => Finding::fail("guardrails", error.to_string()),
    }
}
