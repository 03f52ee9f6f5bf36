//! `minuted status`, beside a running server.

use serde_json::Value;

use super::Sandbox;
use super::serve::Server;
use crate::app::until_async;

#[tokio::test]
async fn notices_are_written_beside_a_server_which_tells_them() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox, &[]);
    let open = ["status", "open", "Uploads fail", "We look into it.", "--impact", "major", "--json"];
    let made: Value = serde_json::from_str(&sandbox.run(&open).with_code(0).stdout).unwrap();
    let id = made["id"].as_str().unwrap();
    let from_until = ["--from", "2099-01-01T00:00:00Z", "--until", "2099-01-01T02:00:00Z"];
    let maintenance = [&["status", "maintenance", "Disks", "New ones."][..], &from_until].concat();
    assert!(sandbox.run(&maintenance).with_code(0).stdout.contains("scheduled"));
    sandbox.run(&["status", "annotate", id, "A disk is full.", "--stage", "identified"]).with_code(0);
    let summary = async || -> Value { server.get("/api/v2/summary.json").await.json().await.unwrap() };
    until_async(async || {
        let told = summary().await;
        told["incidents"][0]["status"] == "identified" && told["scheduled_maintenances"][0]["name"] == "Disks"
    })
    .await;

    sandbox.run(&["status", "resolve", id]).with_code(0);
    let list = sandbox.run(&["status", "incidents"]).with_code(0).stdout;
    assert!(list.lines().count() == 3 && list.contains("resolved") && list.contains("maintenance"), "{list}");
    assert_eq!(sandbox.run(&["status", "incidents", "--open", "--json"]).with_code(0).stdout.lines().count(), 1);
    let about = ["--models", "whisper-1, minuted-nano.en", "--json"];
    let about = [&["status", "maintenance", "Disks", "New ones."][..], &from_until, &about].concat();
    let made: Value = serde_json::from_str(&sandbox.run(&about).with_code(0).stdout).unwrap();
    assert_eq!(made["models"], serde_json::json!(["minuted-nano.en"]), "names are what they mean");
    for (arguments, word) in [
        (&["status", "open", "x", "y", "--models", "wisper-1"][..], "did you mean `whisper-1`?"),
        (&["status", "resolve", "note_none"], "there is no notice `note_none`"),
        (&["status", "resolve", id], "it is already resolved"),
        (&["status", "annotate", id, " "], "1 to 5000"),
        (&["status", "annotate", id, "x", "--stage", "gone"], "the stages are"),
    ] {
        assert!(sandbox.run(arguments).with_code(2).stderr.contains(word), "{arguments:?}");
    }
}
