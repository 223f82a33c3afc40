-- What is deleted when it is old enough, found by its age.

-- The highest number of a tombstone that is no longer kept: who has seen less may have missed it.
ALTER TABLE user_sequences ADD COLUMN tombstone_floor bigint NOT NULL DEFAULT 0;
CREATE INDEX tombstones_deleted_at ON tombstones (user_id, deleted_at);

-- A user at a time.
DROP INDEX mutations_created_at;
CREATE INDEX mutations_created_at ON mutations (user_id, created_at);

CREATE INDEX sessions_ended_at ON sessions (COALESCE(revoked_at, expires_at));
