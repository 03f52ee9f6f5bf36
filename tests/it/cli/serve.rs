//! `minuted serve`: it says where it listens, answers, stops when told, and keeps to itself what it heard.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use reqwest::multipart::{Form, Part};

use super::{Ended, Sandbox, signal};
use crate::app::{sample, sentence, until};

/// A server under way, killed if a test fails before it is stopped.
pub struct Server {
    pub process: Child,
    pub url: String,
    pub log: Vec<String>,
    rest_of_log: Option<JoinHandle<Vec<String>>>,
}

impl Server {
    /// Waits for the line that says where it listens.
    pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        Self::with(sandbox.command(&["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    pub fn with(command: &mut Command) -> Self {
        Self::of(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    fn of(mut process: Child) -> Self {
        let mut log = Vec::new();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("it says where it listens").unwrap();
            log.push(line.clone());
            if let Some(at) = line.find("http://127.0.0.1:") {
                let end = line[at..].find([' ', '"']).map_or(line.len(), |length| at + length);
                break line[at..end].to_owned();
            }
        };
        // The pipe must be read to its end, or the server would block on it.
        let rest_of_log = std::thread::spawn(move || lines.map_while(Result::ok).collect());
        Self { process, url, log, rest_of_log: Some(rest_of_log) }
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
    }

    /// The status and the body of the answer to a form, sent with secrets in every place but the form.
    async fn transcribe(&self, form: Form) -> (u16, String) {
        let url = format!("{}/v1/audio/transcriptions?q=Samarkand", self.url);
        let request = reqwest::Client::new().post(url).bearer_auth("Lhasa").header("x-request-id", "the-request");
        let answer = request.multipart(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Stops it as a service manager does.
    pub fn stop(&mut self) {
        signal(&self.process, "TERM");
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        self.log.extend(self.rest_of_log.take().unwrap().join().unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let sandbox = Sandbox::new();
    sandbox.file("minuted.toml", b"[speech]\naliases = [\"house-model\"]\n[log]\nformat = \"json\"\n");
    let mut server = Server::start(&sandbox, &[]);
    assert!(server.get("/readyz").await.status().is_success());
    let models: serde_json::Value = server.get("/v1/models").await.json().await.unwrap();
    assert_eq!(models["data"][0]["id"], "minuted-nano.en");
    assert!(server.get("/v1/models/house-model").await.status().is_success());
    assert_eq!(server.get("/v1/models/whisper-1").await.status(), 404, "the aliases were replaced");
    assert!(server.get("/metrics").await.text().await.unwrap().contains("minuted_http_requests_total"));
    assert!(server.log.iter().any(|line| line.contains("the configuration is minuted.toml")), "{:?}", server.log);
    for line in &server.log {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    server.stop();
}

#[tokio::test]
async fn the_log_has_the_request_and_not_its_content() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Server::with(command.env("MINUTED_LOG_LEVEL", "trace"));
    let form = |file: Vec<u8>| {
        let file = Part::bytes(file).file_name("dismissals.wav");
        Form::new().part("file", file).text("prompt", "Zanzibar").text("odd", "Timbuktu")
    };

    let words = form(sentence()).text("response_format", "verbose_json").text("timestamp_granularities[]", "word");
    let streamed = form(sentence()).text("stream", "true").text("include[]", "logprobs");
    for form in [form(sentence()), words, streamed] {
        let (status, heard) = server.transcribe(form).await;
        assert!(status == 200 && heard.contains("budget") && heard.contains("review"), "{status}: {heard}");
    }
    let damaged = form(sample("broken/scratched-mp3-cbr.mp3"));
    assert_eq!(server.transcribe(damaged).await.0, 200);
    let refused = form(sentence()).text("language", "Ouagadougou");
    assert_eq!(server.transcribe(refused).await.0, 400);

    server.stop();
    let log = &server.log;
    assert!(log.iter().any(|line| line.contains("the-request") && line.contains("status=200")), "{log:?}");
    assert!(log.iter().any(|line| line.contains("status=400 code=\"invalid_value\"")), "{log:?}");
    for secret in ["Zanzibar", "Timbuktu", "Samarkand", "Lhasa", "Ouagadougou", "dismissals", "budget", "review"] {
        let told: Vec<&String> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret} is in the log: {told:?}");
    }
}

#[tokio::test]
async fn a_hang_up_while_the_model_loads_ends_nothing() {
    let sandbox = Sandbox::new();
    let process =
        sandbox.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().expect("it starts");
    let heeds_term = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it is there");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask").trim();
        u64::from_str_radix(caught, 16).expect("hexadecimal") & (1 << 14) != 0
    };
    until(heeds_term).await;
    signal(&process, "HUP");
    let mut server = Server::of(process);
    assert!(server.get("/readyz").await.status().is_success());
    server.stop();
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended: Ended = Sandbox::new().run(&["serve", "--listen", &address]).with_code(1);
    assert!(ended.stderr.contains(&format!("minuted: cannot listen on {address}: ")), "{}", ended.stderr);
}

#[test]
fn a_price_is_for_good_only_once_somebody_serves_by_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = Sandbox::new();
    sandbox.file("minuted.toml", b"[billing]\ntariffs = \"tariffs.toml\"\n");
    let priced = |price: &str| {
        let tariff = "[[tariff]]\nid = \"audio\"\nmodels = [\"*\"]\nunit = \"started_minute\"\ncurrency = \"EUR\"\n\
                      valid_from = \"2026-01-01T00:00:00Z\"\n";
        sandbox.file("tariffs.toml", format!("{tariff}price = \"{price}\"\n").as_bytes());
    };
    priced("0.1");
    sandbox.run(&["serve", "--listen", &taken.local_addr().unwrap().to_string()]).with_code(1);
    priced("0.01");
    Server::start(&sandbox, &[]).stop();
}

#[test]
fn a_spool_folder_that_cannot_be_used_is_an_error() {
    let sandbox = Sandbox::new();
    let folder = sandbox.file("occupied", b"").display().to_string();
    for folder in [folder.clone(), format!("{folder}/nowhere")] {
        let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
        let ended = Ended::from(command.env("MINUTED_SERVER_SPOOL_DIR", &folder).output().unwrap()).with_code(1);
        let told = format!("minuted: no temporary file can be made in {folder}: ");
        assert!(ended.stderr.contains(&told) && ended.stderr.contains("server.spool_dir"), "{}", ended.stderr);
    }
}

#[test]
fn a_model_of_ones_own_is_served_from_its_path() {
    let sandbox = Sandbox::new();
    sandbox.file("ggml-house.en.bin", minuted::catalog::bundled::WEIGHTS);
    let server = Server::start(&sandbox, &["--model", "./ggml-house.en.bin"]);
    assert!(server.log.iter().any(|line| line.contains("the model house.en computes on ")), "{:?}", server.log);
    drop(server);
    sandbox.file("ggml-cut.bin", &minuted::catalog::bundled::WEIGHTS[..1_000_000]);
    let ended = sandbox.run(&["serve", "--model", "ggml-cut.bin"]).with_code(1);
    assert!(ended.stderr.contains("the model `cut` does not load: "), "{}", ended.stderr);
}
