DELETE FROM "settings" WHERE "name" IN ('search_design', 'search_since');
DROP TABLE "search_index";
DROP TABLE "search_areas";
DROP TABLE "search_words";
DROP TABLE "search_entries";
