//! File, environment and flags, and what is said when they are wrong.

use std::process::Command;

use super::{Ended, Sandbox};

#[test]
fn flags_are_stronger_than_variables_and_variables_than_the_file() {
    let sandbox = Sandbox::new();
    sandbox.file("minuted.toml", b"[speech]\nmodel = \"whisper-tiny\"\n[models]\ndir = \"from-file\"\n");
    // None of these models is here: it says which one it looked for.
    let missing = |command: &mut Command, model: &str| {
        let ended = Ended::from(command.output().unwrap()).with_code(1);
        assert!(
            ended.stderr.contains(&format!("`{model}` is not installed: there is no from-file/")),
            "{}",
            ended.stderr
        );
    };
    missing(&mut sandbox.command(&["serve"]), "whisper-tiny");
    missing(sandbox.command(&["serve"]).env("MINUTED_SPEECH_MODEL", "base"), "whisper-base");
    let mut with_flag = sandbox.command(&["serve", "--model", "small"]);
    missing(with_flag.env("MINUTED_SPEECH_MODEL", "base"), "whisper-small");
    assert!(sandbox.run(&["models", "list"]).stdout.contains("Downloads go to from-file."));
}

#[test]
fn a_mistake_is_told_with_its_place_and_nothing_starts() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("own.toml", b"[server]\nlisten = \"everywhere\"\n");
    let file = file.to_str().unwrap();
    for command in ["serve", "doctor"] {
        let ended = sandbox.run(&[command, "--config", file]);
        let said = ended.stdout + &ended.stderr;
        assert!(said.contains(&format!("{file}:2:10: server.listen cannot be `everywhere`")), "{said}");
    }
    let ended = sandbox.run(&["serve", "--config", file]).with_code(2);
    assert!(ended.stderr.starts_with("minuted: ") && ended.stdout.is_empty());

    let mut command = sandbox.command(&["serve"]);
    let ended = Ended::from(command.env("MINUTED_LISTEN", "127.0.0.1:0").output().unwrap()).with_code(2);
    assert!(ended.stderr.contains("there is no setting `MINUTED_LISTEN`"), "{}", ended.stderr);

    let ended = sandbox.run(&["serve", "--config", "gone.toml"]).with_code(2);
    assert!(ended.stderr.contains("gone.toml: the configuration cannot be read"), "{}", ended.stderr);

    std::fs::create_dir(sandbox.path("minuted.toml")).unwrap();
    let ended = sandbox.run(&["serve"]).with_code(2);
    assert!(ended.stderr.contains("minuted.toml: the configuration cannot be read"), "{}", ended.stderr);
}

#[test]
fn the_version_tells_of_whisper_cpp() {
    let ended = Sandbox::new().run(&["--version"]).with_code(0);
    assert!(
        ended.stdout.starts_with(concat!("minuted ", env!("CARGO_PKG_VERSION"), " (whisper.cpp ")),
        "{}",
        ended.stdout
    );
}
