DROP INDEX "changes_into";
ALTER TABLE "revisions" DROP COLUMN "reason_digest";
ALTER TABLE "revisions" DROP COLUMN "reason_salt";
