-- SHA-256 of what a mail said when it was written: what may have arrived is sent again as it was only while it
-- would say the same.
ALTER TABLE mails ADD COLUMN said BYTEA;
