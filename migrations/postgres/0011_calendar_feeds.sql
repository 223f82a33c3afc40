CREATE TYPE calendar_reader AS ENUM ('google', 'apple', 'microsoft', 'other');

-- Where calendars read a person's appointments: an address that is known by nothing but itself. It is made of
-- the id and the generation under the installation's key, so that nothing secret stands here.
CREATE TABLE calendar_feeds (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    -- Raised to make another address.
    generation bigint NOT NULL DEFAULT 1,
    -- Whether it says when alone, and not what.
    discreet boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    -- To the hour.
    last_read_at timestamptz,
    last_agent calendar_reader,
    revoked_at timestamptz,
    PRIMARY KEY (user_id, id),
    UNIQUE (id)
);
-- A person has one.
CREATE UNIQUE INDEX calendar_feeds_live ON calendar_feeds (user_id) WHERE revoked_at IS NULL;
