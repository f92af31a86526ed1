import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Announcement } from "../../live/announce.js";
import { outlast } from "../../live/outlast.js";
import { changedFeatures, type Standing } from "../allowances/allowance.js";
import { type ChangeCause, entitlementFacts, entitlementsKind } from "../allowances/standing.announcement.js";
import { readStandings } from "../allowances/standing.reading.js";
import { toCustomer, toUnregisteredCustomer } from "../users/customer.type.js";
import { namedPayer, type Payer, requirePayer } from "../users/payer.js";
import { entitlementsOf } from "./entitlement.service.js";
import { type EntitlementsChangedEvent, toEntitlement } from "./entitlement.type.js";

/** Changes of what the caller, or whom a service names, or everybody may use: one event for each committed change that makes a difference. */
export function entitlementChanges(
  context: GraphQLContext,
  externalId: string | null,
): AsyncGenerator<EntitlementsChangedEvent> {
  if (!context.viewer?.roles.has("SERVICE")) {
    if (externalId !== null) throw new BillingError("BAD_USER_INPUT", "Only a service may name a customer.");
    return changesOf(context, requirePayer(context.viewer));
  }
  if (externalId === null) return everybodysChanges(context);
  const payer = namedPayer(externalId);
  if (!payer) throw new BillingError("BAD_USER_INPUT", "`externalCustomerId` must be a text of 1 to 200 characters.");
  return changesOf(context, payer);
}

async function* changesOf(context: GraphQLContext, payer: Payer): AsyncGenerator<EntitlementsChangedEvent> {
  const changes = context.live.changes(entitlementsKind, payer.userId);
  let seen = await outlast(() => freshStandings(context, payer.userId));
  for await (const change of changes) {
    const now = await outlast(() => freshStandings(context, payer.userId));
    const news = change ? announced(change) : missed(context, seen, now);
    seen = now;
    if (news.features.length > 0) yield await outlast(() => eventOf(context, payer, news));
  }
}

/** A broken connection may have cost some of everybody's: unlike one customer's, they cannot be found again. */
async function* everybodysChanges(context: GraphQLContext): AsyncGenerator<EntitlementsChangedEvent> {
  for await (const change of context.live.everyChange(entitlementsKind)) {
    if (!change) continue;
    const event = await outlast(async () => {
      context.loaders.forget();
      const user = await context.loaders.users.load(change.subject);
      return user && eventOf(context, { ...user, userId: user.id }, announced(change));
    });
    if (event) yield event;
  }
}

interface News {
  readonly features: readonly string[];
  readonly cause: ChangeCause;
  readonly occurredAt: Date;
}

function announced(change: Announcement): News {
  return entitlementFacts.parse(change.facts);
}

/** What changed while the connection was broken shows by comparing; why it did is not known then. */
function missed(context: GraphQLContext, seen: readonly Standing[], now: readonly Standing[]): News {
  return { features: changedFeatures(seen, now), cause: "CUSTOMER", occurredAt: context.now() };
}

function freshStandings(context: GraphQLContext, userId: string): Promise<Standing[]> {
  context.loaders.forget();
  return readStandings(context, userId);
}

async function eventOf(context: GraphQLContext, payer: Payer, news: News): Promise<EntitlementsChangedEvent> {
  const { features, cause, occurredAt } = news;
  context.loaders.forget();
  const known = context
    .catalog()
    .features.map(({ key }) => key)
    .filter((key) => features.includes(key));
  const [user, states] = await Promise.all([
    context.loaders.users.load(payer.userId),
    entitlementsOf(context, payer.userId, known),
  ]);
  const customer = user ? toCustomer(user) : toUnregisteredCustomer(payer, context.now());
  return { customer, entitlements: states.map((state) => toEntitlement(payer.userId, state)), cause, occurredAt };
}
