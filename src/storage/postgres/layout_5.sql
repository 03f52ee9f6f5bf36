-- When tariffs end that were published without an end.
CREATE TABLE tariff_ends (
    tariff TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES tariffs (id),
    ends_at BIGINT NOT NULL
);

CREATE TRIGGER tariff_ends_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_ends EXECUTE FUNCTION stays();
