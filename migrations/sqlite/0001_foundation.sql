-- Everything that belongs to a user is keyed by (user_id, id): the same client-made id at two
-- users is two rows, and no foreign key can cross from one user to another.


CREATE TABLE users (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
    display_name TEXT,
    timezone TEXT NOT NULL DEFAULT 'Africa/Lagos',
    email_verified_at TEXT,
    session_timeout_mins INTEGER NOT NULL DEFAULT 4320 CHECK (session_timeout_mins BETWEEN 5 AND 43200),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE user_settings (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    version INTEGER NOT NULL DEFAULT 1,
    seq INTEGER NOT NULL,
    quiet_hours_start TEXT CHECK (quiet_hours_start GLOB '[0-2][0-9]:[0-5][0-9]' AND quiet_hours_start < '24:00'),
    quiet_hours_end TEXT CHECK (quiet_hours_end GLOB '[0-2][0-9]:[0-5][0-9]' AND quiet_hours_end < '24:00'),
    reminder_defaults TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(reminder_defaults)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK ((quiet_hours_start IS NULL) = (quiet_hours_end IS NULL))
) STRICT;

-- One row a user: the lock that every write transaction takes first, and the number it hands out.
CREATE TABLE user_sequences (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    epoch BLOB NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE sessions (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    user_agent TEXT,
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    PRIMARY KEY (user_id, id)
) STRICT;

CREATE TABLE sign_in_tokens (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    -- The code of the same mail, and the browser that may use it.
    code_hash BLOB NOT NULL,
    browser_hash BLOB NOT NULL UNIQUE,
    code_attempts INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    consumed_at TEXT
) STRICT;
CREATE INDEX sign_in_tokens_expires_at ON sign_in_tokens (expires_at);

CREATE TABLE applications (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    company TEXT NOT NULL,
    role_title TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'Applied' CHECK (status IN ('Draft', 'Applied', 'Screening', 'Recruiter_Call', 'Tech_Screen', 'Interview_Loop', 'Offer', 'Accepted', 'Declined', 'Rejected', 'On_Hold', 'Ghosted', 'Withdrawn')),
    source TEXT NOT NULL DEFAULT 'Other',
    application_date TEXT NOT NULL,
    priority TEXT NOT NULL DEFAULT 'None' CHECK (priority IN ('None', 'Low', 'Medium', 'High')),
    location_mode TEXT NOT NULL DEFAULT 'remote' CHECK (location_mode IN ('remote', 'hybrid', 'onsite')),
    location_text TEXT,
    timezone TEXT,
    job_url TEXT,
    job_requisition_id TEXT,
    seniority_level TEXT,
    -- Hundredths of the currency's unit.
    salary_min INTEGER,
    salary_max INTEGER,
    salary_currency TEXT CHECK (salary_currency GLOB '[A-Z][A-Z][A-Z]'),
    tech_keywords TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tech_keywords)),
    resume_url TEXT,
    cover_letter_url TEXT,
    cover_letter_used INTEGER NOT NULL DEFAULT 0 CHECK (cover_letter_used IN (0, 1)),
    contacts_inline TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(contacts_inline)),
    next_action TEXT,
    next_action_due TEXT,
    notes TEXT,
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    attachments_links TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attachments_links)),
    archived_at TEXT,
    status_since TEXT NOT NULL,
    -- What the create asked for, so that the same create again is known as such.
    created_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK (salary_min <= salary_max)
) STRICT;
CREATE INDEX applications_status ON applications (user_id, status, status_since DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX applications_user_status ON applications (user_id, status, archived_at);
CREATE INDEX applications_archived_at ON applications (user_id, archived_at);
CREATE INDEX applications_next_action_due ON applications (user_id, next_action_due);
CREATE INDEX applications_created_at ON applications (user_id, created_at DESC, id DESC);
CREATE INDEX applications_updated_at ON applications (user_id, updated_at DESC, id DESC);
CREATE UNIQUE INDEX applications_seq ON applications (user_id, seq);

CREATE TABLE stage_events (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    application_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    from_status TEXT CHECK (from_status IN ('Draft', 'Applied', 'Screening', 'Recruiter_Call', 'Tech_Screen', 'Interview_Loop', 'Offer', 'Accepted', 'Declined', 'Rejected', 'On_Hold', 'Ghosted', 'Withdrawn')),
    to_status TEXT NOT NULL CHECK (to_status IN ('Draft', 'Applied', 'Screening', 'Recruiter_Call', 'Tech_Screen', 'Interview_Loop', 'Offer', 'Accepted', 'Declined', 'Rejected', 'On_Hold', 'Ghosted', 'Withdrawn')),
    occurred_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    voided_at TEXT,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX stage_events_application ON stage_events (user_id, application_id, occurred_at, id);
CREATE UNIQUE INDEX stage_events_seq ON stage_events (user_id, seq);

CREATE TABLE activities (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    application_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('Interview', 'FollowUp', 'Call', 'Email', 'Other')),
    status TEXT NOT NULL DEFAULT 'scheduled' CHECK (status IN ('scheduled', 'done', 'canceled')),
    starts_at TEXT,
    duration_minutes INTEGER CHECK (duration_minutes > 0),
    timezone TEXT,
    outcome TEXT,
    next_action TEXT,
    next_action_due TEXT,
    notes TEXT,
    related_contacts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(related_contacts)),
    interview_stage TEXT CHECK (interview_stage IN ('screening', 'technical', 'loop', 'offer', 'other')),
    interview_medium TEXT CHECK (interview_medium IN ('onsite', 'zoom', 'phone', 'google_meet', 'teams', 'other')),
    location_or_link TEXT,
    agenda TEXT,
    prep_checklist TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(prep_checklist)),
    followup_channel TEXT CHECK (followup_channel IN ('email', 'linkedin', 'phone', 'other')),
    template_used TEXT,
    reply_deadline TEXT,
    created_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE,
    CHECK (status <> 'scheduled' OR starts_at IS NOT NULL)
) STRICT;
CREATE INDEX activities_application ON activities (user_id, application_id);
CREATE INDEX activities_starts_at ON activities (user_id, starts_at);
CREATE INDEX activities_next_action_due ON activities (user_id, next_action_due);
CREATE UNIQUE INDEX activities_seq ON activities (user_id, seq);

CREATE TABLE reminders (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    application_id BLOB,
    activity_id BLOB,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    title TEXT NOT NULL,
    due_at TEXT NOT NULL,
    channels TEXT NOT NULL CHECK (json_valid(channels)),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)),
    sent_at TEXT,
    canceled_at TEXT,
    dedupe_key TEXT,
    meta TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(meta)),
    created_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, dedupe_key),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE,
    FOREIGN KEY (user_id, activity_id) REFERENCES activities (user_id, id) ON DELETE CASCADE,
    CHECK (application_id IS NOT NULL OR activity_id IS NOT NULL)
) STRICT;
CREATE INDEX reminders_due_at ON reminders (user_id, due_at) WHERE sent = 0;
CREATE INDEX reminders_application ON reminders (user_id, application_id);
CREATE INDEX reminders_activity ON reminders (user_id, activity_id);
CREATE UNIQUE INDEX reminders_seq ON reminders (user_id, seq);

-- What was deleted, for clients that do not know yet, and so that an id is never used again.
CREATE TABLE tombstones (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity TEXT NOT NULL CHECK (entity IN ('application', 'stage_event', 'settings', 'activity', 'reminder')),
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    deleted_at TEXT NOT NULL,
    PRIMARY KEY (user_id, entity, id)
) STRICT;
CREATE UNIQUE INDEX tombstones_seq ON tombstones (user_id, seq);

-- The mutation ledger: what was asked under an idempotency key, and what was answered.
CREATE TABLE mutations (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    -- Erased when its entity is deleted.
    body TEXT CHECK (json_valid(body)),
    entity_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX mutations_entity ON mutations (user_id, entity_id);
CREATE INDEX mutations_created_at ON mutations (created_at);

CREATE TABLE audit_log (
    id BLOB PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail)),
    occurred_at TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_occurred_at ON audit_log (occurred_at);
