//! `minuted transcribe`: what it writes where, what it skips, how it ends.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Ended, Sandbox};

/// A word of the sample that any model gets right.
const HEARD: &str = "review";

/// Where it is kept of what transcripts were made.
const DONE: &str = ".minuted-done";

/// What is in a folder, but for that.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != DONE);
    names.sort();
    names
}

#[test]
fn one_recording_goes_to_standard_output_and_nothing_else_is_said() {
    let sandbox = Sandbox::new();
    let path = sandbox.sample("wav-s16.wav", "a.wav");
    let ended = sandbox.run(&["transcribe", "a.wav"]).with_code(0);
    assert!(ended.stdout.contains(HEARD) && ended.stdout.ends_with('\n'), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");

    let mut piped = sandbox.command(&["transcribe", "-"]);
    let piped = Ended::from(piped.stdin(File::open(path).unwrap()).output().unwrap()).with_code(0);
    assert_eq!(piped.stdout, ended.stdout);
}

#[test]
fn every_format_is_written_with_its_words() {
    let sandbox = Sandbox::new();
    sandbox.sample("opus.webm", "a.webm");
    let formats = "json,text,srt,vtt,verbose_json";
    sandbox.run(&["transcribe", "a.webm", "--format", formats, "--words", "--output-dir", "out"]).with_code(0);
    let out = sandbox.path("out");
    assert_eq!(names(&out), ["a.webm.json", "a.webm.srt", "a.webm.txt", "a.webm.verbose.json", "a.webm.vtt"]);
    for name in names(&out) {
        let content = fs::read_to_string(out.join(&name)).unwrap();
        assert!(content.contains(HEARD) && content.ends_with('\n'), "{name}: {content}");
    }
    let verbose = fs::read_to_string(out.join("a.webm.verbose.json")).unwrap();
    let verbose: serde_json::Value = serde_json::from_str(&verbose).unwrap();
    assert!(verbose["words"].as_array().is_some_and(|words| words.iter().any(|word| word["word"] == HEARD)));
}

#[test]
fn a_folder_goes_on_where_it_stopped_and_a_bad_file_does_not_stop_it() {
    let sandbox = Sandbox::new();
    sandbox.sample("wav-s16.wav", "meetings/2025/a.wav");
    sandbox.sample("mp3-cbr.mp3", "meetings/b.mp3");
    let empty = sandbox.file("meetings/c.ogg", b"");
    sandbox.file("meetings/notes.txt", b"no recording");
    let command = ["transcribe", "meetings", "--output-dir", "out"];

    let ended = sandbox.run(&command).with_code(1);
    assert!(ended.stderr.contains("minuted: meetings/c.ogg: the file is empty\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("2 recordings transcribed, 1 failed; "), "{}", ended.stderr);
    assert!(ended.stderr.ends_with(" real time; 0.02 EUR by the tariff\n"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(names(&sandbox.path("out")), ["2025", "b.mp3.txt"]);

    fs::remove_file(empty).unwrap();
    let ended = sandbox.run(&command).with_code(0);
    assert!(ended.stderr.starts_with("0 recordings transcribed, 2 skipped"), "{}", ended.stderr);

    let later = SystemTime::now() + Duration::from_mins(1);
    File::options().write(true).open(sandbox.path("meetings/b.mp3")).unwrap().set_modified(later).unwrap();
    let ended = sandbox.run(&command).with_code(0);
    assert!(ended.stderr.starts_with("1 recording transcribed, 1 skipped"), "{}", ended.stderr);
    let ended = sandbox.run(&command).with_code(0);
    assert!(ended.stderr.starts_with("0 recordings transcribed, 2 skipped"), "{}", ended.stderr);
    let ended = sandbox.run(&[&command[..], &["--force"]].concat()).with_code(0);
    assert!(ended.stderr.starts_with("2 recordings transcribed; "), "{}", ended.stderr);

    fs::create_dir(sandbox.path("nothing")).unwrap();
    let ended = sandbox.run(&[&command[..], &["nothing"]].concat()).with_code(0);
    let told = "minuted: nothing holds no recordings\n0 recordings transcribed, 2 skipped";
    assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
}

#[test]
fn another_take_is_transcribed_though_it_is_older_and_so_is_what_is_asked_for_in_another_way() {
    let sandbox = Sandbox::new();
    let command = ["transcribe", "a.wav", "--output-dir", "out"];
    sandbox.sample("wav-s16.wav", "a.wav");
    sandbox.run(&command).with_code(0);
    let first = fs::read_to_string(sandbox.path("out/a.wav.txt")).unwrap();
    assert!(!fs::read_to_string(sandbox.path("out").join(DONE)).unwrap().contains(HEARD));

    let take = sandbox.sample("meeting.mp3", "take.mp3");
    let before = SystemTime::now() - Duration::from_hours(24);
    File::options().write(true).open(&take).unwrap().set_modified(before).unwrap();
    fs::rename(take, sandbox.path("a.wav")).unwrap();
    sandbox.run(&command).with_code(0);
    assert_ne!(fs::read_to_string(sandbox.path("out/a.wav.txt")).unwrap(), first);

    let prompted = [&command[..], &["--prompt", "Quarterly review"]].concat();
    for (arguments, told) in
        [(&prompted, "1 recording transcribed; "), (&prompted, "0 recordings transcribed, 1 skipped")]
    {
        let ended = sandbox.run(arguments).with_code(0);
        assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
    }
    fs::remove_file(sandbox.path("out").join(DONE)).unwrap();
    let ended = sandbox.run(&command).with_code(0);
    assert!(ended.stderr.starts_with("0 recordings transcribed, 1 skipped"), "by their times: {}", ended.stderr);
}

#[test]
fn the_transcript_of_another_recording_of_that_name_is_not_overwritten() {
    let sandbox = Sandbox::new();
    let talk = sandbox.sample("meeting.mp3", "a/talk.wav");
    sandbox.sample("wav-s16.wav", "b/talk.wav");
    sandbox.sample("wav-s16.wav", "b/other.wav");
    let run = |folder: &str, flags: &[&str]| {
        let command = ["transcribe", folder, "--output-dir", "out"];
        sandbox.run(&[&command[..], flags].concat())
    };
    let transcript = || fs::read_to_string(sandbox.path("out/talk.wav.txt")).unwrap();
    run("a", &[]).with_code(0);
    let first = transcript();
    let told = format!(
        "minuted: b/talk.wav: the transcript cannot be written: out/talk.wav.txt is the transcript of {}: choose another \
         --output-dir\n",
        fs::canonicalize(&talk).unwrap().display()
    );
    for flags in [&[][..], &["--force"]] {
        let ended = run("b", flags).with_code(1);
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
        assert!(ended.stderr.contains("1 recording transcribed, 1 failed"), "{}", ended.stderr);
        assert_eq!(transcript(), first);
    }

    let copy = sandbox.sample("meeting.mp3", "copy/talk.wav");
    let changed = fs::metadata(&talk).unwrap().modified().unwrap();
    File::options().write(true).open(&copy).unwrap().set_modified(changed).unwrap();
    let ended = run("copy", &[]).with_code(0);
    assert!(ended.stderr.starts_with("0 recordings transcribed, 1 skipped"), "a copy: {}", ended.stderr);
    fs::rename(sandbox.path("b/talk.wav"), &talk).unwrap();
    let ended = run("a", &[]).with_code(0);
    assert!(ended.stderr.starts_with("1 recording transcribed"), "in its place: {}", ended.stderr);
    assert_ne!(transcript(), first);
}

#[test]
fn what_is_asked_for_wrongly_costs_no_work() {
    let sandbox = Sandbox::new();
    sandbox.sample("wav-s16.wav", "a.wav");
    sandbox.sample("wav-s16.wav", "b.wav");
    for (arguments, error) in [
        (&["a.wav", "b.wav"][..], "--output-dir"),
        (&["a.wav", "--format", "srt,text"], "--output-dir"),
        (&["a.wav", "--format", "docx"], "the formats are json"),
        (&["a.wav", "--language", "klingon"], "Whisper knows no such language"),
        (&["a.wav", "--language", "de"], "not trained on german"),
        (&["a.wav", "--words"], "--format verbose_json"),
        (&["*.flac"], "no file matches *.flac"),
    ] {
        let ended = sandbox.run(&[&["transcribe"], arguments].concat()).with_code(2);
        assert!(ended.stderr.contains(error) && ended.stdout.is_empty(), "{arguments:?}: {}", ended.stderr);
    }
    for arguments in [&["transcribe", "gone.wav"][..], &["transcribe", "gone.wav", "--language", "auto"]] {
        let ended = sandbox.run(arguments).with_code(1);
        assert_eq!(ended.stderr, "minuted: gone.wav: there is no such file\n", "{arguments:?}");
    }
}

#[test]
fn a_transcript_that_would_have_no_place_costs_no_work() {
    let sandbox = Sandbox::new();
    // If they were opened, they would be empty.
    let long = format!("{}.wav", "d".repeat(250));
    sandbox.file(&format!("calls/{long}"), b"");
    sandbox.file("calls/2025/b.wav", b"");
    sandbox.sample("wav-s16.wav", "calls/a.wav");
    sandbox.file("out/2025", b"no folder");
    let ended = sandbox.run(&["transcribe", "calls", "--output-dir", "out"]).with_code(1);
    let no_folder = "calls/2025/b.wav: the transcript cannot be written: a file is where a folder should be\n";
    assert!(ended.stderr.contains(no_folder), "{}", ended.stderr);
    let too_long = format!("calls/{long}: the transcript cannot be written: the name is too long\n");
    assert!(ended.stderr.contains(&too_long), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 recording transcribed, 2 failed; "), "{}", ended.stderr);
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    sandbox.sample("wav-s16.wav", "a.wav");
    let mut command = sandbox.command(&["transcribe", "a.wav"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = Ended::from(command.stdout(full).output().unwrap()).with_code(1);
    assert_eq!(ended.stderr, "minuted: a.wav: the transcript cannot be written: the disk is full\n");
}

#[test]
fn what_never_ends_is_refused_at_the_limit() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["transcribe", "/dev/zero"]);
    command.env("MINUTED_AUDIO_MAX_AUDIO_SECONDS", "40").env("MINUTED_SERVER_MAX_UPLOAD_BYTES", "1000000");
    let ended = Ended::from(command.output().unwrap()).with_code(1);
    assert!(ended.stderr.contains("after 8000000 bytes") && ended.stderr.contains("audio.max_audio_seconds"));
}

#[test]
fn a_recording_that_says_it_is_too_long_is_not_worked_for() {
    let sandbox = Sandbox::new();
    let path = sandbox.sample("flac-16.flac", "a.flac");
    let mut flac = fs::read(&path).unwrap();
    flac[22..26].copy_from_slice(&(7 * 3600 * 16_000_u32).to_be_bytes()); // how many samples it says to have
    flac.resize(7 * 3600 * 500, 0);
    fs::write(path, flac).unwrap();
    let ended = sandbox.run(&["transcribe", "a.flac"]).with_code(1);
    let told = "the recording is longer than 21600 s, the most that is accepted (audio.max_audio_seconds)";
    assert_eq!(ended.stderr, format!("minuted: a.flac: {told}\n"));
}

#[test]
fn silence_is_told_and_no_failure() {
    let sandbox = Sandbox::new();
    let mut wav =
        b"RIFF\x24\x7d\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\x7d\0\0".to_vec();
    wav.resize(wav.len() + 32_000, 0); // a second of 16 kHz, 16 bits, mono
    sandbox.file("a.wav", &wav);
    let ended = sandbox.run(&["transcribe", "a.wav"]).with_code(0);
    assert_eq!(ended.stderr, "minuted: no speech was found in a.wav\n");
}

#[test]
fn names_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.file("calls/a\x1b[2J\n.wav", b"");
    let ended = sandbox.run(&["transcribe", "calls", "--output-dir", "out"]).with_code(1);
    assert!(ended.stderr.contains(r"calls/a\u{1b}[2J\n.wav: the file is empty"), "{}", ended.stderr);
    let ended = sandbox.run(&["transcribe", "\x1b*.wav"]).with_code(2);
    assert_eq!(ended.stderr, "minuted: no file matches \\u{1b}*.wav\n");
}
