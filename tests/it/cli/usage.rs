//! `minuted usage`, once and followed, piped and on a terminal, before either database.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use minuted::billing::{Hold, Ledger, Settlement};
use minuted::domain::{AccountId, Clock, KeyId, SystemClock};
use minuted::storage::{self, Location, Settings};
use serde_json::{Value, json};

use super::{Sandbox, signal};
use crate::stores::{empty_postgres, hold_of, minutes, used};

/// An account with a budget and a key, as an operator makes them, and the ledger in which it is charged.
struct House {
    sandbox: Sandbox,
    ledger: Arc<dyn Ledger>,
    account: AccountId,
    key: KeyId,
}

impl House {
    async fn new(database: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.file("minuted.toml", format!("data_dir = \"data\"\n[storage]\nurl = \"{database}\"\n").as_bytes());
        let made = ["accounts", "create", "acme", "--plan", "tier-1", "--spend-per-month", "0.10", "--json"];
        let account: Value = serde_json::from_str(&sandbox.run(&made).with_code(0).stdout).unwrap();
        let made = ["keys", "create", "--account", "acme", "--name", "web", "--spend-per-month", "0.04", "--json"];
        let key: Value = serde_json::from_str(&sandbox.run(&made).with_code(0).stdout).unwrap();
        let location = Location::parse(database, &sandbox.path("")).unwrap();
        let ledger = storage::open(&Settings { location }).await.unwrap().ledger;
        let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
        Self { ledger, account: id(&account).parse().unwrap(), key: id(&key).parse().unwrap(), sandbox }
    }

    /// Charges the key so many minutes, just now; without it, whoever comes to an open server.
    async fn charge(&self, count: i64, with_key: bool) {
        let hold = self.held(count, with_key).await;
        let settlement = Settlement { at: hold.at, ..used(count * 60) };
        self.ledger.settle(&hold.charge, &settlement).await.unwrap();
    }

    async fn held(&self, count: i64, with_key: bool) -> Hold {
        let at = SystemClock.now();
        let (account, key) =
            if with_key { (self.account.clone(), Some(self.key.clone())) } else { (AccountId::local(), None) };
        let expires_at = at + jiff::SignedDuration::from_hours(1);
        let hold = Hold { account, key, at, expires_at, amounts: minutes(count), ..hold_of(count) };
        self.ledger.hold(&hold).await.unwrap();
        hold
    }
}

async fn told(database: &str) {
    let house = House::new(database).await;
    let empty = house.sandbox.run(&["usage"]).with_code(0).stdout;
    assert!(empty.ends_with(" UTC\n\nnothing was used yet\n"), "{empty}");
    house.charge(2, true).await;
    house.charge(1, true).await;
    house.charge(1, false).await;
    house.held(5, true).await;

    let page = house.sandbox.run(&["usage"]).with_code(0).stdout;
    let lines: Vec<&str> = page.lines().skip(2).collect();
    let bar = format!("{}{}{}", "█".repeat(9), "▒".repeat(15), "░".repeat(6));
    let keys_bar = format!("{}{}", "█".repeat(22), "▒".repeat(8));
    let expected = [
        &format!("acme  {}  tier-1", house.account),
        &format!("  {bar}   80 %  0.03 of 0.1 EUR used, 0.05 reserved"),
        "  0 of 150000 output tokens used in this hour",
        "  0 of 3600000 output tokens used today",
        "  KEY  MODEL            REQUESTS  AUDIO      COST",
        "  web  minuted-nano.en         2   3:00  0.03 EUR",
        "  key web:",
        &format!("  {keys_bar}  100 %  0.03 of 0.04 EUR used, 0.05 reserved"),
        "",
        "acc_local",
        "  no ceiling",
        "  KEY     MODEL            REQUESTS  AUDIO      COST",
        "  no key  minuted-nano.en         1   1:00  0.01 EUR",
        "",
        "total 0.04 EUR",
    ];
    assert_eq!(lines, expected);

    let one = house.sandbox.run(&["usage", "--account", "acme", "--json"]).with_code(0).stdout;
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["totals"], json!([{ "amount": "0.03", "currency": "EUR" }]));
    let account = &one["accounts"][0];
    assert_eq!((&account["id"], &account["name"]), (&json!(house.account.as_str()), &json!("acme")));
    let budget = &account["budget"];
    assert_eq!(
        [&budget["ceiling"], &budget["used"], &budget["reserved"], &budget["left"]],
        ["0.1", "0.03", "0.05", "0.02"]
    );
    let limit = &account["limits"][0];
    assert_eq!([&limit["of"], &limit["window"], &limit["ceiling"]], ["output_tokens", "hour", "150000"]);
    let model = &account["keys"][0]["models"][0];
    assert_eq!(
        (&model["audio_seconds"], &model["cost"], &model["requests"]),
        (&json!("180"), &json!("0.03"), &json!(2))
    );
    let nobody = house.sandbox.run(&["usage", "--account", "nobody"]).with_code(2);
    assert!(nobody.stderr.contains("there is no account named `nobody`"), "{}", nobody.stderr);
}

async fn followed(database: &str) {
    let house = House::new(database).await;
    house.charge(2, true).await;
    let mut watch = house.sandbox.command(&["usage", "--watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut until = |end: &str| lines.by_ref().map(Result::unwrap).find(|line| line.contains(end)).unwrap();
    until("total 0.02 EUR");
    house.charge(1, true).await;
    let line = until("acme");
    let names = format!("  acme  {}  minuted-nano.en  +1 request  +1:00  +0.01 EUR", house.key);
    assert!(line.ends_with(&names), "{line}");
    house.sandbox.run(&["accounts", "change", "acme", "--name", "renamed"]).with_code(0);
    house.charge(1, true).await;
    let line = until("renamed");
    assert!(line.ends_with(&names.replace("acme", "renamed")), "{line}");
    signal(&watch, "INT");
    assert_eq!(watch.wait().unwrap().code(), Some(130));
    assert!(lines.next().is_none(), "nothing else was printed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_sqlite_usage_is_told() {
    told("sqlite:data/minuted.db").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_postgres_usage_is_told() {
    if let Some(url) = empty_postgres("cli::usage::with_postgres_usage_is_told").await {
        told(&url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_sqlite_usage_is_followed() {
    followed("sqlite:data/minuted.db").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_postgres_usage_is_followed() {
    if let Some(url) = empty_postgres("cli::usage::with_postgres_usage_is_followed").await {
        followed(&url).await;
    }
}

/// `script` gives the program a terminal, and passes on what is typed and drawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_is_left_as_it_was() {
    let house = House::new("sqlite:data/minuted.db").await;
    house.charge(2, true).await;
    let mut script = Command::new("script");
    let typed = concat!("stty cols 60 rows 20; exec ", env!("CARGO_BIN_EXE_minuted"), " usage --watch");
    script.args(["-qec", typed, "/dev/null"]);
    script.current_dir(house.sandbox.path("")).env_clear().env("HOME", house.sandbox.path("home"));
    script.env("PATH", std::env::var_os("PATH").unwrap()).env("TERM", "xterm");
    let Ok(mut terminal) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        let _ = writeln!(std::io::stderr(), "skipped: cli::usage::a_terminal_is_left_as_it_was: there is no `script`");
        return;
    };
    let (mut keyboard, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let mut drawn = String::new();
    let mut read_until = |end: &str| {
        let mut byte = [0];
        let mut bytes = std::mem::take(&mut drawn).into_bytes();
        while !bytes.ends_with(end.as_bytes()) && screen.read(&mut byte).unwrap() > 0 {
            bytes.push(byte[0]);
        }
        drawn = String::from_utf8(bytes).unwrap();
        drawn.clone()
    };
    let frame = read_until("total 0.02 EUR");
    house.charge(1, true).await;
    read_until("total 0.03 EUR");
    keyboard.write_all(b"\x03").unwrap();
    let all = read_until("nothing ends like this");
    assert_eq!(terminal.wait().unwrap().code(), Some(130), "{all:?}");
    assert!(frame.starts_with("\x1b[?1049h\x1b[?25l\x1b[H"), "another screen, no cursor: {frame:?}");
    assert!(all.trim_end_matches("^C").ends_with("\x1b[?25h\x1b[?1049l"), "the first one again: {all:?}");
    assert!(frame.contains("\x1b[32m█"), "a bar with a colour: {frame:?}");
    let widest = frame.split("\r\n").map(visible).max().unwrap();
    assert!(widest <= 60, "{widest} columns: {frame:?}");
}

/// Characters of a line that take room.
fn visible(line: &str) -> usize {
    let mut count = 0;
    let mut escaped = false;
    for character in line.chars() {
        match character {
            '\x1b' => escaped = true,
            character if escaped => escaped = !character.is_ascii_alphabetic(),
            _ => count += 1,
        }
    }
    count
}
