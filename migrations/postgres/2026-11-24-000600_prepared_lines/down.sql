DROP TABLE "prepared_lines";
