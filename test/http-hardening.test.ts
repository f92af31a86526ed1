import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf, readAnswer } from "./support/graphql.js";
import { apiRequests, plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

const frontEnd = "https://app.example.com";

/** `guarded` is set up as in production, for one front end. */
const test = base.extend<{ guarded: TestApp }>({
  guarded: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const environment = { INTROSPECTION: "false", CORS_ORIGINS: frontEnd };
      const { app, stop } = await startTestApp({
        environment,
        worker: false,
        configure: (config) => ({ ...config, mode: "production" }),
      });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const tiers = "query=%7Btiers%7Bid%7D%7D";

test("a query by GET is refused as a possible forgery, and served with the header that a foreign page cannot send", async ({
  app,
}) => {
  const bare = await fetch(`${app.url}/graphql?${tiers}`);
  expect(bare.status).toBe(400);
  expect(await bare.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });

  const marked = await fetch(`${app.url}/graphql?${tiers}`, { headers: { "apollo-require-preflight": "1" } });
  expect(marked.status).toBe(200);
  expect(await marked.json()).toMatchObject({ data: { tiers: expect.any(Array) } });
});

test("a mutation by GET is refused, header or not", async ({ app }) => {
  const mutation = encodeURIComponent(
    'mutation { registerCustomer(input: { email: "a@example.com" }) { customer { id } } }',
  );
  const token = app.person("by-get").token;
  const response = await fetch(`${app.url}/graphql?query=${mutation}`, {
    headers: { "apollo-require-preflight": "1", authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(405);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  expect(await apiRequests(app, "POST", "/v1/customers")).toEqual([]);
});

test.for(["PUT", "PATCH", "DELETE"])("%s is no way to ask", async (method, { app }) => {
  const response = await fetch(`${app.url}/graphql?${tiers}`, { method });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "NOT_FOUND" } }] });
});

test("a path that does not exist answers 404 in JSON", async ({ app }) => {
  for (const path of ["/", "/nothing", "/graphql/x", "/.env", "/graphql%00", "//", "/%zz", `/${"x".repeat(2_000)}`]) {
    const response = await fetch(`${app.url}${path}`);
    expect([400, 404, 414]).toContain(response.status);
    const { errors } = await readAnswer(response);
    expect(errors, path).toEqual([{ message: expect.any(String), extensions: { code: expect.any(String) } }]);
  }
});

test("every answer names its request, and never by a name that the caller chose", async ({ app }) => {
  const ask = (path: string) =>
    fetch(`${app.url}${path}`, { headers: { "x-request-id": "mine", "request-id": "mine" } });
  const ids = new Set<string | null>();
  for (const path of ["/healthz", "/nothing", `/graphql?${tiers}`])
    ids.add((await ask(path)).headers.get("x-request-id"));
  expect(ids.size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
});

test("answers carry the headers that keep browsers from doing too much", async ({ app }) => {
  const { headers } = await app.graphql("{ tiers { id } }");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("strict-transport-security")).toMatch(/max-age=\d+/);
  expect(headers.get("x-powered-by")).toBeNull();
  expect(headers.get("server")).toBeNull();
});

test("what one caller was answered is kept in no cache", async ({ app }) => {
  const { headers } = await app.person("ada").graphql("{ viewer { id } }");
  expect(headers.get("cache-control")).toBe("no-store");
});

test("pages of the configured origin may call, and no other", async ({ guarded }) => {
  expect(await allowedOrigin(guarded, frontEnd)).toBe(frontEnd);
  for (const origin of [
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://evil.example/https://app.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "null",
    "http://localhost:3000",
    "https://studio.apollographql.com",
  ]) {
    expect(await allowedOrigin(guarded, origin), origin).toBeNull();
  }
});

test("in development pages on this machine and Apollo Studio may call, and no look-alikes", async ({ app }) => {
  for (const origin of [
    "http://localhost:3000",
    "http://127.0.0.1:5173",
    "http://[::1]:3000",
    "https://localhost",
    "https://studio.apollographql.com",
  ]) {
    expect(await allowedOrigin(app, origin), origin).toBe(origin);
  }
  for (const origin of ["http://localhost.evil.example", "http://evil.example?localhost", "http://127.0.0.1.nip.io"]) {
    expect(await allowedOrigin(app, origin), origin).toBeNull();
  }
});

test("no page is ever allowed to call with cookies, and caches keep origins apart", async ({ guarded }) => {
  const response = await fetch(`${guarded.url}/graphql?${tiers}`, { headers: { origin: frontEnd } });
  expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  expect(response.headers.get("access-control-expose-headers")).toBe(
    "x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, ratelimit-policy",
  );
  expect(response.headers.get("vary")).toMatch(/origin/i);
});

test("developers who open the endpoint in a browser get a page", async ({ app }) => {
  const response = await fetch(`${app.url}/graphql`, { headers: { accept: "text/html" } });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/text\/html/);
});

test("in production there is no such page, and no other page may bring scripts", async ({ guarded }) => {
  const response = await fetch(`${guarded.url}/graphql`, { headers: { accept: "text/html" } });
  expect(response.status).toBe(400);
  expect(await response.text()).not.toMatch(/<html/i);
  expect(response.headers.get("content-security-policy")).toMatch(/script-src 'self'/);
});

test("an operation is picked by name, and a missing or unknown name is refused", async ({ app }) => {
  const query = "query A { tiers { id } } query B { viewer { id } }";
  const ask = async (operationName?: string) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, operationName }),
    });
    return readAnswer(response);
  };
  expect(await ask("B")).toMatchObject({ status: 200, data: { viewer: null } });
  for (const name of [undefined, "C"]) {
    const answer = await ask(name);
    expect(answer.status).toBe(400);
    expect(codesOf(answer)).toEqual(["OPERATION_RESOLUTION_FAILURE"]);
  }
});

test("a subscription over HTTP is refused", async ({ app }) => {
  const answer = await app.person("ada").graphql("subscription { currentSubscriptionUpdated { occurredAt } }");
  expect(answer.status).toBe(400);
  expect(codesOf(answer)).toEqual(["BAD_REQUEST"]);
});

async function allowedOrigin(app: TestApp, origin: string): Promise<string | null> {
  const preflight = await fetch(`${app.url}/graphql`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
  });
  const plain = await fetch(`${app.url}/graphql?${tiers}`, { headers: { origin } });
  const allowed = preflight.headers.get("access-control-allow-origin");
  expect(plain.headers.get("access-control-allow-origin")).toBe(allowed);
  return allowed;
}

test("a shutdown waits for nobody who merely keeps a connection", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const silent = connect(Number(new URL(app.url).port), "127.0.0.1");
  await once(silent, "connect");
  await app.graphql("{ tiers { id } }");
  const ended = once(silent, "close");
  await stop();
  await ended;
});

test("a shutdown lets a request that is under way finish", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const ada = app.person("ada");
  await plantFault(app, { method: "POST", path: "/v1/customers", delay_ms: 300 });
  const answer = ada.graphql("mutation { registerCustomer(input: {}) { customer { externalId } } }");
  await until("the request to be under way", async () => {
    return (await apiRequests(app, "POST", "/v1/customers")).length === 1;
  });
  await stop();
  expect((await answer).data).toEqual({ registerCustomer: { customer: { externalId: "ada" } } });
});
