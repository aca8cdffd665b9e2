-- Runs of records, in the order of ids, written out beforehand as the lines of a stream. See src/reading/prepared.rs.
CREATE TABLE "prepared_lines" (
    "record_type" text NOT NULL,
    "after_id" text NOT NULL,
    "last_id" text NOT NULL,
    "design" text NOT NULL,
    "records" bigint NOT NULL,
    "day" text NOT NULL,
    "last_day" text NOT NULL,
    "shows" text NOT NULL,
    "lines" text NOT NULL,
    PRIMARY KEY ("record_type", "after_id")
);
