-- Which kinds of row there are the app knows; a list of them here would have to grow with it.
ALTER TABLE tombstones ALTER COLUMN entity TYPE text USING entity::text;
DROP TYPE entity_kind;
