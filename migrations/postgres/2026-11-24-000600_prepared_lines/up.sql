-- Runs of records, in the order of ids, written out beforehand as the lines of a stream. See src/reading/prepared.rs.
-- What is lost with the server is made again.
CREATE UNLOGGED TABLE "prepared_lines" (
    "record_type" text COLLATE "C" NOT NULL,
    "after_id" text COLLATE "C" NOT NULL,
    "last_id" text COLLATE "C" NOT NULL,
    "design" text COLLATE "C" NOT NULL,
    "records" bigint NOT NULL,
    "day" text COLLATE "C" NOT NULL,
    "last_day" text COLLATE "C" NOT NULL,
    "shows" text COLLATE "C" NOT NULL,
    "lines" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("record_type", "after_id")
);
-- Read whole and often: neither compressed nor in pieces of what is.
ALTER TABLE "prepared_lines" ALTER COLUMN "lines" SET STORAGE EXTERNAL;
