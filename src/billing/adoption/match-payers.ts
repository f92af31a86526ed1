import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import { namedPayer } from "../users/payer.js";
import { userIdOf } from "../users/user.js";
import type { UserRow } from "../users/user.table.js";
import { emailKey, type PayerSource } from "./payer-source.js";

/** By what a Stripe customer was found to be a payer's, the surest first; `known` and `begun` are on record already. */
export const waysToMatch = ["known", "begun", "stripe id", "metadata", "e-mail"] as const;
export type WayToMatch = (typeof waysToMatch)[number];

/** What was found of a customer in the Stripe account. */
export type Finding = Match | Leftover;

/** Whose it is. */
export interface Match {
  readonly kind: "MATCHED";
  readonly externalId: string;
  readonly by: WayToMatch;
}

/** What the records say of a Stripe customer that is on them: `begun` where an import was cut off before it had read all. */
export function onRecord({ externalId, isImportPending }: UserRow): Match {
  return { kind: "MATCHED", externalId, by: isImportPending ? "begun" : "known" };
}

/** Why it cannot be anybody's: nobody is named, several are, or who is named has another one. */
export interface Leftover {
  readonly kind: "UNMATCHED" | "AMBIGUOUS" | "CONFLICT";
  readonly reason: string;
}

/** Whom the source names, by this customer alone. */
export function namedBy(customer: CustomerSnapshot, source: PayerSource): Finding {
  const claim = firstClaim(customer, source);
  if (!claim) return { kind: "UNMATCHED", reason: "nothing says whose it is" };
  const { externalId, by } = claim;
  if (externalId === null) return { kind: "AMBIGUOUS", reason: `the map has several IDs for its ${by}` };
  if (!namedPayer(externalId)) {
    return { kind: "UNMATCHED", reason: "what stands for an ID is not a text of 1 to 200 characters" };
  }
  const madeFor = customer.userId;
  if (madeFor !== null && madeFor !== userIdOf(externalId)) {
    return { kind: "CONFLICT", reason: "this service made it for another payer, going by its metadata" };
  }
  return { kind: "MATCHED", externalId, by };
}

function firstClaim({ id, email, metadata }: CustomerSnapshot, { metadataKey, byStripeId, byEmail }: PayerSource) {
  const byId = byStripeId.get(id);
  if (byId !== undefined) return { externalId: byId, by: "stripe id" as const };
  const noted = metadata[metadataKey];
  if (noted) return { externalId: noted, by: "metadata" as const };
  const byAddress = email === null ? undefined : byEmail.get(emailKey(email));
  return byAddress === undefined ? undefined : { externalId: byAddress, by: "e-mail" as const };
}

/**
 * Settles who may have what: a payer has one Stripe customer, so where several are named as theirs the surest way
 * counts, and where several are alike nobody does. By Stripe's ID of the customer.
 */
export function settle(found: ReadonlyMap<string, Finding>): Map<string, Finding> {
  const claims = new Map<string, Claim>();
  for (const [stripeId, finding] of found) {
    if (finding.kind === "MATCHED") claims.set(finding.externalId, withClaimant(claims, finding, stripeId));
  }
  return new Map([...found].map(([stripeId, finding]) => [stripeId, judged(stripeId, finding, claims)] as const));
}

/** Who is named as one payer's by the surest way of all: at most two of them by name, as there may be thousands. */
interface Claim {
  readonly rank: number;
  readonly named: readonly string[];
  readonly total: number;
}

function withClaimant(claims: ReadonlyMap<string, Claim>, { externalId, by }: Match, stripeId: string): Claim {
  const rank = waysToMatch.indexOf(by);
  const before = claims.get(externalId);
  if (!before || rank < before.rank) return { rank, named: [stripeId], total: 1 };
  if (rank > before.rank) return before;
  return { rank, named: [...before.named, stripeId].slice(0, 2), total: before.total + 1 };
}

function judged(stripeId: string, finding: Finding, claims: ReadonlyMap<string, Claim>): Finding {
  if (finding.kind !== "MATCHED" || finding.by === "known" || finding.by === "begun") return finding;
  const claim = claims.get(finding.externalId);
  const rival = claim?.named.find((id) => id !== stripeId);
  if (!claim || rival === undefined) return finding;
  if (claim.total === 1) return { kind: "CONFLICT", reason: `its payer has another one: ${rival}` };
  const others = claim.total > 2 ? `${rival} and others` : rival;
  return { kind: "AMBIGUOUS", reason: `its payer may as well be that of ${others}` };
}
