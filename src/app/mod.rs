//! The composition root: a [`Config`] becomes a running service, everything wired once.
//!
//! `minuted serve` and `minuted transcribe` both start an [`App`]; the first gives it to the HTTP room.

mod beside;
mod duties;
mod error;
mod rereading;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, SetOnce};
use tokio_util::sync::CancellationToken;

use crate::accounts::{Gate, KeyStore, Opening, Plans, Registry};
use crate::billing::events::Relay;
use crate::billing::{Ledger, LedgerError, Meter, PriceSheet};
use crate::catalog::{CallCounter, Cards, Catalog, Languages, Model, Store, Weights};
use crate::config::Config;
use crate::domain::{Clock, Live, SystemClock};
use crate::gateway::{Gateway, Lookout};
use crate::guardrails::Guardrails;
use crate::http;
use crate::speech::whisper::{self, ModelSource, Padding};
use crate::speech::{self, Engine, Workers};
use crate::status::{Board, Keeper, StatusStore};
use crate::storage;
use crate::transcription::{Desk, SpokenProbe, Transcriber};
use duties::Duties;
use rereading::Rereading;

pub use beside::{existing_registry, key_registry, names, operator, registry};
pub use error::StartError;

/// A loaded model behind a started engine.
pub struct App {
    config: Config,
    model: Model,
    transcriber: Transcriber,
    workers: usize,
}

impl App {
    /// Checks the processor, then finds, checks and loads the model, and starts the engine. Blocks for seconds.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let (mut model, loaded) = load_model(&config)?;
        model.languages = if loaded.is_multilingual() { Languages::Multilingual } else { Languages::English };
        let recognizers = Arc::clone(&loaded);
        let workers = speech::worker_count(config.speech.workers, loaded.on_gpu());
        let crew = Workers { count: workers, express: config.speech.express };
        let engine = Engine::start(crew, config.speech.look_ahead, move || recognizers.recognizer())
            .map_err(StartError::Engine)?
            .with_batch_share(config.speech.batch_share);
        tracing::info!(workers, "the model {} computes on {}", model.id, loaded.computes_on());
        tracing::debug!("{}", whisper::build_info());
        let transcriber = Transcriber::new(engine, loaded, config.audio.clone(), config.beam_size);
        let transcriber = if model.translates { transcriber } else { transcriber.without_translation() };
        Ok(Self { config, model, transcriber, workers })
    }

    /// Transcribes.
    #[must_use]
    pub fn transcriber(&self) -> &Transcriber {
        &self.transcriber
    }

    /// The id of the model that transcribes.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model.id
    }

    /// Windows that are recognised at once.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Serves HTTP until `stop` is cancelled and the requests in flight are done. Files are read again at `hang_ups`.
    /// It cancels `stop` itself once the disk has failed so that only another process can write to the ledger.
    ///
    /// # Errors
    /// Any of [`StartError`] but those of the model and the engine; with [`LedgerError::Broken`], it has served.
    pub async fn serve(
        self,
        metrics: http::Exporter,
        stop: CancellationToken,
        hang_ups: Arc<Notify>,
    ) -> Result<(), StartError> {
        self.config.audio.temporary_file().map_err(|source| StartError::Spool {
            folder: self.config.audio.spool_dir.clone().unwrap_or_else(std::env::temp_dir),
            source,
        })?;
        let cards = Live::new(Cards::load(self.config.models_catalog.as_deref(), SystemClock.now())?);
        let guardrails = Live::new(Guardrails::load(self.config.guardrails_file.as_deref())?);
        let stores = storage::open(&self.config.storage).await?;
        let calls = Arc::new(CallCounter::new(stores.calls));
        let desk = self.desk(stores.ledger.clone())?;
        let (status, keeper) = self.status(stores.status);
        let gateway = Arc::new(Gateway::new(&self.config.gateway, desk.meter().clone(), status.recorder().clone())?);
        let lookout = Lookout { gateway: gateway.clone(), cards: cards.clone(), clock: Arc::new(SystemClock) };
        let keeper = keeper.with_probe(Arc::new(lookout));
        let (gate, registry) = self.entrance(stores.keys).await?;
        let address = self.config.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let relay = Relay::open(&self.config.billing.events, stores.outbox)?;
        if self.config.billing.events.lacks_its_address() {
            tracing::warn!("there is a secret for a webhook and no billing.webhook_url: nobody is told of charges");
        }
        // It is for good, and so the last that can keep it from serving.
        stores.ledger.publish(desk.meter().sheet().tariffs()).await?;
        self.introduce(address);
        stop_once_broken(&stores.broken, &stop);
        let Self { config, mut model, transcriber, .. } = self;
        model.aliases.extend(config.aliases);
        let service = http::Service {
            transcriber,
            desk: desk.clone(),
            model,
            cards: cards.clone(),
            calls: calls.clone(),
            guardrails: guardrails.clone(),
            gateway: gateway.clone(),
            audio: config.audio,
            settings: config.http,
            metrics,
            ledger: stores.ledger,
            gate: Arc::new(gate),
            registry: Arc::new(registry),
            provider: config.billing.provider,
            status,
        };
        let winding_down = service.transcriber.clone();
        let rereading = Rereading {
            gateway,
            cards: (cards, config.models_catalog),
            guardrails: (guardrails, config.guardrails_file),
        };
        let duties = Duties { desk, rereading, calls, keeper, relay };
        let duties = duties.take_up(&stop, service.settings.lame_duck, hang_ups);
        http::serve(listener, service, stop).await;
        wind_down(&winding_down).await;
        duties.lay_down().await;
        tracing::info!("stopped");
        stores.broken.get().map_or(Ok(()), |broken| Err(broken.clone().into()))
    }

    /// Where requests are paid for, by prices that the ledger is still to be told.
    fn desk(&self, ledger: Arc<dyn Ledger>) -> Result<Desk, StartError> {
        let sheet = PriceSheet::load(self.config.billing.tariffs.as_deref())?;
        let meter = Meter::new(ledger, sheet, Arc::new(SystemClock), &self.config.billing);
        Ok(Desk::new(self.transcriber.clone(), meter, &self.config.desk))
    }

    /// Where it is told how the model is doing, and what keeps that up to date.
    fn status(&self, store: Arc<dyn StatusStore>) -> (Board, Keeper) {
        let served = vec![self.model.id.clone()];
        let (board, keeper) = Board::new(store, Arc::new(SystemClock), served, self.config.status.clone());
        (board, keeper.with_probe(Arc::new(SpokenProbe::new(&self.model.id, self.transcriber.clone()))))
    }

    /// Where keys are looked at, and where they are made.
    async fn entrance(&self, keys: Arc<dyn KeyStore>) -> Result<(Gate, Registry), StartError> {
        let (settings, address) = (&self.config.accounts, self.config.listen);
        let opening = Opening::decide(keys.any_key().await?, settings.insecure_open, address.ip().is_loopback());
        let opening = opening.ok_or(StartError::Exposed(address))?;
        match opening {
            Opening::Open => tracing::warn!("anyone who can reach this service can use it: it asks for no key"),
            Opening::UntilFirstKey(_) => tracing::info!(
                "whoever is on this machine can use this service: it asks for no key until there is one \
                 (`minuted keys create`)"
            ),
            Opening::Closed => {}
        }
        let pepper = beside::pepper(settings, &*keys).await?;
        let plans = Arc::new(Plans::load(settings.plans_file.as_deref())?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let gate = Gate::new(keys.clone(), pepper.clone(), plans.clone(), clock.clone(), opening);
        Ok((gate, Registry::new(keys, pepper, plans, clock)))
    }

    /// Ends every run, and waits until no worker computes any more, so that the process can end.
    pub async fn wind_down(&self) {
        wind_down(&self.transcriber).await;
    }

    /// What a person wants to know who has just started the service.
    fn introduce(&self, address: SocketAddr) {
        if self.model.bundled {
            tracing::info!(
                "this model is for trying things out: it understands simple English from clear voices, and has only \
                 ever heard machines; `minuted models list` shows better ones"
            );
        }
        tracing::info!("listening on {url} (the API as a page: {url}/docs)", url = url(address));
    }
}

/// The configured model, found in the catalog or on the disk, checked and loaded.
///
/// # Errors
/// [`StartError::Cpu`], [`StartError::Model`] and [`StartError::Load`].
pub fn load_model(config: &Config) -> Result<(Model, Arc<whisper::Model>), StartError> {
    whisper::check_cpu()?;
    let store = Store::new(config.models_dir.clone());
    let (model, weights) = store.find(&Catalog::builtin(), &config.model)?;
    let source = match weights {
        Weights::Embedded(bytes) => ModelSource::Embedded(bytes),
        Weights::File(path) => ModelSource::File(path),
    };
    let padding = if model.short_windows { Padding::Short } else { Padding::Whole };
    let loaded = whisper::Model::load(&source, config.speech.device, padding)
        .map_err(|source| StartError::Load { id: model.id.clone(), source })?;
    Ok((model, loaded))
}

/// Whoever starts the service again has the database find out what is whole.
fn stop_once_broken(broken: &Arc<SetOnce<LedgerError>>, stop: &CancellationToken) {
    let (broken, stop) = (Arc::clone(broken), stop.clone());
    tokio::spawn(async move {
        if stop.run_until_cancelled(broken.wait()).await.is_some() {
            tracing::error!("it stops, so that it can be started again");
            stop.cancel();
        }
    });
}

/// whisper.cpp looks for the wish to stop only between its stages, a second or a few apart.
async fn wind_down(transcriber: &Transcriber) {
    transcriber.stop();
    let idle = async {
        while transcriber.health().busy > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), idle).await;
}

/// An address that a browser on this machine can open.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_has_failed_for_good_stops_the_service() {
        let (broken, stop) = (Arc::new(SetOnce::new()), CancellationToken::new());
        stop_once_broken(&broken, &stop);
        tokio::task::yield_now().await;
        assert!(!stop.is_cancelled());
        broken.set(LedgerError::Broken("an I/O error".to_owned())).expect("it is the first");
        stop.cancelled().await;
    }

    #[test]
    fn the_url_can_be_clicked() {
        for (address, expected) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.1:8080", "http://192.0.2.1:8080"),
        ] {
            assert_eq!(url(address.parse().expect("an address")), expected);
        }
    }
}
