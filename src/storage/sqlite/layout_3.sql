-- What happened to models, by minute, hour and day: counts that add up. Starts in seconds since 1970.
CREATE TABLE status_counts (
    width INTEGER NOT NULL,
    start INTEGER NOT NULL,
    model TEXT NOT NULL,
    measure TEXT NOT NULL,
    number INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (width, start, model, measure, number)
) STRICT, WITHOUT ROWID;

-- Incidents and maintenances. `rule_for` is the model for which a rule opened it.
CREATE TABLE status_notices (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    models TEXT NOT NULL,
    impact TEXT NOT NULL,
    rule_for TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    stage TEXT NOT NULL,
    updates INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX status_notices_by_rule ON status_notices (rule_for) WHERE closed_at IS NULL AND rule_for IS NOT NULL;
CREATE INDEX status_notices_age ON status_notices (opened_at);

CREATE TABLE status_updates (
    notice TEXT NOT NULL REFERENCES status_notices (id),
    number INTEGER NOT NULL,
    stage TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (notice, number)
) STRICT, WITHOUT ROWID;
