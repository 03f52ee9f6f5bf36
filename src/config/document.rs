//! `docs/CONFIG.md`, written from the table of settings.

use std::fmt::Write;

use super::SETTINGS;
use super::settings::Preset::{Computed, Value};

const INTRODUCTION: &str = "\
# Configuration

Everything has a default that works; nothing needs to be configured to try minuted. A setting can be written in three
places, the later stronger than the earlier:

1. the file `minuted.toml`: the one given with `--config` or in `MINUTED_CONFIG`, or else the first that exists of
   `./minuted.toml`, `~/.config/minuted/minuted.toml` and `/etc/minuted/minuted.toml`; if that cannot be read, it is an
   error;
2. an environment variable, `MINUTED_` and the setting's name in capitals: `MINUTED_SERVER_LISTEN`;
3. a flag: `--listen`, `--model`, `--data-dir`, `--insecure-open`.

An unknown setting, an unknown `MINUTED_` variable and a bad value are errors that name the place. Variables that Kubernetes
and Docker make of services called `minuted` or `minuted-…` are left alone. `minuted doctor` checks the configuration and
what it leads to.

This page is generated from `src/config/settings.rs`; a test fails when it is stale (`make bless` writes it anew).
";

const EXAMPLE: &str = "\
## An example

```toml
[server]
listen = \"0.0.0.0:8080\"
max_upload_bytes = \"1 GiB\"

[speech]
model = \"whisper-large-v3-turbo\"
device = \"cuda\"
aliases = [\"whisper-1\", \"gpt-4o-transcribe\"]

[log]
format = \"json\"
```
";

/// The page, as Markdown.
#[must_use]
pub fn document() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = None;
    for setting in SETTINGS {
        if section != Some(setting.section()) {
            section = Some(setting.section());
            let title = match setting.section() {
                "" => "## At the top of the file".to_owned(),
                name => format!("## `[{name}]`"),
            };
            let _ = write!(page, "\n{title}\n\n| setting | what it can be | default | meaning |\n|---|---|---|---|\n");
        }
        let name = setting.key.rsplit('.').next().unwrap_or(setting.key);
        let default = match setting.default {
            Value(text) => format!("`{text}`"),
            Computed(description) => description.to_owned(),
        };
        let (variable, accepts, meaning) = (setting.variable(), setting.accepts, setting.meaning);
        let _ = writeln!(page, "| `{name}`<br>`{variable}` | {accepts} | {default} | {meaning} |");
    }
    page + "\n" + EXAMPLE
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;
    use crate::config::{Config, Layers};

    #[test]
    fn the_page_in_docs_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/CONFIG.md");
        if env::var_os("BLESS").is_some() {
            fs::write(path, document()).expect("docs can be written");
        }
        let found = fs::read_to_string(path).unwrap_or_default();
        assert!(found == document(), "docs/CONFIG.md is stale: run `make bless` and look at the difference");
    }

    #[test]
    fn the_example_is_a_good_file() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("minuted.toml");
        let toml = EXAMPLE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a code block");
        fs::write(&path, toml).expect("a file");
        let mut layers = Layers::default();
        layers.set_file(&path).expect("good settings");
        let config = Config::new(layers).expect("good values");
        assert_eq!(config.audio.max_upload_bytes, 1 << 30);
    }
}
