-- Each revision is sealed by a digest over the one before it and over what it did.
ALTER TABLE "revisions" ADD COLUMN "digest" text;

-- What a version held is sealed member by member, each with a salt of its own: by one salt for all of them (`salt`), or,
-- once members were redacted, by what is left (`members`: a salt or a digest for each).
CREATE TABLE "changes_new" (
    "revision" bigint NOT NULL REFERENCES "revisions" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "operation" text NOT NULL CHECK ("operation" IN ('create', 'update', 'delete', 'restore', 'merge', 'redact')),
    "into_id" text,
    "digest" text,
    "salt" text,
    "members" text,
    PRIMARY KEY ("revision", "position")
);
INSERT INTO "changes_new" ("revision", "position", "record_type", "record_id", "operation")
    SELECT "revision", "position", "record_type", "record_id", "operation" FROM "changes";
DROP TABLE "changes";
ALTER TABLE "changes_new" RENAME TO "changes";
CREATE INDEX "changes_record" ON "changes" ("record_type", "record_id", "revision");
