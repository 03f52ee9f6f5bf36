//! Backends as a person writes them, in TOML, and the way from there to a [`Table`] that holds.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::backend::{Backend, Model, Terms, Timeouts};
use super::breaker::BreakerRules;
use super::endpoint::Capability;
use super::kind::Kind;
use super::table::{OnDisconnect, Rules, Table};

/// Why a file of backends cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackendFileError {
    /// It cannot be read.
    #[error("the backends in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Where they should be.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no TOML, or has a field that there is not, or lacks one.
    #[error("{}: {why}", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// Where in it, and what is wrong.
        why: String,
    },
    /// A field has a value that it cannot have.
    #[error("{}: {whose}: {why}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which backend.
        whose: String,
        /// What is wrong and what would be right.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "default_ceiling")]
    output_ceiling: i64,
    #[serde(default = "default_disconnect")]
    on_disconnect: OnDisconnect,
    #[serde(default = "default_retries")]
    retries: u32,
    #[serde(default)]
    sticky: bool,
    #[serde(default)]
    breaker: WrittenBreaker,
    #[serde(default)]
    vision_fallback: BTreeMap<String, String>,
    #[serde(default)]
    backend: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenBreaker {
    failures: u32,
    open_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    url: String,
    kind: Kind,
    credential_file: Option<PathBuf>,
    credential_env: Option<String>,
    #[serde(default = "one")]
    weight: u32,
    #[serde(default = "default_concurrency")]
    max_concurrency: u32,
    #[serde(default)]
    timeouts: WrittenTimeouts,
    model: Vec<WrittenModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the unit stands in the name")]
struct WrittenTimeouts {
    connect_seconds: u64,
    first_byte_seconds: u64,
    idle_seconds: u64,
    total_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenModel {
    id: String,
    upstream: Option<String>,
    #[serde(default = "text_alone")]
    capabilities: BTreeSet<Capability>,
    max_output_tokens: Option<i64>,
}

impl Default for WrittenBreaker {
    fn default() -> Self {
        Self { failures: 5, open_seconds: 10 }
    }
}

impl Default for WrittenTimeouts {
    fn default() -> Self {
        Self { connect_seconds: 5, first_byte_seconds: 120, idle_seconds: 60, total_seconds: 1_800 }
    }
}

fn default_ceiling() -> i64 {
    4_096
}

fn default_disconnect() -> OnDisconnect {
    OnDisconnect::Cancel
}

fn default_retries() -> u32 {
    2
}

fn default_concurrency() -> u32 {
    256
}

fn one() -> u32 {
    1
}

fn text_alone() -> BTreeSet<Capability> {
    BTreeSet::from([Capability::Text])
}

impl Table {
    /// Of the file at `path`. A backend whose terms are those of `before` keeps its connections and its state.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn load(path: &Path, before: Option<&Self>) -> Result<Self, BackendFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BackendFileError::Unreadable { path: path.to_owned(), source })?;
        let form = |why: String| BackendFileError::Form { path: path.to_owned(), why };
        let file: File = toml::from_str(&text).map_err(|error| form(error.to_string().trim_end().to_owned()))?;
        let field =
            |whose: &str, why: String| BackendFileError::Field { path: path.to_owned(), whose: whose.to_owned(), why };
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut backends: Vec<Arc<Backend>> = Vec::new();
        for written in file.backend {
            let whose = format!("backend `{}`", written.name);
            let terms = written.checked(folder).map_err(|why| field(&whose, why))?;
            if backends.iter().any(|other| other.terms.name == terms.name) {
                return Err(field(&whose, "is there twice".to_owned()));
            }
            let kept = before.and_then(|before| before.backends.iter().find(|backend| backend.terms == terms));
            backends.push(match kept {
                Some(backend) => Arc::clone(backend),
                None => Arc::new(Backend::new(terms).map_err(|error| field(&whose, error.to_string()))?),
            });
        }
        let rules = Rules {
            output_ceiling: file.output_ceiling.max(1),
            on_disconnect: file.on_disconnect,
            retries: file.retries.min(10),
            sticky: file.sticky,
            breaker: BreakerRules {
                failures: file.breaker.failures.max(1),
                open: Duration::from_secs(file.breaker.open_seconds.max(1)),
            },
            vision_fallback: file.vision_fallback,
        };
        let table = Self { backends, rules };
        for (model, fallback) in &table.rules.vision_fallback {
            let sees =
                |known: &super::RemoteModel| known.id == *fallback && known.capabilities.contains(&Capability::Vision);
            if !table.models().iter().any(sees) {
                let why = format!("for `{model}` is `{fallback}`, which no backend has with the capability `vision`");
                return Err(field("vision_fallback", why));
            }
        }
        Ok(table)
    }

    /// Without any backend.
    #[must_use]
    pub fn empty() -> Self {
        let WrittenBreaker { failures, open_seconds } = WrittenBreaker::default();
        let rules = Rules {
            output_ceiling: default_ceiling(),
            on_disconnect: default_disconnect(),
            retries: default_retries(),
            sticky: false,
            breaker: BreakerRules { failures, open: Duration::from_secs(open_seconds) },
            vision_fallback: BTreeMap::new(),
        };
        Self { backends: Vec::new(), rules }
    }
}

impl Written {
    fn checked(self, folder: &Path) -> Result<Terms, String> {
        let named = |text: &str| (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        if !named(&self.name) {
            return Err("a name has 1 to 200 printable characters".to_owned());
        }
        let authorization = self.authorization(folder)?;
        if self.weight == 0 || self.max_concurrency == 0 {
            return Err("weight and max_concurrency are at least 1".to_owned());
        }
        let mut models: Vec<Model> = Vec::new();
        for WrittenModel { id, upstream, capabilities, max_output_tokens } in self.model {
            if !named(&id) || models.iter().any(|other| other.id == id) {
                return Err(format!("the model id `{id}` is empty, too long, or there twice"));
            }
            let upstream = upstream.unwrap_or_else(|| id.clone());
            models.push(Model { id, upstream, capabilities, max_output_tokens });
        }
        if models.is_empty() {
            return Err("has no model".to_owned());
        }
        Ok(Terms {
            url: address(&self.url)?,
            name: self.name,
            kind: self.kind,
            authorization,
            weight: self.weight,
            max_concurrency: self.max_concurrency,
            timeouts: self.timeouts.checked()?,
            models,
        })
    }

    /// What the backend is told, from a file or the environment.
    fn authorization(&self, folder: &Path) -> Result<Option<HeaderValue>, String> {
        let secret: SecretString = match (&self.credential_file, &self.credential_env) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("has credential_file and credential_env: one is enough".to_owned()),
            (Some(file), None) => std::fs::read_to_string(folder.join(file))
                .map_err(|error| format!("the credential in {} cannot be read: {error}", file.display()))?
                .into(),
            (None, Some(name)) => {
                env::var(name).map_err(|_| format!("the variable {name}, which has its credential, is not set"))?.into()
            }
        };
        let text = SecretString::from(format!("Bearer {}", secret.expose_secret().trim()));
        let mut value = HeaderValue::from_str(text.expose_secret())
            .map_err(|_| "has a credential that cannot stand in a header".to_owned())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| "url is one such as `http://gpu-1:8000/v1`".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("url has a user, a password or a query; a credential goes into a file or a variable".to_owned());
    }
    Ok(url)
}

impl WrittenTimeouts {
    fn checked(self) -> Result<Timeouts, String> {
        let Self { connect_seconds, first_byte_seconds, idle_seconds, total_seconds } = self;
        let all = [connect_seconds, first_byte_seconds, idle_seconds, total_seconds];
        if all.iter().any(|seconds| !(1..=86_400).contains(seconds)) {
            return Err("timeouts are whole seconds from 1 to 86400".to_owned());
        }
        let [connect, first_byte, idle, total] = all.map(Duration::from_secs);
        Ok(Timeouts { connect, first_byte, idle, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        sticky = true
        [vision_fallback]
        small = "seeing"
        [[backend]]
        name = "one"
        url = "http://127.0.0.1:8000/v1"
        kind = "vllm"
        credential_file = "key"
        model = [{ id = "small", upstream = "org/Small" }, { id = "seeing", capabilities = ["text", "vision"] }]
        [[backend]]
        name = "two"
        url = "http://127.0.0.1:8001/v1/"
        kind = "llama.cpp"
        weight = 3
        model = [{ id = "small", capabilities = ["text", "tools"] }]
    "#;

    fn read(text: &str, before: Option<&Table>) -> Result<Table, String> {
        let folder = tempfile::tempdir().expect("a temp folder");
        std::fs::write(folder.path().join("key"), "s3cret\n").expect("a file");
        let path = folder.path().join("backends.toml");
        std::fs::write(&path, text).expect("a file");
        Table::load(&path, before).map_err(|error| error.to_string())
    }

    #[test]
    fn a_good_file_is_one_list_of_models_and_shows_no_secret() {
        let table = read(GOOD, None).expect("a good file");
        let models = table.models();
        assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["small", "seeing"]);
        assert_eq!(models[0].capabilities, BTreeSet::from([Capability::Text, Capability::Tools]));
        let small = table.offers("small");
        assert_eq!((small[0].model.upstream.as_str(), small[1].backend.terms.weight), ("org/Small", 3));
        assert!(small[0].backend.terms.authorization.is_some() && !format!("{table:?}").contains("s3cret"));
        assert_eq!(small[1].backend.address(super::super::Endpoint::RerankV2), "http://127.0.0.1:8001/v2/rerank");
    }

    #[test]
    fn what_did_not_change_keeps_its_state() {
        let before = read(GOOD, None).expect("a good file");
        let after = read(&GOOD.replace("weight = 3", "weight = 2"), Some(&before)).expect("a good file");
        assert!(Arc::ptr_eq(&before.backends[0], &after.backends[0]));
        assert!(!Arc::ptr_eq(&before.backends[1], &after.backends[1]));
    }

    #[test]
    fn errors_name_the_backend_and_what_is_wrong() {
        for (from, to, told) in [
            ("http://127.0.0.1:8000/v1", "ftp://one", "backend `one`: url is one such as"),
            ("http://127.0.0.1:8000/v1", "http://a:b@one/v1", "backend `one`: url has a user"),
            ("credential_file = \"key\"", "credential_file = \"no\"", "backend `one`: the credential in no cannot"),
            (
                "credential_file = \"key\"",
                "credential_env = \"NO_SUCH_KEY\"",
                "backend `one`: the variable NO_SUCH_KEY",
            ),
            ("name = \"two\"", "name = \"one\"", "backend `one`: is there twice"),
            ("weight = 3", "weight = 0", "backend `two`: weight and max_concurrency"),
            ("weight = 3", "timeouts = { idle_seconds = 0 }", "backend `two`: timeouts are whole seconds"),
            ("weight = 3", "wait = 3", "unknown field `wait`"),
            ("kind = \"vllm\"", "kind = \"vLLM\"", "unknown variant `vLLM`"),
            (
                "small = \"seeing\"",
                "small = \"small\"",
                "vision_fallback: for `small` is `small`, which no backend has",
            ),
            ("[\"text\", \"tools\"]", "[\"telepathy\"]", "unknown variant `telepathy`"),
        ] {
            let error = read(&GOOD.replace(from, to), None).expect_err(told);
            assert!(error.contains("backends.toml: ") && error.contains(told), "{error}");
        }
    }
}
