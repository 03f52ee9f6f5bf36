//! What the file of backends may say, and the checks of each entry by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::gateway::backend::{Model, Terms, Timeouts};
use crate::gateway::breaker::BreakerRules;
use crate::gateway::endpoint::Capability;
use crate::gateway::kind::Kind;
use crate::gateway::table::{OnDisconnect, Rules};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    output_ceiling: i64,
    on_disconnect: OnDisconnect,
    retries: u32,
    sticky: bool,
    breaker: WrittenBreaker,
    vision_fallback: BTreeMap<String, String>,
    pub backend: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenBreaker {
    failures: u32,
    open_seconds: u64,
}

/// A backend.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub name: String,
    url: String,
    kind: Kind,
    fetches_media: Option<bool>,
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

impl Default for File {
    fn default() -> Self {
        Self {
            output_ceiling: 4_096,
            on_disconnect: OnDisconnect::Cancel,
            retries: 2,
            sticky: false,
            breaker: WrittenBreaker::default(),
            vision_fallback: BTreeMap::new(),
            backend: Vec::new(),
        }
    }
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

fn default_concurrency() -> u32 {
    256
}

fn one() -> u32 {
    1
}

fn text_alone() -> BTreeSet<Capability> {
    BTreeSet::from([Capability::Text])
}

impl File {
    /// What holds for all backends.
    pub(super) fn rules(&self) -> Rules {
        Rules {
            output_ceiling: self.output_ceiling,
            on_disconnect: self.on_disconnect,
            retries: self.retries,
            sticky: self.sticky,
            breaker: BreakerRules {
                failures: self.breaker.failures,
                open: Duration::from_secs(self.breaker.open_seconds),
            },
            vision_fallback: self.vision_fallback.clone(),
        }
    }

    /// What of that cannot be.
    pub(super) fn fault(&self) -> Option<&'static str> {
        match self {
            Self { output_ceiling: ..=0, .. } => Some("output_ceiling is at least 1"),
            Self { retries: 11.., .. } => Some("retries is at most 10"),
            Self { breaker: WrittenBreaker { failures: 0, .. }, .. } => Some("breaker.failures is at least 1"),
            Self { breaker: WrittenBreaker { open_seconds: 0 | 61.., .. }, .. } => {
                Some("breaker.open_seconds is from 1 to 60")
            }
            _ => None,
        }
    }
}

impl Written {
    pub(super) fn checked(self, folder: &Path) -> Result<Terms, String> {
        let named = |text: &str| (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        if !named(&self.name) {
            return Err("a name has 1 to 200 printable characters".to_owned());
        }
        let authorization = self.authorization(folder)?;
        if self.weight == 0 || self.max_concurrency == 0 {
            return Err("weight and max_concurrency are at least 1".to_owned());
        }
        let mut models: Vec<Arc<Model>> = Vec::new();
        for WrittenModel { id, upstream, capabilities, max_output_tokens } in self.model {
            if !named(&id) || models.iter().any(|other| other.id == id) {
                return Err(format!("the model id `{id}` is empty, too long, or there twice"));
            }
            if max_output_tokens.is_some_and(|most| most < 1) {
                return Err("max_output_tokens is at least 1".to_owned());
            }
            let upstream = upstream.unwrap_or_else(|| id.clone());
            models.push(Arc::new(Model { id, upstream, capabilities, max_output_tokens }));
        }
        if models.is_empty() {
            return Err("has no model".to_owned());
        }
        Ok(Terms {
            url: address(&self.url)?,
            name: self.name,
            kind: self.kind,
            fetches_media: self.fetches_media.unwrap_or(self.kind.quirks().fetches_media),
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
            (None, Some(name)) if name.starts_with("MINUTED_") => {
                return Err(format!(
                    "has a credential_env {name}: what begins with MINUTED_ is a setting; call it otherwise"
                ));
            }
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
