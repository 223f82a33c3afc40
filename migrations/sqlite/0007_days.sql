-- A draft has no day: nothing was sent. The table is changed and not rebuilt: others point to it, and
-- dropping it would delete what points there.
ALTER TABLE applications ADD COLUMN day TEXT;
UPDATE applications SET day = application_date;
-- Drafts had the day of their creation, wherever on Earth that was.
UPDATE applications SET day = NULL
WHERE status = 'Draft'
    AND application_date BETWEEN date(created_at, '-12 hours') AND date(created_at, '+14 hours');
ALTER TABLE applications DROP COLUMN application_date;
ALTER TABLE applications RENAME COLUMN day TO application_date;

-- Clients have these rows, and hear of it. Only now is a row without a day one that lost it.
UPDATE applications SET seq = moved.seq
FROM (
    SELECT a.user_id, a.id, s.last_seq + row_number() OVER (PARTITION BY a.user_id ORDER BY a.seq) AS seq
    FROM applications a JOIN user_sequences s ON s.user_id = a.user_id
    WHERE a.application_date IS NULL
) AS moved
WHERE applications.user_id = moved.user_id AND applications.id = moved.id;
UPDATE user_sequences SET last_seq = last_seq + (
    SELECT count(*) FROM applications a WHERE a.user_id = user_sequences.user_id AND a.application_date IS NULL
);

-- What followed from a correction of the moves changed a version without making another one: which version,
-- and when people made it.
ALTER TABLE applications ADD COLUMN followed_version INTEGER;
ALTER TABLE applications ADD COLUMN followed_from TEXT;

-- People correct moves.
ALTER TABLE stage_events ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE stage_events ADD COLUMN updated_at TEXT NOT NULL DEFAULT '';
UPDATE stage_events SET updated_at = coalesce(voided_at, recorded_at);
