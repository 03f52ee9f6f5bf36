//! A recording of four hours needs hardly more memory than one of a minute, over the command line and over the API.
//!
//! The recordings are a sentence now and then in silence, made of whole encoded frames that are repeated, not encoded: hours
//! of a container are there at once.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use reqwest::multipart::{Form, Part};

use super::Sandbox;
use super::serve::Server;

/// What four hours may need beyond a minute.
const ALLOWED_KIB: u64 = 64 * 1024;
/// A sentence is said at the start of each of these.
const STRETCH_MINUTES: u64 = 20;
/// How often that is in four hours.
const SENTENCES: usize = 12;

/// A codec as frames: of speech, and of silence.
struct Codec {
    ending: &'static str,
    head: Vec<u8>,
    sentence: Vec<u8>,
    sentence_millis: u64,
    silence: Vec<u8>,
    /// Frames of silence in a minute.
    frames: u64,
}

impl Codec {
    /// MPEG 2.5 layer III at 8 kHz: the frame of silence has no bits beyond its header.
    fn mp3() -> Self {
        let sample = sample("mp3-mpeg2.5.mp3");
        let start = sample.windows(3).position(|bytes| bytes == b"\xff\xe3\x38").expect("a frame");
        let mut silence = vec![0xff, 0xe3, 0x18, 0xc0];
        silence.resize(72, 0);
        // The first frame of the sample says how long it is, and is left out.
        Self { ending: "mp3", head: vec![], sentence: sample[start + 216..].to_vec(), silence, ..Self::minute(833) }
    }

    /// AAC in ADTS at 44.1 kHz: the frame of silence is one channel without any band, and the end.
    fn aac() -> Self {
        let silence = b"\xff\xf1\x50\x40\x01\x7f\xfc\x00\x00\x00\x07".to_vec();
        Self { ending: "aac", head: vec![], sentence: sample("aac.aac"), silence, ..Self::minute(2584) }
    }

    /// WAV of mu-law at 8 kHz, which says that its length is not known.
    fn wav() -> Self {
        let head = b"RIFF\xff\xff\xff\xffWAVEfmt \x12\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0\0\0data\xff\xff\xff\xff";
        let sample = sample("wav-mulaw.wav");
        let start = sample.windows(4).position(|bytes| bytes == b"data").expect("its samples") + 8;
        Self {
            ending: "wav",
            head: head.to_vec(),
            sentence: sample[start..].to_vec(),
            silence: vec![0xff; 8],
            ..Self::minute(60_000)
        }
    }

    fn minute(frames: u64) -> Self {
        Self { ending: "", head: vec![], sentence: vec![], sentence_millis: 5000, silence: vec![], frames }
    }

    /// A minute of speech: windows for every worker, whose working memory counts once it has been touched.
    fn minute_of_speech(&self) -> Vec<u8> {
        [self.head.clone(), self.sentence.repeat(12)].concat()
    }

    /// Four hours with a sentence now and then.
    fn four_hours(&self) -> Vec<u8> {
        let millis = STRETCH_MINUTES * 60_000 - self.sentence_millis;
        let silence = self.silence.repeat(usize::try_from(millis * self.frames / 60_000).expect("it fits"));
        let stretch = [self.sentence.clone(), silence].concat();
        [self.head.clone(), stretch.repeat(SENTENCES)].concat()
    }
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap()
}

/// The most memory that the process has held so far, in KiB; none once it has ended.
fn peak(process: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// Runs `minuted transcribe` and watches how large it grows.
fn transcribed(sandbox: &Sandbox, recording: &str) -> (u64, String) {
    let command = &["transcribe", recording, "--format", "text", "--output-dir", "out"];
    let mut process = sandbox.command(command).spawn().unwrap();
    let mut most = 0;
    while process.try_wait().unwrap().is_none() {
        most = peak(&process).unwrap_or(0).max(most);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(process.wait().unwrap().success());
    (most, fs::read_to_string(sandbox.path("out").join(format!("{recording}.txt"))).unwrap())
}

#[test]
#[ignore = "too slow in an unoptimised build: run it with `cargo test --release`"]
fn four_hours_on_the_command_line_need_the_memory_of_a_minute() {
    let sandbox = Sandbox::new();
    thread::scope(|scope| {
        for codec in [Codec::mp3(), Codec::aac(), Codec::wav()] {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let files = [("minute", codec.minute_of_speech()), ("hours", codec.four_hours())];
                let [(short, once), (long, often)] = files.map(|(name, bytes)| {
                    let name = format!("{name}.{}", codec.ending);
                    sandbox.file(&name, &bytes);
                    transcribed(sandbox, &name)
                });
                for text in [once, often] {
                    assert!(text.contains("report"), "{}: {text}", codec.ending);
                }
                assert!(short > 10_000, "{}: {short} KiB is no program with a model", codec.ending);
                assert!(long <= short + ALLOWED_KIB, "{}: {short} KiB became {long} KiB", codec.ending);
            });
        }
    });
}

#[tokio::test]
#[ignore = "too slow in an unoptimised build: run it with `cargo test --release`"]
async fn four_hours_over_the_api_need_the_memory_of_a_minute_and_are_heard_as_they_are_decoded() {
    let sandbox = Sandbox::new();
    let mut peaks = Vec::new();
    for (recording, is_long) in [(Codec::mp3().minute_of_speech(), false), (Codec::mp3().four_hours(), true)] {
        let mut server = Server::start(&sandbox, &[]);
        let file = Part::bytes(recording).file_name("meeting");
        let form = Form::new().part("file", file).text("stream", "true");
        let request = reqwest::Client::new().post(format!("{}/v1/audio/transcriptions", server.url)).multipart(form);
        let mut answer = request.send().await.unwrap();
        let mut words = String::new();
        // Before the first words there may be comments that keep the connection open.
        while !words.contains("transcript.text.delta") {
            words += &String::from_utf8_lossy(&answer.chunk().await.unwrap().expect("words"));
        }
        let decoded = server.get("/metrics").await.text().await.unwrap();
        assert!(!is_long || !decoded.contains("minuted_audio_decoded_samples_total "), "it is being decoded");
        while let Some(more) = answer.chunk().await.unwrap() {
            words += &String::from_utf8_lossy(&more);
        }
        assert!(words.contains("transcript.text.done"), "{words}");
        let decoded = server.get("/metrics").await.text().await.unwrap();
        assert!(decoded.contains("minuted_audio_decoded_samples_total "), "{decoded}");
        peaks.push(peak(&server.process).expect("it runs"));
        server.stop();
    }
    assert!(peaks[1] <= peaks[0] + ALLOWED_KIB, "{peaks:?}");
}
