//! The walk over the chains, page by page, while the service may go on writing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Chain, Fault, Finding, kept};
use crate::billing::{Entry, Head, Ledger, LedgerError, Tariff, TariffId};
use crate::domain::ChargeId;

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// How often sums are compared again, where rows were written meanwhile.
const TRIES: u32 = 100;

/// Walks.
pub struct Verifier<'a> {
    ledger: &'a dyn Ledger,
    tariffs: Arc<BTreeMap<TariffId, Tariff>>,
}

/// A chain that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its last row.
    pub head: Head,
    /// Charges that have not ended.
    pub open: usize,
    /// Whether the sums were compared: not, if rows were written without a pause.
    pub compared: bool,
}

/// How a walk ends early.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Something does not hold.
    #[error("{0}")]
    Finding(Box<Finding>),
    /// The store does not answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<'a> Verifier<'a> {
    /// Reads the tariffs, which must be those that are configured where they have the same names.
    ///
    /// # Errors
    /// [`Fault::Tariff`] for the first that is not.
    pub async fn new(ledger: &'a dyn Ledger, configured: &[Tariff]) -> Result<Self, VerifyError> {
        let tariffs = published(ledger).await?;
        let changed = |tariff: &&Tariff| tariffs.get(&tariff.id).is_some_and(|kept| kept != *tariff);
        if let Some(tariff) = configured.iter().find(changed) {
            let fault = Fault::Tariff(tariff.id.clone());
            return Err(VerifyError::Finding(Box::new(Finding { account: None, seq: None, charge: None, fault })));
        }
        Ok(Self { ledger, tariffs })
    }

    /// Follows a chain to its end, and compares its sums. `progress` is told how many rows have been read.
    ///
    /// # Errors
    /// The first row, or sum, that does not hold.
    pub async fn verify(&self, head: &Head, mut progress: impl FnMut(i64)) -> Result<Verified, VerifyError> {
        let mut chain = Chain::new(Arc::clone(&self.tariffs));
        let found = |seq, charge, fault| Finding { account: Some(head.account.clone()), seq, charge, fault };
        if head.seq == 0 {
            return Err(finding(found(None, None, Fault::Headless)));
        }
        for _ in 0..TRIES {
            self.follow(head, &mut chain, &mut progress).await?;
            let fault = self.compare(head, &chain).await?;
            let still = self.page(head, chain.seq()).await?.is_empty();
            match fault {
                // Rows that came meanwhile may be in the sums already.
                _ if !still => {}
                Some(fault) => return Err(finding(found(None, None, fault))),
                None => return Ok(verified(head, &chain, true)),
            }
        }
        Ok(verified(head, &chain, false))
    }

    /// Names for which something is kept, though no row of any chain has them.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    pub async fn strangers(&self) -> Result<Vec<Finding>, LedgerError> {
        let finding = |stranger| Finding { account: None, seq: None, charge: None, fault: Fault::Stranger(stranger) };
        Ok(self.ledger.strangers().await?.into_iter().map(finding).collect())
    }

    /// The first difference between a chain and what is kept beside it.
    async fn compare(&self, head: &Head, chain: &Chain) -> Result<Option<Fault>, LedgerError> {
        let compared = async {
            let fault = chain.sums().compare(self.ledger, &head.account).await?;
            Ok(fault.or(kept::difference(chain, &self.ledger.kept(&head.account).await?)))
        };
        match compared.await {
            // Something that the store cannot read is told apart from a store that does not answer.
            Err(error) => self.ledger.closed_until().await.map(|_| Some(Fault::from(&error))),
            fault => fault,
        }
    }

    /// Takes all rows that there are.
    async fn follow(&self, head: &Head, chain: &mut Chain, progress: &mut impl FnMut(i64)) -> Result<(), VerifyError> {
        let found = |seq, charge: Option<&ChargeId>, fault| {
            finding(Finding { account: Some(head.account.clone()), seq: Some(seq), charge: charge.cloned(), fault })
        };
        loop {
            let page = self.page(head, chain.seq()).await?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                let place = chain.seq() + 1;
                if !chain.can_price(row) {
                    // A server may have been started with a further tariff meanwhile.
                    chain.price_by(published(self.ledger).await?);
                }
                chain.take(row).map_err(|fault| match fault {
                    Fault::Missing => found(place, None, fault),
                    fault => found(place, Some(&row.charge), fault),
                })?;
                if row.seq == head.seq && row.hash != head.hash {
                    return Err(found(row.seq, Some(&row.charge), Fault::Head));
                }
            }
            progress(chain.seq());
        }
        if chain.seq() < head.seq {
            return Err(found(chain.seq() + 1, None, Fault::Missing));
        }
        Ok(())
    }

    /// The next rows. One that the store cannot read is told apart from a store that does not answer.
    async fn page(&self, head: &Head, after: i64) -> Result<Vec<Entry>, VerifyError> {
        let error = match self.ledger.chain(&head.account, after, PAGE).await {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        self.ledger.closed_until().await?;
        let mut good: Vec<Entry> = Vec::new();
        loop {
            let after = good.last().map_or(after, |row| row.seq);
            match self.ledger.chain(&head.account, after, 1).await {
                Ok(row) if row.is_empty() => return Err(error.into()),
                Ok(row) => good.extend(row),
                // Rows before it are looked at first: they may be wrong too.
                Err(_) if !good.is_empty() => return Ok(good),
                Err(error) => {
                    let account = Some(head.account.clone());
                    let fault = Fault::from(&error);
                    return Err(finding(Finding { account, seq: Some(after + 1), charge: None, fault }));
                }
            }
        }
    }
}

/// All tariffs, by their ids.
async fn published(ledger: &dyn Ledger) -> Result<Arc<BTreeMap<TariffId, Tariff>>, LedgerError> {
    Ok(Arc::new(ledger.tariffs().await?.into_iter().map(|tariff| (tariff.id.clone(), tariff)).collect()))
}

fn finding(finding: Finding) -> VerifyError {
    VerifyError::Finding(Box::new(finding))
}

fn verified(head: &Head, chain: &Chain, compared: bool) -> Verified {
    let head = Head { account: head.account.clone(), seq: chain.seq(), hash: chain.last() };
    Verified { head, open: chain.open(), compared }
}
