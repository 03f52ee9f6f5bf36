-- Whether an account wants the successor of a model that is retired: 0 or 1.
ALTER TABLE accounts ADD COLUMN follows_successors INTEGER NOT NULL DEFAULT 0;

-- Who still calls a model whose end has been announced: a row for each model and account, however often.
CREATE TABLE calls (
    model TEXT NOT NULL,
    account TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (model, account)
) STRICT, WITHOUT ROWID;
