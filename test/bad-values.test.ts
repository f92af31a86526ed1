import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { findPrice, type Person, returnUrl } from "./support/person.js";

/** A customer with history, and what belongs to somebody else. */
interface Scene {
  readonly ada: Person;
  readonly theirs: Readonly<Record<"checkout" | "invoice" | "cursor", string>>;
  readonly priceId: string;
}

const test = base.extend<{ scene: Scene }>({
  scene: [
    async ({ app }, use) => {
      const [ada, bob] = [await app.customerOn("professional", "ada"), await app.customerOn("professional", "bob")];
      const { invoices } = await bob.ask("{ invoices { edges { cursor node { id } } } }");
      const { checkoutSession } = await app.person("cid").checkout("starter");
      await use({
        ada,
        priceId: await findPrice(app, "starter"),
        theirs: { checkout: checkoutSession.id, invoice: invoices.edges[0].node.id, cursor: invoices.edges[0].cursor },
      });
    },
    { scope: "file" },
  ],
});

const centuries = 'from: "1926-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z"';

test.for([
  ["a feature that does not exist", '{ entitlement(feature: "telepathy") { id } }', /There is no feature `telepathy`/],
  ["one of several features", '{ entitlements(features: ["telepathy"]) { id } }', /no feature `telepathy`/],
  ["use of no feature", `{ usageHistory(feature: "telepathy", ${centuries}) { total } }`, /no feature `telepathy`/],
  [
    "hours over a century",
    `{ usageHistory(feature: "guests", granularity: HOUR, ${centuries}) { total } }`,
    /at most 1000 points/,
  ],
  [
    "days since the year 0",
    '{ usageHistory(feature: "guests", from: "0000-01-01T00:00:00Z") { total } }',
    /at most 1000/,
  ],
  [
    "an end before the beginning",
    '{ usageHistory(feature: "guests", from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z") { total } }',
    /`from` must be before `to`/,
  ],
  ["a page of 101", "{ invoices(first: 101) { totalCount } }", /from 0 to 100/],
  ["a page of fewer than none", "{ payments(last: -1) { totalCount } }", /from 0 to 100/],
  ["both ends at once", "{ payments(first: 1, last: 1) { totalCount } }", /not both/],
  ["a forged cursor", '{ invoices(after: "AAAA") { totalCount } }', /not a cursor/],
  ["a cursor of nothing", '{ payments(before: "") { totalCount } }', /not a cursor/],
  ["101 objects", `{ nodes(ids: ${JSON.stringify(Array.from({ length: 101 }, () => "x"))}) { id } }`, /100/],
] as const)("%s: the caller hears what would be right", async ([_what, query, message], { scene: { ada } }) => {
  const answer = await ada.graphql(query);
  expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  expect(answer.errors?.[0]?.message).toMatch(message);
});

test.for([
  ["a 30th of February", { from: "2026-02-30T00:00:00Z" }],
  ["a 13th month", { from: "2026-13-01T00:00:00Z" }],
  ["a date without a time", { from: "2026-01-01" }],
  ["a time without a zone", { from: "2026-01-01T00:00:00" }],
  ["the year 10000", { from: "10000-01-01T00:00:00Z" }],
  ["a number for a time", { from: 1_767_225_600 }],
  ["a granularity that does not exist", { from: "2026-01-01T00:00:00Z", granularity: "MINUTE" }],
] as const)("%s is refused before anything runs", async ([_what, span], { scene: { ada } }) => {
  const answer = await ada.graphql(
    'query ($from: DateTime!, $granularity: Granularity! = DAY) { usageHistory(feature: "guests", from: $from, granularity: $granularity) { total } }',
    span,
  );
  expect([answer.status, codesOf(answer)]).toEqual([400, ["BAD_USER_INPUT"]]);
  expect(answer.data).toBeUndefined();
});

test("what does not exist, is somebody else's or is of another kind reads as missing", async ({
  scene: { ada, theirs },
}) => {
  for (const id of [theirs.checkout, theirs.invoice, "chk_x", "chk_", "", "tier_starter", `chk_${"0".repeat(32)}`]) {
    expect(await ada.ask("query ($id: ID!) { checkoutSession(id: $id) { id } }", { id })).toEqual({
      checkoutSession: null,
    });
  }
  for (const id of [theirs.checkout, theirs.invoice, "nonsense", "binv_"]) {
    expect(await ada.ask("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({ node: null });
  }
  expect(await ada.ask('{ tier(slug: "platinum") { id } }')).toEqual({ tier: null });
  const { invoices } = await ada.ask("query ($after: String!) { invoices(after: $after) { nodes { id } } }", {
    after: theirs.cursor,
  });
  expect(invoices.nodes.map(({ id }: { id: string }) => id)).not.toContain(theirs.invoice);
});

const checkout = `mutation ($input: CreateCheckoutSessionInput!) {
  createCheckoutSession(input: $input) { checkoutSession { id } userErrors { code path message } } }`;

test.for([
  ["a price that does not exist", { priceId: "price_bplatinum_month_usd_1" }, "NOT_FOUND", "priceId"],
  ["a tier in a price's place", { priceId: "tier_starter" }, "NOT_FOUND", "priceId"],
  ["Stripe's own price", { priceId: "price_1Nv0FGQ9RKHgCVdK" }, "NOT_FOUND", "priceId"],
  ["nothing for a price", { priceId: "" }, "NOT_FOUND", "priceId"],
  ["no seat", { quantity: 0 }, "INVALID_INPUT", "quantity"],
  ["fewer seats than none", { quantity: -1 }, "INVALID_INPUT", "quantity"],
  ["a billion seats", { quantity: 1_000_000_000 }, "SEATS_NOT_AVAILABLE", "quantity"],
  ["a code that nobody gave out", { promotionCode: "FREE4EVER" }, "PROMOTION_CODE_INVALID", "promotionCode"],
  ["a code that is none", { promotionCode: "\u202e%00'; --" }, "PROMOTION_CODE_INVALID", "promotionCode"],
  ["a key of 256 characters", { idempotencyKey: "k".repeat(256) }, "INVALID_INPUT", "idempotencyKey"],
  ["a key with a line break", { idempotencyKey: "k\r\nX: y" }, "INVALID_INPUT", "idempotencyKey"],
  ["a customer who is somebody else", { externalCustomerId: "bob" }, "INVALID_INPUT", "externalCustomerId"],
] as const)(
  "%s: nothing is opened, and the input at fault is named",
  async ([_what, wrong, code, field], { app, scene }) => {
    const newcomer = app.person("newcomer");
    const input = { priceId: scene.priceId, returnUrl, ...wrong };
    const { createCheckoutSession } = await newcomer.ask(checkout, { input });
    expect(createCheckoutSession).toEqual({
      checkoutSession: null,
      userErrors: [{ code, path: ["input", field], message: expect.stringMatching(/^[A-Z].*\.$/) }],
    });
    expect(await openedFor(app, "newcomer")).toEqual([]);
  },
);

test.for([
  ["half a seat", { quantity: 1.5 }],
  ["seats in a text", { quantity: "two" }],
  ["seats of null", { quantity: null }],
  ["no price", { priceId: null }],
  ["a field that does not exist", { coupon: "x" }],
  ["no return URL", { returnUrl: undefined }],
] as const)("%s is refused before anything runs", async ([_what, wrong], { app, scene }) => {
  const answer = await app
    .person("newcomer")
    .graphql(checkout, { input: { priceId: scene.priceId, returnUrl, ...wrong } });
  expect([answer.status, codesOf(answer)]).toEqual([400, ["BAD_USER_INPUT"]]);
  expect(await openedFor(app, "newcomer")).toEqual([]);
});

/** Stripe's pages for one of our users. */
async function openedFor(app: TestApp, externalId: string): Promise<unknown[]> {
  const { data } = await app.stripe.customers.list({ limit: 100 });
  const ids = data.filter(({ metadata }) => metadata["billing_external_id"] === externalId).map(({ id }) => id);
  const sessions = await Promise.all(ids.map((customer) => app.stripe.checkout.sessions.list({ customer })));
  return sessions.flatMap((list) => list.data);
}
