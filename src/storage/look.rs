//! A look at a database as it is: it is neither made nor brought up to date.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::error::Failure;
use super::{Location, Settings, StorageError, postgres, sql, sqlite};

/// How long a server may take to answer.
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
    let mut connection = options.connect().await.map_err(|error| unusable(&location, &error))?;
    look_by(&mut connection, &location, sqlite::LAYOUT.len()).await
}

async fn look_at_server(url: &str, location: &Location) -> Result<Found, StorageError> {
    let location = location.to_string();
    let options: PgConnectOptions = url.parse().map_err(|error| unusable(&location, &error))?;
    let options = options.application_name("minuted").disable_statement_logging();
    let connected = tokio::time::timeout(PATIENCE, options.connect()).await;
    let connected = connected.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    let mut connection = connected.map_err(|error| unusable(&location, &error))?;
    look_by(&mut connection, &location, postgres::LAYOUT.len()).await
}

async fn look_by(
    connection: &mut dyn sql::Connection,
    location: &str,
    known_steps: usize,
) -> Result<Found, StorageError> {
    let failed =
        |failure: Failure| StorageError::Unusable { location: location.to_owned(), reason: failure.to_string() };
    let step = match sql::taken(connection).await {
        Err(error) if has_no_table(&error) => return Ok(Found::default()),
        taken => taken.map_err(|error| unusable(location, &error))?,
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

fn unusable(location: &str, error: &sqlx::Error) -> StorageError {
    let reason = match error {
        // A URL that cannot be read is not told: its password may be in what is wrong with it.
        sqlx::Error::Configuration(_) => "the URL cannot be read".to_owned(),
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        error => error.to_string(),
    };
    StorageError::Unusable { location: location.to_owned(), reason }
}
