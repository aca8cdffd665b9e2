ALTER TABLE "changes" DROP CONSTRAINT "changes_operation_check";
UPDATE "changes" SET "operation" = 'delete' WHERE "operation" = 'merge';
UPDATE "changes" SET "operation" = 'update' WHERE "operation" = 'redact';
ALTER TABLE "changes" ADD CONSTRAINT "changes_operation_check" CHECK ("operation" IN ('create', 'update', 'delete', 'restore'));
ALTER TABLE "changes" DROP COLUMN "into_id", DROP COLUMN "digest", DROP COLUMN "salt", DROP COLUMN "members";
ALTER TABLE "revisions" DROP COLUMN "digest";
