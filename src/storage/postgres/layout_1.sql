-- The ledger: rows are added, and triggers forbid everything else. Times are microseconds since 1970, in UTC.
CREATE TABLE entries (
    account TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    charge TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('hold', 'extend', 'settle', 'void')),
    step BIGINT NOT NULL CHECK ((kind = 'extend') = (step > 0)),
    request TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C",
    service TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    admitted_at BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    held_nanos BIGINT NOT NULL,
    held_audio_ms BIGINT NOT NULL,
    held_output_tokens BIGINT NOT NULL,
    used_nanos BIGINT NOT NULL,
    used_audio_ms BIGINT NOT NULL,
    used_output_tokens BIGINT NOT NULL,
    usage TEXT COLLATE "C",
    lines TEXT COLLATE "C" NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (account, seq)
);

CREATE UNIQUE INDEX entries_step ON entries (charge, kind, step);
CREATE UNIQUE INDEX entries_end ON entries (charge) WHERE kind IN ('settle', 'void');
CREATE INDEX entries_settled ON entries (admitted_at, charge) WHERE kind = 'settle';
CREATE INDEX entries_settled_of ON entries (account, admitted_at, charge) WHERE kind = 'settle';

-- Where the next row of an account goes on from.
CREATE TABLE chains (
    account TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

-- Charges that have not ended.
CREATE TABLE holds (
    charge TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    admitted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX holds_expiry ON holds (expires_at);
CREATE INDEX holds_admission ON holds (admitted_at);

-- What an account or a key has used and holds in an hour, a day and a month.
CREATE TABLE counters (
    owner TEXT COLLATE "C" NOT NULL,
    span TEXT COLLATE "C" NOT NULL,
    start BIGINT NOT NULL,
    used_nanos BIGINT NOT NULL,
    used_audio_ms BIGINT NOT NULL,
    used_output_tokens BIGINT NOT NULL,
    held_nanos BIGINT NOT NULL,
    held_audio_ms BIGINT NOT NULL,
    held_output_tokens BIGINT NOT NULL,
    PRIMARY KEY (owner, span, start)
);

-- Idempotency keys, as digests.
CREATE TABLE claims (
    account TEXT COLLATE "C" NOT NULL,
    key BYTEA NOT NULL,
    charge TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE INDEX claims_age ON claims (at);

-- An account's month at a tariff whose scope is the period.
CREATE TABLE sums (
    account TEXT COLLATE "C" NOT NULL,
    tariff TEXT COLLATE "C" NOT NULL,
    month BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (account, tariff, month)
);

-- Usage by minute and by hour; starts in seconds. An empty key: the server ran open.
CREATE TABLE rollup (
    account TEXT COLLATE "C" NOT NULL,
    width BIGINT NOT NULL,
    start BIGINT NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C" NOT NULL,
    batch BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    audio_ms BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    nanos BIGINT NOT NULL,
    PRIMARY KEY (account, width, start, key, model, service, batch, currency)
);

CREATE INDEX rollup_time ON rollup (width, start);

-- Events that nobody has taken yet.
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE tariffs (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    models TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    increment BIGINT NOT NULL,
    minimum BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    charge_on TEXT COLLATE "C" NOT NULL,
    channels TEXT COLLATE "C" NOT NULL,
    batch_percent BIGINT NOT NULL,
    price BIGINT NOT NULL,
    per BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT
);

-- Each closing of a month; what it closes stays closed.
CREATE TABLE periods (closed_until BIGINT PRIMARY KEY NOT NULL);

CREATE TABLE accounts (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    currency TEXT COLLATE "C" NOT NULL,
    plan TEXT COLLATE "C",
    limits TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT
);

CREATE TABLE keys (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    name TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    models TEXT COLLATE "C",
    limits TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    replaces TEXT COLLATE "C"
);

CREATE INDEX keys_of ON keys (account, created_at);

-- What is written here stays.
CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$;

CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON entries EXECUTE FUNCTION stays();
CREATE TRIGGER tariffs_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tariffs EXECUTE FUNCTION stays();
CREATE TRIGGER periods_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON periods EXECUTE FUNCTION stays();

CREATE FUNCTION month_is_open() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.admitted_at < (SELECT MAX(closed_until) FROM periods) THEN
        RAISE EXCEPTION 'the month is closed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entries_period BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION month_is_open();
