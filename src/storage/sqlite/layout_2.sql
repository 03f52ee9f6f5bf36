-- From here on an event is kept only where somebody is there to take it; so far nobody could be.
DELETE FROM outbox;

-- Whose turn it is to do what one process does for all that share the database. Times are microseconds since 1970.
CREATE TABLE turns (
    name TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
