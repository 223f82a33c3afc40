-- Whether mails bring calendar files also while a calendar reads the address.
ALTER TABLE calendar_feeds ADD COLUMN attach_too boolean NOT NULL DEFAULT false;
