-- Hits are counted and sorted by rows of `search_entries`, of which many must fit into a page: their terms are read through the
-- index alone and belong into the table's TOAST. PostgreSQL moves no value of a row under 2,000 bytes there, whatever the table's
-- target; so each row is sent with a filler, which it then compresses to a few bytes in its place.
TRUNCATE "search_entries", "search_words", "search_areas";
ALTER TABLE "search_entries" ADD COLUMN "filler" text COLLATE "C" NOT NULL DEFAULT repeat(' ', 2000);
ALTER TABLE "search_entries" ALTER COLUMN "filler" SET STORAGE MAIN;
ALTER TABLE "search_entries" SET (toast_tuple_target = 256);
-- The index is made anew when the database is opened.
DELETE FROM "settings" WHERE "name" = 'search_design';
