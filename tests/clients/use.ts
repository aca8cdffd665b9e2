// Uses the client generated for TypeScript: lists, pages, records, writes and conditional requests.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./record.js";

type Commitment = components["schemas"]["Commitment"];

const client = createClient<paths, "application/json" | "application/problem+json">({
  baseUrl: process.env.BASE!,
  querySerializer: { object: { style: "form", explode: true } },
});
const key = { Authorization: `Bearer ${process.env.KEY}` };

// A list, filtered and counted.
const { data: list } = await client.GET("/v1/commitments", {
  params: { query: { department: "state", sort: "-made_on", facets: "status", limit: 5 } },
});
assert(list);
assert.equal(list.data.length, 5);
assert.equal(list.page.total, 22);
assert(list.facets?.status?.some(({ value, count }) => value === "announced" && count > 0));

// A filter with an operator.
const { data: early } = await client.GET("/v1/commitments", {
  params: { query: { filter: { "due[lte]": "2023", "due[exists]": "true" }, limit: 200 } },
});
assert(early && early.data.length > 0);
assert(early.data.every(({ due }) => due! < "2024"));

// All pages of a list.
const found: Commitment[] = [];
let cursor: string | undefined;
do {
  const { data: page } = await client.GET("/v1/commitments", { params: { query: cursor ? { cursor } : { limit: 20 } } });
  assert(page);
  found.push(...page.data);
  cursor = page.page.next ? new URL(page.page.next, process.env.BASE).searchParams.get("cursor")! : undefined;
} while (cursor);
assert.equal(new Set(found.map((commitment) => commitment.id)).size, found.length);
assert(found.length > 50);

// A record, and a 304 for the same record. The type of its author is narrowed.
const one = { params: { path: { id: "pitf-2024-02-13" }, query: { include: "commitments" } } };
const { data: meeting, response } = await client.GET("/v1/meetings/{id}", one);
assert.equal(meeting?.organization.type, "organization");
assert(meeting.commitments!.every((commitment) => commitment.status !== "discontinued"));
const chair = meeting.participants.find(({ role }) => role === "chair")!.agent;
assert(chair.type !== "label" && chair.id === "antony-blinken");
const again = await client.GET("/v1/meetings/{id}", {
  params: { ...one.params, header: { "If-None-Match": response.headers.get("ETag")! } },
});
assert.equal(again.response.status, 304);

// A record that is created with a key, changed with its ETag, and rejected without one.
const entered = await client.POST("/v1/people", { body: { name: "Ada Example", family_name: "Example" }, headers: key });
assert.equal(entered.data?.id, "ada-example");
const id = { id: "ada-example" };
const changed = await client.PATCH("/v1/people/{id}", {
  params: { path: id, header: { "If-Match": entered.response.headers.get("ETag")! } },
  body: { given_name: "Ada" },
  bodySerializer: JSON.stringify,
  headers: { ...key, "Content-Type": "application/merge-patch+json" },
});
assert.equal(changed.data?.given_name, "Ada");
const refused = await client.DELETE("/v1/people/{id}", { params: { path: id }, headers: key });
assert.equal(refused.error?.code, "precondition-required");

// The changes, with each record narrowed to its type.
const { data: changes } = await client.GET("/v1/changes", { params: { query: { after: 1 } } });
const record = changes!.data.at(-1)!.changes[0]!.record;
assert(record?.type === "person" && record.family_name === "Example");
console.log(`TypeScript: ${found.length} commitments, 1 person entered`);
