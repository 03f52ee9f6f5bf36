//! What the service is told: a file, the environment and flags become one [`Config`].
//!
//! The actors: [`SETTINGS`] is the table of all settings, from which `docs/CONFIG.md` is written too; [`Layers`] is
//! what the user wrote, raw, each value with the place it was written in; [`Config`] is what the program needs,
//! checked. A later layer wins: defaults, then the file, then `MINUTED_…` variables, then flags.
//!
//! This room imports the settings of the others. No room imports this one.

mod document;
mod environment;
mod error;
mod file;
mod layers;
mod parse;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::Millis;
use crate::{accounts, audio, billing, catalog, gateway, http, speech, status, storage, telemetry, transcription};

pub use document::document;
pub use environment::CONFIG_VARIABLE;
pub use error::{ConfigError, Place};
pub use file::find_file;
pub use layers::Layers;
pub use settings::{SETTINGS, Setting};

/// Everything that can be configured, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the service keeps what it needs.
    pub data_dir: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where accounts, keys and charges are kept.
    pub storage: storage::Settings,
    /// Whether keys are asked for, and what they are checked with.
    pub accounts: accounts::Settings,
    /// How many requests are taken, and how long is waited for what.
    pub http: http::Settings,
    /// How large and how long a recording may be, and where an upload waits.
    pub audio: audio::Settings,
    /// Where the prices are, and how long a hold lives by itself.
    pub billing: billing::Settings,
    /// How long a request waits for a client that has gone.
    pub desk: transcription::Settings,
    /// How the status is kept and told.
    pub status: status::Settings,
    /// Where the backends are written down, and how much is passed on to them.
    pub gateway: gateway::Settings,
    /// The id, alias or path of the model.
    pub model: String,
    /// Further names under which callers may ask for it.
    pub aliases: Vec<String>,
    /// Where and how the model computes.
    pub speech: speech::Settings,
    /// 1 is greedy decoding; at most 8.
    pub beam_size: u8,
    /// Where downloaded models lie.
    pub models_dir: PathBuf,
    /// Where models are downloaded from.
    pub models_url: String,
    /// The catalogue, if it is not the program's own.
    pub models_catalog: Option<PathBuf>,
    /// The guardrails, if they are not the program's own.
    pub guardrails_file: Option<PathBuf>,
    /// What is logged, and how.
    pub log: telemetry::Settings,
}

impl Config {
    /// Checks what was written.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first value that is none of its kind.
    pub fn new(mut layers: Layers) -> Result<Self, ConfigError> {
        let layers = &mut layers;
        let data_dir = layers.path("data_dir")?.unwrap_or_else(environment::data_dir);
        let provider = layers.take("billing.provider", parse::name)?;
        let config = Self {
            listen: layers.take("server.listen", parse::address)?,
            storage: storage::Settings {
                location: layers
                    .location("storage.url")?
                    .unwrap_or_else(|| storage::Location::Sqlite(data_dir.join("minuted.db"))),
            },
            accounts: accounts::Settings {
                pepper_file: layers.path("accounts.pepper_file")?.unwrap_or_else(|| data_dir.join("pepper")),
                plans_file: layers.path("accounts.plans")?,
                insecure_open: layers.take("accounts.insecure_open", parse::flag)?,
            },
            http: http_settings(layers)?,
            audio: audio_settings(layers)?,
            status: status_settings(layers, &provider)?,
            billing: billing::Settings {
                tariffs: layers.path("billing.tariffs")?,
                lease: layers.take("billing.lease_seconds", parse::whole(1..=3600)).map(Duration::from_secs)?,
                provider,
                events: events_settings(layers)?,
            },
            desk: transcription::Settings {
                grace: layers.take("server.grace_seconds", parse::whole(0..=3600)).map(Duration::from_secs)?,
            },
            gateway: gateway::Settings {
                backends: layers.path("gateway.backends")?,
                max_body_bytes: layers.take("gateway.max_body_bytes", parse::bytes)?,
                body_memory: layers.take("gateway.body_memory_bytes", parse::bytes)?,
                max_requests: layers.take("gateway.max_requests", parse::whole(1..=100_000))?,
            },
            model: layers.name_or_path("speech.model")?,
            aliases: layers.take("speech.aliases", parse::list)?,
            speech: speech::Settings {
                device: layers.take("speech.device", parse::device)?,
                workers: layers.take("speech.workers", parse::whole(0..=256))?,
                express: layers.take("speech.express", parse::flag)?,
                look_ahead: layers.take("speech.look_ahead", parse::whole(0..=64))?,
                batch_share: layers.take("speech.batch_share", parse::whole(1..=99))?,
            },
            beam_size: layers.take("speech.beam_size", parse::whole(1..=8))?,
            models_dir: layers.path("models.dir")?.unwrap_or_else(|| data_dir.join("models")),
            models_url: layers.take("models.base_url", parse::url)?.unwrap_or_else(|| catalog::hub().to_owned()),
            models_catalog: layers.path("models.catalog")?,
            guardrails_file: layers.path("guardrails.file")?,
            log: telemetry::Settings {
                level: layers.take("log.level", parse::level)?,
                format: layers.take("log.format", parse::log_format)?,
            },
            data_dir,
        };
        debug_assert!(layers.is_empty(), "a setting is in the table and nobody reads it");
        Ok(config)
    }
}

fn http_settings(layers: &mut Layers) -> Result<http::Settings, ConfigError> {
    let mut seconds = |key| layers.take(key, parse::whole(1..=86_400)).map(Duration::from_secs);
    Ok(http::Settings {
        header_timeout: seconds("server.header_seconds")?,
        body_idle_timeout: seconds("server.body_idle_seconds")?,
        body_timeout: seconds("server.body_seconds")?,
        drain_timeout: seconds("server.drain_seconds")?,
        max_requests: layers.take("server.max_requests", parse::whole(1..=100_000))?,
        lame_duck: layers.take("server.lame_duck_seconds", parse::whole(0..=3600)).map(Duration::from_secs)?,
        max_connections: layers.take("server.max_connections", parse::whole(1..=1_000_000))?,
        public_metrics: layers.take("server.public_metrics", parse::flag)?,
    })
}

fn status_settings(layers: &mut Layers, provider: &str) -> Result<status::Settings, ConfigError> {
    Ok(status::Settings {
        probe: layers.take("status.probe", parse::flag)?,
        thresholds: status::Thresholds {
            error_percent: layers.take("status.error_percent", parse::whole(0..=99))?,
            first_byte: layers.take("status.first_byte_seconds", parse::whole(1..=3600)).map(Duration::from_secs)?,
            real_time_percent: layers.take("status.real_time_percent", parse::whole(1..=10_000))?,
        },
        url: layers.take("status.url", parse::url)?.map(|url| url.trim_end_matches('/').to_owned()),
        name: provider.to_owned(),
    })
}

fn events_settings(layers: &mut Layers) -> Result<billing::events::Settings, ConfigError> {
    Ok(billing::events::Settings {
        endpoint: layers.take("billing.webhook_url", parse::endpoint)?,
        keys: layers.take("billing.webhook_secret", parse::signing_keys)?,
        keys_file: layers.path("billing.webhook_secret_file")?,
        timeout: layers.take("billing.webhook_timeout_seconds", parse::whole(1..=60)).map(Duration::from_secs)?,
        source: layers.take("billing.webhook_source", parse::uri_reference)?,
        plain_http: layers.take("billing.webhook_plain_http", parse::flag)?,
    })
}

fn audio_settings(layers: &mut Layers) -> Result<audio::Settings, ConfigError> {
    Ok(audio::Settings {
        max_upload_bytes: layers.take("server.max_upload_bytes", parse::bytes)?,
        max_upload_in_memory: layers.take("server.spool_memory_bytes", parse::bytes)?,
        max_spooled: layers.take("server.spool_total_bytes", parse::bytes)?,
        spool_dir: layers.path("server.spool_dir")?,
        max_audio: layers
            .take("audio.max_audio_seconds", parse::whole(1..=604_800))
            .map(|seconds: u64| Millis(seconds * 1000))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &'static str, value: &str) -> Result<Config, ConfigError> {
        let mut layers = Layers::default();
        layers.set_flag(key, "--flag", value.to_owned());
        Config::new(layers)
    }

    #[test]
    fn the_defaults_in_the_table_are_those_of_the_rooms() {
        let config = Config::new(Layers::default()).expect("the defaults are good");
        assert_eq!(config.http, http::Settings::default());
        assert_eq!(config.audio, audio::Settings::default());
        assert_eq!(config.billing, billing::Settings::default());
        assert_eq!(config.status, status::Settings::default());
        assert_eq!(config.desk, transcription::Settings::default());
        assert_eq!(config.gateway, gateway::Settings::default());
        assert_eq!(config.speech, speech::Settings::default());
        assert_eq!(config.log, telemetry::Settings::default());
        assert_eq!(config.models_dir, config.data_dir.join("models"));
        let catalog = catalog::Catalog::builtin();
        assert!(catalog.resolve(&config.model).is_some_and(|model| model.bundled));
    }

    #[test]
    fn every_setting_is_read() {
        let mut layers = Layers::default();
        for setting in SETTINGS {
            layers.set_flag(setting.key, "--flag", setting.example.to_owned());
        }
        let defaults = Config::new(Layers::default()).expect("the defaults are good");
        let config = Config::new(layers).expect("every example is good");
        assert_ne!(config.http, defaults.http);
        for setting in SETTINGS {
            let alone = with(setting.key, setting.example).expect("a good value");
            assert_ne!(alone, defaults, "`{}` changes nothing", setting.key);
        }
    }

    #[test]
    fn a_bad_value_names_its_place_and_what_would_do() {
        let error = with("speech.device", "gpu").expect_err("there is no such device");
        assert_eq!(
            error.to_string(),
            "--flag: speech.device cannot be `gpu`; it can be `auto`, `cpu`, `cuda`, `cuda:1` and so on"
        );
        for (key, bad) in [
            ("server.listen", "8080"),
            ("server.max_requests", "0"),
            ("server.max_requests", "many"),
            ("server.max_upload_bytes", "1 parsec"),
            ("server.drain_seconds", "-1"),
            ("server.public_metrics", "maybe"),
            ("accounts.insecure_open", "1"),
            ("speech.beam_size", "9"),
            ("speech.workers", "257"),
            ("speech.batch_share", "0"),
            ("speech.model", " "),
            ("models.base_url", "ftp://mirror"),
            ("storage.url", "mysql://db.example/minuted"),
            ("billing.webhook_source", "two words"),
            ("log.level", "loud"),
            ("log.format", "xml"),
        ] {
            let error = with(key, bad).expect_err(key).to_string();
            assert!(error.starts_with(&format!("--flag: {key} cannot be `{bad}`; it can be ")), "{error}");
        }
    }

    #[test]
    fn a_password_in_a_bad_value_is_not_shown() {
        let error =
            with("storage.url", "postgre://minuted:s3cr@t@db.example/minuted?password=s3cret").expect_err("a slip");
        let shown = "--flag: storage.url cannot be `postgre://…@db.example/minuted?…`; ";
        assert!(error.to_string().starts_with(shown), "{error}");
        let error = with("billing.webhook_secret", "s3cret").expect_err("it is no key").to_string();
        assert!(error.starts_with("--flag: billing.webhook_secret cannot be `…`; "), "{error}");
        let error = with("billing.webhook_url", "receiver.example/s3cret").expect_err("it is no URL").to_string();
        assert!(error.starts_with("--flag: billing.webhook_url cannot be `…`; "), "{error}");
    }
}
