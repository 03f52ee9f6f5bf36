//! What can be typed.

use std::env;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};

use super::accounts::AccountsCommand;
use super::callers::CallersFlags;
use super::keys::KeysCommand;
use super::ledger::LedgerCommand;
use super::status::StatusCommand;
use super::usage::UsageFlags;
use crate::billing::export;
use crate::config::{Config, ConfigError, Layers, find_file};
use crate::domain::Language;
use crate::speech::whisper;
use crate::transcript::render::Format;

static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), whisper::build_info()));

/// What was said, written down: transcribes recordings, over the OpenAI API or right here.
#[derive(Debug, Parser)]
#[command(version = VERSION.as_str(), propagate_version = false, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the OpenAI API until a signal comes
    Serve(ServeFlags),
    /// Transcribe files, folders of files, or standard input, without a server
    #[command(after_help = TRANSCRIBE_HELP)]
    Transcribe(TranscribeFlags),
    /// List, download and check speech models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Make, list and change the accounts that are billed
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Make, list, replace and revoke API keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// List, open and annotate incidents, and announce maintenance
    #[command(subcommand)]
    Status(StatusCommand),
    /// Show what this month has cost so far, by account, key and model
    Usage(UsageFlags),
    /// Write what was charged to a file
    #[command(after_help = EXPORT_HELP)]
    Export(ExportFlags),
    /// Verify the ledger, and close its months
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Check this machine and its configuration, and say in words what is missing
    Doctor(ServeFlags),
}

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// Show the models that are known by name, and which of them are here
    List(CommonFlags),
    /// Download models from the Whisper hub, going on with a download that broke
    Pull(PullFlags),
    /// Compare installed models with their checksums: those named, or else all
    Verify(VerifyFlags),
    /// Show which accounts still call models that are deprecated or retired
    Callers(CallersFlags),
}

const EXPORT_HELP: &str = "\
Times are in UTC; a month begins at its first midnight. With --output the trailer (rows, sums, SHA-256) is written
beside the file, as FILE.trailer.json; without it the file goes to standard output and the trailer to standard error.

Examples:
  minuted export --format csv --from 2026-10 --to 2026-11 --output october.csv
  minuted export --format focus --from 2026-10-01 --to 2026-10-08 --account acme";

const TRANSCRIBE_HELP: &str = "\
Examples:
  minuted transcribe interview.m4a
  minuted transcribe meetings/ --format srt,json --output-dir notes/
  minuted transcribe 'calls/*.wav' --language de --model whisper-small --output-dir notes/
  ffmpeg -i film.ts -ac 1 -ar 16000 -f wav - | minuted transcribe - --format vtt

With --output-dir a second run goes on where the first stopped. A recording is skipped when its transcripts are there \
and neither the file (its length and time) nor what is asked for (--model, --language, --prompt, --translate, --words) \
is another than it was: FOLDER/.minuted-done has digests of that. Where it has none, newer transcripts count. It also \
says where the recordings were: what is the transcript of another one, which is still there, is not overwritten.

Exit code: 0 all transcribed, 1 some failed, 2 asked for wrongly, 130 interrupted.";

/// Where the configuration and the data are.
#[derive(Debug, Default, Args)]
pub(super) struct CommonFlags {
    /// The configuration to read instead of ./minuted.toml, the user's or the system's
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where models and other data are kept
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<String>,
}

/// Which model recognises.
#[derive(Debug, Args)]
pub(super) struct ModelFlag {
    /// A name from `minuted models list`, or the path of a Whisper model in ggml's format
    #[arg(long, value_name = "NAME|FILE")]
    pub model: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ServeFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    #[command(flatten)]
    pub model: ModelFlag,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Let in whoever comes, without an API key, on any address
    #[arg(long)]
    pub insecure_open: bool,
}

#[derive(Debug, Args)]
pub(super) struct PullFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Models from `minuted models list`
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// A mirror of the hub: a folder that has the files under their own names
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Models from `minuted models list`; all that are installed if none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct ExportFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// csv, jsonl, focus (FOCUS 1.4) or openai (a page of organization costs)
    #[arg(long, value_name = "FORMAT")]
    pub format: export::Format,
    /// From when, inclusive: a month, a day or a moment
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// To when, exclusive
    #[arg(long, value_name = "TIME")]
    pub to: String,
    /// Only this account: its id or its name
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Where to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TranscribeFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    #[command(flatten)]
    pub model: ModelFlag,
    /// Recordings, folders (searched throughout, behind links too), quoted patterns such as 'calls/*.mp3', or - for
    /// standard input
    #[arg(required = true, value_name = "FILE|FOLDER|PATTERN|-")]
    pub recordings: Vec<PathBuf>,
    /// Formats to write, separated by commas: json, text, srt, vtt, `verbose_json`
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "text", value_parser = format)]
    pub format: Vec<Format>,
    /// Where to write; needed for more than one recording or format [default: standard output]
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    /// The language spoken, as a code or in English (de, german); detected if not given, or auto
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub language: Option<Spoken>,
    /// Put the times of words into `verbose_json`
    #[arg(long)]
    pub words: bool,
    /// Context for the model: names, spellings, what was said before
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// Translate into English
    #[arg(long)]
    pub translate: bool,
    /// Transcribe again what is already done
    #[arg(long)]
    pub force: bool,
}

fn format(text: &str) -> Result<Format, String> {
    let name = match text.trim() {
        "txt" => Format::Text.as_str(), // as the file's ending has it
        name => name,
    };
    Format::parse(name).ok_or_else(|| {
        let names: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        format!("the formats are {}", names.join(", "))
    })
}

/// The language of a recording; `None` if it is to be detected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken(pub Option<Language>);

fn language(text: &str) -> Result<Spoken, String> {
    if text == "auto" {
        return Ok(Spoken(None));
    }
    let language = Language::parse(text);
    let unknown = || "Whisper knows no such language; write it like `de` or `german`, or `auto`".to_owned();
    language.map(|language| Spoken(Some(language))).ok_or_else(unknown)
}

impl CommonFlags {
    /// The configuration that these flags lead to, with those of a command: setting, name of the flag, value.
    pub(super) fn configure<const N: usize>(
        &self,
        own: [(&'static str, &'static str, &Option<String>); N],
    ) -> Result<Config, ConfigError> {
        let mut layers = Layers::default();
        if let Some(path) = find_file(self.config.as_deref()) {
            layers.set_file(&path)?;
        }
        layers.set_environment(env::vars_os())?;
        for (key, flag, value) in [("data_dir", "--data-dir", &self.data_dir)].into_iter().chain(own) {
            if let Some(value) = value {
                layers.set_flag(key, flag, value.clone());
            }
        }
        Config::new(layers)
    }
}

impl TranscribeFlags {
    /// The configuration that these flags lead to.
    pub(super) fn configure(&self) -> Result<Config, ConfigError> {
        self.common.configure([("speech.model", "--model", &self.model.model)])
    }
}

impl ServeFlags {
    /// The configuration that these flags lead to.
    pub(super) fn configure(&self) -> Result<Config, ConfigError> {
        let model = &self.model.model;
        let open = self.insecure_open.then(|| "true".to_owned());
        self.common.configure([
            ("speech.model", "--model", model),
            ("server.listen", "--listen", &self.listen),
            ("accounts.insecure_open", "--insecure-open", &open),
        ])
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn how_it_is_printed_is_told_under_no_heading_of_limits() {
        let mut command = Arguments::command();
        for room in ["accounts", "keys"] {
            let create = command.find_subcommand_mut(room).and_then(|room| room.find_subcommand_mut("create"));
            for flag in create.expect("it is there").get_arguments() {
                let is_output = ["json", "quiet"].contains(&flag.get_id().as_str());
                assert!(!is_output || flag.get_help_heading().is_none(), "{room}: {flag}");
            }
        }
    }

    #[test]
    fn formats_are_a_list() {
        let parse = |formats: &str| Arguments::try_parse_from(["minuted", "transcribe", "a.wav", "--format", formats]);
        let Ok(Arguments { command: Command::Transcribe(flags) }) = parse("srt, verbose_json") else {
            panic!("they are known")
        };
        assert_eq!(flags.format, [Format::Srt, Format::VerboseJson]);
        let Ok(Arguments { command: Command::Transcribe(flags) }) = parse("txt") else { panic!("it is text") };
        assert_eq!(flags.format, [Format::Text]);
        let error = parse("srt,docx").expect_err("no such format").to_string();
        assert!(error.contains("the formats are json, text, srt, verbose_json, vtt"), "{error}");
    }
}
