-- Where calendars read a person's appointments: an address that is known by nothing but itself. It is made of
-- the id and the generation under the installation's key, so that nothing secret stands here.
CREATE TABLE calendar_feeds (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    -- Raised to make another address.
    generation INTEGER NOT NULL DEFAULT 1,
    -- Whether it says when alone, and not what.
    discreet INTEGER NOT NULL DEFAULT 0 CHECK (discreet IN (0, 1)),
    created_at TEXT NOT NULL,
    -- To the hour.
    last_read_at TEXT,
    last_agent TEXT CHECK (last_agent IN ('google', 'apple', 'microsoft', 'other')),
    revoked_at TEXT,
    PRIMARY KEY (user_id, id),
    UNIQUE (id)
) STRICT;
-- A person has one.
CREATE UNIQUE INDEX calendar_feeds_live ON calendar_feeds (user_id) WHERE revoked_at IS NULL;
