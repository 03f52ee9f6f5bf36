//! A server that tells of its charges: killed, stopped and started again before the same database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use reqwest::multipart::{Form, Part};

use super::{KEY, Reaction, Receiver, verify};
use crate::app::sentence;
use crate::cli::Sandbox;
use crate::cli::serve::Server;
use crate::stores::empty_postgres;

fn server(sandbox: &Sandbox, receiver: &Receiver, database: &str) -> Server {
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    command.env("MINUTED_STORAGE_URL", database).env("MINUTED_BILLING_WEBHOOK_URL", &receiver.url);
    command.env("MINUTED_BILLING_WEBHOOK_SECRET_FILE", sandbox.file("key", KEY.as_bytes()));
    command.env("MINUTED_BILLING_WEBHOOK_TIMEOUT_SECONDS", "2").env("MINUTED_LOG_LEVEL", "trace");
    Server::with(&mut command)
}

/// The charge's id.
async fn ask(server: &Server) -> String {
    let form = Form::new().part("file", Part::bytes(sentence()).file_name("a.wav"));
    let url = format!("{}/v1/audio/transcriptions", server.url);
    let answer = reqwest::Client::new().post(url).multipart(form).send().await.unwrap();
    assert_eq!(answer.status(), 200, "nobody waits for the webhook");
    answer.headers()["x-minuted-charge-id"].to_str().unwrap().to_owned()
}

async fn told_through_kill_and_stop(database: &str) {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::start().await);
    receiver.react(&[Reaction::Hang]);
    let mut killed = server(&sandbox, &receiver, database);
    let mut charges = vec![ask(&killed).await];
    receiver.until_asked(1).await;
    charges.push(ask(&killed).await);
    killed.process.kill().unwrap();
    killed.process.wait().unwrap();

    let mut server = server(&sandbox, &receiver, database);
    receiver.until_taken(2).await;
    assert_eq!(receiver.taken(), charges, "what the dead server had sent and what it had not");
    charges.push(ask(&server).await);
    server.stop();
    assert_eq!(receiver.taken(), charges, "told before it ended");
    receiver.attempts(|all| assert!(all.iter().all(|attempt| verify(attempt, KEY))));
    let log = server.log.join("\n");
    assert!(log.contains("charges are told to http://127.0.0.1:"), "{log}");
    assert!(!log.contains("s3cret") && !log.contains("whsec_"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_sqlite_tells_of_each_charge() {
    told_through_kill_and_stop("sqlite:told.db").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_postgres_tells_of_each_charge() {
    if let Some(url) = empty_postgres("events::served::a_server_with_postgres_tells_of_each_charge").await {
        told_through_kill_and_stop(&url).await;
    }
}

#[test]
fn without_a_key_or_a_good_address_it_does_not_start() {
    for (variables, told) in [
        (&[("MINUTED_BILLING_WEBHOOK_URL", "https://receiver.example/s3cret")][..], "cannot be signed: "),
        (
            &[
                ("MINUTED_BILLING_WEBHOOK_URL", "http://receiver.example/s3cret"),
                ("MINUTED_BILLING_WEBHOOK_SECRET", KEY),
            ],
            "http://receiver.example would be sent events unencrypted: ",
        ),
        (&[("MINUTED_BILLING_WEBHOOK_SECRET", "s3cret")], "billing.webhook_secret cannot be `…`; "),
    ] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
        let ended = command.envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && said.contains(told) && !said.contains("s3cret"), "{said}");
    }
}
