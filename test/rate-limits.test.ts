import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { as, ask, startLimited } from "./support/limited.js";
import { rowsOf } from "./support/registration.js";
import { askOver, greet } from "./support/socket.js";

/** `limited` gives each customer 100 points, and an address 50; they do not come back while the tests run. */
const test = base.extend<{ limited: TestApp }>({
  limited: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const environment = { METRICS_TOKEN: "a-token-for-prometheus", CORS_ORIGINS: "https://studio.example" };
      const { app, stop } = await startLimited({ anonymous: 50, customer: 100, service: 1_000 }, { environment });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

/** A time that began to pass a moment ago. */
const nearly = (seconds: number) => (found: number) => found > seconds - 60 && found <= seconds;

const elevenPoints = '{ tier(slug: "free") { features { feature { key } } } }';

test("each answer says what it cost and what is left, in its body and in its headers", async ({ limited }) => {
  const ada = limited.person("ada");
  const { status, body, headers } = await ask(limited, "{ tiers { name } }", as(ada));
  expect(status).toBe(200);
  expect(body.extensions.cost).toEqual({
    requestedQueryCost: 5,
    throttleStatus: { maximumAvailable: 100, currentlyAvailable: 95, restoreRate: 0.0001 },
  });
  expect(Object.fromEntries(headers)).toMatchObject({
    "ratelimit-limit": "100",
    "ratelimit-remaining": "95",
    "ratelimit-policy": "100;w=1000000",
  });
  expect(Number(headers.get("ratelimit-reset"))).toSatisfy(nearly(50_000));
  expect(headers.has("retry-after")).toBe(false);
});

test("pages of allowed origins may read the headers", async ({ limited }) => {
  const { headers } = await ask(limited, "{ __typename }", { origin: "https://studio.example" });
  const exposed = headers.get("access-control-expose-headers")?.split(", ") ?? [];
  expect(exposed).toEqual(expect.arrayContaining(["retry-after", "ratelimit-limit", "ratelimit-remaining"]));
  expect(exposed).toEqual(expect.arrayContaining(["ratelimit-reset", "ratelimit-policy"]));
});

test("`rateLimit` says the same as `extensions.cost`", async ({ app }) => {
  const environment = { RATE_LIMIT_CUSTOMER: "300/10" };
  const { app: own, stop } = await startTestApp({ environment, worker: false });
  const query = "{ tiers { name } rateLimit { cost limit remaining restoreRate } }";
  const { body } = await ask(own, query, as(own.person("bob")));
  expect(body.data.rateLimit).toEqual({ cost: 6, limit: 300, remaining: 294, restoreRate: 10 });
  expect(body.extensions.cost).toEqual({
    requestedQueryCost: 6,
    throttleStatus: { maximumAvailable: 300, currentlyAvailable: 294, restoreRate: 10 },
  });
  await stop();
  // Where there is no limit there is no budget to tell of, only a cost.
  const unlimited = await ask(app, query);
  expect(unlimited.body.data.rateLimit).toBeNull();
  expect(unlimited.body.extensions).toEqual({ cost: { requestedQueryCost: 6 } });
  expect([...unlimited.headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
});

test("who has spent everything is refused before anything runs, and hears when to come back", async ({ limited }) => {
  const carol = limited.person("carol");
  for (let spent = 0; spent < 99; spent += 11) expect((await ask(limited, elevenPoints, as(carol))).status).toBe(200);
  const register = "mutation { registerCustomer(input: {}) { customer { id } userErrors { code } } }";
  const { status, body, headers } = await ask(limited, register, as(carol));
  expect(status).toBe(429);
  const seconds = Number(headers.get("retry-after"));
  expect(seconds).toSatisfy(nearly(150_000));
  expect(body).toEqual({
    errors: [
      {
        message: `Too much was asked for in a short time. Try again in ${seconds} seconds.`,
        extensions: { code: "THROTTLED", retryAfterSeconds: seconds, cost: 16 },
      },
    ],
    extensions: {
      cost: {
        requestedQueryCost: 16,
        throttleStatus: { maximumAvailable: 100, currentlyAvailable: 1, restoreRate: 0.0001 },
      },
    },
  });
  expect(headers.get("ratelimit-remaining")).toBe("1");
  expect(await rowsOf(limited, "carol")).toEqual([]);
  // What is left can still be spent, and others have budgets of their own.
  expect((await ask(limited, "{ __typename }", as(carol))).status).toBe(200);
  expect((await ask(limited, "{ __typename }", as(carol))).status).toBe(429);
  expect((await ask(limited, "{ __typename }", as(limited.person("dave")))).status).toBe(200);
});

test("an operator hears of a throttled caller once, not at each of their requests", async ({ limited }) => {
  const erin = limited.person("erin");
  await ask(limited, "query Big { payments(first: 97) { nodes { id } } }", as(erin));
  for (let times = 0; times < 5; times += 1) {
    expect((await ask(limited, "query Throttled { tiers { id } }", as(erin))).status).toBe(429);
  }
  const lines = limited.logged.filter((line) => line.includes('"caller throttled"') && line.includes("erin"));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 40, bucket: "customer:erin" }),
  ]);
  expect(limited.logged.filter((line) => line.includes('"operation":"Throttled"'))).toEqual([]);
  const metrics = await fetch(`${limited.url}/metrics`, {
    headers: { authorization: "Bearer a-token-for-prometheus" },
  });
  const [, counted] = /^billing_throttled_operations_total (\d+)$/m.exec(await metrics.text()) ?? [];
  expect(Number(counted)).toBeGreaterThanOrEqual(5);
});

test("what costs more than a full bucket is refused with advice, and no wait is promised", async ({ limited }) => {
  const frank = limited.person("frank");
  const query = "query ($n: Int) { payments(first: $n) { nodes { id } } }";
  const { status, body, headers } = await ask(limited, query, as(frank), { n: 99 });
  expect(status).toBe(400);
  expect(body.data).toBeUndefined();
  expect(body.errors).toEqual([
    {
      message: expect.stringMatching(/costs 101 points, and 100 are the most .* Ask for less/),
      extensions: { code: "BAD_USER_INPUT" },
    },
  ]);
  expect(headers.has("retry-after")).toBe(false);
  expect(body.extensions.cost).toMatchObject({ requestedQueryCost: 101, throttleStatus: { currentlyAvailable: 99 } });
});

test("where there is no limit one operation still may not ask for everything", async ({ app }) => {
  const page =
    "payments(first: 100) { nodes { invoice { lines { amount { amount } } payments { invoice { lines { amount { amount } } } } } } }";
  const times = (count: number) => Array.from({ length: count }, (_, index) => `c${index}: customer { ${page} }`);
  const ada = app.person("ada");
  expect((await ask(app, `{ viewer { ${times(13).join(" ")} } }`, as(ada))).status).toBe(200);
  const refused = await ask(app, `{ viewer { ${times(14).join(" ")} } }`, as(ada));
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

test.for<[what: string, query: string, code: string]>([
  ["is not GraphQL", "{ tiers {", "GRAPHQL_PARSE_FAILED"],
  ["does not fit the schema", "{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
  [
    "has several operations, and none is named",
    "query A { __typename } query B { __typename }",
    "OPERATION_RESOLUTION_FAILURE",
  ],
  ["asks for a stream over HTTP", "subscription { entitlementsChanged { cause } }", "BAD_REQUEST"],
])("a document that %s costs a point, until there is none", async ([what, query, code], { limited }) => {
  const caller = limited.person(what);
  const first = await ask(limited, query, as(caller));
  expect(first.body.errors[0].extensions.code).toBe(code);
  expect(first.left).toBe(99);
  await ask(limited, "{ payments(first: 97) { nodes { id } } }", as(caller));
  const refused = await ask(limited, query, as(caller));
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({ errors: [{ extensions: { code: "THROTTLED", cost: 1 } }] });
  expect(refused.body.errors).toHaveLength(1);
  expect(Number(refused.headers.get("retry-after"))).toSatisfy(nearly(10_000));
});

test("opening a stream costs, and what comes through it does not", async ({ limited }) => {
  const grace = limited.person("grace");
  const socket = await greet(limited.url, grace.token);
  socket.say({ type: "subscribe", id: "1", payload: { query: "subscription { entitlementsChanged { cause } }" } });
  expect(await askOver(socket, "{ nothing }")).toMatchObject({
    payload: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
  });
  expect((await ask(limited, "{ rateLimit { remaining } }", as(grace))).left).toBe(97);
  await ask(limited, "{ payments(first: 95) { nodes { id } } }", as(grace));
  for (const query of ["subscription { entitlementsChanged { cause } }", "{ nothing }", "{ tiers"]) {
    const { type, payload } = await askOver(socket, query);
    expect(type).toBe("error");
    expect(payload).toEqual([
      {
        message: expect.any(String),
        extensions: { code: "THROTTLED", retryAfterSeconds: expect.any(Number), cost: 1 },
      },
    ]);
  }
  socket.close();
});

test("health, metrics and Stripe's webhooks are never throttled", async ({ limited }) => {
  while ((await ask(limited, "{ tiers { name } }")).status === 200);
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => [
      (await fetch(`${limited.url}/healthz`)).status,
      (await fetch(`${limited.url}/readyz`)).status,
      (await fetch(`${limited.url}/webhooks/stripe`, post)).status,
      (await fetch(`${limited.url}/metrics`)).status,
    ]),
  );
  expect(new Set(statuses.map(String))).toEqual(new Set(["200,200,400,404"]));
});

test("buckets that are full again are forgotten", async ({ limited }) => {
  const { db } = limited.connection;
  await ask(limited, "{ payments(first: 50) { nodes { id } } }", as(limited.person("heidi")));
  const keys = async () =>
    (await db.execute<{ key: string }>(sql`select key from rate_limit_buckets`)).map(({ key }) => key);
  expect(await keys()).toContain("customer:heidi");
  await db.execute(sql`update rate_limit_buckets set full_at = statement_timestamp() where key = 'customer:heidi'`);
  await db.execute(sql`select graphile_worker.add_job('sweep')`);
  await expect.poll(keys).not.toContain("customer:heidi");
});
