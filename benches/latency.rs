//! What a short request takes, over the real server on loopback.
//!
//! `cargo bench --bench latency [overhead] [fairness]`; both if none is named.
//!
//! - `overhead`: everything but recognition (upload, decode, plan, render, respond), by a recogniser that answers at
//!   once, per container.
//! - `fairness`: with the bundled model, on an idle server and beside a meeting of an hour, in turns.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use minuted::accounts::{Gate, Opening, Pepper, Plans, Registry};
use minuted::audio::{self, AudioSource};
use minuted::billing::{self, Meter, PriceSheet};
use minuted::catalog::{CallCounter, Cards, Catalog, bundled};
use minuted::domain::{Clock, Language, Live, PCM_RATE, SystemClock};
use minuted::gateway::{self, Gateway};
use minuted::guardrails::Guardrails;
use minuted::http::{self, Exporter, Service};
use minuted::speech::whisper::{Model, ModelSource, Padding};
use minuted::speech::{
    Cancel, DecodeOptions, Device, Engine, RecognizeError, Recognized, Recognizer, Workers, worker_count,
};
use minuted::status::{self, Board};
use minuted::storage;
use minuted::transcript::Piece;
use minuted::transcription::{self, Desk, Transcriber};
use reqwest::multipart::{Form, Part};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Clips of five seconds.
const CLIPS: [&str; 4] = ["wav-s16.wav", "mp3-cbr.mp3", "aac-index-first.m4a", "opus.ogg"];

/// Requests of each kind for a figure of overhead.
const REQUESTS: usize = 200;

/// Turns of idle and busy for the figures of fairness, and requests in each.
const TURNS: usize = 3;
const IN_A_TURN: usize = 20;

/// Hears nothing, at once.
struct Deaf;

impl Recognizer for Deaf {
    fn recognize(&mut self, _: &[f32], _: &DecodeOptions, _: &Cancel) -> Result<Recognized, RecognizeError> {
        Ok(Recognized { language: Language::ENGLISH, piece: Piece::default() })
    }
}

/// A server before this engine.
struct House {
    address: SocketAddr,
    transcriber: Transcriber,
    client: reqwest::Client,
    _database: tempfile::TempDir,
}

impl House {
    async fn open(engine: Engine, model: Arc<Model>) -> io::Result<Self> {
        let audio = audio::Settings::default();
        let transcriber = Transcriber::new(engine, model, audio.clone(), 1);
        let database = tempfile::tempdir()?;
        let location = storage::Location::Sqlite(database.path().join("minuted.db"));
        let stores = storage::open(&storage::Settings { location }).await.map_err(io::Error::other)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (pepper, plans) = (Arc::new(Pepper::new([0; 32])), Arc::new(Plans::load(None).map_err(io::Error::other)?));
        let keys = stores.keys.clone();
        let gate = Gate::new(keys, pepper.clone(), plans.clone(), clock.clone(), Opening::Open);
        let sheet = PriceSheet::load(None).map_err(io::Error::other)?;
        let meter = Meter::new(stores.ledger.clone(), sheet, clock.clone(), &billing::Settings::default());
        // Nobody keeps it: what is measured is the way of a request.
        let served = Catalog::builtin().models()[0].clone();
        let (status, _keeper) =
            Board::new(stores.status, clock.clone(), vec![served.id.clone()], status::Settings::default());
        let gateway = Gateway::new(&gateway::Settings::default(), meter.clone(), status.recorder().clone());
        let gateway = gateway.map_err(io::Error::other)?;
        let desk = Desk::new(transcriber.clone(), meter, &transcription::Settings::default());
        let service = Service {
            status,
            transcriber: transcriber.clone(),
            desk,
            ledger: stores.ledger,
            gate: Arc::new(gate),
            registry: Arc::new(Registry::new(stores.keys, pepper, plans, clock)),
            provider: "minuted".to_owned(),
            model: served,
            cards: Live::new(Cards::default()),
            guardrails: Live::new(Guardrails::load(None).map_err(io::Error::other)?),
            calls: Arc::new(CallCounter::new(stores.calls)),
            gateway: Arc::new(gateway),
            audio,
            settings: http::Settings::default(),
            metrics: Exporter::install(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(http::serve(listener, service, CancellationToken::new()));
        Ok(Self { address, transcriber, client: reqwest::Client::new(), _database: database })
    }

    /// How long a request takes, from its first byte to the last of its answer.
    async fn ask(&self, file: Vec<u8>) -> Duration {
        let form = Form::new().part("file", Part::bytes(file).file_name("clip"));
        let url = format!("http://{}/v1/audio/transcriptions", self.address);
        let started = Instant::now();
        let response = self.client.post(url).multipart(form).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.bytes().await.expect("a whole answer");
        started.elapsed()
    }
}

fn sample(name: &str) -> io::Result<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name))
}

/// An hour of a meeting, as a WAV file of 16 bits and one channel.
fn meeting() -> io::Result<Vec<u8>> {
    let source = AudioSource::from_bytes(sample("meeting.mp3")?.into());
    let mut pcm = audio::open(source, &audio::Settings::default()).expect("a recording");
    let mut once = Vec::new();
    while let Some(block) = pcm.next_block().expect("samples") {
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        once.extend(block.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()));
    }
    let length: u32 = 3600 * 2 * PCM_RATE.0;
    let mut wav = [b"RIFF".as_slice(), &(length + 36).to_le_bytes(), b"WAVEfmt ", &16_u32.to_le_bytes()].concat();
    wav.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([PCM_RATE.0, 2 * PCM_RATE.0].map(u32::to_le_bytes).concat());
    wav.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    wav.extend([b"data".as_slice(), &length.to_le_bytes()].concat());
    wav.extend(once.iter().cycle().take(length as usize));
    Ok(wav)
}

/// A line of the table: median and 95th percentile, in milliseconds; gives back the latter.
fn line(name: &str, mut times: Vec<Duration>) -> io::Result<f64> {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    writeln!(io::stdout().lock(), "{name:24}{:>10.1}{:>10.1}", at(50), at(95))?;
    Ok(at(95))
}

async fn overhead(model: Arc<Model>) -> io::Result<()> {
    let engine = Engine::start(2, 1, || Ok(Deaf)).expect("an engine");
    let house = House::open(engine, model).await?;
    writeln!(io::stdout().lock(), "everything but recognition, {REQUESTS} requests each; p50 and p95 in ms")?;
    for clip in CLIPS {
        let file = sample(clip)?;
        house.ask(file.clone()).await;
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            times.push(house.ask(file.clone()).await);
        }
        line(clip, times)?;
    }
    Ok(())
}

async fn fairness(model: Arc<Model>) -> io::Result<()> {
    let recognizers = Arc::clone(&model);
    let workers = worker_count(0, false);
    let crew = Workers { count: workers, express: true };
    let engine = Engine::start(crew, 1, move || recognizers.recognizer()).expect("an engine");
    let house = Arc::new(House::open(engine, model).await?);
    let clip = sample(CLIPS[0])?;
    let meeting = meeting()?;
    writeln!(io::stdout().lock(), "5 s with the model, {workers} workers; p50 and p95 in ms")?;
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        for _ in 0..IN_A_TURN {
            idle.push(house.ask(clip.clone()).await);
        }
        let (beside, meeting) = (Arc::clone(&house), meeting.clone());
        let under_way = tokio::spawn(async move { beside.ask(meeting).await });
        while house.transcriber.health().busy < workers {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..IN_A_TURN {
            busy.push(house.ask(clip.clone()).await);
        }
        assert!(!under_way.is_finished(), "the meeting ended too soon to tell");
        under_way.abort();
        while house.transcriber.health().busy > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let (alone, beside) = (line("idle", idle)?, line("beside a meeting", busy)?);
    writeln!(io::stdout().lock(), "p95 is {:.2} times that of the idle server", beside / alone)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|argument| argument == part);
    let model =
        Model::load(&ModelSource::Embedded(bundled::WEIGHTS), Device::Cpu, Padding::Short).expect("the bundled model");
    if wanted("overhead") {
        overhead(Arc::clone(&model)).await?;
    }
    if wanted("fairness") {
        fairness(model).await?;
    }
    Ok(())
}
