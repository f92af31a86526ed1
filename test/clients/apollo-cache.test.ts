import { gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { expect } from "vitest";
import { test } from "../support/app.js";
import { until } from "../support/until.js";
import { apolloClient } from "./apollo.js";
import { customerWithInvoices, operations } from "./product.js";

const account = gql`query Account { viewer { id customer { id tier { id slug } subscription { id status cancelsAt } } } }`;

const subscriptionChanges = gql`subscription SubscriptionChanges { currentSubscriptionUpdated {
  subscription { id status cancelsAt } customer { id tier { id slug } subscription { id } } } }`;

const entitlementChanges = gql`subscription EntitlementChanges { entitlementsChanged { entitlements {
  id remaining hasAccess(quantity: 1) denialReason(quantity: 1) upgradeTier { id slug } } } }`;

const checkoutState = gql`subscription CheckoutState($id: ID!) { checkoutSessionUpdated(id: $id) { id status } }`;

test("a pushed event updates what a page shows, with no code for it and no request", async ({ app }) => {
  const ada = app.person("ada");
  const { client, close } = apolloClient(app, ada.token);
  const gate = gql(operations.gate);
  const variables = { feature: "scenes_premium" };
  await Promise.all([client.query({ query: account }), client.query({ query: gate, variables })]);
  // The pages as they stand open from here on: they read the cache and nothing else.
  const page = client.watchQuery<{ viewer: { customer: object } }>({ query: account, fetchPolicy: "cache-only" });
  const door = client.watchQuery<{ entitlement: object }>({ query: gate, variables, fetchPolicy: "cache-only" });
  const shown: { customer?: object | undefined; entitlement?: object | undefined } = {};
  page.subscribe(({ data }) => Object.assign(shown, { customer: data?.viewer?.customer }));
  door.subscribe(({ data }) => Object.assign(shown, { entitlement: data?.entitlement }));
  await until("both are shown", () => shown.customer && shown.entitlement);
  expect(shown).toMatchObject({
    customer: { tier: { slug: "free" }, subscription: null },
    entitlement: { hasAccess: false },
  });

  const { checkoutSession } = await ada.checkout("professional");
  for (const query of [subscriptionChanges, entitlementChanges]) client.subscribe({ query }).subscribe({});
  // The stream of a checkout begins with the present state: once it has, those opened before it are open too.
  const opened = client.subscribe({ query: checkoutState, variables: { id: checkoutSession.id } });
  await new Promise<void>((resolve) => opened.subscribe(() => resolve()));
  await ada.pay(checkoutSession.url);
  await until("both have changed", () => {
    const { customer, entitlement } = JSON.parse(JSON.stringify(shown));
    return customer.tier.slug === "professional" && entitlement.hasAccess;
  });
  expect(shown).toMatchObject({
    customer: { subscription: { status: "ACTIVE", cancelsAt: null } },
    entitlement: { hasAccess: true, denialReason: null, upgradeTier: null },
  });

  const [subscription] = (await app.stripe.subscriptions.list({ limit: 1 })).data;
  await app.stripe.subscriptions.update(String(subscription?.id), { cancel_at_period_end: true });
  await until("the end is shown", () => JSON.stringify(shown).includes('"cancelsAt":"2'));
  close();
});

test("what was asked for one quantity is not shown for another", async ({ app }) => {
  const bea = await app.customerOn("professional");
  const { client, close } = apolloClient(app, bea.token);
  const ask = async (quantity: number, fetchPolicy: "network-only" | "cache-only") => {
    const variables = { feature: "guests", quantity };
    const query = gql(operations.gate);
    const { data } = await client.query<{ entitlement: object }>({ query, variables, fetchPolicy });
    return data?.entitlement;
  };
  for (const quantity of [6, 7]) await ask(quantity, "network-only");
  expect(await ask(6, "cache-only")).toMatchObject({ hasAccess: true, denialReason: null });
  expect(await ask(7, "cache-only")).toMatchObject({ hasAccess: false, denialReason: "LIMIT_REACHED" });
  close();
});

test("the cache's Relay policy joins the pages of a list", async ({ app }) => {
  const cleo = await customerWithInvoices(app, 7);
  const typePolicies = { Customer: { fields: { invoices: relayStylePagination() } } };
  const { client, close } = apolloClient(app, cleo.token, { typePolicies });
  const query = gql`query Invoices($after: String) { viewer { id customer { id invoices(first: 3, after: $after) {
    edges { cursor node { id number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`;
  interface Page {
    viewer: {
      customer: {
        invoices: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      };
    };
  }
  const list = client.watchQuery<Page>({ query });
  let { data } = await client.query<Page>({ query });
  let pages = 1;
  for (; data?.viewer.customer.invoices.pageInfo.hasNextPage; pages++) {
    await list.fetchMore({ variables: { after: data.viewer.customer.invoices.pageInfo.endCursor } });
    data = client.readQuery<Page>({ query }) ?? undefined;
  }
  const ids = data?.viewer.customer.invoices.edges.map(({ node }) => node.id) ?? [];
  expect([pages, ids.length, new Set(ids).size]).toEqual([3, 7, 7]);
  close();
});
