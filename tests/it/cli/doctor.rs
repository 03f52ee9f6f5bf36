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
        "tariffs",
        "plans",
        "backends",
        "storage",
        "pepper",
        "entrance",
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

#[test]
fn what_keeps_the_service_from_starting_is_found_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    let exposed = ["doctor", "--listen", "0.0.0.0:0", "--data-dir", "data"];
    let ended = sandbox.run(&exposed).with_code(1);
    assert!(ended.stdout.contains("FAIL  entrance       anyone who can reach 0.0.0.0:0 could"), "{}", ended.stdout);
    assert!(!sandbox.path("data").exists());

    sandbox.run(&["accounts", "create", "acme", "--data-dir", "data"]).with_code(0);
    sandbox.run(&["keys", "create", "--account", "acme", "--data-dir", "data"]).with_code(0);
    let ended = sandbox.run(&exposed).with_code(0);
    assert!(ended.stdout.contains("entrance       a key is asked for"), "{}", ended.stdout);
    std::fs::remove_file(sandbox.path("data/pepper")).unwrap();
    let ended = sandbox.run(&exposed).with_code(1);
    assert!(ended.stdout.contains("FAIL  pepper         the pepper of the API keys, "), "{}", ended.stdout);
    assert!(!sandbox.path("data/pepper").exists());

    sandbox.file("occupied", b"");
    let ended = sandbox.run(&["doctor", "--listen", "127.0.0.1:0", "--data-dir", "occupied/below"]).with_code(1);
    assert!(ended.stdout.contains("FAIL  storage        the database occupied/below/minuted.db "), "{}", ended.stdout);

    let files =
        "[billing]\ntariffs = \"no.toml\"\n[accounts]\nplans = \"no.toml\"\n[gateway]\nbackends = \"no.toml\"\n";
    sandbox.file("minuted.toml", format!("{files}[storage]\nurl = \"postgres://127.0.0.1:1/minuted\"\n").as_bytes());
    let ended = sandbox.run(&["doctor", "--listen", "127.0.0.1:0"]).with_code(1);
    for what in ["tariffs", "plans", "backends", "storage"] {
        assert!(ended.stdout.contains(&format!("FAIL  {what:<14} ")), "{what}\n{}", ended.stdout);
    }
}
