import type { TestApp } from "./app.js";
import type { Person } from "./person.js";
import { customerIdOf, staffOf } from "./staff-acts.js";
import { count } from "./usage.js";

/** All that a given tier shows of itself. */
const shown = `id status origin isEntitling quantity tier { slug } price { id } currentPeriod { start end } startedAt
  trialEndsAt cancelsAt endedAt graceEndsAt pendingChange { effectiveAt } discount { name } availableActions
  customer { id }`;

const grantMutation = `mutation ($input: AdminGrantTierInput!) { adminGrantTier(input: $input) {
  subscription { ${shown} } userErrors { code path } } }`;

/** Gives a tier as staff; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export async function grant(app: TestApp, customerId: string, tier: string, more: object = {}): Promise<any> {
  const input = { customerId, tier, reason: "promised at the fair", ...more };
  return (await staffOf(app).ask(grantMutation, { input })).adminGrantTier;
}

/** Somebody on record who has bought nothing. */
export async function visitor(app: TestApp, sub: string): Promise<{ person: Person; id: string }> {
  // Little of much: use that fills a limit is told of, maybe only once somebody listens.
  await count(app, sub, "streaming_minutes", 1);
  const person = app.person(sub);
  return { person, id: await customerIdOf(person) };
}

/** What counts as somebody's subscription, and what they have of it. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at another part
export function givenStateOf(person: Person): Promise<any> {
  return person.ask(`{ currentSubscription { ${shown} } viewer { customer { tier { slug } } }
    entitlement(feature: "guests") { source limit } }`);
}

const dayMs = 24 * 60 * 60 * 1000;

/** So many days from now, by the billing clock. */
export function inDays(app: TestApp, days: number): string {
  return new Date(app.now().getTime() + days * dayMs).toISOString();
}
