-- A revision's reason is sealed by a salted digest of its own, so that it can be redacted and the chain holds. A revision without
-- one was sealed with its reason as it stands.
ALTER TABLE "revisions" ADD COLUMN "reason_salt" text COLLATE "C";
ALTER TABLE "revisions" ADD COLUMN "reason_digest" text COLLATE "C";

-- Whoever was merged into a record is a part of its history.
CREATE INDEX "changes_into" ON "changes" ("record_type", "into_id") WHERE "into_id" IS NOT NULL;
