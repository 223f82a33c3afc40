-- Which process wrote which part of a user's history: the numbers above after_seq, up to the next row.
-- A backup that is restored is gone on with by another process: from the number at which it ends the
-- history is another one, and whoever has read more of the one before finds out.
CREATE TABLE sequence_runs (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    run BLOB NOT NULL,
    after_seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, run)
) STRICT;
CREATE INDEX sequence_runs_after_seq ON sequence_runs (user_id, after_seq);
