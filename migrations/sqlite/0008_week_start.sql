-- The day with which a person's weeks begin.
ALTER TABLE user_settings ADD COLUMN week_start TEXT NOT NULL DEFAULT 'monday'
    CHECK (week_start IN ('monday', 'saturday', 'sunday'));
