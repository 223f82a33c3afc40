-- When a reminder goes out: `due_at`, moved by quiet hours. Clients never see it.
ALTER TABLE reminders ADD COLUMN send_at TEXT;
-- When a person made its version, where that is not the first: planner and worker make none.
ALTER TABLE reminders ADD COLUMN version_from TEXT;
-- When it turned out to be of no use any more.
ALTER TABLE reminders ADD COLUMN expired_at TEXT;
-- When the person had done what it says.
ALTER TABLE reminders ADD COLUMN done_at TEXT;
-- The channels by which it could not be sent.
ALTER TABLE reminders ADD COLUMN failed TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(failed));
-- One that is about an activity says of which application that is, too.
UPDATE reminders SET application_id = (
    SELECT a.application_id FROM activities a
    WHERE a.user_id = reminders.user_id AND a.id = reminders.activity_id
) WHERE application_id IS NULL;
-- What the worker looks for.
CREATE INDEX reminders_send_at ON reminders (send_at)
    WHERE NOT sent AND canceled_at IS NULL AND done_at IS NULL AND expired_at IS NULL;
-- The pages of reminders.
CREATE INDEX reminders_listed ON reminders (user_id, due_at, id);
-- With which planner and zone rules all of a person's reminders were planned; nothing where that is to be
-- done again.
ALTER TABLE user_settings ADD COLUMN planned_with TEXT;
-- What stood there meant nothing to any version; it is typed from now on. Clients have it, so that it is a
-- change of its own.
UPDATE user_sequences SET last_seq = last_seq + 1
    WHERE user_id IN (SELECT user_id FROM user_settings WHERE reminder_defaults <> '{}');
UPDATE user_settings SET reminder_defaults = '{}',
    seq = (SELECT last_seq FROM user_sequences s WHERE s.user_id = user_settings.user_id)
    WHERE reminder_defaults <> '{}';
