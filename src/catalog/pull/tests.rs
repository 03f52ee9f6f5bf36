//! Downloads from a server on loopback that misbehaves as servers do.

use std::fs;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::catalog::{Catalog, Digest, Languages, State};

/// How one request is answered.
#[derive(Clone, Copy)]
enum Answer {
    /// With the bytes asked for, but the connection is cut after this many.
    CutAfter(usize),
    /// With the bytes asked for.
    Whole,
    /// With the whole file, whatever part is asked for.
    NoRanges,
    /// With a part that was not asked for.
    OtherPart,
    /// With other bytes of the same length.
    Wrong,
    /// With more bytes than the file has, and no length.
    TooLong,
    Status(&'static str),
}

struct Fixture {
    folder: TempDir,
    store: Store,
    model: Model,
    content: Vec<u8>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let content: Vec<u8> = (0..100_000_u32).map(|n| u8::try_from(n * 7 % 251).expect("a byte")).collect();
        let model = Model {
            id: "test".to_owned(),
            file: "ggml-test.bin".to_owned(),
            bytes: content.len() as u64,
            sha256: Some(Digest::of(&content)),
            licence: "MIT".to_owned(),
            languages: Languages::English,
            description: "for this test".to_owned(),
            aliases: Vec::new(),
            bundled: false,
            short_windows: false,
            translates: true,
        };
        let store = Store::new(folder.path().join("models"));
        Self { folder, store, model, content, requests: Arc::default() }
    }

    /// Pulls from a server that answers its first request with the first of `answers`, and so on.
    async fn pull(&self, answers: &[Answer]) -> Result<PathBuf, PullError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = serve(listener, answers.to_vec(), self.content.clone(), self.requests.clone());
        let server = tokio::spawn(server);
        let mut pull = Pull::new(&self.model, &self.store, &format!("http://{address}/models/")).expect("a client");
        pull.first_wait = Duration::ZERO;
        let pulled = pull.run(|_| {}).await;
        server.abort();
        pulled
    }

    /// The headers of the n-th request, in lower case.
    fn request(&self, index: usize) -> String {
        self.requests.lock().expect("no panic")[index].clone()
    }

    fn leftovers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.store.folder()).expect("the folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

async fn serve(listener: TcpListener, answers: Vec<Answer>, content: Vec<u8>, requests: Arc<Mutex<Vec<String>>>) {
    for answer in answers {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a request"));
        }
        let head = String::from_utf8(head).expect("a header in ASCII").to_lowercase();
        let from = head.split("range: bytes=").nth(1).and_then(|rest| rest.split('-').next()?.parse().ok());
        requests.lock().expect("no panic").push(head);
        let (head, body) = reply(answer, from.unwrap_or(0), &content);
        stream.write_all(head.as_bytes()).await.expect("the header is taken");
        // The client may hang up in the middle of a file that it finds to be wrong.
        let _ = stream.write_all(&body).await;
    }
}

fn reply(answer: Answer, from: usize, content: &[u8]) -> (String, Vec<u8>) {
    let all = content.len();
    let partial = |from: usize| {
        let status = if from == 0 { "200 OK" } else { "206 Partial Content" };
        let range = format!("content-range: bytes {from}-{}/{all}\r\n", all - 1);
        let length = all - from;
        format!("HTTP/1.1 {status}\r\netag: \"v1\"\r\n{range}content-length: {length}\r\nconnection: close\r\n\r\n")
    };
    let whole = format!("HTTP/1.1 200 OK\r\netag: \"v2\"\r\ncontent-length: {all}\r\nconnection: close\r\n\r\n");
    match answer {
        Answer::CutAfter(count) => (partial(from), content[from..from + count].to_vec()),
        Answer::Whole => (partial(from), content[from..].to_vec()),
        Answer::NoRanges => (whole, content.to_vec()),
        Answer::OtherPart => (partial(1), content[1..].to_vec()),
        Answer::Wrong => (whole, vec![b'x'; all]),
        Answer::TooLong => ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(), vec![b'x'; all * 2]),
        Answer::Status(status) => {
            (format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), vec![])
        }
    }
}

#[tokio::test]
async fn a_file_arrives_under_its_name_and_leaves_nothing_else() {
    let fixture = Fixture::new();
    let path = fixture.pull(&[Answer::Whole]).await.expect("it arrives");
    assert_eq!(fs::read(path).expect("the file"), fixture.content);
    assert_eq!(fixture.leftovers(), ["ggml-test.bin"]);
    assert_eq!(fixture.store.state(&fixture.model), State::Installed);
    assert!(fixture.request(0).starts_with("get /models/ggml-test.bin "));
}

#[tokio::test]
async fn a_connection_that_breaks_is_gone_on_with() {
    let fixture = Fixture::new();
    let answers = [Answer::CutAfter(30_000), Answer::CutAfter(0), Answer::CutAfter(5_000), Answer::Whole];
    fixture.pull(&answers).await.expect("it arrives in the end");
    assert!(!fixture.request(0).contains("range:"));
    assert!(fixture.request(1).contains("\r\nrange: bytes=30000-\r\n"));
    assert!(fixture.request(1).contains("\r\nif-range: \"v1\"\r\n"));
    assert!(fixture.request(3).contains("\r\nrange: bytes=35000-\r\n"));
}

#[tokio::test]
async fn a_later_pull_goes_on_where_an_earlier_one_gave_up() {
    let fixture = Fixture::new();
    let error = fixture.pull(&[Answer::CutAfter(40_000)]).await.expect_err("the server is gone");
    assert!(matches!(error, PullError::BrokenOff { received: 40_000, expected: 100_000, .. }), "{error}");
    assert_eq!(fixture.store.state(&fixture.model), State::Partial(40_000));
    fixture.pull(&[Answer::Whole]).await.expect("the rest arrives");
    assert!(fixture.request(1).contains("range: bytes=40000-"));
}

#[tokio::test]
async fn a_server_without_ranges_or_with_a_wrong_part_starts_afresh() {
    let fixture = Fixture::new();
    let path = fixture.pull(&[Answer::CutAfter(40_000), Answer::NoRanges]).await.expect("it arrives");
    assert_eq!(fs::read(path).expect("the file"), fixture.content);

    let fixture = Fixture::new();
    let path = fixture.pull(&[Answer::CutAfter(40_000), Answer::OtherPart, Answer::Whole]).await.expect("it arrives");
    assert_eq!(fs::read(path).expect("the file"), fixture.content);
}

#[tokio::test]
async fn a_wrong_file_is_refused_and_removed() {
    for (answer, why) in [(Answer::Wrong, "checksum"), (Answer::TooLong, "more than 100000 bytes")] {
        let fixture = Fixture::new();
        let error = fixture.pull(&[answer]).await.expect_err("it is wrong");
        assert!(matches!(&error, PullError::WrongFile { .. }) && error.to_string().contains(why), "{error}");
        assert!(fixture.leftovers().is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_is_no_file_is_told() {
    let fixture = Fixture::new();
    let error = fixture.pull(&[Answer::Status("404 Not Found")]).await.expect_err("there is none");
    assert!(error.to_string().ends_with("/models/ggml-test.bin answered 404 Not Found"), "{error}");
    assert_eq!(fixture.store.state(&fixture.model), State::Missing);
    let fixture = Fixture::new();
    fixture.pull(&[Answer::CutAfter(40_000), Answer::Status("403 Forbidden")]).await.expect_err("no more of it");
    assert_eq!(fixture.store.state(&fixture.model), State::Partial(40_000), "what has come is kept");
    let fixture = Fixture::new();
    let busy = Answer::Status("503 Service Unavailable");
    fixture.pull(&[busy, busy, Answer::Whole]).await.expect("it arrives when the server is well again");
}

#[tokio::test]
async fn without_a_network_it_says_so_at_once() {
    let fixture = Fixture::new();
    // Nothing listens on a port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let pull = Pull::new(&fixture.model, &fixture.store, &url).expect("a client");
    let error = pull.run(|_| {}).await.expect_err("nobody is there");
    assert!(error.to_string().starts_with("cannot reach 127.0.0.1: "), "{error}");
    assert!(fixture.leftovers().is_empty());
}

#[tokio::test]
async fn two_pulls_of_one_model_do_not_mix() {
    let fixture = Fixture::new();
    let first = Pull::new(&fixture.model, &fixture.store, "http://127.0.0.1:9").expect("a client");
    let _part = first.open_part().expect("the first may write");
    let error = fixture.pull(&[Answer::Whole]).await.expect_err("the second may not");
    assert!(matches!(error, PullError::Busy { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let mut fixture = Fixture::new();
    let file = fixture.folder.path().join("file");
    fs::write(&file, "").expect("a file");
    fixture.store = Store::new(file.join("models"));
    let error = fixture.pull(&[Answer::Whole]).await.expect_err("a file is no folder");
    assert!(error.to_string().contains("file/models cannot be written"), "{error}");
}

#[test]
fn the_hub_is_asked_for_the_file_at_a_pinned_revision() {
    let catalog = Catalog::builtin();
    let model = catalog.resolve("tiny.en").expect("it is known");
    let pull = Pull::new(model, &Store::new(PathBuf::from("models")), crate::catalog::hub()).expect("a client");
    assert!(pull.url.ends_with("/5359861c739e955e79d9a303bcbc70fb988958b1/ggml-tiny.en.bin"), "{}", pull.url);
}
