//! Nothing of what was said, and nothing of what a caller wrote, is in the log.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::app::{Script, TestApp, form, sentence};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_has_the_request_and_not_its_content() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let _guard = tracing::subscriber::set_default(everything.with_writer(log.clone()).finish());
    let app = TestApp::scripted(&Script::default()).await;

    let part = reqwest::multipart::Part::bytes(sentence()).file_name("dismissals.wav");
    let whole = reqwest::multipart::Form::new().part("file", part).text("prompt", "Zanzibar").text("odd", "Timbuktu");
    let answer =
        app.client.post(app.url("/v1/audio/transcriptions?q=Samarkand")).header("authorization", "Bearer Lhasa");
    let answer = answer.header("x-request-id", "the-request").multipart(whole).send().await.expect("an answer");
    assert!(answer.text().await.expect("a body").contains("Window 0."));
    let streamed = form(sentence()).text("prompt", "Zanzibar").text("stream", "true");
    assert!(app.transcribe(streamed).await.text().await.expect("a body").contains("Window 1."));
    let refused = app.transcribe(form(sentence()).text("language", "Zanzibar")).await;
    assert_eq!(refused.status(), 400);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).expect("UTF-8");
    // The test's own client logs as well.
    let client = |line: &str| line.contains("hyper_util::client") || line.contains("reqwest");
    let told: Vec<&str> = log.lines().filter(|line| !client(line)).collect();
    assert!(told.iter().any(|line| line.contains("the-request") && line.contains("status=200")), "{log}");
    for secret in ["Zanzibar", "Timbuktu", "Samarkand", "Lhasa", "dismissals", "Window "] {
        assert!(!told.iter().any(|line| line.contains(secret)), "{secret} is in the log: {log}");
    }
}
