import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { as, ask, startLimited } from "./support/limited.js";
import { makePerson } from "./support/person.js";
import { signToken } from "./support/token.js";

/** Organisations pay, a proxy on this machine is trusted, and every kind of caller has a bucket of another size. */
const test = base.extend<{ limited: TestApp; direct: TestApp }>({
  limited: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const environment = {
        BILLING_ACCOUNT_CLAIM: "org_id",
        BILLING_MANAGER_CLAIM: "billing_manager",
        TRUST_PROXY: "127.0.0.1,10.0.0.0/8",
      };
      const sizes = { anonymous: 50, customer: 1_000, service: 3_000, admin: 2_000, money: 3 };
      const { app, stop } = await startLimited(sizes, { environment, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  /** No proxy is trusted. */
  direct: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startLimited({ anonymous: 50 }, { worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

function member(app: TestApp, sub: string, org: string) {
  return makePerson(app, sub, signToken(app.config, { sub, org_id: org, billing_manager: true }));
}

async function limitOf(app: TestApp, headers: Record<string, string> = {}): Promise<unknown> {
  return (await ask(app, "{ rateLimit { limit } }", headers)).body.data.rateLimit.limit;
}

test("each kind of caller has a bucket of its own size", async ({ limited }) => {
  expect(await limitOf(limited)).toBe(50);
  expect(await limitOf(limited, as(member(limited, "ada", "acme")))).toBe(1_000);
  expect(await limitOf(limited, as(limited.person("backend", { role: "service" })))).toBe(3_000);
  expect(await limitOf(limited, as(limited.person("root", { role: "admin" })))).toBe(2_000);
});

test("two persons of one organisation have a budget each, and one person the same with every token", async ({
  limited,
}) => {
  const [bob, again, carl] = [
    member(limited, "bob", "acme"),
    member(limited, "bob", "acme"),
    member(limited, "carl", "acme"),
  ];
  expect((await ask(limited, "{ tiers { id } }", as(bob))).left).toBe(995);
  expect((await ask(limited, "{ tiers { id } }", as(again))).left).toBe(990);
  expect((await ask(limited, "{ tiers { id } }", as(carl))).left).toBe(995);
});

test("behind a trusted proxy each visitor has a budget, and none gets another by what it writes", async ({
  limited,
}) => {
  const from = (forwarded: string) => ask(limited, "{ tiers { name } }", { "x-forwarded-for": forwarded });
  expect((await from("203.0.113.1")).left).toBe(45);
  expect((await from("203.0.113.2")).left).toBe(45);
  expect((await from("198.51.100.9, 203.0.113.1")).left).toBe(40);
  expect((await from("10.1.1.1, 203.0.113.1, 10.2.2.2")).left).toBe(35);
  expect((await from("2001:db8:1:2::1")).left).toBe(45);
  expect((await from("2001:db8:1:2:ffff::2")).left).toBe(40);
});

test("without a trusted proxy whoever connects is one caller, whatever the header says", async ({ direct }) => {
  const lefts = [];
  for (const forwarded of ["203.0.113.1", "203.0.113.2", "10.0.0.1, 203.0.113.3"]) {
    lefts.push((await ask(direct, "{ tiers { name } }", { "x-forwarded-for": forwarded })).left);
  }
  expect(lefts).toEqual([45, 40, 35]);
  // The operator hears of it once: it may be their own proxy, and all visitors would be one.
  expect(direct.logged.filter((line) => line.includes("TRUST_PROXY does not name it"))).toHaveLength(1);
});

const portal = 'createPortalSession(input: { returnUrl: "http://localhost:3000/" }) { userErrors { code } }';

test("changes that reach Stripe have a stricter limit, which aliases do not get round", async ({ limited }) => {
  const dora = member(limited, "dora", "strict");
  const two = await ask(limited, `mutation { a: ${portal} b: ${portal} }`, as(dora));
  expect(two.status).toBe(200);
  const refused = await ask(
    limited,
    `mutation { a: ${portal} ...More } fragment More on Mutation { b: ${portal} }`,
    as(dora),
  );
  expect(refused.status).toBe(429);
  expect(refused.body.data).toBeUndefined();
  expect(refused.body.errors).toMatchObject([{ extensions: { code: "THROTTLED" } }]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(9_000);
  // One is left, for anybody of the organisation. Reading goes on.
  expect((await ask(limited, `mutation { ${portal} }`, as(member(limited, "emil", "strict")))).status).toBe(200);
  expect((await ask(limited, `mutation { ${portal} }`, as(member(limited, "emil", "strict")))).status).toBe(429);
  expect((await ask(limited, `mutation { ${portal} }`, as(member(limited, "fred", "other")))).status).toBe(200);
  expect((await ask(limited, "{ tiers { id } }", as(dora))).status).toBe(200);
});

test("who may not manage an account's billing cannot use up what its managers need", async ({ limited }) => {
  const holly = makePerson(limited, "holly", signToken(limited.config, { sub: "holly", org_id: "shared" }));
  const statuses = [];
  for (let times = 0; times < 4; times += 1)
    statuses.push((await ask(limited, `mutation { ${portal} }`, as(holly))).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect((await ask(limited, `mutation { ${portal} }`, as(member(limited, "ivan", "shared")))).status).toBe(200);
  // And without a token there is nothing to use up.
  const four = ["a", "b", "c", "d"].map((name) => `${name}: registerCustomer(input: {}) { __typename }`).join(" ");
  const { body } = await ask(limited, `mutation { ${four} }`, { "x-forwarded-for": "203.0.113.50" });
  expect(body.errors[0].extensions.code).toBe("UNAUTHENTICATED");
});

test("more changes at once than a full bucket has are refused with advice", async ({ limited }) => {
  const aliases = ["a", "b", "c", "d"].map((name) => `${name}: ${portal}`).join(" ");
  const { status, body } = await ask(limited, `mutation { ${aliases} }`, as(member(limited, "gina", "greedy")));
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([
    { message: expect.stringMatching(/costs 4 changes, and 3 are the most/), extensions: { code: "BAD_USER_INPUT" } },
  ]);
});

test("a service has that limit for each customer that it names", async ({ limited }) => {
  const backend = as(limited.person("backend", { role: "service" }));
  const register = (id: string) =>
    ask(
      limited,
      "mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { code } } }",
      backend,
      { input: { externalCustomerId: id } },
    );
  const ofOne = [];
  for (let times = 0; times < 4; times += 1) ofOne.push((await register("customer-1")).status);
  expect(ofOne).toEqual([200, 200, 200, 429]);
  expect((await register("customer-2")).status).toBe(200);
});

test("a service has that limit for a name, too, that no customer could have and no store could keep", async ({
  limited,
}) => {
  const backend = as(limited.person("another-backend", { role: "service" }));
  const query = "mutation ($id: ID) { registerCustomer(input: { externalCustomerId: $id }) { userErrors { code } } }";
  for (const id of ["zero \u0000 byte", "x".repeat(3_000), "☃"]) {
    const statuses = [];
    for (let times = 0; times < 4; times += 1) statuses.push((await ask(limited, query, backend, { id })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  }
  expect(limited.logged.filter((line) => line.includes("rate limits are not shared"))).toEqual([]);
});
