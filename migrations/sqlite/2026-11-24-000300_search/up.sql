-- What is searched: an entry for each version of each record, in the order of answers. See src/store/search/mod.rs.
CREATE TABLE "search_entries" (
    "key" integer NOT NULL PRIMARY KEY,
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "date" text,
    "revision" bigint NOT NULL,
    "superseded_at" bigint NOT NULL
);
CREATE INDEX "search_entries_record" ON "search_entries" ("record_type", "record_id");

-- The words of an entry, in their order, by where they stand in the record.
CREATE TABLE "search_words" (
    "key" integer NOT NULL PRIMARY KEY,
    "wholes" text NOT NULL,
    "names" text NOT NULL,
    "named" text NOT NULL,
    "texts" text NOT NULL
);

-- The keys given out for one date of one type, and whether their order is that of the ids.
CREATE TABLE "search_areas" (
    "area" bigint NOT NULL PRIMARY KEY,
    "last_number" bigint NOT NULL,
    "last_id" text NOT NULL,
    "in_order" bigint NOT NULL
);

-- The terms of each entry. Deleted ones are taken out at once, so that nothing that was redacted stays in the file.
CREATE VIRTUAL TABLE "search_index" USING fts5("terms", content='', columnsize=0, detail=none, prefix='2 3 4', tokenize='ascii');
INSERT INTO "search_index" ("search_index", "rank") VALUES ('secure-delete', 1);
