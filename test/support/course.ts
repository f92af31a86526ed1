import type { Person } from "./person.js";

const shown = `id status tier { slug } cancelsAt resumesAt endedAt currentPeriod { start end } pendingChange { tier { slug } }
  isEntitling availableActions`;
const errors = "userErrors { code message path actionUrl }";

const mutations = {
  cancelSubscription: "CancelSubscriptionInput",
  resumeSubscription: "ResumeSubscriptionInput",
  pauseSubscription: "PauseSubscriptionInput",
  adminCancelSubscription: "AdminCancelSubscriptionInput",
} as const;

async function send(person: Person, name: keyof typeof mutations, input: object) {
  const query = `mutation ($input: ${mutations[name]}!) { ${name}(input: $input) { subscription { ${shown} } ${errors} } }`;
  return (await person.ask(query, { input }))[name];
}

/** Cancels; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export function cancel(person: Person, input: object = {}): Promise<any> {
  return send(person, "cancelSubscription", input);
}

/** Takes a cancellation back, or ends a pause; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export function resume(person: Person, input: object = {}): Promise<any> {
  return send(person, "resumeSubscription", input);
}

/** Pauses; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export function pause(person: Person, input: object = {}): Promise<any> {
  return send(person, "pauseSubscription", input);
}

/** Cancels as staff; gives the payload. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at refusals as well as at subscriptions
export function adminCancel(staff: Person, input: object): Promise<any> {
  return send(staff, "adminCancelSubscription", input);
}

/** The subscription as its customer sees it. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at another part
export async function courseOf(person: Person): Promise<any> {
  return (await person.ask(`{ currentSubscription { ${shown} } }`)).currentSubscription;
}

/** The codes of a payload's refusals. */
export function codesOf({ userErrors }: { readonly userErrors: readonly { readonly code: string }[] }): string[] {
  return userErrors.map(({ code }) => code);
}

/** Whether its customer may use what only paid tiers have, and what they have in credit. */
export async function standingOf(person: Person): Promise<{ hasAccess: boolean; credit: number }> {
  const query = `{ entitlement(feature: "scenes_premium") { hasAccess } viewer { customer { balance { amount } } } }`;
  const { entitlement, viewer } = await person.ask(query);
  return { hasAccess: entitlement.hasAccess, credit: viewer.customer.balance?.amount ?? 0 };
}
