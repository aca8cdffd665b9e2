-- Commitments for measurements, COUNT of them, with departments, partners, topics, places, figures and sources, as one
-- revision: the same on SQLite and on PostgreSQL. They stand beside the bundled records and refer to those. The revision has
-- no digest, so `taskforce verify` does not take it for one that the program wrote.
BEGIN;
CREATE TEMPORARY TABLE made AS SELECT max("revision") + 1 AS revision FROM "revisions";
CREATE TEMPORARY TABLE numbers AS
    WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < COUNT)
    SELECT i, 'c-' || substr(CAST(10000000 + i AS text), 2) AS id, (i * 7919) % 1000003 AS dice FROM n;
CREATE TEMPORARY TABLE departments AS
    SELECT "id", row_number() OVER (ORDER BY "id") - 1 AS at, count(*) OVER () AS of FROM "organizations" WHERE "kind" IN ('department', 'agency', 'office');
CREATE TEMPORARY TABLE papers AS SELECT "id", row_number() OVER (ORDER BY "id") - 1 AS at, count(*) OVER () AS of FROM "documents";

INSERT INTO "revisions" ("revision", "recorded_at", "actor", "reason", "kind")
    SELECT revision, '2026-11-01T00:00:00.000000Z', 'a measurement', 'Records to measure with.', 'entry' FROM made;

-- A meeting for every forty commitments.
INSERT INTO "meetings" ("id", "name", "name_folded", "organization_id", "date", "status", "revision", "created_at", "updated_at")
    SELECT 'm-' || substr(CAST(10000000 + i AS text), 2), 'Meeting ' || i, 'meeting ' || i, (SELECT min("id") FROM departments),
        CAST(2001 + i % 24 AS text) || '-' || substr(CAST(101 + (i * 5) % 12 AS text), 2) || '-' || substr(CAST(101 + (i * 11) % 28 AS text), 2),
        'held', made.revision, '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z'
    FROM numbers, made WHERE i % 40 = 0;

INSERT INTO "commitments" ("id", "name", "name_folded", "text", "text_folded", "kind", "meeting_id", "made_on", "position", "due", "status", "status_date", "revision", "created_at", "updated_at")
    SELECT n.id, said, lower(said), told, lower(told),
        CASE dice % 10 WHEN 0 THEN 'announcement' WHEN 1 THEN 'recommendation' ELSE 'commitment' END,
        CASE WHEN ((i + 39) / 40) * 40 <= COUNT THEN 'm-' || substr(CAST(10000000 + ((i + 39) / 40) * 40 AS text), 2) END,
        made_on, dice % 60,
        CASE WHEN dice % 3 = 0 THEN NULL WHEN dice % 7 = 0 THEN CAST(2010 + dice % 20 AS text)
            ELSE CAST(2010 + dice % 20 AS text) || '-' || substr(CAST(101 + dice % 12 AS text), 2) || '-' || substr(CAST(101 + dice % 28 AS text), 2) END,
        CASE WHEN dice % 100 < 55 THEN 'announced' WHEN dice % 100 < 80 THEN 'in_progress' WHEN dice % 100 < 97 THEN 'completed' WHEN dice % 100 < 99 THEN 'discontinued' ELSE 'unknown' END,
        CASE WHEN dice % 100 >= 55 THEN made_on END,
        made.revision, '2026-11-01T00:00:00.000000Z',
        '2026-' || substr(CAST(101 + dice % 10 AS text), 2) || '-' || substr(CAST(101 + dice % 28 AS text), 2) || 'T00:00:' || substr(CAST(100 + i % 60 AS text), 2) || '.000000Z'
    FROM (
        SELECT i, id, dice,
            CASE dice % 5 WHEN 0 THEN 'Train' WHEN 1 THEN 'Develop guidance for' WHEN 2 THEN 'Fund services for' WHEN 3 THEN 'Publish data on' ELSE 'Strengthen the work of' END
            || CASE dice % 4 WHEN 0 THEN ' frontline personnel' WHEN 1 THEN ' survivors of trafficking' WHEN 2 THEN ' procurement officers' ELSE ' field offices' END || ' (' || i || ')' AS said,
            'The department will work with its partners to carry this out in ' || (1 + dice % 50) || ' places, report on it to the task force each year, and publish what was learnt for those who provide services. The work builds on that of earlier years.' AS told,
            -- Of a quotient, so that what a commitment says does not follow from its date.
            CAST(2001 + dice / 60 % 24 AS text) || '-' || substr(CAST(101 + dice / 1440 % 12 AS text), 2) || '-' || substr(CAST(101 + dice / 17280 % 28 AS text), 2) AS made_on
        FROM numbers
    ) n, made;

INSERT INTO "commitments_departments" ("commitment_id", "position", "revision", "organization_id")
    SELECT n.id, 0, made.revision, d."id" FROM numbers n JOIN departments d ON d.at = (n.dice * n.dice / 1000) % d.of CROSS JOIN made
    UNION ALL
    SELECT n.id, 1, made.revision, d."id" FROM numbers n JOIN departments d ON d.at = ((n.dice * n.dice / 1000) % d.of + 1) % d.of CROSS JOIN made WHERE n.dice % 3 = 0;
INSERT INTO "commitments_pillars" ("commitment_id", "position", "revision", "value")
    SELECT id, 0, made.revision, CASE dice % 4 WHEN 0 THEN 'prevention' WHEN 1 THEN 'protection' WHEN 2 THEN 'prosecution' ELSE 'partnership' END FROM numbers, made;
INSERT INTO "commitments_topics" ("commitment_id", "position", "revision", "value")
    SELECT id, 0, made.revision, CASE dice % 6 WHEN 0 THEN 'training' WHEN 1 THEN 'housing' WHEN 2 THEN 'supply-chains' WHEN 3 THEN 'data' WHEN 4 THEN 'outreach' ELSE 'victim-services' END FROM numbers, made
    UNION ALL
    -- Rare ones: a topic for some two hundred commitments.
    SELECT id, 1, made.revision, 'topic-' || (dice % 5000) FROM numbers, made;
INSERT INTO "commitments_partners" ("commitment_id", "position", "revision", "organization_id", "label", "label_folded")
    SELECT n.id, 0, made.revision, d."id", NULL, NULL FROM numbers n JOIN departments d ON d.at = n.dice % d.of CROSS JOIN made WHERE n.dice % 2 = 0
    UNION ALL
    SELECT id, 1, made.revision, NULL, 'State and local partners', 'state and local partners' FROM numbers, made WHERE dice % 5 = 0;
INSERT INTO "commitments_places" ("commitment_id", "position", "revision", "region", "region_folded", "country", "country_folded")
    SELECT id, 0, made.revision, 'US-MA', 'us-ma', 'US', 'us' FROM numbers, made WHERE dice % 6 = 0;
INSERT INTO "commitments_figures" ("commitment_id", "position", "revision", "value", "unit", "unit_folded", "qualifier")
    SELECT id, 0, made.revision, (dice % 900) * 1000, CASE dice % 2 WHEN 0 THEN 'USD' ELSE 'people' END, CASE dice % 2 WHEN 0 THEN 'usd' ELSE 'people' END, 'about' FROM numbers, made WHERE dice % 4 = 0;
INSERT INTO "source_links" ("record_type", "record_id", "position", "revision", "document_id", "locator", "locator_folded")
    SELECT 'commitment', n.id, 0, made.revision, p."id", 'page ' || (n.dice % 40), 'page ' || (n.dice % 40) FROM numbers n JOIN papers p ON p.at = n.dice % p.of CROSS JOIN made;

INSERT INTO "changes" ("revision", "position", "record_type", "record_id", "operation")
    SELECT made.revision, i, 'commitment', id, 'create' FROM numbers, made;
