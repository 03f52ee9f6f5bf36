//! The table of all settings. What the program accepts, its error messages and `docs/CONFIG.md` come from here.

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its place in the file, `section.name`; its variable is made from that: `MINUTED_SECTION_NAME`.
    pub key: &'static str,
    /// What it can be, to follow "it can be".
    pub accepts: &'static str,
    /// What it is when nobody says anything, in the form in which it would be written.
    pub default: Preset,
    /// A value other than the default.
    pub example: &'static str,
    /// What it does, as a sentence.
    pub meaning: &'static str,
}

/// What a setting is when nobody says anything.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// This value.
    Value(&'static str),
    /// Something that depends on the machine or on other settings, described.
    Computed(&'static str),
}

use Preset::{Computed, Value};

const SECONDS: &str = "whole seconds from 1 to 86400";
const FLAG: &str = "`true` or `false`";
const BYTES: &str = "a whole number of bytes, or a number with a unit such as `512 MiB` or `1 GB`";
const LIST: &str = "a list of names; separated by commas in a variable";
const FOLDER: &str = "a folder; one that is written in a file is relative to the folder of that file";

/// All of them, in the order in which they are told.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "data_dir",
        accepts: FOLDER,
        default: Computed("`$XDG_DATA_HOME/minuted`, `~/.local/share/minuted`, or `/var/lib/minuted` without a home"),
        example: "/srv/minuted",
        meaning: "Where the service keeps what it needs. The flag is `--data-dir`.",
    },
    Setting {
        key: "server.listen",
        accepts: "an address and a port, such as `127.0.0.1:8080`, `localhost:8080`, `0.0.0.0:80` or `[::1]:8080`",
        default: Value("127.0.0.1:8080"),
        example: "0.0.0.0:80",
        meaning: "Where it listens. Port 0 takes a free one. The flag is `--listen`.",
    },
    Setting {
        key: "server.max_requests",
        accepts: "a whole number from 1 to 100000",
        default: Value("64"),
        example: "8",
        meaning: "Transcriptions in the house at once, uploads included; one more is answered 429. The last eighth of the \
                  places is for accounts that have less than half of them.",
    },
    Setting {
        key: "server.max_connections",
        accepts: "a whole number from 1 to 1000000",
        default: Value("8192"),
        example: "1000",
        meaning: "Connections at once; more wait in the system's queue until one closes. It is never more than half of the \
                  files that the system lets the process have open: the other half is for uploads, backends and the store.",
    },
    Setting {
        key: "server.max_upload_bytes",
        accepts: BYTES,
        default: Value("512 MiB"),
        example: "25 MiB",
        meaning: "Largest request body accepted; a larger one is answered 413.",
    },
    Setting {
        key: "server.spool_memory_bytes",
        accepts: BYTES,
        default: Value("4 MiB"),
        example: "64 MiB",
        meaning: "An upload waits in memory up to this size, and then in a temporary file without a name.",
    },
    Setting {
        key: "server.spool_total_bytes",
        accepts: BYTES,
        default: Value("64 GiB"),
        example: "8 GiB",
        meaning: "The most bytes of all uploads that wait or are being worked on; what goes beyond is answered 429. The last \
                  eighth is for accounts that have less than half of it. Less than the disk has room for keeps uploads \
                  from failing for want of it.",
    },
    Setting {
        key: "server.spool_dir",
        accepts: FOLDER,
        default: Computed("the system's folder for temporary files"),
        example: "/var/tmp",
        meaning: "Where those temporary files take their space.",
    },
    Setting {
        key: "server.header_seconds",
        accepts: SECONDS,
        default: Value("30"),
        example: "5",
        meaning: "Longest wait for the head of a request, and for the next request on an open connection.",
    },
    Setting {
        key: "server.body_idle_seconds",
        accepts: SECONDS,
        default: Value("30"),
        example: "5",
        meaning: "Longest silence in the middle of an upload.",
    },
    Setting {
        key: "server.body_seconds",
        accepts: SECONDS,
        default: Value("3600"),
        example: "600",
        meaning: "Longest duration of a whole upload.",
    },
    Setting {
        key: "server.lame_duck_seconds",
        accepts: "whole seconds from 0 to 3600",
        default: Value("0"),
        example: "15",
        meaning: "How long the service goes on as ever once it is told to stop, but for `/readyz`, which says `stopping`: \
                  time for whatever sends it requests to find that out and send them elsewhere.",
    },
    Setting {
        key: "server.drain_seconds",
        accepts: SECONDS,
        default: Value("30"),
        example: "120",
        meaning: "How long requests in flight may go on once the service takes no more.",
    },
    Setting {
        key: "server.grace_seconds",
        accepts: "whole seconds from 0 to 3600",
        default: Value("30"),
        example: "0",
        meaning: "How long a request whose client has gone waits, without computing, for the same request to come again \
                  and go on with it. Requests for the same recording, in the same way, are done and charged once while \
                  one of them is under way; 0 switches both off, but for requests with an `Idempotency-Key`.",
    },
    Setting {
        key: "server.public_metrics",
        accepts: FLAG,
        default: Value("false"),
        example: "true",
        meaning: "Whether `/metrics` is shown to whoever asks. Otherwise it needs a key with the scope `admin`, as soon as \
                  keys are needed at all.",
    },
    Setting {
        key: "billing.tariffs",
        accepts: "a file in TOML; one that is written in a file is relative to the folder of that file",
        default: Computed("the tariffs that come with the program: 0.01 EUR for each started minute of audio"),
        example: "/etc/minuted/tariffs.toml",
        meaning: "What is charged. A tariff that has been in force can be ended, not edited: a new price needs a new id.",
    },
    Setting {
        key: "billing.lease_seconds",
        accepts: "whole seconds from 1 to 3600",
        default: Value("120"),
        example: "60",
        meaning: "How long money stays reserved for a request whose server has died. It is renewed while the server lives.",
    },
    Setting {
        key: "billing.provider",
        accepts: "a name of 1 to 100 characters",
        default: Value("minuted"),
        example: "Example Transcription Ltd",
        meaning: "Who offers the service and issues the invoices, as exports in the format FOCUS name it.",
    },
    Setting {
        key: "billing.webhook_url",
        accepts: "a URL that begins with `https://`, or with `http://` for a receiver on the same machine",
        default: Computed("nowhere: no events are kept or sent"),
        example: "https://receiver.example/minuted",
        meaning: "Where each charge is told as it happens, as docs/BILLING.md describes. It is the same for all servers \
                  that share a database.",
    },
    Setting {
        key: "billing.webhook_secret",
        accepts: "`whsec_` and 24 to 64 random bytes in base64; several with spaces between them while one takes the \
                  place of another",
        default: Computed("none; events need one"),
        example: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
        meaning: "What events are signed with.",
    },
    Setting {
        key: "billing.webhook_secret_file",
        accepts: "a file; one that is written in a file is relative to the folder of that file",
        default: Computed("none"),
        example: "/run/secrets/minuted-webhook",
        meaning: "A file that has the same, one on a line. What both give is used.",
    },
    Setting {
        key: "billing.webhook_timeout_seconds",
        accepts: "whole seconds from 1 to 60",
        default: Value("15"),
        example: "30",
        meaning: "How long the receiver may take for a request. After twice as long another server takes over from one \
                  that has died.",
    },
    Setting {
        key: "billing.webhook_source",
        accepts: "a URI reference of 1 to 200 characters",
        default: Value("/minuted"),
        example: "https://minuted.example/eu-1",
        meaning: "The `source` of every event, which tells this installation from others that report to the same receiver.",
    },
    Setting {
        key: "billing.webhook_plain_http",
        accepts: FLAG,
        default: Value("false"),
        example: "true",
        meaning: "Lets events go to another machine without encryption: for a network in which nobody else can read.",
    },
    Setting {
        key: "accounts.pepper_file",
        accepts: "a file; one that is written in a file is relative to the folder of that file",
        default: Computed("`pepper` in `data_dir`"),
        example: "/etc/minuted/pepper",
        meaning: "64 hexadecimal digits with which API keys are checked, made at the first start. Without this file no key \
                  works any more: keep a copy apart from the database, and give it to every server of that database.",
    },
    Setting {
        key: "accounts.plans",
        accepts: "a file; one that is written in a file is relative to the folder of that file",
        default: Computed("the plans of the program: `tier-1` to `tier-4`, and `contract`"),
        example: "/etc/minuted/plans.toml",
        meaning: "The plans that accounts can be on, as `src/accounts/plans.toml` has them. It is read at the start.",
    },
    Setting {
        key: "accounts.insecure_open",
        accepts: FLAG,
        default: Value("false"),
        example: "true",
        meaning: "Lets in whoever comes, for everything, also when there are keys, and on any address. Without it the \
                  service is open only on loopback, to programs and pages of this machine, and only until the first key is made. \
                  The flag is `--insecure-open`.",
    },
    Setting {
        key: "status.probe",
        accepts: FLAG,
        default: Value("true"),
        example: "false",
        meaning: "Whether a model that nobody has asked for a minute is asked by the service itself: ours for a second and \
                  a half of speech, after everybody else; one at backends for whether they are there. It bills nobody.",
    },
    Setting {
        key: "status.error_percent",
        accepts: "a whole number from 0 to 99",
        default: Value("5"),
        example: "1",
        meaning: "An incident begins when more than this percentage of a model's requests have failed for two minutes.",
    },
    Setting {
        key: "status.first_byte_seconds",
        accepts: "whole seconds from 1 to 3600",
        default: Value("10"),
        example: "3",
        meaning: "An incident begins when half of a model's answers have begun later than this for two minutes; for audio, \
                  only if they have also taken more than `status.real_time_percent` of its length.",
    },
    Setting {
        key: "status.real_time_percent",
        accepts: "a whole number from 1 to 10000",
        default: Value("100"),
        example: "50",
        meaning: "See `status.first_byte_seconds`. 100 is as long as the recording.",
    },
    Setting {
        key: "status.url",
        accepts: "a URL that begins with `https://` or `http://`",
        default: Computed("none: links in the feed and in documents are relative"),
        example: "https://transcription.example/status",
        meaning: "Where the status page is seen from outside, for links in the feed and in documents.",
    },
    Setting {
        key: "storage.url",
        accepts: "a path, `sqlite:` and a path, or a URL that begins with `postgres://` or `postgresql://`; a relative path \
                  in a file is relative to the folder of that file",
        default: Computed("`minuted.db` in `data_dir`"),
        example: "postgres://minuted@db.example/minuted?sslmode=verify-full",
        meaning: "Where accounts, keys and charges are kept: in an SQLite file, which is made if it is not there, or in \
                  PostgreSQL, which several servers can share. A password that the URL does not have is taken from \
                  `PGPASSWORD` or `~/.pgpass`.",
    },
    Setting {
        key: "audio.max_audio_seconds",
        accepts: "whole seconds from 1 to 604800 (a week)",
        default: Value("21600"),
        example: "3600",
        meaning: "Longest recording accepted, counted in decoded audio, on the command line too. There, 200 000 bytes for each \
                  of its seconds, or `server.max_upload_bytes` if that is more, are the most that is read of standard input \
                  or a pipe.",
    },
    Setting {
        key: "speech.model",
        accepts: "a name from `minuted models list`, or the path of a Whisper model in ggml's format",
        default: Value("minuted-nano.en"),
        example: "whisper-base.en",
        meaning: "The model that recognises. The flag is `--model`.",
    },
    Setting {
        key: "speech.aliases",
        accepts: LIST,
        default: Value("whisper-1"),
        example: "whisper-1, gpt-4o-transcribe",
        meaning: "Further names under which callers may ask for that model.",
    },
    Setting {
        key: "speech.device",
        accepts: "`auto`, `cpu`, `cuda`, `cuda:1` and so on",
        default: Value("auto"),
        example: "cpu",
        meaning: "Where the model computes. `auto` takes the first GPU that this build can use, or else the CPU; \
                  with `cuda` the service does not start without that GPU.",
    },
    Setting {
        key: "speech.workers",
        accepts: "a whole number from 0 to 256",
        default: Value("0"),
        example: "2",
        meaning: "Windows recognised at once, each on a thread with working memory of its own. 0: on a CPU as many as \
                  there are cores that this process may use, which is also the most that there can be; on a GPU four. On a CPU \
                  half of the idle ones that no recording will need, up to three, lend their cores to a window.",
    },
    Setting {
        key: "speech.express",
        accepts: FLAG,
        default: Value("true"),
        example: "false",
        meaning: "Whether the server has one worker more, with memory of its own, that does nothing but short recordings \
                  that would otherwise wait for long ones: it begins at once, and the others go on more slowly meanwhile.",
    },
    Setting {
        key: "speech.look_ahead",
        accepts: "a whole number from 0 to 64",
        default: Value("1"),
        example: "4",
        meaning: "Windows of one recording that wait for a worker, beyond one for each worker.",
    },
    Setting {
        key: "speech.batch_share",
        accepts: "a whole number from 1 to 99",
        default: Value("10"),
        example: "25",
        meaning: "Percent of the compute that batch work (`service_tier=flex`) gets while interactive work waits. When \
                  none does, batch work has all of it.",
    },
    Setting {
        key: "speech.beam_size",
        accepts: "a whole number from 1 to 8",
        default: Value("1"),
        example: "5",
        meaning: "How many texts are followed at once while decoding. 1 is greedy and fastest.",
    },
    Setting {
        key: "gateway.backends",
        accepts: "a file in TOML; one that is written in a file is relative to the folder of that file",
        default: Computed("none: only the local model answers"),
        example: "/etc/minuted/backends.toml",
        meaning: "The backends to which requests for text, vectors, pictures and other recordings are passed on, as \
                  `docs/OPERATIONS.md` describes. It is read again when it changes, and at SIGHUP.",
    },
    Setting {
        key: "gateway.max_body_bytes",
        accepts: BYTES,
        default: Value("32 MiB"),
        example: "8 MiB",
        meaning: "Largest body of a request that is passed on. It is kept in memory until the answer begins.",
    },
    Setting {
        key: "gateway.body_memory_bytes",
        accepts: BYTES,
        default: Value("1 GiB"),
        example: "256 MiB",
        meaning: "The most bytes of all such bodies together, as they came; what goes beyond is answered 429. The last \
                  eighth is for accounts that have less than half of it, and no body can be larger than the rest. A \
                  backend may be sent a changed copy, which needs as much again while it is sent.",
    },
    Setting {
        key: "gateway.max_requests",
        accepts: "a whole number from 1 to 100000",
        default: Value("1024"),
        example: "128",
        meaning: "Requests that are passed on at once; one more is answered 429. The last eighth of the places is for \
                  accounts that have less than half of them.",
    },
    Setting {
        key: "models.dir",
        accepts: FOLDER,
        default: Computed("`models` in `data_dir`"),
        example: "/srv/models",
        meaning: "Where downloaded models lie.",
    },
    Setting {
        key: "models.base_url",
        accepts: "a URL that begins with `https://` or `http://`",
        default: Computed("the Whisper hub, at the revision that the checksums were taken of"),
        example: "https://mirror.example/whisper",
        meaning: "Where `minuted models pull` finds the files: `<base_url>/ggml-base.en.bin`.",
    },
    Setting {
        key: "models.catalog",
        accepts: "a file in TOML; one that is written in a file is relative to the folder of that file",
        default: Computed("the catalogue of the program, `models/catalog.toml`"),
        example: "/etc/minuted/catalog.toml",
        meaning: "What customers read of each model, and how its life goes: docs/CATALOGUE.md. It is read at the start, \
                  and again at SIGHUP.",
    },
    Setting {
        key: "guardrails.file",
        accepts: "a file in TOML; one that is written in a file is relative to the folder of that file",
        default: Computed("the guardrails of the program, `src/guardrails/guardrails.toml`"),
        example: "/etc/minuted/guardrails.toml",
        meaning: "What requests are looked at for before they are passed on: docs/GUARDRAILS.md. It is read at the start, and \
                  again at SIGHUP.",
    },
    Setting {
        key: "log.level",
        accepts: "`error`, `warn`, `info`, `debug` or `trace`",
        default: Value("info"),
        example: "debug",
        meaning: "How much is logged, on standard error. Nothing of what was said is logged at any level.",
    },
    Setting {
        key: "log.format",
        accepts: "`text` or `json`",
        default: Value("text"),
        example: "json",
        meaning: "Lines for people, or one JSON object a line for programs.",
    },
];

impl Setting {
    /// The row with this key.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("MINUTED_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }

    /// Whether it has several values, which a file has as an array.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.accepts == LIST
    }

    /// What comes before the dot; empty at the top of the file.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }
}
