-- The end of `records.sql` and of `versions.sql`: what they wrote as their revision enters the histories.
INSERT INTO "meetings_history" SELECT t.*, 9223372036854775807 FROM "meetings" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_history" SELECT t.*, 9223372036854775807 FROM "commitments" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_departments_history" SELECT t.*, 9223372036854775807 FROM "commitments_departments" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_pillars_history" SELECT t.*, 9223372036854775807 FROM "commitments_pillars" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_topics_history" SELECT t.*, 9223372036854775807 FROM "commitments_topics" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_partners_history" SELECT t.*, 9223372036854775807 FROM "commitments_partners" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_places_history" SELECT t.*, 9223372036854775807 FROM "commitments_places" t, made WHERE t."revision" = made.revision;
INSERT INTO "commitments_figures_history" SELECT t.*, 9223372036854775807 FROM "commitments_figures" t, made WHERE t."revision" = made.revision;
INSERT INTO "source_links_history" SELECT t.*, 9223372036854775807 FROM "source_links" t, made WHERE t."revision" = made.revision;
DROP TABLE made;
COMMIT;
