import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { deepest, tooMuch } from "./support/documents.js";
import { codesOf, readAnswer } from "./support/graphql.js";

/** `guarded` is set up as in production: nobody reads its schema. */
const test = base.extend<{ guarded: TestApp }>({
  guarded: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { INTROSPECTION: "false" }, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

test.for(Object.keys(tooMuch))("a document with %s is refused before anything of it runs", async (what, { app }) => {
  const ada = app.person("ada");
  const answer = await ada.graphql(tooMuch[what] ?? "");
  expect(answer.status).toBe(400);
  expect(answer.data).toBeUndefined();
  expect(codesOf(answer).every((code) => code === "GRAPHQL_VALIDATION_FAILED" || code === "GRAPHQL_PARSE_FAILED")).toBe(
    true,
  );
  expect(answer.errors?.length).toBeLessThanOrEqual(3);
});

test("a document within the limits is served", async ({ app }) => {
  const ada = app.person("ada");
  expect(await ada.ask(deepest)).toMatchObject({ viewer: { customer: { subscription: null } } });
  const aliases = Array.from({ length: 15 }, (_, index) => `a${index}: __typename`).join(" ");
  expect(Object.keys(await ada.ask(`{ ${aliases} }`))).toHaveLength(15);
});

test("a page larger than 100 is refused, literal or by variable", async ({ app }) => {
  const ada = app.person("ada");
  const literal = await ada.graphql("{ payments(first: 100000) { nodes { id } } }");
  const query = "query ($n: Int!) { payments(first: $n) { nodes { id } } }";
  const byVariable = await ada.graphql(query, { n: 100_000 });
  expect(codesOf(byVariable)).toEqual(["BAD_USER_INPUT"]);
  expect(literal.errors).toBeDefined();
  expect(codesOf(await ada.graphql(query, { n: -1 }))).toEqual(["BAD_USER_INPUT"]);
});

test("a request that is wrong in several places hears of three at most", async ({ app }) => {
  const answer = await app.graphql("{ a b c d e f g }");
  expect(answer.status).toBe(400);
  expect(answer.errors).toHaveLength(3);
});

test("the schema is served to nobody where introspection is off", async ({ guarded }) => {
  for (const query of [
    "{ __schema { types { name } } }",
    '{ __type(name: "Query") { name } }',
    "{ viewer { __typename } __schema { queryType { name } } }",
    "{ ...S } fragment S on Query { __schema { queryType { name } } }",
  ]) {
    const answer = await guarded.graphql(query);
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    expect(codesOf(answer)).toContain("GRAPHQL_VALIDATION_FAILED");
  }
  expect((await guarded.graphql("{ __typename }")).data).toEqual({ __typename: "Query" });
});

test("mistakes teach nothing of the schema where introspection is off", async ({ guarded }) => {
  const answers = await Promise.all([
    guarded.graphql("{ tierz { id } }"),
    guarded.graphql('{ tier(slugg: "free") { id } }'),
    guarded.graphql("{ tiers { price(interval: MONT) { id } } }"),
    guarded.graphql("{ __schema { directive } }"),
    guarded.graphql("query ($a: TierX) { tiers { id } }"),
    guarded.graphql("mutation ($i: RegisterCustomerInput!) { registerCustomer(input: $i) { userErrors { code } } }", {
      i: { emial: "ada@example.com" },
    }),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.errors)).not.toMatch(/did you mean|suggest/i);
  }
});

test("mistakes are explained where introspection is on", async ({ app }) => {
  const answer = await app.graphql("{ tierz { id } }");
  expect(answer.errors?.[0]?.message).toMatch(/Did you mean "tier" or "tiers"/);
});

test("a body of more than 100 kB is refused unread", async ({ app }) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ tiers { id } }", variables: { padding: "x".repeat(100_000) } }),
  });
  expect(response.status).toBe(413);
  expect(await response.json()).toEqual({
    errors: [{ message: expect.any(String), extensions: { code: "PAYLOAD_TOO_LARGE" } }],
  });
});

test.for([
  ["malformed JSON", "application/json", "{", 400],
  ["an empty body", "application/json", "", 400],
  ["a body of null", "application/json", "null", 400],
  ["a body that is a text", "application/json", '"{ tiers { id } }"', 400],
  ["a body without a query", "application/json", "{}", 400],
  ["a query that is a number", "application/json", '{ "query": 7 }', 400],
  ["variables that are a list", "application/json", '{ "query": "{ tiers { id } }", "variables": [] }', 400],
  ["a prototype in its body", "application/json", '{ "__proto__": { "x": 1 }, "query": "{ tiers { id } }" }', 400],
  ["plain text", "text/plain", "{ tiers { id } }", 415],
  ["a GraphQL document as it is", "application/graphql", "{ tiers { id } }", 415],
  ["a form", "application/x-www-form-urlencoded", "query=%7Btiers%7Bid%7D%7D", 415],
  [
    "an upload",
    "multipart/form-data; boundary=x",
    '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n{a}\r\n--x--',
    415,
  ],
] as const)("%s is refused with an error in JSON", async ([_what, type, body, status], { app }) => {
  const response = await fetch(`${app.url}/graphql`, { method: "POST", headers: { "content-type": type }, body });
  const answer = await readAnswer(response);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toMatch(/json/);
  expect(answer).toMatchObject({ errors: [{ message: expect.any(String), extensions: { code: "BAD_REQUEST" } }] });
  expect(answer.data).toBeUndefined();
});

test("several operations in one body are refused", async ({ app }) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(Array.from({ length: 10 }, () => ({ query: "{ tiers { id } }" }))),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
});

test("automatic persisted queries are refused: they would store what strangers send", async ({ app }) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } }),
  });
  expect(response.status).toBeGreaterThanOrEqual(200);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } }] });
});
