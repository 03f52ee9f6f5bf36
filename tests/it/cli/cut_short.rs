//! `minuted transcribe` that is ended before its end: what is left behind, and how the next one goes on.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::transcribe::names;
use super::{Ended, Sandbox, signal};

#[test]
fn an_interrupt_leaves_whole_files_only_and_can_be_gone_on_from() {
    let sandbox = Sandbox::new();
    for number in 0..12 {
        sandbox.sample("meeting.mp3", &format!("meetings/{number:02}.mp3"));
    }
    let command = ["transcribe", "meetings", "--format", "json", "--output-dir", "out"];
    let child = sandbox.command(&command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !sandbox.path("out").is_dir() || names(&sandbox.path("out")).iter().all(|name| name.starts_with('.')) {
        thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "INT");
    let ended = Ended::from(child.wait_with_output().unwrap()).with_code(130);
    assert!(ended.stderr.starts_with("interrupted; the same command goes on"), "{}", ended.stderr);
    let done = names(&sandbox.path("out"));
    assert!(done.len() < 12);
    for name in &done {
        assert!(!name.starts_with('.'), "{name} was left behind");
        let content = fs::read_to_string(sandbox.path("out").join(name)).unwrap();
        serde_json::from_str::<serde_json::Value>(&content).unwrap();
    }
    for number in 0..12 {
        let input = format!("{number:02}.mp3");
        if !done.contains(&format!("{input}.json")) {
            fs::remove_file(sandbox.path("meetings").join(input)).unwrap();
        }
    }
    let ended = sandbox.run(&command).with_code(0);
    let skipped = format!("0 recordings transcribed, {} skipped (done before", done.len());
    assert!(ended.stderr.starts_with(&skipped), "{}", ended.stderr);
}

/// Every container that is read, two files that are none, and an end without warning in the middle of it.
#[test]
fn a_batch_of_every_container_outlives_a_kill() {
    let sandbox = Sandbox::new();
    let expected = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/expected.tsv")).unwrap();
    let samples: Vec<&str> = expected.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert!(samples.len() >= 50, "{} samples", samples.len());
    for sample in &samples {
        sandbox.sample(sample, &format!("meetings/{sample}"));
    }
    sandbox.file("meetings/empty.wav", b"");
    sandbox.file("meetings/noise.mp3", &[0x55; 4096]);
    let command = ["transcribe", "meetings", "--format", "srt,json", "--output-dir", "out"];
    let written = || match sandbox.path("out") {
        out if out.is_dir() => names(&out).into_iter().filter(|name| !name.starts_with('.')).collect(),
        _ => Vec::new(),
    };

    let mut child = sandbox.command(&command).stderr(Stdio::null()).spawn().unwrap();
    while written().len() < 10 {
        thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "KILL");
    child.wait().unwrap();
    let before = written();
    let stamp = |name: &String| fs::metadata(sandbox.path("out").join(name)).unwrap().modified().unwrap();
    let stamps: Vec<_> = before.iter().map(stamp).collect();
    let has_both =
        |sample: &&&str| [".srt", ".json"].iter().all(|format| before.contains(&format!("{sample}{format}")));
    let done = samples.iter().filter(has_both).count();
    assert!(done < samples.len());

    let ended = sandbox.run(&command).with_code(1);
    let (left, all) = (samples.len() - done, 2 * samples.len());
    let summary =
        format!("{left} recordings transcribed, {done} skipped (done before; --force does them again), 2 failed; ");
    assert!(ended.stderr.contains(&summary), "{}", ended.stderr);
    assert!(ended.stderr.contains("minuted: meetings/empty.wav: the file is empty\n"), "{}", ended.stderr);
    // Each is shorter than a minute.
    let price = format!("; 0.{left:02} EUR by the tariff\n").replace("0 EUR", " EUR");
    assert!(ended.stderr.ends_with(&price), "{price} in {}", ended.stderr);
    assert_eq!(written().len(), all);
    assert_eq!(names(&sandbox.path("out")).len(), all, "nothing is left of what was under way");
    for sample in samples.iter().filter(has_both) {
        let json = format!("{sample}.json");
        let index = before.iter().position(|name| *name == json).unwrap();
        assert_eq!(stamp(&json), stamps[index], "{json} was written again");
    }
    for json in samples.iter().map(|sample| format!("{sample}.json")) {
        let content = fs::read_to_string(sandbox.path("out").join(json)).unwrap();
        serde_json::from_str::<serde_json::Value>(&content).unwrap();
    }
}

#[test]
fn an_interrupt_ends_the_wait_for_standard_input() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.command(&["transcribe", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    // More than a pipe holds: once it is written, the program has begun to read.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&vec![0; 1 << 20]).unwrap();
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(stdin);
}

#[test]
fn a_reader_that_goes_is_no_error_worth_words() {
    let sandbox = Sandbox::new();
    sandbox.sample("wav-s16.wav", "a.wav");
    let mut command = sandbox.command(&["transcribe", "a.wav"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().unwrap()).with_code(141);
    assert_eq!(ended.stderr, "");
}
