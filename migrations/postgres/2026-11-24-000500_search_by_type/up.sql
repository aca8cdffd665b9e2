-- The terms of each type of records get an index of their own, made by the program, which knows the keys of each type: see
-- `index_terms` in src/store/dialect.rs. PostgreSQL gathers every place that an index has for a word, of whatever type it is.
DROP INDEX "search_entries_terms";
-- Filled anew when the database is opened, before there is an index: that is much faster.
TRUNCATE "search_entries", "search_words", "search_areas";
DELETE FROM "settings" WHERE "name" = 'search_design';
