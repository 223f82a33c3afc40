-- Whether mails bring calendar files also while a calendar reads the address.
ALTER TABLE calendar_feeds ADD COLUMN attach_too INTEGER NOT NULL DEFAULT 0 CHECK (attach_too IN (0, 1));
