-- When tariffs end that were published without an end.
CREATE TABLE tariff_ends (
    tariff TEXT PRIMARY KEY NOT NULL REFERENCES tariffs (id),
    ends_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER tariff_ends_stay BEFORE UPDATE ON tariff_ends
BEGIN SELECT RAISE(ABORT, 'ends of tariffs are never changed'); END;

CREATE TRIGGER tariff_ends_remain BEFORE DELETE ON tariff_ends
BEGIN SELECT RAISE(ABORT, 'ends of tariffs are never deleted'); END;
