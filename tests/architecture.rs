//! The map of the house, kept by a test: who may import whom, and which library is named where.
//!
//! `docs/ARCHITECTURE.md` tells the why. A room is a folder or a file right under `src/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top down. A room may import those of lower layers, and itself; on a line, what stands left may
/// import what stands right of a `>`, and the rest is apart.
const LAYERS: [&[&[&str]]; 6] = [
    &[&["main"]],
    &[&["cli"], &["app"], &["config"]],
    &[&["http", "storage"], &["lifecycle"]],
    &[&["transcription", "gateway"], &["status"]],
    &[&["speech", "catalog", "accounts", "guardrails"], &["audio", "transcript", "billing"]],
    &[&["domain", "telemetry", "crash"]],
];

/// Libraries that one room alone may name, so that another could take their place.
const ONLY_IN: [(&str, &[&str]); 15] = [
    ("whisper_rs", &["speech/whisper"]),
    ("realfft", &["speech/whisper"]),
    ("earshot", &["speech"]),
    ("symphonia", &["audio"]),
    ("symphonia_adapter_libopus", &["audio"]),
    ("rubato", &["audio"]),
    ("axum", &["http"]),
    ("multer", &["http"]),
    ("clap", &["cli", "main"]),
    ("reqwest", &["catalog", "billing/events", "gateway", "guardrails"]),
    ("sqlx", &["storage"]),
    ("hmac", &["accounts", "billing/events", "guardrails"]),
    ("regex", &["guardrails"]),
    ("unicode_normalization", &["guardrails", "speech/words"]),
    ("moka", &["accounts"]),
];

/// A source file: its path under `src/`, and its code without comments.
struct Source {
    path: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>();
                let path = path.strip_prefix(&root).expect("under src").to_string_lossy().into_owned();
                files.push(Source { path, code: code.join("\n") });
            }
        }
    }
    files
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// Names that follow `prefix` in the code, as in `crate::audio`, also inside `use crate::{audio, speech}`.
fn named<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                names.extend(list.split(['}', ';']).next().unwrap_or_default().split(',').map(|n| word(n.trim())));
            }
            None => names.push(word(rest)),
        }
    }
    names
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let mut place = BTreeMap::new();
    for (layer, sides) in LAYERS.iter().enumerate() {
        for (rank, side) in sides.iter().enumerate() {
            for name in *side {
                place.insert(*name, (layer, rank));
            }
        }
    }
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs") {
        let from = room(&source.path);
        let here = place.get(from).unwrap_or_else(|| panic!("{from} is a room without a layer"));
        let prefix = if from == "main" { "minuted::" } else { "crate::" };
        for to in named(&source.code, prefix) {
            match place.get(to) {
                Some(there) if from == to || here < there => {}
                Some(_) => wrong.push(format!("{} imports {to}", source.path)),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_library_is_named_in_its_room_alone() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (library, rooms) in ONLY_IN {
            let here = rooms
                .iter()
                .any(|room| source.path.starts_with(&format!("{room}/")) || source.path == format!("{room}.rs"));
            let names =
                source.code.contains(&format!("use {library}::")) || source.code.contains(&format!(" {library}::"));
            if names && !here {
                wrong.push(format!("{} names {library}, which belongs to {rooms:?}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<_> = sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| !fs::read_to_string(root.join(path)).expect("a source file").starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
