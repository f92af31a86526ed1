import { gql, type OperationVariables } from "@apollo/client";
import { expect } from "vitest";
import { apolloClient } from "./clients/apollo.js";
import { test } from "./support/app.js";

const priceList = gql`query PriceList($currency: CurrencyCode, $country: CountryCode) {
  pricingContext(currency: $currency, country: $country) { currency source }
  tiers { id slug
    monthly: price(currency: $currency, country: $country) { id unitAmount { amount currency formatted } }
    prices(currency: $currency, country: $country) { id interval unitAmount { amount currency } savingsPercent } } }`;

test("a client's cache keeps apart what was asked for in several currencies and countries", async ({ app }) => {
  const { client, close } = apolloClient(app);
  const asked: OperationVariables[] = [{ currency: "EUR" }, { currency: "USD" }, { country: "JP" }, {}];
  const fresh: unknown[] = [];
  for (const variables of asked) {
    fresh.push((await client.query({ query: priceList, variables, fetchPolicy: "network-only" })).data);
  }
  const cached = asked.map((variables) => client.readQuery({ query: priceList, variables }));
  expect(cached).toEqual(fresh);
  const starter = (list: unknown) => JSON.parse(JSON.stringify(list)).tiers[1].monthly.unitAmount.formatted;
  expect(cached.map(starter)).toEqual(["€9.49", "$9.99", "¥1,500", "$9.99"]);
  close();
});
