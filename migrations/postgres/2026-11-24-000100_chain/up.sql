-- Each revision is sealed by a digest over the one before it and over what it did.
ALTER TABLE "revisions" ADD COLUMN "digest" text COLLATE "C";

-- What a version held is sealed member by member, each with a salt of its own: by one salt for all of them (`salt`), or,
-- once members were redacted, by what is left (`members`: a salt or a digest for each).
ALTER TABLE "changes" ADD COLUMN "into_id" text COLLATE "C";
ALTER TABLE "changes" ADD COLUMN "digest" text COLLATE "C";
ALTER TABLE "changes" ADD COLUMN "salt" text COLLATE "C";
ALTER TABLE "changes" ADD COLUMN "members" text COLLATE "C";
ALTER TABLE "changes" DROP CONSTRAINT "changes_operation_check";
ALTER TABLE "changes" ADD CONSTRAINT "changes_operation_check"
    CHECK ("operation" IN ('create', 'update', 'delete', 'restore', 'merge', 'redact'));
