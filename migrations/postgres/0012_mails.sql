CREATE TYPE reminder_rule AS ENUM
    ('applied', 'screening', 'loop', 'after_loop', 'offer', 'on_hold', 'custom', 'digest');
CREATE TYPE mail_state AS ENUM ('waiting', 'claimed', 'delivered', 'dead', 'dropped');

-- Mails that wait, are being sent, or were: the only queue that there is. What one is about may be gone by the
-- time it goes, so that nothing but the user is referred to.
CREATE TABLE mails (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Of the user and what it is about: it is the Message-ID, however often it is sent.
    id uuid NOT NULL,
    -- By which rule it goes.
    kind reminder_rule NOT NULL,
    state mail_state NOT NULL DEFAULT 'waiting',
    -- When it is tried, or tried again.
    not_before timestamptz NOT NULL,
    -- Tries, with the one under way.
    attempts integer NOT NULL DEFAULT 0,
    -- Who is trying, and until when that holds.
    claim_id uuid,
    lease_until timestamptz,
    -- As it was written for the first try. Erased at its end.
    bytes bytea,
    -- Whether a try that did not come to its end may have delivered it.
    uncertain boolean NOT NULL DEFAULT false,
    last_error text,
    -- The appointment that has changed since its file was mailed, where that is what it says.
    activity_id uuid,
    created_at timestamptz NOT NULL,
    -- When it was delivered, given up or dropped.
    ended_at timestamptz,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX mails_open ON mails (not_before) WHERE state IN ('waiting', 'claimed');
CREATE INDEX mails_ended ON mails (ended_at) WHERE ended_at IS NOT NULL;
-- What a mail is about. That the same is never mailed twice is what the key is for.
CREATE TABLE mail_reminders (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reminder_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    mail_id uuid NOT NULL,
    PRIMARY KEY (user_id, reminder_id, due_at)
);
CREATE INDEX mail_reminders_mail ON mail_reminders (user_id, mail_id);
-- Appointments whose file was mailed: calendars do not join two files of one appointment, so that each state
-- of it goes once.
CREATE TABLE mail_files (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    activity_id uuid NOT NULL,
    -- SHA-256 of what a calendar shows of it; zeros where it is off.
    content bytea NOT NULL,
    mail_id uuid NOT NULL,
    application_id uuid NOT NULL,
    -- By which rule mails about it go.
    kind reminder_rule NOT NULL,
    -- As it was mailed: of what was deleted there is nothing else.
    sequence bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    summary text NOT NULL,
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, activity_id, content)
);
CREATE INDEX mail_files_application ON mail_files (user_id, application_id, starts_at);
-- When it was last looked for what is due, to the hour.
ALTER TABLE worker ADD COLUMN last_scan_at timestamptz;
-- Until then no reminder is mailed.
ALTER TABLE worker ADD COLUMN held_until timestamptz;
