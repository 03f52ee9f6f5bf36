//! What commands have made for them that work beside a server, or before one: on the store itself.

use std::sync::Arc;

use super::StartError;
use crate::accounts::{self, KeyStore, Pepper, Plans, Registry};
use crate::catalog::{self, Cards, Catalog, Names};
use crate::config::Config;
use crate::domain::{Clock, SystemClock};
use crate::gateway;
use crate::status::Operator;
use crate::storage;

/// Where accounts are made. To be called on a runtime.
///
/// # Errors
/// [`StartError::Storage`] and [`StartError::File`].
pub async fn registry(config: &Config) -> Result<Registry, StartError> {
    let keys = storage::open(&config.storage).await?.keys;
    Ok(Registry::without_keys(keys, plans(config)?, Arc::new(SystemClock)))
}

/// The same, for those who want something of accounts that there are: a database that is not there is not made.
///
/// # Errors
/// As [`registry`].
pub async fn existing_registry(config: &Config) -> Result<Registry, StartError> {
    let keys = storage::open_existing(&config.storage).await?.keys;
    Ok(Registry::without_keys(keys, plans(config)?, Arc::new(SystemClock)))
}

/// The same, for those who make keys.
///
/// # Errors
/// As [`registry`], [`StartError::Accounts`] and [`StartError::Pepper`].
pub async fn key_registry(config: &Config) -> Result<Registry, StartError> {
    let keys = storage::open_existing(&config.storage).await?.keys;
    let pepper = pepper(&config.accounts, &*keys).await?;
    Ok(Registry::new(keys, pepper, plans(config)?, Arc::new(SystemClock)))
}

/// The pepper of the keys that there are; it is made if there are none yet.
///
/// # Errors
/// [`StartError::Accounts`] and [`StartError::Pepper`].
pub(super) async fn pepper(settings: &accounts::Settings, keys: &dyn KeyStore) -> Result<Arc<Pepper>, StartError> {
    let (path, any_key) = (&settings.pepper_file, keys.any_key().await?);
    let pepper = match Pepper::of_keys(path, any_key, keys.pepper_mark(None).await?)? {
        Some(pepper) => pepper,
        None => Pepper::open(path)?,
    };
    Ok(Arc::new(pepper))
}

fn plans(config: &Config) -> Result<Arc<Plans>, StartError> {
    Ok(Arc::new(Plans::load(config.accounts.plans_file.as_deref())?))
}

/// What names of models mean to a server with this configuration, for commands that write such names down.
///
/// # Errors
/// [`StartError::Model`] and [`StartError::File`].
pub fn names(config: &Config) -> Result<Names, StartError> {
    let mut model = catalog::identify(&Catalog::builtin(), &config.model)?;
    model.aliases.extend(config.aliases.clone());
    let table = config.gateway.backends.as_deref().map(|path| gateway::Table::load(path, None)).transpose()?;
    let remote = table.iter().flat_map(gateway::Table::models).map(|model| model.id);
    let cards = Cards::load(config.models_catalog.as_deref(), SystemClock.now())?;
    Ok(Names::of(&model, remote, &cards))
}

/// Where notices of the status are written. To be called on a runtime.
///
/// # Errors
/// [`StartError::Storage`].
pub async fn operator(config: &Config) -> Result<Operator, StartError> {
    Ok(Operator::new(storage::open_existing(&config.storage).await?.status, Arc::new(SystemClock)))
}
