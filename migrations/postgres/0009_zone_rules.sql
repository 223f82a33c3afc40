-- What the worker remembers: one row.
CREATE TABLE worker (
    -- The version of the zone rules that planned starts follow.
    zone_rules text NOT NULL
);
INSERT INTO worker (zone_rules) VALUES ('');
