//! The layer of `minuted.toml`.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::xdg_folder;
use super::layers::shown;
use super::{CONFIG_VARIABLE, ConfigError, Layers, Place, SETTINGS, Setting};
use crate::domain::most_alike;

const NAME: &str = "minuted.toml";

/// The file to read: the one given with `--config` or in `MINUTED_CONFIG`, which must then be there; or else the first
/// of `./minuted.toml`, the user's (`~/.config/minuted/minuted.toml`), and the system's in `/etc/minuted` that is not
/// known to be absent: one that is there and cannot be read must not be passed over.
#[must_use]
pub fn find_file(given: Option<&Path>) -> Option<PathBuf> {
    let given = given.map(Path::to_owned).or_else(|| env::var_os(CONFIG_VARIABLE).map(PathBuf::from));
    let given = given.filter(|path| !path.as_os_str().is_empty());
    given.or_else(|| {
        let user = xdg_folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("minuted").join(NAME));
        let places = [Some(PathBuf::from(NAME)), user, Some(Path::new("/etc/minuted").join(NAME))];
        places.into_iter().flatten().find(|path| !is_absent(path))
    })
}

/// Whether nothing is there. Of a folder that may not be looked into nobody can tell.
fn is_absent(path: &Path) -> bool {
    let kind = fs::symlink_metadata(path).err().map(|error| error.kind());
    matches!(kind, Some(ErrorKind::NotFound | ErrorKind::NotADirectory))
}

impl Layers {
    /// Lays a file over everything before it.
    ///
    /// # Errors
    /// Any of [`ConfigError`]; the place is a line and a column.
    pub fn set_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let file = File { path, text: &text };
        let table = DeTable::parse(&text).map_err(|error| ConfigError::Syntax {
            place: file.place(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        self.set_table(&file, "", table.get_ref())
    }

    fn set_table(&mut self, file: &File<'_>, section: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = match section {
                "" => name.get_ref().to_string(),
                section => format!("{section}.{}", name.get_ref()),
            };
            let is_section = SETTINGS.iter().any(|setting| setting.section() == key);
            match (value.get_ref(), Setting::find(&key)) {
                (DeValue::Table(table), None) if is_section || !table.is_empty() => {
                    self.set_table(file, &key, table)?;
                }
                (_, None) => {
                    let similar = most_alike(&key, SETTINGS.iter().map(|setting| setting.key));
                    return Err(ConfigError::Unknown { place: file.place(name.span().start), name: key, similar });
                }
                (_, Some(setting)) => {
                    let place = file.place(value.span().start);
                    let Some(text) = plain(value, setting) else {
                        let value = shown(setting.key, &file.text[value.span()]);
                        return Err(ConfigError::Value { place, key: setting.key, value, accepts: setting.accepts });
                    };
                    self.set(setting.key, text, place);
                }
            }
        }
        Ok(())
    }
}

/// A single value as text, or a list of strings as it would be written in a variable, where the setting is a list.
fn plain(value: &Spanned<DeValue<'_>>, setting: &Setting) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Array(items) if setting.is_list() => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Array(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::File {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.len() - line_start + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join(NAME);
        fs::write(&path, text).expect("a file");
        let mut layers = Layers::default();
        let read = layers.set_file(&path).and_then(|()| Config::new(layers));
        let shorten = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
        read.map(|config| Config { models_dir: shorten(config.models_dir.display().to_string()).into(), ..config })
            .map_err(|error| shorten(error.to_string()))
    }

    #[test]
    fn a_file_sets_what_it_names() {
        let config = read(
            "[server]\nlisten = \"0.0.0.0:80\"\nmax_upload_bytes = 26214400\n\
             [speech]\naliases = [\"whisper-1\", \"gpt-4o-transcribe\"]\n[models]\ndir = \"weights\"\n",
        )
        .expect("a good file");
        assert_eq!(config.listen.to_string(), "0.0.0.0:80");
        assert_eq!(config.audio.max_upload_bytes, 26_214_400);
        assert_eq!(config.aliases, ["whisper-1", "gpt-4o-transcribe"]);
        assert_eq!(config.models_dir, Path::new("weights"), "relative to the file");
        let config = read("[speech]\nmodel = \"./own.bin\"\n").expect("a good file");
        assert!(config.model.len() > "./own.bin".len() && config.model.ends_with("/./own.bin"), "{}", config.model);
        assert!(read("").is_ok());
        assert!(read("server.listen = \"0.0.0.0:80\"\n[log]\n").is_ok());
    }

    #[test]
    fn every_error_names_line_and_column() {
        for (text, error) in [
            ("[server]\nlisten = 80\n", "minuted.toml:2:10: server.listen cannot be `80`; it can be an address"),
            (
                "[server]\n listn = 1\n",
                "minuted.toml:2:2: there is no setting `server.listn`; did you mean `server.listen`?",
            ),
            (
                "[sever]\nlisten = 1\n",
                "minuted.toml:2:1: there is no setting `sever.listen`; did you mean `server.listen`?",
            ),
            ("\n\n[sever]\n", "minuted.toml:3:2: there is no setting `sever`"),
            ("server = 1\n", "minuted.toml:1:1: there is no setting `server`"),
            ("[log]\nlevel = [[1]]\n", "minuted.toml:2:9: log.level cannot be `[[1]]`; it can be `error`"),
            ("[log]\nlevel = { a = 1 }\n", "minuted.toml:2:9: log.level cannot be `{ a = 1 }`"),
            (
                "[server]\nlisten = [\"0.0.0.0:80\"]\n",
                "minuted.toml:2:10: server.listen cannot be `[\"0.0.0.0:80\"]`; it can be an address",
            ),
            ("[server]\nmax_upload_bytes = 1.5\n", "minuted.toml:2:20: server.max_upload_bytes cannot be `1.5`"),
            (
                "data_dir = \"~/minuted\"\n",
                "minuted.toml:1:12: data_dir cannot be `~/minuted`: nothing here reads the `~`",
            ),
            ("[log\n", "minuted.toml:1:5: "),
            ("[log]\nlevel = \"info\"\nlevel = \"warn\"\n", "minuted.toml:3:1: duplicate key"),
        ] {
            let found = read(text).expect_err(text);
            assert!(found.starts_with(error), "{found}");
        }
    }

    #[test]
    fn what_is_there_and_no_file_is_not_passed_over() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("folder")).expect("it is new");
        std::os::unix::fs::symlink("nowhere", path("link")).expect("it is new");
        fs::write(path("file"), "").expect("it is new");
        for (name, absent) in [("none", true), ("file/below", true), ("folder", false), ("link", false)] {
            assert_eq!(is_absent(&path(name)), absent, "{name}");
        }
        for name in ["folder", "link"] {
            let error = Layers::default().set_file(&path(name)).expect_err("it is no file").to_string();
            assert!(
                error.starts_with(&format!("{}: the configuration cannot be read: ", path(name).display())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_that_is_given_must_be_there() {
        let mut layers = Layers::default();
        let error = layers.set_file(Path::new("/no/minuted.toml")).expect_err("it is not there");
        assert!(error.to_string().starts_with("/no/minuted.toml: the configuration cannot be read: "), "{error}");
        assert_eq!(find_file(Some(Path::new("/no/minuted.toml"))), Some("/no/minuted.toml".into()));
    }
}
