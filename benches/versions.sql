-- One more version of every commitment that was made to measure with, all its lists with it, as one revision: on SQLite and on
-- PostgreSQL. What was the newest version is superseded.
BEGIN;
CREATE TEMPORARY TABLE made AS SELECT max("revision") + 1 AS revision FROM "revisions";
INSERT INTO "revisions" ("revision", "recorded_at", "actor", "reason", "kind")
    SELECT revision, '2026-11-02T00:00:00.' || substr(CAST(1000000 + revision AS text), 2) || 'Z', 'a measurement', 'Versions to measure with.', 'update' FROM made;
UPDATE "commitments" SET "revision" = (SELECT revision FROM made), "note" = 'Version of revision ' || (SELECT revision FROM made) WHERE "id" LIKE 'c-%';
UPDATE "commitments_departments" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "commitments_pillars" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "commitments_topics" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "commitments_partners" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "commitments_places" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "commitments_figures" SET "revision" = (SELECT revision FROM made) WHERE "commitment_id" LIKE 'c-%';
UPDATE "source_links" SET "revision" = (SELECT revision FROM made) WHERE "record_id" LIKE 'c-%';
UPDATE "commitments_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "id" LIKE 'c-%';
UPDATE "commitments_departments_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "commitments_pillars_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "commitments_topics_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "commitments_partners_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "commitments_places_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "commitments_figures_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "commitment_id" LIKE 'c-%';
UPDATE "source_links_history" SET "superseded_at" = (SELECT revision FROM made) WHERE "superseded_at" = 9223372036854775807 AND "record_id" LIKE 'c-%';
INSERT INTO "changes" ("revision", "position", "record_type", "record_id", "operation")
    SELECT made.revision, row_number() OVER (ORDER BY "id"), 'commitment', "id", 'update' FROM "commitments", made WHERE "commitments"."revision" = made.revision;
