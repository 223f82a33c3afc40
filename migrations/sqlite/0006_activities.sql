-- The clock on the wall when an activity begins, as it was picked: zone rules change, appointments do not.
ALTER TABLE activities ADD COLUMN starts_local TEXT;
-- The pages of an application's activities.
DROP INDEX activities_application;
CREATE INDEX activities_application ON activities (user_id, application_id, created_at, id);
