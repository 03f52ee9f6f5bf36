-- Whether an account wants the successor of a model that is retired: 0 or 1.
ALTER TABLE accounts ADD COLUMN follows_successors BIGINT NOT NULL DEFAULT 0;

-- Who still calls a model whose end has been announced: a row for each model and account, however often.
CREATE TABLE calls (
    model TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (model, account)
);
