import { expect } from "vitest";
import type { TestApp } from "./app.js";
import { pushChanged } from "./catalog.js";
import { type Person, returnUrl } from "./person.js";
import { until } from "./until.js";

/** Lets these tiers begin with so many free days, and no other; some of them without a card. */
export function offerTrials(
  app: TestApp,
  days: Record<string, number>,
  withoutCard: readonly string[] = [],
): Promise<void> {
  return pushChanged(app, (definition) => ({
    ...definition,
    tiers: definition.tiers.map((tier) => ({
      ...tier,
      trialDays: days[tier.slug] ?? 0,
      isTrialWithoutCard: withoutCard.includes(tier.slug),
    })),
  }));
}

const noCard = { number: "", expiry: "", cvc: "", name: "" };

/** Begins a trial on a page that asks for no card, and waits until it is in force. */
export async function startWithoutCard(person: Person, tier = "professional"): Promise<void> {
  const { checkoutSession, userErrors } = await person.checkout(tier);
  expect(userErrors).toEqual([]);
  expect(await person.pay(checkoutSession.url, noCard)).toContain(checkoutSession.id);
  await until(`${person.sub} is in a trial`, async () => {
    const { currentSubscription } = await person.ask("{ currentSubscription { status } }");
    return currentSubscription?.status === "TRIALING";
  });
}

const portalMutation = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { url userErrors { code } } }`;

/** Leaves a card in the portal, to be charged from then on. */
export async function leaveCard(person: Person, number: string): Promise<void> {
  const fields = { action: "save_card", number, expiry: "11/38", cvc: "123", name: person.sub };
  const { headers } = await postInPortal(person, "PAYMENT_METHOD", fields);
  expect(headers.get("location")).toBe(returnUrl);
}

/** Types an e-mail address into the portal, be it theirs or not: nobody asks. */
export async function typeEmail(person: Person, email: string): Promise<void> {
  const { status } = await postInPortal(person, "HOME", { action: "save_details", email, name: person.sub });
  expect(status).toBeLessThan(400);
}

async function postInPortal(person: Person, flow: string, fields: Record<string, string>): Promise<Response> {
  const { createPortalSession } = await person.ask(portalMutation, { input: { returnUrl, flow } });
  return fetch(createPortalSession.url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
}
