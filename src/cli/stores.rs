//! What commands about charges share: the account that was named.

use super::Exit;
use crate::domain::AccountId;
use crate::storage::Stores;

/// The account of this id, or of this name. An id is believed: an account that was open to all is in no list.
pub(super) async fn account(stores: &Stores, named: &str) -> Result<AccountId, Exit> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let found = stores.keys.account_named(named).await?;
    found.map(|account| account.id).ok_or_else(|| Exit::Usage(format!("there is no account named `{named}`")))
}
