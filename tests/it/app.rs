//! A running service for tests: the real server on a port of its own, before the real model or a scripted one.
//!
//! The model and its engine are loaded once for all tests of this program. A scripted recogniser ([`Script`]) stands in
//! where a test must know when recognition starts, waits or fails.

use std::future::Future;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use minuted::accounts::{Gate, Opening, Pepper, Plans, Registry};
use minuted::audio;
use minuted::billing::{self, Meter, PriceSheet};
use minuted::catalog::{CallCounter, Cards, Catalog, bundled};
use minuted::domain::{Clock, Language, Live, Millis, SystemClock};
use minuted::gateway::{self, Gateway, Lookout};
use minuted::guardrails::Guardrails;
use minuted::http::{self, Exporter, Service};
use minuted::speech::whisper::{Model, ModelSource, Padding};
use minuted::speech::{Cancel, DecodeOptions, Device, Engine, RecognizeError, Recognized, Recognizer};
use minuted::status::{self, Board};
use minuted::storage::{self, Stores};
use minuted::transcript::{Piece, Segment, TokenLogprob};
use minuted::transcription::{self, Desk, SpokenProbe, Transcriber};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::books::Books;

/// A server that stops when it is dropped.
pub struct TestApp {
    pub address: std::net::SocketAddr,
    pub client: reqwest::Client,
    desk: Desk,
    transcriber: Transcriber,
    pub gateway: Arc<Gateway>,
    pub stores: Stores,
    pub registry: Arc<Registry>,
    pub status: Board,
    pub calls: Arc<CallCounter>,
    stop: CancellationToken,
    served: JoinHandle<()>,
    database: TempDir,
}

/// What a test wants otherwise than the service has it.
#[derive(Default)]
pub struct Wishes {
    pub http: http::Settings,
    pub audio: audio::Settings,
    pub script: Option<Script>,
    /// How long a request waits for a client that has gone: not at all, unless a test is about that.
    pub grace: Duration,
    /// Keys are asked for: from the start, or from the first one on. Otherwise the service is open.
    pub keys: Option<Opening>,
    /// Without probes, unless a test is about them.
    pub status: Option<status::Settings>,
    /// Another clock than the machine's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Another catalogue than the program's own: its text.
    pub catalogue: Option<String>,
    /// Other guardrails than the program's own: their text.
    pub guardrails: Option<String>,
    /// Backends, as their file has them.
    pub backends: Option<String>,
    /// The most requests that are passed on at once, where a test is about that.
    pub passed_on: Option<usize>,
    /// The most bytes of bodies that are passed on at once, where a test is about that.
    pub body_memory: Option<u64>,
    /// Other tariffs than the built-in ones.
    pub tariffs: Option<String>,
}

impl TestApp {
    /// With the built-in model and every setting as it comes.
    pub async fn start() -> Self {
        Self::with(Wishes::default()).await
    }

    pub async fn scripted(script: &Script) -> Self {
        Self::with(Wishes { script: Some(script.clone()), ..Wishes::default() }).await
    }

    /// With keys, which [`Self::caller`] and [`Self::admin`] have.
    pub async fn keyed() -> Self {
        let (script, keys) = (Some(Script::default()), Some(Opening::Closed));
        Self::with(Wishes { script, keys, ..Wishes::default() }).await
    }

    pub async fn with(wishes: Wishes) -> Self {
        let Wishes {
            http: settings,
            audio,
            script,
            grace,
            keys,
            status,
            clock,
            catalogue,
            guardrails,
            backends,
            passed_on,
            body_memory,
            tariffs,
        } = wishes;
        let engine = script.map_or_else(|| engine().clone(), Script::engine);
        let model = Catalog::builtin().models()[0].clone();
        let mut served = model;
        served.aliases.extend(["whisper-1".to_owned(), "team/whisper".to_owned()]);
        let transcriber = Transcriber::new(engine, weights(), audio.clone(), 1);
        let (stores, database) = stores().await;
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        let sheet = tariffs.map_or_else(|| PriceSheet::load(None), |text| PriceSheet::parse(&text));
        let sheet = sheet.expect("good tariffs");
        let meter = Meter::new(stores.ledger.clone(), sheet, clock.clone(), &billing::Settings::default());
        let settings_of_status = status.unwrap_or(status::Settings { probe: false, ..status::Settings::default() });
        let local = vec![served.id.clone()];
        let (status, keeper) = Board::new(stores.status.clone(), clock.clone(), local, settings_of_status);
        let keeper = keeper.with_probe(Arc::new(SpokenProbe::new(&served.id, transcriber.clone())));
        let mut to_backends = backends_in(&database, backends);
        to_backends.max_requests = passed_on.unwrap_or(to_backends.max_requests);
        to_backends.body_memory = body_memory.unwrap_or(to_backends.body_memory);
        let gateway = Gateway::new(&to_backends, meter.clone(), status.recorder().clone());
        let gateway = Arc::new(gateway.expect("good backends"));
        let desk = Desk::new(transcriber.clone(), meter, &transcription::Settings { grace });
        let pepper = Arc::new(Pepper::new([7; 32]));
        let plans = Arc::new(Plans::load(None).expect("the plans of the program"));
        let opening = keys.unwrap_or(Opening::Open);
        let gate = Gate::new(stores.keys.clone(), pepper.clone(), plans.clone(), clock.clone(), opening);
        let registry = Arc::new(Registry::new(stores.keys.clone(), pepper, plans, clock.clone()));
        let cards = Cards::load(catalogue.as_deref().map(written).as_deref(), clock.now()).expect("a good catalogue");
        let cards = Live::new(cards);
        let lookout = Lookout { gateway: gateway.clone(), cards: cards.clone(), clock: clock.clone() };
        let keeper = keeper.with_probe(Arc::new(lookout));
        let guardrails = Guardrails::load(guardrails.as_deref().map(written).as_deref()).expect("good rules");
        let calls = Arc::new(CallCounter::new(stores.calls.clone()));
        let service = Service {
            transcriber: transcriber.clone(),
            desk: desk.clone(),
            model: served,
            cards,
            calls: calls.clone(),
            guardrails: Live::new(guardrails),
            gateway: gateway.clone(),
            audio,
            settings,
            metrics: Exporter::install(),
            ledger: stores.ledger.clone(),
            gate: Arc::new(gate),
            registry: registry.clone(),
            provider: "minuted".to_owned(),
            status: status.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let stop = CancellationToken::new();
        let (kept, until) = (CancellationToken::new(), stop.clone());
        let keeping = tokio::spawn(keeper.run(minuted::status::PACE, kept.clone()));
        let served = tokio::spawn(async move {
            let _kept = kept.clone().drop_guard();
            http::serve(listener, service, until).await;
            kept.cancel();
            let _ = keeping.await;
        });
        let client = reqwest::Client::new();
        Self { address, client, desk, transcriber, gateway, stores, registry, status, calls, stop, served, database }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.expect("an answer")
    }

    pub async fn transcribe(&self, form: Form) -> reqwest::Response {
        self.post("/v1/audio/transcriptions", form).await
    }

    pub async fn post(&self, path: &str, form: Form) -> reqwest::Response {
        self.client.post(self.url(path)).multipart(form).send().await.expect("an answer")
    }

    /// What is written down of whoever comes without a key.
    pub fn books(&self) -> Books {
        Books::of("acc_local", self.stores.ledger.clone())
    }

    /// Writes the file of backends anew; it is not read yet.
    pub fn rewrite_backends(&self, text: &str) {
        std::fs::write(self.database.path().join(BACKENDS), text).expect("it can be written");
    }

    /// Requests that wait for a client that has gone.
    pub fn parked(&self) -> usize {
        self.desk.parked()
    }

    /// Windows that wait for a worker.
    pub fn queued(&self) -> usize {
        self.transcriber.health().queued
    }

    /// Tells the server to stop, as SIGTERM does.
    pub fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the server has ended.
    pub async fn ended(&mut self) {
        (&mut self.served).await.expect("the server does not panic");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        self.served.abort();
    }
}

/// A file with this text, that goes when it is dropped.
fn written(text: &str) -> tempfile::TempPath {
    let mut file = tempfile::NamedTempFile::new().expect("a temp file");
    file.write_all(text.as_bytes()).expect("it is written");
    file.into_temp_path()
}

const BACKENDS: &str = "backends.toml";

fn backends_in(folder: &TempDir, text: Option<String>) -> gateway::Settings {
    let write = |text: String| {
        let path = folder.path().join(BACKENDS);
        std::fs::write(&path, text).expect("it can be written");
        path
    };
    gateway::Settings { backends: text.map(write), max_body_bytes: 1 << 20, ..gateway::Settings::default() }
}

/// SQLite in a folder of its own, which goes when the second is dropped.
pub async fn stores() -> (Stores, TempDir) {
    let folder = tempfile::tempdir().expect("a temp folder");
    let location = storage::Location::Sqlite(folder.path().join("minuted.db"));
    (storage::open(&storage::Settings { location }).await.expect("a new database"), folder)
}

pub fn weights() -> Arc<Model> {
    static MODEL: OnceLock<Arc<Model>> = OnceLock::new();
    let load = || {
        Model::load(&ModelSource::Embedded(bundled::WEIGHTS), Device::Cpu, Padding::Short)
            .expect("the built-in model loads")
    };
    MODEL.get_or_init(load).clone()
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::start(2, 1, || weights().recognizer()).expect("the engine starts"))
}

/// A recogniser that does as the test says: each window is ` Window N.`, once the test lets it.
#[derive(Clone, Default)]
pub struct Script(Arc<Told>);

#[derive(Default)]
struct Told {
    held: Mutex<bool>,
    changed: Condvar,
    started: AtomicUsize,
    cancelled: AtomicUsize,
    fails_at: Option<usize>,
    mute: bool,
}

impl Script {
    /// Recognises nothing until [`Self::release`].
    pub fn held() -> Self {
        let script = Self::default();
        *script.0.held.lock().expect("no holder panics") = true;
        script
    }

    /// Fails at window `window`, counted from zero.
    pub fn failing_at(window: usize) -> Self {
        Self(Arc::new(Told { fails_at: Some(window), ..Told::default() }))
    }

    /// Finds no words in anything.
    pub fn mute() -> Self {
        Self(Arc::new(Told { mute: true, ..Told::default() }))
    }

    pub fn release(&self) {
        *self.0.held.lock().expect("no holder panics") = false;
        self.0.changed.notify_all();
    }

    /// Windows begun so far.
    pub fn started(&self) -> usize {
        self.0.started.load(Ordering::SeqCst)
    }

    /// Windows given up because nobody waited for them.
    pub fn cancelled(&self) -> usize {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    pub fn engine(self) -> Engine {
        Engine::start(2, 1, move || Ok(self.clone())).expect("the engine starts")
    }
}

impl Recognizer for Script {
    fn recognize(
        &mut self,
        samples: &[f32],
        options: &DecodeOptions,
        cancel: &Cancel,
    ) -> Result<Recognized, RecognizeError> {
        let number = self.0.started.fetch_add(1, Ordering::SeqCst);
        let mut held = self.0.held.lock().expect("no holder panics");
        while *held && !cancel.is_cancelled() {
            held = self.0.changed.wait_timeout(held, Duration::from_millis(5)).expect("no holder panics").0;
        }
        drop(held);
        if cancel.is_cancelled() {
            self.0.cancelled.fetch_add(1, Ordering::SeqCst);
            return Err(RecognizeError::Cancelled);
        }
        if self.0.fails_at == Some(number) {
            return Err(RecognizeError::Native(-7));
        }
        let text = if self.0.mute { String::new() } else { format!(" Window {number}.") };
        let logprobs = vec![TokenLogprob { bytes: text.clone().into_bytes(), logprob: -0.5 }];
        let segment = Segment {
            start: Millis(0),
            end: Millis(samples.len() as u64 / 16),
            text,
            tokens: vec![1],
            temperature: 0.0,
            avg_logprob: -0.5,
            compression_ratio: 1.0,
            no_speech_prob: 0.0,
            seek: Millis(0),
        };
        let piece = Piece { segments: vec![segment], logprobs, ..Piece::default() };
        Ok(Recognized { language: options.language.unwrap_or(Language::ENGLISH), piece })
    }
}

/// How long a test waits for what must come: long enough for the slowest machine.
pub const IN_VAIN: Duration = Duration::from_mins(1);

/// Waits until something is so. A wait in vain fails, and says where it stands.
#[track_caller]
pub fn until(mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    until_async(move || std::future::ready(condition()))
}

/// Waits until something that must be asked for is so.
#[track_caller]
pub fn until_async<F: Future<Output = bool>>(mut condition: impl FnMut() -> F) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let so = async {
            while !condition().await {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(IN_VAIN, so).await.unwrap_or_else(|_| panic!("waited in vain at {place}"));
    }
}

/// A file of `samples/`.
pub fn sample(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One sentence, as 16-bit WAV.
pub fn sentence() -> Vec<u8> {
    sample("wav-s16.wav")
}

/// The sentence again and again, for at least this many seconds.
pub fn speech(seconds: usize) -> Vec<u8> {
    let once = sentence();
    let rate = u32::from_le_bytes(once[24..28].try_into().expect("four bytes"));
    let start = once.windows(4).position(|four| four == b"data").expect("a WAV file has data") + 8;
    let bytes = seconds * rate as usize * 2;
    let samples: Vec<u8> = once[start..].iter().copied().cycle().take(bytes).collect();
    let mut wav = once[..start].to_vec();
    let length = u32::try_from(samples.len()).expect("short");
    wav[start - 4..].copy_from_slice(&length.to_le_bytes());
    wav[4..8].copy_from_slice(&(length + u32::try_from(start).expect("short") - 8).to_le_bytes());
    wav.extend(samples);
    wav
}

/// A form with this file.
pub fn form(file: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(file).file_name("upload"))
}

/// The error that an answer tells, checked for OpenAI's shape.
pub async fn error(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert!(response.headers().contains_key("x-request-id"), "every answer has a request id");
    let body: Value = response.json().await.expect("errors are JSON");
    conforms("error", &body);
    (status, body["error"].clone())
}

/// Fails if the body is not as `tests/schemas/NAME.json` says.
pub fn conforms(name: &str, body: &Value) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{name}.json"));
    let schema = serde_json::from_slice(&std::fs::read(path).expect("the schema is there")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let faults: Vec<String> =
        validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{name}: {faults:?} in {body}");
}
