-- What happened to models, by minute, hour and day: counts that add up. Starts in seconds since 1970.
CREATE TABLE status_counts (
    width BIGINT NOT NULL,
    start BIGINT NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    measure TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (width, start, model, measure, number)
);

-- Incidents and maintenances. `rule_for` is the model for which a rule opened it.
CREATE TABLE status_notices (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    models TEXT COLLATE "C" NOT NULL,
    impact TEXT COLLATE "C" NOT NULL,
    rule_for TEXT COLLATE "C",
    starts_at BIGINT,
    ends_at BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    stage TEXT COLLATE "C" NOT NULL,
    updates BIGINT NOT NULL
);

CREATE UNIQUE INDEX status_notices_by_rule ON status_notices (rule_for) WHERE closed_at IS NULL AND rule_for IS NOT NULL;
CREATE INDEX status_notices_age ON status_notices (opened_at);

CREATE TABLE status_updates (
    notice TEXT COLLATE "C" NOT NULL REFERENCES status_notices (id),
    number BIGINT NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (notice, number)
);
