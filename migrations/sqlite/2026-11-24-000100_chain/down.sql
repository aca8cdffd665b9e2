CREATE TABLE "changes_old" (
    "revision" bigint NOT NULL REFERENCES "revisions" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "operation" text NOT NULL CHECK ("operation" IN ('create', 'update', 'delete', 'restore')),
    PRIMARY KEY ("revision", "position")
);
INSERT INTO "changes_old" ("revision", "position", "record_type", "record_id", "operation")
    SELECT "revision", "position", "record_type", "record_id",
        CASE "operation" WHEN 'merge' THEN 'delete' WHEN 'redact' THEN 'update' ELSE "operation" END
    FROM "changes";
DROP TABLE "changes";
ALTER TABLE "changes_old" RENAME TO "changes";
CREATE INDEX "changes_record" ON "changes" ("record_type", "record_id", "revision");
ALTER TABLE "revisions" DROP COLUMN "digest";
