import type { GraphQLContext } from "../../graphql/context.js";
import { outlast } from "../../live/outlast.js";
import { changedFeatures, type Holder } from "../allowances/allowance.js";
import { holderOf } from "../allowances/holder.js";
import type { ChangeCause } from "../subscriptions/subscription.js";
import { type SubscriptionFacts, subscriptionFacts } from "../subscriptions/subscription.live.js";
import { ownCustomer } from "../users/customer.reading.js";
import { requirePayer } from "../users/payer.js";
import { entitlementsFor } from "./entitlement.service.js";
import { type EntitlementsChangedEvent, toEntitlement } from "./entitlement.type.js";

/** Changes of what the caller may use, one event for each committed change that makes a difference. */
export async function* entitlementChanges(context: GraphQLContext): AsyncGenerator<EntitlementsChangedEvent> {
  const { userId } = requirePayer(context.viewer);
  const changes = context.live.changes("subscription", userId);
  const freshHolder = () => {
    context.loaders.forget();
    return holderOf(context, userId);
  };
  let before = await outlast(freshHolder);
  for await (const change of changes) {
    const after = await outlast(freshHolder);
    const facts = change && subscriptionFacts.parse(change.facts);
    // What was announced tells the state before; after a broken connection it is what was seen last.
    const from = facts ? { ...before, subscription: heldBefore(facts) } : before;
    const features = changedFeatures(context.catalog(), from, after);
    before = after;
    if (features.length === 0) continue;
    const event = await outlast(() => eventOf(context, userId, after, features, facts?.cause ?? "CUSTOMER"));
    if (event) yield { ...event, occurredAt: facts?.occurredAt ?? context.now() };
  }
}

function heldBefore({ statusBefore, tierBefore, wasEntitling }: SubscriptionFacts): Holder["subscription"] {
  return statusBefore ? { status: statusBefore, tierSlug: tierBefore, isEntitling: wasEntitling } : undefined;
}

async function eventOf(
  context: GraphQLContext,
  userId: string,
  holder: Holder,
  features: string[],
  cause: ChangeCause,
) {
  context.loaders.forget();
  const customer = await ownCustomer(context);
  if (!customer) return null;
  const states = await entitlementsFor(context, userId, holder, features);
  return { customer, entitlements: states.map((state) => toEntitlement(userId, state)), cause };
}
