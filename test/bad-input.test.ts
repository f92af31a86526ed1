import { readFileSync } from "node:fs";
import fc from "fast-check";
import { buildSchema, isNonNullType } from "graphql";
import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { type ArgumentSite, argumentSites, requestWith, type Sensible } from "./support/argument-sites.js";
import { nastyLiterals, nastyValues } from "./support/nasty-values.js";
import { findPrice, type Person, returnUrl } from "./support/person.js";
import { askOver, greet } from "./support/socket.js";
import { setAside } from "./support/usage.js";

const sites = argumentSites(buildSchema(readFileSync("schema.graphql", "utf8")));
const overHttp = sites.filter(({ operation }) => operation !== "subscription");

/** Those who try: each runs one request at a time, so that nobody waits for a lock of their own. */
interface Cast {
  readonly callers: readonly Person[];
  readonly sensible: Sensible;
}

const test = base.extend<{ cast: Cast }>({
  cast: [
    async ({ app }, use) => {
      const subscriber = app.person("subscriber");
      const chosen = await subscriber.buy("professional");
      const stranger = app.person("stranger");
      const page = await stranger.checkout("starter");
      const now = new Date();
      const callers = [
        subscriber,
        app.person("free"),
        app.person("service", { role: "service" }),
        app.person("admin", { role: "admin" }),
      ];
      const sensible = {
        id: page.checkoutSession.id,
        ids: [chosen, page.checkoutSession.id],
        feature: "guests",
        quantity: 1,
        expiresAt: new Date(now.getTime() + 3_600_000).toISOString(),
        reservationId: await setAside(app, "subscriber"),
        customerId: (await subscriber.ask("{ viewer { customer { id } } }")).viewer.customer.id,
        reason: "to see what breaks",
        slug: "starter",
        priceId: await findPrice(app, "starter"),
        returnUrl,
        externalId: "somebody",
        from: new Date(now.getTime() - 86_400_000).toISOString(),
      };
      await use({ callers, sensible });
    },
    { scope: "file" },
  ],
});

test("the schema's arguments are found, also those far from the root", () => {
  const names = sites.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["Query.tier(slug)", "Money.formatted(locale)", "Customer.invoices(first)"]),
  );
  expect(names).toContain("Mutation.createCheckoutSession(input.returnUrl)");
});

test("whatever is sent for an argument, the caller hears what is wrong with it, and nothing breaks", async ({
  app,
  cast,
}) => {
  const requests = overHttp.flatMap((site) => nastyValues(site.type).map((value) => ({ site, value })));
  const wrong = await tryEach(app, cast, requests);
  expect(wrong).toEqual([]);
  await expectWell(app);
}, 300_000);

test("a literal that no variable can spell is refused", async ({ app, cast: { callers, sensible } }) => {
  const [caller] = callers;
  for (const literal of nastyLiterals) {
    for (const query of [
      `{ tier(slug: ${literal}) { id } }`,
      `{ payments(first: ${literal}) { nodes { id } } }`,
      `{ usageHistory(feature: "usage_analytics", from: ${literal}) { total } }`,
      `mutation { createCheckoutSession(input: { priceId: "${sensible["priceId"]}", returnUrl: "${returnUrl}", quantity: ${literal} }) { userErrors { code } } }`,
    ]) {
      const answer = await app.graphql(query, {}, caller?.token);
      expect(faultIn(answer.status, JSON.stringify(answer)), `${query}`).toBeUndefined();
      if (answer.status === 400) expect(answer.data).toBeUndefined();
    }
  }
  await expectWell(app);
});

test("nor does anything break on values and documents that nobody thought of", async ({ app, cast }) => {
  const value = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.jsonValue({ maxDepth: 4 }), fc.double());
  const requests = fc.sample(fc.record({ site: fc.constantFrom(...overHttp), value }), { numRuns: 400, seed: 3 });
  expect(await tryEach(app, cast, requests)).toEqual([]);

  const whole =
    "query Q($n: Int = 3) @include(if: true) { ...F viewer { customer { invoices(first: $n) { totalCount } } } } fragment F on Query { tiers { id } }";
  const cut = fc.record({
    at: fc.nat(whole.length),
    drop: fc.nat(12),
    put: fc.string({ unit: "binary", maxLength: 6 }),
  });
  for (const { at, drop, put } of fc.sample(cut, { numRuns: 200, seed: 3 })) {
    const query = whole.slice(0, at) + put + whole.slice(at + drop);
    const answer = await app.graphql(query, {}, cast.callers[0]?.token);
    expect(faultIn(answer.status, JSON.stringify(answer)), query).toBeUndefined();
  }
  await expectWell(app);
}, 300_000);

test("a stream that is asked for with nonsense is refused, or ends, and its socket goes on", async ({ app, cast }) => {
  const socket = await greet(app.url, cast.callers[0]?.token);
  for (const site of sites.filter(({ operation, fields }) => operation === "subscription" && fields.length === 1)) {
    // Whoever names nobody asks for their own, and is listened for.
    for (const value of nastyValues(site.type).filter((each) => each !== null || isNonNullType(site.type))) {
      const { query, variables } = requestWith(site, value, cast.sensible);
      const answer = await askOver(socket, query, variables);
      expect(["error", "next", "complete"], site.name).toContain(answer.type);
      expect(faultIn(200, JSON.stringify(answer)), `${site.name} ${JSON.stringify(value)}`).toBeUndefined();
      if (answer.type === "next") await socket.hear(); // and its end
    }
  }
  socket.close();
  await expectWell(app);
});

/** Sends the requests, the callers taking turns; gives what was answered as it must not be. */
async function tryEach(
  app: TestApp,
  { callers, sensible }: Cast,
  requests: readonly { site: ArgumentSite; value: unknown }[],
): Promise<string[]> {
  const wrong: string[] = [];
  await Promise.all(
    callers.map(async (caller, turn) => {
      const externalCustomerId = caller.sub === "service" ? { externalCustomerId: "served" } : {};
      for (const [index, { site, value }] of requests.entries()) {
        if (index % callers.length !== turn) continue;
        const { query, variables } = requestWith(site, value, { ...sensible, ...externalCustomerId });
        const body = JSON.stringify({ query, variables });
        const response = await fetch(`${app.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${caller.token}` },
          body,
        });
        const fault = faultIn(response.status, await response.text());
        if (fault) wrong.push(`${site.name} by ${caller.sub} with ${body.slice(-200)}: ${fault}`);
      }
    }),
  );
  return wrong;
}

const internals =
  /\bat \S+ \(|node_modules|\.ts\b|Postgres|Failed query|relation "|syntax error at|invalid byte|RangeError|TypeError|No such |unknown parameter|sk_test|cus_\w{8}|127\.0\.0\.1/;

/** What no answer to a bad request may be: a bug, an outage, or a sentence of the database's or of Stripe's. */
function faultIn(status: number, answer: string): string | undefined {
  if (status !== 200 && status !== 400) return `${status} ${answer}`;
  const said: string[] = [];
  JSON.parse(answer, (name, value: unknown) => {
    if (name === "message" || name === "code") said.push(String(value));
    return value;
  });
  const isOurs = said.some((text) => text === "INTERNAL_SERVER_ERROR" || text === "UPSTREAM_UNAVAILABLE");
  return isOurs || said.some((text) => internals.test(text)) ? said.join(" ").slice(0, 300) : undefined;
}

/** The service answers as ever, nothing was made by halves, and no operator was called. */
async function expectWell(app: TestApp): Promise<void> {
  expect((await app.graphql("{ tiers { slug } }")).data.tiers.length).toBeGreaterThan(0);
  const halves = "select 1 from users where stripe_customer_id is null and is_registered";
  expect([...(await app.connection.db.execute(halves))]).toEqual([]);
  expect(app.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
}
