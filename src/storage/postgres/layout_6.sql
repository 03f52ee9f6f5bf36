-- What the pepper of the keys makes of a text that never changes: another pepper is told by it. There is one row at most.
CREATE TABLE pepper (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    mark BYTEA NOT NULL
);

-- What has taken the place of a key.
CREATE INDEX keys_successors ON keys (account, replaces) WHERE replaces IS NOT NULL;
