//! What every store must do, whichever database it is: one suite, run against SQLite and against PostgreSQL.
//!
//! PostgreSQL is a cluster of our own, made for this run from the binaries of Debian's package; where they are missing
//! its half of the suite says by name that it is skipped.

mod audit;
mod between;
mod calls;
mod closing;
mod cluster;
mod interleaved;
mod keys;
mod killed;
mod ledger;
mod model;
mod orphans;
mod parallel;
mod permanent;
mod restarted;
mod rolling;
mod scans;
mod status;
mod vanished;

use std::io::Write;

use minuted::billing::{
    Amounts, Budget, Channels, ChargeOn, Hold, Measure, Owner, Scope, Service, Settlement, Tariff, Unit, Usage, Window,
};
use minuted::domain::{AccountId, ChargeId, Currency, KeyId, RequestId, Timestamp};
use minuted::storage::{self, Location, Settings, Stores};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// An empty database, that goes when this is dropped.
pub struct Database {
    pub stores: Stores,
    settings: Settings,
    _folder: Option<TempDir>,
}

impl Database {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let settings = Settings { location: Location::Sqlite(folder.path().join("minuted.db")) };
        let stores = storage::open(&settings).await.expect("a new database");
        Self { stores, settings, _folder: Some(folder) }
    }

    /// `None` where PostgreSQL is not installed, which is said with the test's name.
    pub async fn postgres(test: &str) -> Option<Self> {
        let settings = Settings { location: Location::Postgres(empty_postgres(test).await?) };
        let stores = storage::open(&settings).await.expect("a new database");
        Some(Self { stores, settings, _folder: None })
    }

    /// Runs statements as somebody else would who has the database.
    pub async fn tamper(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &self.settings.location {
            Location::Sqlite(path) => {
                let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await?;
                sql.execute(&mut connection).await.map(drop)
            }
            Location::Postgres(url) => sql.execute(&mut PgConnection::connect(url).await?).await.map(drop),
        }
    }

    /// Takes the triggers off that keep rows and closed months as they are.
    pub async fn unlock(&self) {
        let sql = match &self.settings.location {
            Location::Sqlite(_) => {
                "DROP TRIGGER entries_stay; DROP TRIGGER entries_remain; DROP TRIGGER periods_stay; \
                 DROP TRIGGER periods_remain"
            }
            Location::Postgres(_) => "DROP TRIGGER entries_stay ON entries; DROP TRIGGER periods_stay ON periods",
        };
        self.tamper(sql).await.expect("they are there");
    }

    /// The same database, opened once more: by another process, or after a crash.
    pub async fn again(&self) -> Stores {
        storage::open(&self.settings).await.expect("it is there")
    }
}

/// The URL of an empty database of PostgreSQL; `None` where that is not installed, which is said with the test's name.
pub async fn empty_postgres(test: &str) -> Option<String> {
    installed(test, cluster::empty_database).await
}

/// What is made where PostgreSQL is installed; `None` where it is not, which is said with the test's name.
async fn installed<T: Send + 'static>(test: &str, start: fn() -> Option<T>) -> Option<T> {
    let made = tokio::task::spawn_blocking(start).await.expect("PostgreSQL starts");
    if made.is_none() {
        // Past the harness, which shows only what failing tests say.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: PostgreSQL is not installed");
    }
    made
}

/// Makes a test of each function, for each database.
macro_rules! for_each_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::stores::Database::sqlite().await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let name = concat!(module_path!(), "::", stringify!($name));
                    if let Some(db) = crate::stores::Database::postgres(name).await {
                        super::$name(db).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use for_each_database;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn account(name: &str) -> AccountId {
    format!("acc_{name}").parse().expect("an id")
}

pub fn key(name: &str) -> KeyId {
    format!("key_{name}").parse().expect("an id")
}

pub const CENT: i64 = 10_000_000;

/// A cent a started minute.
pub fn by_the_minute() -> Tariff {
    Tariff {
        id: "audio".parse().expect("an id"),
        models: vec!["*".to_owned()],
        unit: Unit::StartedMinute,
        increment: 1,
        minimum: 0,
        scope: Scope::Request,
        charge_on: ChargeOn::Success,
        channels: Channels::Once,
        batch_percent: 50,
        price: CENT,
        per: 1,
        currency: Currency::EUR,
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: None,
    }
}

/// So many started minutes, and what they cost.
pub fn minutes(count: i64) -> Amounts {
    Amounts { nanos: count * CENT, audio_ms: count * 60_000, output_tokens: 0 }
}

/// A hold of so many minutes for alice's only key, at noon on a day in October, for a minute.
pub fn hold_of(count: i64) -> Hold {
    Hold {
        charge: ChargeId::new(),
        request: RequestId::new(),
        account: account("alice"),
        key: Some(key("alice")),
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        currency: Currency::EUR,
        amounts: minutes(count),
        budgets: Vec::new(),
        at: at("2026-10-14T12:00:00Z"),
        expires_at: at("2026-10-14T12:01:00Z"),
        claim: None,
    }
}

/// So many seconds of audio, on a channel.
pub fn used(seconds: i64) -> Settlement {
    let usage = Usage { audio_ms: seconds * 1_000, channels: 1, ..Usage::default() };
    Settlement { usage, tariffs: vec![by_the_minute()], at: at("2026-10-14T12:00:30Z") }
}

/// At most so many cents a month, for alice.
pub fn a_month(cents: i64) -> Budget {
    Budget {
        owner: Owner::Account(account("alice")),
        kin: Vec::new(),
        measure: Measure::Spend,
        window: Window::Month,
        ceiling: cents * CENT,
    }
}
