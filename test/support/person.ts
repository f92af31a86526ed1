import { expect } from "vitest";
import type { TestApp } from "./app.js";
import type { Answer } from "./graphql.js";
import { openStream, type Stream } from "./stream.js";
import { until } from "./until.js";

/** Somebody who uses the API with a token, and the hosted pages with a card. */
export interface Person {
  readonly sub: string;
  readonly token: string;
  graphql(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** `graphql` for an operation that must go through; gives its data. */
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  ask(query: string, variables?: Record<string, unknown>): Promise<any>;
  /** Asks for a checkout; gives the payload. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at sessions
  checkout(tier: string, input?: Record<string, unknown>): Promise<any>;
  /** Fills in the hosted page; gives the redirect's target, or null when the page came back. */
  pay(url: string, fields?: Record<string, string>): Promise<string | null>;
  /** Buys a tier and waits until it is in force; gives the checkout's ID. */
  buy(tier: string, input?: Record<string, unknown>): Promise<string>;
  /** Opens a live update. */
  subscribe(query: string, variables?: Record<string, unknown>): Promise<Stream>;
}

export const returnUrl = "http://localhost:3000/billing?tab=plan";

const checkoutMutation = `mutation ($input: CreateCheckoutSessionInput!) {
  createCheckoutSession(input: $input) {
    checkoutSession { id status url expiresAt subscription { id } }
    userErrors { code message path actionUrl } } }`;

const card = { number: "4242 4242 4242 4242", expiry: "12/39", cvc: "123", name: "Ada Lovelace" };

export function makePerson(app: TestApp, sub: string, token: string): Person {
  const person: Person = {
    sub,
    token,
    graphql: (query, variables) => app.graphql(query, variables, token),
    async ask(query, variables) {
      const answer = await person.graphql(query, variables);
      expect(answer.errors, linesAbout(app, answer)).toBeUndefined();
      return answer.data;
    },
    async checkout(tier, input = {}) {
      const priceId = await findPrice(app, tier);
      return (await person.ask(checkoutMutation, { input: { priceId, returnUrl, ...input } })).createCheckoutSession;
    },
    async pay(url, fields = {}) {
      const answer = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ ...card, action: "pay", ...fields }),
      });
      return answer.status === 303 ? answer.headers.get("location") : null;
    },
    async buy(tier, input) {
      const { checkoutSession } = await person.checkout(tier, input);
      await person.pay(checkoutSession.url);
      await until(`${tier} in force`, async () => {
        const { checkoutSession: now } = await person.ask("query ($id: ID!) { checkoutSession(id: $id) { status } }", {
          id: checkoutSession.id,
        });
        return now.status === "COMPLETE";
      });
      return checkoutSession.id;
    },
    subscribe: (query, variables) => openStream(app.url, token, query, variables),
  };
  return person;
}

/** The ID of a tier's monthly price, from the public price list. */
export async function findPrice(app: TestApp, tier: string): Promise<string> {
  const { data } = await app.graphql("query ($slug: String!) { tier(slug: $slug) { price { id } } }", { slug: tier });
  return data.tier.price.id;
}

/** What the service logged of an operation that went wrong: the answer says nothing of the cause. */
function linesAbout({ logged }: TestApp, { errors }: Answer): string {
  const ids = (errors ?? []).map(({ extensions }) => String(extensions["requestId"]));
  return logged.filter((line) => ids.some((id) => line.includes(`"${id}"`))).join("");
}
