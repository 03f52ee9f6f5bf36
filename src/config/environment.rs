//! The layer of `MINUTED_…` variables, and the folders that the environment knows.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::layers::shown;
use super::{ConfigError, Layers, Place, SETTINGS, Setting};
use crate::domain::most_alike;

/// Names the file instead of `--config`.
pub const CONFIG_VARIABLE: &str = "MINUTED_CONFIG";

const PREFIX: &str = "MINUTED_";

impl Layers {
    /// Lays the variables that begin with `MINUTED_` over everything before them.
    ///
    /// # Errors
    /// [`ConfigError::Unknown`] for a variable that no setting has, [`ConfigError::Value`] for one that is not UTF-8.
    pub fn set_environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            if name == CONFIG_VARIABLE {
                continue;
            }
            let place = Place::Variable(name.to_owned());
            let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
                if is_service_link(name, &value) {
                    continue;
                }
                let similar = most_alike(name, SETTINGS.iter().map(Setting::variable));
                return Err(ConfigError::Unknown { place, name: name.to_owned(), similar });
            };
            match value.into_string() {
                Ok(text) => self.set(setting.key, text, place),
                Err(value) => {
                    let value = shown(setting.key, &value.to_string_lossy());
                    return Err(ConfigError::Value { place, key: setting.key, value, accepts: setting.accepts });
                }
            }
        }
        Ok(())
    }
}

/// Whether Kubernetes or Docker made this variable, of a service that happens to be called `minuted` or `minuted-…`:
/// `MINUTED_SERVICE_HOST`, `MINUTED_DB_SERVICE_PORT_HTTP`, `MINUTED_DB_PORT_5432_TCP_ADDR`, `MINUTED_DB_PORT` with an
/// address.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    // What begins with a digit, up to a protocol.
    let is_port = |rest: &str| {
        let protocol = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        protocol.len() < rest.len() && ["_TCP", "_UDP", "_SCTP"].iter().any(|known| protocol.starts_with(known))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && value.to_string_lossy().contains("://"))
        || name.match_indices("_PORT_").any(|(at, port)| is_port(&name[at + port.len()..]))
}

/// Where data goes if nobody says: the user's folder by the XDG base directory specification, or the system's.
pub(super) fn data_dir() -> PathBuf {
    xdg_folder("XDG_DATA_HOME", ".local/share").unwrap_or_else(|| "/var/lib".into()).join("minuted")
}

/// The folder that an XDG variable names, or the place in the home folder that it stands for.
pub(super) fn xdg_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| {
        let home = env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute() && path.parent().is_some());
        home.map(|home| home.join(in_home))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut layers = Layers::default();
        layers.set_environment(variables.iter().map(|&(name, value)| (name.into(), value.into())))?;
        Config::new(layers)
    }

    #[test]
    fn variables_set_what_their_names_say() {
        let config = with(&[
            ("MINUTED_SERVER_LISTEN", "0.0.0.0:80"),
            ("MINUTED_SPEECH_ALIASES", "whisper-1,gpt-4o-transcribe"),
            ("MINUTED_CONFIG", "elsewhere.toml"),
            ("WHISPER_MODEL", "not ours"),
        ])
        .expect("good variables");
        assert_eq!(config.listen.to_string(), "0.0.0.0:80");
        assert_eq!(config.aliases, ["whisper-1", "gpt-4o-transcribe"]);
    }

    #[test]
    fn a_variable_that_nobody_reads_is_an_error() {
        let error = with(&[("MINUTED_SERVER_LISTN", "0.0.0.0:80")]).expect_err("a slip");
        assert_eq!(
            error.to_string(),
            "MINUTED_SERVER_LISTN: there is no setting `MINUTED_SERVER_LISTN`; did you mean `MINUTED_SERVER_LISTEN`?"
        );
        let error = with(&[("MINUTED_FOO", "1")]).expect_err("no setting at all");
        assert!(error.to_string().ends_with("`MINUTED_FOO`; docs/CONFIG.md lists them all"), "{error}");
        let error = with(&[("MINUTED_SERVER_LISTEN", "here")]).expect_err("no address");
        assert!(error.to_string().starts_with("MINUTED_SERVER_LISTEN: server.listen cannot be `here`"), "{error}");
    }

    #[test]
    fn a_cluster_may_have_services_called_minuted() {
        let links = [
            ("MINUTED_SERVICE_HOST", "10.0.0.1"),
            ("MINUTED_SERVICE_PORT_HTTP", "8080"),
            ("MINUTED_PORT", "tcp://10.0.0.1:8080"),
            ("MINUTED_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("MINUTED_POSTGRES_SERVICE_HOST", "10.0.0.2"),
            ("MINUTED_POSTGRES_SERVICE_PORT", "5432"),
            ("MINUTED_POSTGRES_SERVICE_PORT_SQL", "5432"),
            ("MINUTED_POSTGRES_PORT", "tcp://10.0.0.2:5432"),
            ("MINUTED_POSTGRES_PORT_5432_TCP", "tcp://10.0.0.2:5432"),
            ("MINUTED_POSTGRES_PORT_5432_TCP_ADDR", "10.0.0.2"),
            ("MINUTED_EXPORT_PORT_9_UDP_PROTO", "udp"),
        ];
        assert!(with(&links).is_ok());
        for slip in ["MINUTED_PORTS", "MINUTED_SERVER_PORT", "MINUTED_PORT_HTTP", "MINUTED_PORT_TCP"] {
            assert!(with(&[(slip, "8080")]).is_err(), "{slip}");
        }
    }
}
