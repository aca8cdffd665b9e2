-- The schema, version 1. The index tables of records' fields and lists are created from the declarations in src/records, and
-- rebuilt when these change (src/store/index).

-- Every id that a record ever had. Other tables refer to a record by its key, which is never reused.
CREATE TABLE "records" (
    "key" integer NOT NULL PRIMARY KEY,
    "record_type" text NOT NULL,
    "id" text NOT NULL,
    UNIQUE ("record_type", "id")
);

-- Every write is a revision. Revisions are numbered from 1 without gaps.
CREATE TABLE "revisions" (
    "revision" integer NOT NULL PRIMARY KEY,
    "recorded_at" text NOT NULL,
    "actor" text NOT NULL,
    "reason" text,
    -- The reason has its own salted digest, so that it can be redacted.
    "reason_salt" text,
    "reason_digest" text,
    "kind" text CHECK ("kind" IN ('entry', 'update', 'correction', 'redaction')),
    -- Covers the revision, its changes and the digest of the previous revision.
    "digest" text NOT NULL
);
CREATE INDEX "revisions_recorded_at" ON "revisions" ("recorded_at");

-- The changes of each revision, one row for each record.
CREATE TABLE "changes" (
    "revision" bigint NOT NULL REFERENCES "revisions" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "record_key" bigint NOT NULL REFERENCES "records" DEFERRABLE INITIALLY DEFERRED,
    "operation" text NOT NULL
        CHECK ("operation" IN ('create', 'update', 'delete', 'restore', 'merge', 'redact')),
    -- The record that this one was merged into.
    "into_key" bigint REFERENCES "records" DEFERRABLE INITIALLY DEFERRED,
    -- The digest of the version, and the salt that its members share. After a redaction, `members`
    -- contains a salt or a digest for each member instead.
    "digest" text,
    "salt" text,
    "members" text,
    PRIMARY KEY ("revision", "position")
) WITHOUT ROWID;
CREATE INDEX "changes_record_key" ON "changes" ("record_key", "revision");
CREATE INDEX "changes_into_key" ON "changes" ("into_key") WHERE "into_key" IS NOT NULL;

-- Every version of every record. A version is valid from `revision` until `superseded_at`, which is
-- 2147483647 while it is live.
CREATE TABLE "versions" (
    -- The key of the record while the version is live (src/store/version_key.rs).
    "key" integer NOT NULL PRIMARY KEY CHECK ("key" = CASE WHEN "superseded_at" = 2147483647 THEN "record_key"
        ELSE "superseded_at" * 2147483648 + "record_key" END),
    "record_key" bigint NOT NULL REFERENCES "records" DEFERRABLE INITIALLY DEFERRED,
    "revision" bigint NOT NULL,
    "superseded_at" bigint NOT NULL,
    -- A checksum, the fingerprint of the declaration, and the offsets at which derived values are inserted on reading
    -- (src/store/document.rs).
    "holes" text NOT NULL,
    -- The record as JSON: the entered values, defaults and metadata, without derived values.
    "document" text NOT NULL
);
CREATE UNIQUE INDEX "versions_revision" ON "versions" ("revision", "record_key");
CREATE UNIQUE INDEX "versions_past" ON "versions" ("record_key", "superseded_at") WHERE "superseded_at" <> 2147483647;

-- The names of each record over time, stored or computed. Like all derived tables, it has no foreign keys.
CREATE TABLE "names" (
    "record_key" bigint NOT NULL,
    "valid_from" bigint NOT NULL,
    "superseded_at" bigint NOT NULL,
    "name" text NOT NULL,
    PRIMARY KEY ("record_key", "superseded_at")
) WITHOUT ROWID;

-- The references between records over time.
CREATE TABLE "links" (
    "from_key" bigint NOT NULL,
    "valid_from" bigint NOT NULL,
    "position" bigint NOT NULL,
    "superseded_at" bigint NOT NULL,
    "field" text NOT NULL,
    "to_key" bigint NOT NULL,
    PRIMARY KEY ("from_key", "superseded_at", "position")
) WITHOUT ROWID;
CREATE INDEX "links_to_key" ON "links" ("to_key", "from_key", "superseded_at", "valid_from", "field");

-- The number of live records of each type.
CREATE TABLE "counts" (
    "record_type" text NOT NULL PRIMARY KEY,
    "live" bigint NOT NULL
);

-- API keys for writing. Only the digest of a secret is stored.
CREATE TABLE "keys" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "scope" text NOT NULL CHECK ("scope" IN ('write', 'admin')),
    "digest" text NOT NULL,
    "created_at" text NOT NULL,
    "expires_at" text,
    "revoked_at" text,
    "last_used_on" text
);

-- Sessions of record keepers that were ended before their time, until the second at which they end anyway.
CREATE TABLE "ended_sessions" (
    "id" text NOT NULL PRIMARY KEY,
    "ends_at" bigint NOT NULL
);

-- Responses to requests with an idempotency key, stored for a day.
CREATE TABLE "idempotent_answers" (
    "request" text NOT NULL PRIMARY KEY,
    "body_digest" text NOT NULL,
    "answer" text NOT NULL,
    "created_at" text NOT NULL
);
CREATE INDEX "idempotent_answers_created_at" ON "idempotent_answers" ("created_at");

-- Settings of the database: its random id, the key that signs cursors, the format of its indexes.
CREATE TABLE "settings" (
    "name" text NOT NULL PRIMARY KEY,
    "value" text NOT NULL
);

-- The search index: an entry for each version of each record, in the order of results (src/store/search).
CREATE TABLE "search_entries" (
    "key" integer NOT NULL PRIMARY KEY,
    "record_key" bigint NOT NULL,
    "id" text NOT NULL,
    "date" text,
    "valid_from" bigint NOT NULL,
    "superseded_at" bigint NOT NULL
);
CREATE INDEX "search_entries_record_key" ON "search_entries" ("record_key");

-- The words of each entry in order, by the part of the record that contains them.
CREATE TABLE "search_words" (
    "key" integer NOT NULL PRIMARY KEY,
    "wholes" text NOT NULL,
    "names" text NOT NULL,
    "named" text NOT NULL,
    "texts" text NOT NULL
);

-- The keys assigned for one date of one type, and whether they are in the order of ids.
CREATE TABLE "search_areas" (
    "area" integer NOT NULL PRIMARY KEY,
    "last_number" bigint NOT NULL,
    "last_id" text NOT NULL,
    "in_order" bigint NOT NULL
);

-- The terms of each entry. After a redaction the table is rewritten, so that no redacted value stays in the file.
CREATE VIRTUAL TABLE "search_index"
    USING fts5("terms", content='', columnsize=0, detail=none, prefix='2 3 4', tokenize='ascii');
-- The size of new terms in bytes that are sorted in memory before they are written.
INSERT INTO "search_index" ("search_index", "rank") VALUES ('hashsize', 4194304);
