//! The files that the service reads at its start, some of them again when it is told to.

use super::Finding;
use crate::accounts::Plans;
use crate::billing::PriceSheet;
use crate::catalog::{Cards, Phase};
use crate::config::Config;
use crate::domain::{Clock, SystemClock};
use crate::gateway;
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

/// Whether it is known what anything costs.
pub(super) fn tariffs(config: &Config) -> Finding {
    match PriceSheet::load(config.billing.tariffs.as_deref()) {
        Ok(_) => Finding::ok("tariffs", "the tariffs are good"),
        Err(error) => Finding::fail("tariffs", error.to_string()),
    }
}

/// Whether it is known what accounts may use.
pub(super) fn plans(config: &Config) -> Finding {
    match Plans::load(config.accounts.plans_file.as_deref()) {
        Ok(_) => Finding::ok("plans", "the plans are good"),
        Err(error) => Finding::fail("plans", error.to_string()),
    }
}

/// Whether it is known where other models are; nothing is asked of them.
pub(super) fn backends(config: &Config) -> Finding {
    let Some(path) = &config.gateway.backends else { return Finding::ok("backends", "none") };
    match gateway::Table::load(path, None) {
        Ok(_) => Finding::ok("backends", path.display().to_string()),
        Err(error) => Finding::fail("backends", error.to_string()),
    }
}
