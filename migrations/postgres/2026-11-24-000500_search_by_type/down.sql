CREATE INDEX "search_entries_terms" ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256);
