//! `minuted models`: the success of a download is tested where a small file can stand for a model, in the catalog
//! room; here is what a person is told.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use minuted::catalog::Calls;
use minuted::storage::{self, Location, Settings};

use super::Sandbox;
use crate::stores::{account, at};

/// A mirror that answers one request, with this head and so many bytes of nothing. Its URL.
fn mirror(head: &'static str, bytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(&vec![0; bytes]);
    });
    url
}

#[test]
fn the_list_tells_what_is_here() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.local/share/minuted/models/ggml-tiny.bin", b"too short");
    sandbox.file("home/.local/share/minuted/models/ggml-base.bin.part", &vec![0; 1_500_000]);
    let listed = sandbox.run(&["models", "list"]).with_code(0).stdout;
    let line = |name: &str| listed.lines().find(|line| line.split_whitespace().any(|word| word == name)).unwrap();
    assert!(line("minuted-nano.en").starts_with("* ") && line("minuted-nano.en").contains("built in"));
    assert!(line("whisper-tiny").contains("damaged"));
    assert!(line("whisper-base").contains("1 % here"));
    let turbo = line("whisper-large-v3-turbo");
    assert!(turbo.contains("1.62 GB") && turbo.contains("multilingual") && turbo.contains("MIT"), "{turbo}");
}

#[test]
fn a_wrong_file_is_refused_and_does_not_stay() {
    let sandbox = Sandbox::new();
    let url = mirror("200 OK", 32_152_673);
    let ended = sandbox.run(&["models", "pull", "tiny-q5_1", "--data-dir", "data", "--base-url", &url]).with_code(1);
    assert!(ended.stderr.contains("sent a wrong file, which was removed: its checksum is "), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "no progress bar off a terminal: {}", ended.stderr);
    assert_eq!(fs::read_dir(sandbox.path("data/models")).unwrap().count(), 0);
}

#[test]
fn without_a_network_one_line_names_the_model_that_is_built_in() {
    let sandbox = Sandbox::new();
    // Nothing listens on a port that was free a moment ago.
    let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let ended = sandbox.run(&["models", "pull", "tiny.en", "--base-url", &url]).with_code(1);
    assert!(ended.stderr.starts_with("minuted: cannot reach 127.0.0.1: "), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("; minuted-nano.en is built in and needs no download\n"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1);
}

#[test]
fn a_mirror_without_the_file_and_a_name_without_a_model() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["models", "pull", "tiny.en", "--base-url", &mirror("404 Not Found", 0)]).with_code(1);
    assert!(ended.stderr.contains("/ggml-tiny.en.bin answered 404 Not Found"), "{}", ended.stderr);
    let ended = sandbox.run(&["models", "pull", "whisper-tinny.en"]).with_code(2);
    assert!(ended.stderr.contains("did you mean `whisper-tiny.en`?"), "{}", ended.stderr);
    let ended = sandbox.run(&["models", "pull", "minuted-nano.en"]).with_code(0);
    assert_eq!(ended.stdout, "minuted-nano.en is built in: there is nothing to download\n");
}

#[test]
fn a_damaged_model_is_found_and_not_served() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["models", "verify"]).with_code(0).stdout, "ok    minuted-nano.en\n");
    sandbox.file("data/models/ggml-tiny-q5_1.bin", &vec![0; 32_152_673]);
    let ended = sandbox.run(&["models", "verify", "--data-dir", "data"]).with_code(1);
    let damaged = "FAIL  whisper-tiny-q5_1: data/models/ggml-tiny-q5_1.bin is damaged: its checksum is ";
    assert!(ended.stdout.contains(damaged), "{}", ended.stdout);
    let ended = sandbox.run(&["serve", "--model", "tiny-q5_1", "--data-dir", "data"]).with_code(1);
    assert!(ended.stderr.contains("ggml-tiny-q5_1.bin is damaged"), "{}", ended.stderr);
    let ended = sandbox.run(&["models", "verify", "tiny"]).with_code(1);
    assert!(ended.stdout.contains("`minuted models pull whisper-tiny` downloads it"), "{}", ended.stdout);
}

#[tokio::test]
async fn callers_are_found_by_any_name_of_the_model_and_a_typo_is_told() {
    let sandbox = Sandbox::new();
    let database = sandbox.path("minuted.db").display().to_string();
    let catalogue = "[[model]]\nid = \"old\"\naliases = [\"whisper-tiny.en\"]\nvendor = \"acme\"\nlicence = \"MIT\"\n\
                     phase = \"production\"\nannounced_on = \"2026-01-01\"\nends_on = \"2026-05-01\"\n";
    sandbox.file("catalog.toml", catalogue.as_bytes());
    let config = format!("[storage]\nurl = \"{database}\"\n[models]\ncatalog = \"catalog.toml\"\n");
    sandbox.file("minuted.toml", config.as_bytes());
    let location = Location::parse(&database, &sandbox.path("")).unwrap();
    let stores = storage::open(&Settings { location }).await.unwrap();
    let day = at("2026-10-01T00:00:00Z");
    let calls = |model: &str| Calls {
        model: model.to_owned(),
        account: account("alice"),
        count: 7,
        first_at: day,
        last_at: day,
    };
    stores.calls.add_calls(&[calls("old"), calls("forgotten")]).await.unwrap();

    for (name, model) in [("old", "old"), ("OLD", "old"), ("Tiny.en", "old"), ("forgotten", "forgotten")] {
        let told = sandbox.run(&["models", "callers", name]).with_code(0).stdout;
        let rows: Vec<_> = told.lines().skip(1).collect();
        assert!(rows.len() == 1 && rows[0].starts_with(model) && rows[0].contains(" 7 "), "{name}: {told}");
    }
    let told = sandbox.run(&["models", "callers", "whisper-base"]).with_code(0).stdout;
    assert_eq!(told.lines().count(), 1, "nobody has called it: {told}");
    let ended = sandbox.run(&["models", "callers", "whisper-tinny.en"]).with_code(2);
    let typo = "minuted: there is no model `whisper-tinny.en`; did you mean `whisper-tiny.en`?\n";
    assert_eq!((ended.stderr.as_str(), ended.stdout.as_str()), (typo, ""));
}
