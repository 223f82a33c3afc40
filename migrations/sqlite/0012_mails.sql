-- Mails that wait, are being sent, or were: the only queue that there is. What one is about may be gone by the
-- time it goes, so that nothing but the user is referred to.
CREATE TABLE mails (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Of the user and what it is about: it is the Message-ID, however often it is sent.
    id BLOB NOT NULL,
    -- By which rule it goes.
    kind TEXT NOT NULL CHECK (kind IN
        ('applied', 'screening', 'loop', 'after_loop', 'offer', 'on_hold', 'custom', 'digest')),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN
        ('waiting', 'claimed', 'delivered', 'dead', 'dropped')),
    -- When it is tried, or tried again.
    not_before TEXT NOT NULL,
    -- Tries, with the one under way.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Who is trying, and until when that holds.
    claim_id BLOB,
    lease_until TEXT,
    -- As it was written for the first try. Erased at its end.
    bytes BLOB,
    -- Whether a try that did not come to its end may have delivered it.
    uncertain INTEGER NOT NULL DEFAULT 0 CHECK (uncertain IN (0, 1)),
    last_error TEXT,
    -- The appointment that has changed since its file was mailed, where that is what it says.
    activity_id BLOB,
    created_at TEXT NOT NULL,
    -- When it was delivered, given up or dropped.
    ended_at TEXT,
    PRIMARY KEY (user_id, id)
) STRICT;
CREATE INDEX mails_open ON mails (not_before) WHERE state IN ('waiting', 'claimed');
CREATE INDEX mails_ended ON mails (ended_at) WHERE ended_at IS NOT NULL;
-- What a mail is about. That the same is never mailed twice is what the key is for.
CREATE TABLE mail_reminders (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reminder_id BLOB NOT NULL,
    due_at TEXT NOT NULL,
    mail_id BLOB NOT NULL,
    PRIMARY KEY (user_id, reminder_id, due_at)
) STRICT;
CREATE INDEX mail_reminders_mail ON mail_reminders (user_id, mail_id);
-- Appointments whose file was mailed: calendars do not join two files of one appointment, so that each state
-- of it goes once.
CREATE TABLE mail_files (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    activity_id BLOB NOT NULL,
    -- SHA-256 of what a calendar shows of it; zeros where it is off.
    content BLOB NOT NULL,
    mail_id BLOB NOT NULL,
    application_id BLOB NOT NULL,
    -- By which rule mails about it go.
    kind TEXT NOT NULL CHECK (kind IN
        ('applied', 'screening', 'loop', 'after_loop', 'offer', 'on_hold', 'custom', 'digest')),
    -- As it was mailed: of what was deleted there is nothing else.
    sequence INTEGER NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    summary TEXT NOT NULL,
    noted_at TEXT NOT NULL,
    PRIMARY KEY (user_id, activity_id, content)
) STRICT;
CREATE INDEX mail_files_application ON mail_files (user_id, application_id, starts_at);
-- When it was last looked for what is due, to the hour.
ALTER TABLE worker ADD COLUMN last_scan_at TEXT;
-- Until then no reminder is mailed.
ALTER TABLE worker ADD COLUMN held_until TEXT;
