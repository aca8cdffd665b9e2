-- Of what many records hold, PostgreSQL gathers every place before the first is looked at. That there are more hits than are
-- counted is told by a part of the entries, as a rule: so every 31st and every 7th are indexed by themselves. See
-- src/reading/search/hits.rs.
CREATE INDEX "search_entries_terms_31" ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256) WHERE mod("key", 31) = 0;
CREATE INDEX "search_entries_terms_7" ON "search_entries" USING gin ("terms") WITH (gin_pending_list_limit = 256) WHERE mod("key", 7) = 0;
