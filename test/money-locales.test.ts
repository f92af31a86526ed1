import { createClient } from "graphql-ws";
import { expect } from "vitest";
import WebSocket from "ws";
import { test } from "./support/app.js";
import { codesOf, readAnswer } from "./support/graphql.js";

const spaced = (printed: string) => printed.replace(/\s/g, " ");

test.for([
  ["de-DE,de;q=0.9", "29,99 $"],
  ["en;q=0.5, de", "29,99 $"],
  ["fr", "29,99 $US"],
  ["en-GB", "US$29.99"],
  ["not a locale", "$29.99"],
  ["", "$29.99"],
] as const)("who reads %j sees amounts written so: %s", async ([language, formatted], { app }) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": language },
    body: JSON.stringify({
      query: `{ tier(slug: "professional") { price { unitAmount { formatted japanese: formatted(locale: "ja-JP") } } } }`,
    }),
  });
  const { unitAmount } = (await readAnswer(response)).data.tier.price;
  expect(spaced(unitAmount.formatted)).toBe(formatted);
  expect(unitAmount.japanese).toBe("$29.99");
});

const yen = `query ($locale: String) {
  tier(slug: "starter") { price(currency: "JPY") { unitAmount { formatted(locale: $locale) } } } }`;

test.for([
  ["ja-JP", "￥1,500"],
  ["de-DE", "1.500 ¥"],
  ["DE-de", "1.500 ¥"],
  ["tlh", "¥1,500"],
  [null, "¥1,500"],
] as const)("an amount can be asked for in the locale %s: %s", async ([locale, formatted], { app }) => {
  const { data } = await app.graphql(yen, { locale });
  expect(spaced(data.tier.price.unitAmount.formatted)).toBe(formatted);
});

test("text that is no locale is bad input, and the answer says what one looks like", async ({ app }) => {
  for (const locale of ["de_DE", "", "not a locale", "\u0000", "\u202e", "a".repeat(50_000)]) {
    const answer = await app.graphql(yen, { locale });
    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(answer.errors?.[0]?.message).toContain("BCP 47 tag, for example de-DE");
    expect(answer.status).toBe(200);
  }
});

/** A WebSocket as a browser opens it whose user reads German. */
class GermanWebSocket extends WebSocket {
  constructor(address: string, protocols: string[]) {
    super(address, protocols, { headers: { "accept-language": "de-DE" } });
  }
}

test("a live update writes amounts in the language of the browser that opened the socket", async ({ app }) => {
  const ada = app.person("ada");
  const id = await ada.buy("professional");
  const client = createClient({
    url: `${app.url.replace("http", "ws")}/graphql`,
    webSocketImpl: GermanWebSocket,
    connectionParams: { authorization: `Bearer ${ada.token}` },
  });
  const query = `subscription ($id: ID!) {
    checkoutSessionUpdated(id: $id) { subscription { price { unitAmount { formatted } } } } }`;
  for await (const { data } of client.iterate({ query, variables: { id } })) {
    expect(spaced(JSON.stringify(data))).toContain("29,99 $");
    break;
  }
  await client.dispose();
});
