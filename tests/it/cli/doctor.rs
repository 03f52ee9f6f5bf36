//! `minuted doctor` finds what is missing.

use std::net::TcpListener;

use super::Sandbox;

#[test]
fn a_fresh_machine_is_well() {
    let ended = Sandbox::new().run(&["doctor", "--listen", "127.0.0.1:0"]).with_code(0);
    for what in [
        "processor",
        "configuration",
        "workers",
        "model",
        "catalogue",
        "guardrails",
        "memory",
        "models folder",
        "spool folder",
        "port",
    ] {
        let line = ended.stdout.lines().find(|line| line[6..].starts_with(what)).unwrap();
        assert!(line.starts_with("ok ") || line.starts_with("warn "), "{line}");
    }
    assert!(ended.stdout.contains("minuted-nano.en loads; its checksum is right; it computes on"), "{}", ended.stdout);
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let receiver = "[billing]\nwebhook_url = \"https://receiver.example/s3cret\"\n";
    let places = "[server]\nspool_dir = \"no-such-folder\"\n[guardrails]\nfile = \"none.toml\"\n";
    sandbox.file("minuted.toml", format!("{receiver}{places}").as_bytes());
    let ended = sandbox.run(&["doctor", "--model", "base.en", "--listen", &address]).with_code(1);
    for line in [
        "FAIL  model          the model `whisper-base.en` is not installed: there is no ",
        "FAIL  guardrails     the guardrails in none.toml cannot be read: ",
        "FAIL  spool folder   no-such-folder cannot be written: ",
        "FAIL  webhook        events for https://receiver.example cannot be signed: ",
        &format!("FAIL  port           cannot listen on {address}: another program listens there"),
    ] {
        assert!(ended.stdout.contains(line), "{line}\n{}", ended.stdout);
    }
    assert!(ended.stdout.contains("`minuted models pull whisper-base.en` downloads it"), "{}", ended.stdout);
}
