DROP INDEX "search_entries_terms_31", "search_entries_terms_7";
