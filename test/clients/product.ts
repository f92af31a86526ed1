import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type TestApp, test } from "../support/app.js";
import type { Person } from "../support/person.js";
import { quiet } from "../support/quiet.js";
import { until } from "../support/until.js";

/** The documents of the four places where a product talks to billing. */
export const operations = {
  pricingPage: read("pricing-page"),
  billingPage: read("billing-page"),
  gate: read("gate"),
  checkoutDone: read("checkout-done"),
};

function read(name: string): string {
  return readFileSync(new URL(`../operations/${name}.graphql`, import.meta.url), "utf8");
}

type Variables = Record<string, unknown>;

/** What a client library does for a product, each in its own manner. */
export interface ProductClient {
  /** Runs a query and gives its data; fails when there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  ask(document: string, variables?: Variables): Promise<any>;
  /** Runs a query and gives the codes of its errors, found where the library puts them. */
  codesOf(document: string, variables?: Variables): Promise<unknown[]>;
  close(): unknown;
}

/** A client library that also speaks WebSocket. */
export interface LiveClient {
  /** Opens a live update and hands over the data of each event. */
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  follow(document: string, variables: Variables, next: (data: any) => void): void;
  close(): unknown;
}

/** Opens a client for a caller; without a token for an anonymous one. */
export type OpenClient<Client> = (app: TestApp, token?: string) => Client;

/** The pages of a product, run by a client library over HTTP. */
export function testPages(open: OpenClient<ProductClient>): void {
  test("a visitor reads the price list", async ({ app }) => {
    const client = open(app);
    const { pricingContext, tiers } = await client.ask(operations.pricingPage);
    expect(pricingContext).toMatchObject({ currency: "USD", source: "DEFAULT" });
    expect(tiers.map(({ slug }: { slug: string }) => slug)).toEqual(["free", "starter", "professional", "enterprise"]);
    expect(tiers[2].monthly.unitAmount.formatted).toBe("$29.99");
    expect(tiers[2].features[0]).toMatchObject({ isIncluded: true, limit: 6, feature: { key: "guests" } });

    // The same page for another visitor, out of the same cache where the client has one.
    const inEuro = await client.ask(operations.pricingPage, { currency: "EUR" });
    expect(inEuro.pricingContext).toMatchObject({ currency: "EUR", source: "ARGUMENT" });
    expect(inEuro.tiers[2].monthly.unitAmount.formatted).toMatch(/^€/);
    await client.close();
  });

  test("a customer reads what they bought on the billing page", async ({ app }) => {
    const person = await app.customerOn("professional");
    await quiet(app);
    const client = open(app, person.token);
    const { viewer } = await client.ask(operations.billingPage);
    expect(viewer.customer).toMatchObject({
      tier: { slug: "professional" },
      subscription: { status: "ACTIVE", isEntitling: true, price: { unitAmount: { formatted: "$29.99" } } },
      paymentMethod: { kind: "card", brand: "visa", last4: "4242" },
      invoices: { totalCount: 1, nodes: [{ status: "PAID", total: { formatted: "$29.99" } }] },
    });
    await client.close();
  });

  test("the gate says no with what would help, and yes for as much as was bought", async ({ app }) => {
    const person = app.person(`gate-${crypto.randomUUID()}`);
    const client = open(app, person.token);
    expect((await client.ask(operations.gate, { feature: "scenes_premium" })).entitlement).toMatchObject({
      hasAccess: false,
      denialReason: "NO_SUBSCRIPTION",
      upgradeTier: { slug: "professional" },
    });
    await client.close();

    await person.buy("professional");
    const again = open(app, person.token);
    const guests = async (quantity?: number) =>
      (await again.ask(operations.gate, { feature: "guests", ...(quantity && { quantity }) })).entitlement;
    expect(await guests()).toMatchObject({ hasAccess: true, denialReason: null, remaining: 6 });
    expect(await guests(6)).toMatchObject({ hasAccess: true, denialReason: null });
    expect(await guests(7)).toMatchObject({ hasAccess: false, denialReason: "LIMIT_REACHED" });
    await again.close();
  });

  test("the code of a refusal can be read", async ({ app }) => {
    const anonymous = open(app);
    expect(await anonymous.codesOf(operations.gate, { feature: "guests" })).toEqual(["UNAUTHENTICATED"]);
    const customer = open(app, app.person("typist").token);
    expect(await customer.codesOf(operations.gate, { feature: "no_such_feature" })).toEqual(["BAD_USER_INPUT"]);
    await Promise.all([anonymous.close(), customer.close()]);
  });

  test("older invoices come page by page", async ({ app }) => {
    const person = await customerWithInvoices(app, 15);
    const client = open(app, person.token);
    const pageAfter = async (after: string | null) =>
      (await client.ask(operations.billingPage, { after })).viewer.customer.invoices;
    const first = await pageAfter(null);
    expect(first).toMatchObject({ totalCount: 15, pageInfo: { hasNextPage: true } });
    const second = await pageAfter(first.pageInfo.endCursor);
    expect(second).toMatchObject({ totalCount: 15, pageInfo: { hasNextPage: false } });
    const numbers = [...first.nodes, ...second.nodes].map(({ number }) => number);
    expect([first.nodes.length, new Set(numbers).size]).toEqual([12, 15]);
    await client.close();
  });
}

/** The return page of a product, run by a client library over WebSocket. */
export function testReturnPage(open: OpenClient<LiveClient>): void {
  test("the return page follows a checkout from open to in force", async ({ app }) => {
    const person = app.person(`returning-${crypto.randomUUID()}`);
    const { checkoutSession } = await person.checkout("professional");
    const client = open(app, person.token);
    let latest: typeof checkoutSession;
    client.follow(operations.checkoutDone, { id: checkoutSession.id }, ({ checkoutSessionUpdated }) => {
      latest = checkoutSessionUpdated;
    });
    await until("the present state", () => latest);
    expect(latest).toMatchObject({ status: "OPEN", subscription: null });

    await person.pay(checkoutSession.url);
    await until("the last state", () => latest.status === "COMPLETE");
    const { status, tier, customer } = latest.subscription;
    expect([status, tier.slug]).toEqual(["ACTIVE", "professional"]);
    const granted = customer.entitlements.filter(({ hasAccess }: { hasAccess: boolean }) => hasAccess);
    expect(granted.map(({ feature }: { feature: { key: string } }) => feature.key)).toContain("scenes_premium");
    await client.close();
  });
}

/** A customer with as many invoices: one of a purchase, the others of subscriptions that the merchant added. */
export async function customerWithInvoices(app: TestApp, count: number): Promise<Person> {
  const person = await app.customerOn("starter");
  const { data } = await app.stripe.subscriptions.list({ limit: 1 });
  const [bought] = data;
  const price = bought?.items.data[0]?.price.id;
  if (!bought || !price) throw new Error("The purchase left no subscription.");
  const customer = typeof bought.customer === "string" ? bought.customer : bought.customer.id;
  const { data: cards } = await app.stripe.paymentMethods.list({ customer });
  const [card] = cards;
  if (!card) throw new Error("The purchase left no card.");
  for (let made = 1; made < count; made++) {
    await app.stripe.subscriptions.create({ customer, items: [{ price }], default_payment_method: card.id });
  }
  await quiet(app);
  return person;
}
