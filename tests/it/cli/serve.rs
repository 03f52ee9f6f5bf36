//! `minuted serve`: it says where it listens, answers, and stops when told.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use super::{Ended, Sandbox, signal};

/// A server under way, killed if a test fails before it is stopped.
struct Server {
    process: Child,
    url: String,
    log: Vec<String>,
}

impl Server {
    /// Waits for the line that says where it listens.
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut process = command.args(arguments).stderr(Stdio::piped()).spawn().unwrap();
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
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url, log }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
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
    for line in &server.log {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    signal(&server.process, "TERM");
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended: Ended = Sandbox::new().run(&["serve", "--listen", &address]).with_code(1);
    assert!(ended.stderr.contains(&format!("minuted: cannot listen on {address}: ")), "{}", ended.stderr);
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
