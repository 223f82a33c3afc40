-- Everything that belongs to a user is keyed by (user_id, id): the same client-made id at two
-- users is two rows, and no foreign key can cross from one user to another.

CREATE TYPE app_status AS ENUM ('Draft', 'Applied', 'Screening', 'Recruiter_Call', 'Tech_Screen',
    'Interview_Loop', 'Offer', 'Accepted', 'Declined', 'Rejected', 'On_Hold', 'Ghosted', 'Withdrawn');
CREATE TYPE priority_level AS ENUM ('None', 'Low', 'Medium', 'High');
CREATE TYPE location_mode AS ENUM ('remote', 'hybrid', 'onsite');
CREATE TYPE activity_type AS ENUM ('Interview', 'FollowUp', 'Call', 'Email', 'Other');
CREATE TYPE activity_status AS ENUM ('scheduled', 'done', 'canceled');
CREATE TYPE interview_stage AS ENUM ('screening', 'technical', 'loop', 'offer', 'other');
CREATE TYPE interview_medium AS ENUM ('onsite', 'zoom', 'phone', 'google_meet', 'teams', 'other');
CREATE TYPE followup_channel AS ENUM ('email', 'linkedin', 'phone', 'other');
CREATE TYPE reminder_channel AS ENUM ('in_app', 'email', 'calendar');
CREATE TYPE entity_kind AS ENUM ('application', 'stage_event', 'settings', 'activity', 'reminder');

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    display_name text,
    timezone text NOT NULL DEFAULT 'Africa/Lagos',
    email_verified_at timestamptz,
    session_timeout_mins integer NOT NULL DEFAULT 4320 CHECK (session_timeout_mins BETWEEN 5 AND 43200),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE user_settings (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1,
    seq bigint NOT NULL,
    quiet_hours_start text CHECK (quiet_hours_start ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    quiet_hours_end text CHECK (quiet_hours_end ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    reminder_defaults jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((quiet_hours_start IS NULL) = (quiet_hours_end IS NULL))
);

-- One row a user: the lock that every write transaction takes first, and the number it hands out.
CREATE TABLE user_sequences (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    epoch uuid NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    user_agent text,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE sign_in_tokens (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    -- The code of the same mail, and the browser that may use it.
    code_hash bytea NOT NULL,
    browser_hash bytea NOT NULL UNIQUE,
    code_attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz
);
CREATE INDEX sign_in_tokens_expires_at ON sign_in_tokens (expires_at);

CREATE TABLE applications (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    version bigint NOT NULL,
    seq bigint NOT NULL,
    company text NOT NULL,
    role_title text NOT NULL,
    status app_status NOT NULL DEFAULT 'Applied',
    source text NOT NULL DEFAULT 'Other',
    application_date date NOT NULL,
    priority priority_level NOT NULL DEFAULT 'None',
    location_mode location_mode NOT NULL DEFAULT 'remote',
    location_text text,
    timezone text,
    job_url text,
    job_requisition_id text,
    seniority_level text,
    -- Hundredths of the currency's unit.
    salary_min bigint,
    salary_max bigint,
    salary_currency text CHECK (salary_currency ~ '^[A-Z]{3}$'),
    tech_keywords text[] NOT NULL DEFAULT '{}',
    resume_url text,
    cover_letter_url text,
    cover_letter_used boolean NOT NULL DEFAULT false,
    contacts_inline jsonb NOT NULL DEFAULT '[]',
    next_action text,
    next_action_due timestamptz,
    notes text,
    tags text[] NOT NULL DEFAULT '{}',
    attachments_links jsonb NOT NULL DEFAULT '[]',
    archived_at timestamptz,
    status_since timestamptz NOT NULL,
    -- What the create asked for, so that the same create again is known as such.
    created_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK (salary_min <= salary_max)
);
CREATE INDEX applications_status ON applications (user_id, status, status_since DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX applications_user_status ON applications (user_id, status, archived_at);
CREATE INDEX applications_archived_at ON applications (user_id, archived_at);
CREATE INDEX applications_next_action_due ON applications (user_id, next_action_due);
CREATE INDEX applications_created_at ON applications (user_id, created_at DESC, id DESC);
CREATE INDEX applications_updated_at ON applications (user_id, updated_at DESC, id DESC);
CREATE UNIQUE INDEX applications_seq ON applications (user_id, seq);
CREATE INDEX applications_tags ON applications USING gin (tags);

CREATE TABLE stage_events (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    seq bigint NOT NULL,
    from_status app_status,
    to_status app_status NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    voided_at timestamptz,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE
);
CREATE INDEX stage_events_application ON stage_events (user_id, application_id, occurred_at, id);
CREATE UNIQUE INDEX stage_events_seq ON stage_events (user_id, seq);

CREATE TABLE activities (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    version bigint NOT NULL,
    seq bigint NOT NULL,
    type activity_type NOT NULL,
    status activity_status NOT NULL DEFAULT 'scheduled',
    starts_at timestamptz,
    duration_minutes integer CHECK (duration_minutes > 0),
    timezone text,
    outcome text,
    next_action text,
    next_action_due timestamptz,
    notes text,
    related_contacts jsonb NOT NULL DEFAULT '[]',
    interview_stage interview_stage,
    interview_medium interview_medium,
    location_or_link text,
    agenda text,
    prep_checklist jsonb NOT NULL DEFAULT '[]',
    followup_channel followup_channel,
    template_used text,
    reply_deadline timestamptz,
    created_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE,
    CHECK (status <> 'scheduled' OR starts_at IS NOT NULL)
);
CREATE INDEX activities_application ON activities (user_id, application_id);
CREATE INDEX activities_starts_at ON activities (user_id, starts_at);
CREATE INDEX activities_next_action_due ON activities (user_id, next_action_due);
CREATE UNIQUE INDEX activities_seq ON activities (user_id, seq);

CREATE TABLE reminders (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    application_id uuid,
    activity_id uuid,
    version bigint NOT NULL,
    seq bigint NOT NULL,
    title text NOT NULL,
    due_at timestamptz NOT NULL,
    channels reminder_channel[] NOT NULL,
    sent boolean NOT NULL DEFAULT false,
    sent_at timestamptz,
    canceled_at timestamptz,
    dedupe_key text,
    meta jsonb NOT NULL DEFAULT '{}',
    created_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, dedupe_key),
    FOREIGN KEY (user_id, application_id) REFERENCES applications (user_id, id) ON DELETE CASCADE,
    FOREIGN KEY (user_id, activity_id) REFERENCES activities (user_id, id) ON DELETE CASCADE,
    CHECK (application_id IS NOT NULL OR activity_id IS NOT NULL)
);
CREATE INDEX reminders_due_at ON reminders (user_id, due_at) WHERE sent = false;
CREATE INDEX reminders_application ON reminders (user_id, application_id);
CREATE INDEX reminders_activity ON reminders (user_id, activity_id);
CREATE UNIQUE INDEX reminders_seq ON reminders (user_id, seq);

-- What was deleted, for clients that do not know yet, and so that an id is never used again.
CREATE TABLE tombstones (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity entity_kind NOT NULL,
    id uuid NOT NULL,
    seq bigint NOT NULL,
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, entity, id)
);
CREATE UNIQUE INDEX tombstones_seq ON tombstones (user_id, seq);

-- The mutation ledger: what was asked under an idempotency key, and what was answered.
CREATE TABLE mutations (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    -- Erased when its entity is deleted.
    body jsonb,
    entity_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX mutations_entity ON mutations (user_id, entity_id);
CREATE INDEX mutations_created_at ON mutations (created_at);

CREATE TABLE audit_log (
    id uuid PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    event text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL
);
CREATE INDEX audit_log_occurred_at ON audit_log (occurred_at);
