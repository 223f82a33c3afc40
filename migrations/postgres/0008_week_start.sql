CREATE TYPE week_start AS ENUM ('monday', 'saturday', 'sunday');
-- The day with which a person's weeks begin.
ALTER TABLE user_settings ADD COLUMN week_start week_start NOT NULL DEFAULT 'monday';
