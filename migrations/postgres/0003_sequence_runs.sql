-- Which process wrote which part of a user's history: the numbers above after_seq, up to the next row.
-- A backup that is restored is gone on with by another process: from the number at which it ends the
-- history is another one, and whoever has read more of the one before finds out.
CREATE TABLE sequence_runs (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    run uuid NOT NULL,
    after_seq bigint NOT NULL,
    PRIMARY KEY (user_id, run)
);
CREATE INDEX sequence_runs_after_seq ON sequence_runs (user_id, after_seq);
