-- A revision's reason is sealed by a salted digest of its own, so that it can be redacted and the chain holds. A revision without
-- one was sealed with its reason as it stands.
ALTER TABLE "revisions" ADD COLUMN "reason_salt" text;
ALTER TABLE "revisions" ADD COLUMN "reason_digest" text;
