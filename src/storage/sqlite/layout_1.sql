-- The ledger: rows are added, and triggers forbid everything else. Times are microseconds since 1970, in UTC.
CREATE TABLE entries (
    account TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    charge TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'extend', 'settle', 'void')),
    step INTEGER NOT NULL CHECK ((kind = 'extend') = (step > 0)),
    request TEXT NOT NULL,
    key TEXT,
    service TEXT NOT NULL,
    model TEXT NOT NULL,
    at INTEGER NOT NULL,
    admitted_at INTEGER NOT NULL,
    currency TEXT NOT NULL,
    held_nanos INTEGER NOT NULL,
    held_audio_ms INTEGER NOT NULL,
    held_output_tokens INTEGER NOT NULL,
    used_nanos INTEGER NOT NULL,
    used_audio_ms INTEGER NOT NULL,
    used_output_tokens INTEGER NOT NULL,
    usage TEXT,
    lines TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entries_step ON entries (charge, kind, step);
CREATE UNIQUE INDEX entries_end ON entries (charge) WHERE kind IN ('settle', 'void');
CREATE INDEX entries_settled ON entries (admitted_at, charge) WHERE kind = 'settle';
CREATE INDEX entries_settled_of ON entries (account, admitted_at, charge) WHERE kind = 'settle';

CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'rows of the ledger are never changed'); END;

CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'rows of the ledger are never deleted'); END;

-- Where the next row of an account goes on from.
CREATE TABLE chains (
    account TEXT PRIMARY KEY NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Charges that have not ended.
CREATE TABLE holds (
    charge TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    admitted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX holds_expiry ON holds (expires_at);
CREATE INDEX holds_admission ON holds (admitted_at);

-- What an account or a key has used and holds in an hour, a day and a month.
CREATE TABLE counters (
    owner TEXT NOT NULL,
    span TEXT NOT NULL,
    start INTEGER NOT NULL,
    used_nanos INTEGER NOT NULL,
    used_audio_ms INTEGER NOT NULL,
    used_output_tokens INTEGER NOT NULL,
    held_nanos INTEGER NOT NULL,
    held_audio_ms INTEGER NOT NULL,
    held_output_tokens INTEGER NOT NULL,
    PRIMARY KEY (owner, span, start)
) STRICT, WITHOUT ROWID;

-- Idempotency keys, as digests.
CREATE TABLE claims (
    account TEXT NOT NULL,
    key BLOB NOT NULL,
    charge TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX claims_age ON claims (at);

-- An account's month at a tariff whose scope is the period.
CREATE TABLE sums (
    account TEXT NOT NULL,
    tariff TEXT NOT NULL,
    month INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (account, tariff, month)
) STRICT, WITHOUT ROWID;

-- Usage by minute and by hour; starts in seconds. An empty key: the server ran open.
CREATE TABLE rollup (
    account TEXT NOT NULL,
    width INTEGER NOT NULL,
    start INTEGER NOT NULL,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    service TEXT NOT NULL,
    batch INTEGER NOT NULL,
    currency TEXT NOT NULL,
    requests INTEGER NOT NULL,
    audio_ms INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    nanos INTEGER NOT NULL,
    PRIMARY KEY (account, width, start, key, model, service, batch, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollup_time ON rollup (width, start);

-- Events that nobody has taken yet.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    charge TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE tariffs (
    id TEXT PRIMARY KEY NOT NULL,
    models TEXT NOT NULL,
    unit TEXT NOT NULL,
    increment INTEGER NOT NULL,
    minimum INTEGER NOT NULL,
    scope TEXT NOT NULL,
    charge_on TEXT NOT NULL,
    channels TEXT NOT NULL,
    batch_percent INTEGER NOT NULL,
    price INTEGER NOT NULL,
    per INTEGER NOT NULL,
    currency TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER
) STRICT;

CREATE TRIGGER tariffs_stay BEFORE UPDATE ON tariffs
BEGIN SELECT RAISE(ABORT, 'tariffs are never changed'); END;

CREATE TRIGGER tariffs_remain BEFORE DELETE ON tariffs
BEGIN SELECT RAISE(ABORT, 'tariffs are never deleted'); END;

-- Each closing of a month; what it closes stays closed.
CREATE TABLE periods (closed_until INTEGER PRIMARY KEY NOT NULL) STRICT;

CREATE TRIGGER periods_stay BEFORE UPDATE ON periods
BEGIN SELECT RAISE(ABORT, 'a closed month stays closed'); END;

CREATE TRIGGER periods_remain BEFORE DELETE ON periods
BEGIN SELECT RAISE(ABORT, 'a closed month stays closed'); END;

CREATE TRIGGER entries_period BEFORE INSERT ON entries
WHEN NEW.admitted_at < (SELECT MAX(closed_until) FROM periods)
BEGIN SELECT RAISE(ABORT, 'the month is closed'); END;

CREATE TABLE accounts (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    plan TEXT,
    limits TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    suspended_at INTEGER
) STRICT;

CREATE TABLE keys (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    scopes TEXT NOT NULL,
    models TEXT,
    limits TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    replaces TEXT
) STRICT;

CREATE INDEX keys_of ON keys (account, created_at);
