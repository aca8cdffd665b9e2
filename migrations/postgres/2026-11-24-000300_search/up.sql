-- What is searched: an entry for each version of each record, in the order of answers. See src/store/search/mod.rs.
CREATE TABLE "search_entries" (
    "key" bigint NOT NULL PRIMARY KEY,
    "record_type" text COLLATE "C" NOT NULL,
    "record_id" text COLLATE "C" NOT NULL,
    "date" text COLLATE "C",
    "revision" bigint NOT NULL,
    "superseded_at" bigint NOT NULL,
    "terms" tsvector NOT NULL
);
-- The terms are read through their index; kept apart from the rows, they do not stand in the way of reading those.
ALTER TABLE "search_entries" ALTER COLUMN "terms" SET STORAGE EXTERNAL;
ALTER TABLE "search_entries" SET (toast_tuple_target = 128);
CREATE INDEX "search_entries_record" ON "search_entries" ("record_type", "record_id");
CREATE INDEX "search_entries_terms" ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256);

-- The words of an entry, in their order, by where they stand in the record.
CREATE TABLE "search_words" (
    "key" bigint NOT NULL PRIMARY KEY,
    "wholes" text COLLATE "C" NOT NULL,
    "names" text COLLATE "C" NOT NULL,
    "named" text COLLATE "C" NOT NULL,
    "texts" text COLLATE "C" NOT NULL
);

-- The keys given out for one date of one type, and whether their order is that of the ids.
CREATE TABLE "search_areas" (
    "area" bigint NOT NULL PRIMARY KEY,
    "last_number" bigint NOT NULL,
    "last_id" text COLLATE "C" NOT NULL,
    "in_order" bigint NOT NULL
);
