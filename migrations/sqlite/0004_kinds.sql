-- Which kinds of row there are the app knows; a list of them here would have to grow with it, and with
-- each new one this table would be rebuilt. No other table points to this one.
CREATE TABLE tombstones_new (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    deleted_at TEXT NOT NULL,
    PRIMARY KEY (user_id, entity, id)
) STRICT;
INSERT INTO tombstones_new (user_id, entity, id, seq, deleted_at)
SELECT user_id, entity, id, seq, deleted_at FROM tombstones;
DROP TABLE tombstones;
ALTER TABLE tombstones_new RENAME TO tombstones;
CREATE UNIQUE INDEX tombstones_seq ON tombstones (user_id, seq);
CREATE INDEX tombstones_deleted_at ON tombstones (user_id, deleted_at);
