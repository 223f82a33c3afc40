-- What the worker remembers: one row.
CREATE TABLE worker (
    -- The version of the zone rules that planned starts follow.
    zone_rules TEXT NOT NULL
) STRICT;
INSERT INTO worker (zone_rules) VALUES ('');
