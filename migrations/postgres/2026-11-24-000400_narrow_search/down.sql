ALTER TABLE "search_entries" DROP COLUMN "filler";
ALTER TABLE "search_entries" SET (toast_tuple_target = 128);
