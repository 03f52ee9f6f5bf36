//! A look at a database as it is: it is neither made nor brought up to date.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::error::Failure;
use super::{Location, Settings, StorageError, postgres, sql, sqlite};

/// How long whoever writes to a file may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The step of the layout that brought the mark of the pepper.
const MARKED: i64 = 6;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether it has tables already.
    pub is_made: bool,
    /// Whether a key was ever made.
    pub any_key: bool,
    /// The mark of the pepper that keys are made with.
    pub pepper_mark: Option<[u8; 32]>,
}

/// Looks at what [`open`](super::open) would open.
///
/// # Errors
/// Any of [`StorageError`] but [`StorageError::Absent`]: a file that is not there would be made.
pub async fn look(settings: &Settings) -> Result<Found, StorageError> {
    match &settings.location {
        Location::Sqlite(path) if !path.exists() => {
            // In the folder that is there, the others would be made too.
            let folder = path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
            let made = tempfile::tempfile_in(folder).map(|_| Found::default());
            made.map_err(|source| StorageError::Unwritable { path: path.clone(), source })
        }
        Location::Sqlite(path) => look_at_file(path).await,
        Location::Postgres(url) => look_at_server(url, &settings.location).await,
    }
}

async fn look_at_file(path: &Path) -> Result<Found, StorageError> {
    let unwritable = |source| StorageError::Unwritable { path: path.to_owned(), source };
    fs::OpenOptions::new().append(true).open(path).map_err(unwritable)?;
    let location = path.display().to_string();
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| StorageError::unusable(&location, error))?;
    look_by(&mut connection, &location, sqlite::LAYOUT.len()).await
}

async fn look_at_server(url: &str, location: &Location) -> Result<Found, StorageError> {
    let location = location.to_string();
    let mut connection = postgres::connect(url).await.map_err(|error| StorageError::unusable(&location, error))?;
    look_by(&mut connection, &location, postgres::LAYOUT.len()).await
}

async fn look_by(
    connection: &mut dyn sql::Connection,
    location: &str,
    known_steps: usize,
) -> Result<Found, StorageError> {
    let failed = |failure: Failure| StorageError::unusable(location, failure);
    let step = match sql::taken(connection).await {
        Err(error) if has_no_table(&error) => return Ok(Found::default()),
        taken => taken.map_err(|error| failed(error.into()))?,
    };
    if step > i64::try_from(known_steps).unwrap_or(i64::MAX) {
        return Err(StorageError::Newer { location: location.to_owned(), found: step });
    }
    if step == 0 {
        return Ok(Found::default());
    }
    let any_key = sql::any_key(connection).await.map_err(failed)?;
    let pepper_mark = if step < MARKED { None } else { sql::pepper_mark(connection, None).await.map_err(failed)? };
    Ok(Found { is_made: true, any_key, pepper_mark })
}

/// Whether it is a database in which nobody has made anything yet.
fn has_no_table(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table"))
}
