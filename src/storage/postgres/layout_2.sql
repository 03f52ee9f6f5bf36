-- From here on an event is kept only where somebody is there to take it; so far nobody could be.
DELETE FROM outbox;

-- Its rows come and go: what is left of them is cleared by their number, however large the table is.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- Whose turn it is to do what one process does for all that share the database. Times are microseconds since 1970.
CREATE TABLE turns (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    until BIGINT NOT NULL
);
