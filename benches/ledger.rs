//! What the book costs: charges a second, by callers and by database, and rows of an export a minute, with its memory.
//!
//! `cargo bench --bench ledger`, or with `BENCH_ROWS=1000000` for a longer export. Every commit waits for the disk, in
//! both databases. PostgreSQL is a cluster of its own, from Debian's binaries; where they are missing its part says so.
#![expect(clippy::print_stdout, reason = "what a bench is for")]

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use minuted::billing::export::{Export, Format, Selection};
use minuted::billing::{
    Amounts, Budget, Channels, ChargeOn, Hold, Ledger, Measure, Owner, Period, Scope, Service, Settlement, Tariff,
    Unit, Usage, Window,
};
use minuted::domain::{AccountId, ChargeId, Currency, RequestId, Timestamp};
use minuted::storage::{self, Location, Settings};
use tempfile::TempDir;
use tokio::task::JoinSet;

const TIME: Duration = Duration::from_secs(4);
const ACCOUNTS: usize = 16;

/// A database, and what keeps it.
struct Place {
    name: &'static str,
    settings: Settings,
    _folder: TempDir,
    _cluster: Option<Child>,
}

fn sqlite() -> Place {
    // Beside the build: where temporary files are may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temp folder");
    let settings = Settings { location: Location::Sqlite(folder.path().join("minuted.db")) };
    Place { name: "SQLite", settings, _folder: folder, _cluster: None }
}

fn postgres() -> Option<Place> {
    let bin = glob::glob("/usr/lib/postgresql/*/bin").ok()?.flatten().last()?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/stores/cluster.sh");
    let mut cluster = Command::new(script)
        .args([bin.as_os_str(), "on".as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .ok()?;
    let mut host = String::new();
    BufReader::new(cluster.stdout.take()?).read_line(&mut host).ok()?;
    let url = format!("postgres://minuted@localhost/postgres?host={}", host.trim());
    let folder = tempfile::tempdir().ok()?;
    Some(Place {
        name: "PostgreSQL",
        settings: Settings { location: Location::Postgres(url) },
        _folder: folder,
        _cluster: Some(cluster),
    })
}

fn tariff() -> Tariff {
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
        price: 10_000_000,
        per: 1,
        currency: Currency::EUR,
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: None,
    }
}

fn at() -> Timestamp {
    "2026-10-14T12:00:00Z".parse().expect("a time")
}

/// Holds and settles a request, as the meter does: within a budget, with a key and a tariff.
async fn charge(ledger: &dyn Ledger, account: &AccountId, terms: &Settlement) {
    let charge = ChargeId::new();
    let budget = Budget {
        owner: Owner::Account(account.clone()),
        measure: Measure::Spend,
        window: Window::Month,
        ceiling: i64::MAX / 8,
    };
    let hold = Hold {
        charge: charge.clone(),
        request: RequestId::new(),
        account: account.clone(),
        key: None,
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        currency: Currency::EUR,
        amounts: Amounts { nanos: 10_000_000, audio_ms: 60_000, output_tokens: 0 },
        budgets: vec![budget],
        at: at(),
        expires_at: "2026-10-14T12:10:00Z".parse().expect("a time"),
        claim: None,
    };
    ledger.hold(&hold).await.expect("the budget reaches");
    ledger.settle(&charge, terms).await.expect("enough is held");
}

/// Many callers, until each is told to stop; how many charges were settled.
async fn callers(
    ledger: &Arc<dyn Ledger>,
    count: usize,
    each: impl Fn(u64, Instant) -> bool + Clone + Send + 'static,
) -> u64 {
    let usage = Usage { audio_ms: 8_470, channels: 1, ..Usage::default() };
    let terms = Arc::new(Settlement { usage, tariffs: vec![tariff()], at: at() });
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..count {
        let (ledger, terms, each) = (ledger.clone(), terms.clone(), each.clone());
        let account: AccountId = format!("acc_{}", caller % ACCOUNTS).parse().expect("an id");
        tasks.spawn(async move {
            let mut done = 0;
            while each(done, begin) {
                charge(&*ledger, &account, &terms).await;
                done += 1;
            }
            done
        });
    }
    tasks.join_all().await.into_iter().sum()
}

#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
async fn charges(place: &Place) {
    let ledger = storage::open(&place.settings).await.expect("a database").ledger;
    ledger.publish(&[tariff()]).await.expect("a new tariff");
    for count in [1, 8, 64] {
        let begin = Instant::now();
        let settled = callers(&ledger, count, |_, begin| begin.elapsed() < TIME).await;
        println!(
            "{:<10} {count:>3} callers: {:>8.0} settled/s",
            place.name,
            settled as f64 / begin.elapsed().as_secs_f64()
        );
    }
}

/// The most memory that this process had since it was last asked, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: u64 = peak.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    kib / 1024
}

#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
async fn export(place: &Place) {
    let rows = std::env::var("BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(200_000_u64);
    for rows in [rows / 10, rows] {
        let ledger = storage::open(&place.settings).await.expect("a database").ledger;
        ledger.publish(&[tariff()]).await.expect("the same tariff");
        let written = ledger.usage(&whole()).await.expect("it answers").iter().map(|row| row.requests).sum::<i64>();
        let each = rows.saturating_sub(written.unsigned_abs()).div_ceil(64);
        callers(&ledger, 64, move |done, _| done < each).await;
        for format in [Format::Csv, Format::Focus] {
            peak();
            let (before, begin) = (peak(), Instant::now());
            let period: Period = "2026-10".parse().expect("a month");
            let selection = Selection { account: None, period };
            let mut export = Export::begin(ledger.clone(), selection, format, "minuted").await.expect("it begins");
            while export.next().await.expect("it goes on").is_some() {}
            let (seconds, rows) = (begin.elapsed().as_secs_f64(), export.trailer().rows);
            println!(
                "{:<10} {rows:>8} rows of {format}: {:>8.2} M rows/min, peak {} MiB ({before} MiB before)",
                place.name,
                rows as f64 / seconds * 60.0 / 1e6,
                peak(),
            );
        }
    }
}

fn whole() -> minuted::billing::UsageQuery {
    let period: Period = "2026-10".parse().expect("a month");
    minuted::billing::UsageQuery { account: None, from: period.from, to: period.to, bucket_seconds: 86_400 }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let place = sqlite();
        charges(&place).await;
        export(&sqlite()).await;
        match postgres() {
            Some(place) => charges(&place).await,
            None => println!("PostgreSQL is not installed: its part is skipped"),
        }
    });
}
